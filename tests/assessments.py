"""Hand-built assessments for the card tests: one plain patient, and what may differ about him."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from cds.cards import CardOptions, build
from cds.clinical import (
    AsOf,
    Assessment,
    Card,
    Case,
    CoRise,
    DailyDose,
    DoseTimeline,
    FhirVersion,
    Finding,
    Gate,
    Grade,
    Level,
    PainSeries,
    Patient,
    PatientRecord,
    Plateau,
    ProposedDose,
    Statistics,
    Step,
    Trend,
)
from cds.knowledge import catalogue, evidence
from cds.knowledge.catalogue import Catalogue
from cds.knowledge.evidence import Evidence

RULES = Path(__file__).parents[1] / "rules"
DAY = date(2026, 6, 1)
GRADES = (
    "out-of-scope",
    "alternative-first",
    "insufficient-data",
    "withdrawal-compatible",
    "confounded",
    "strong-pattern",
    "possible-oih",
    "progression-like",
    "tolerance-like",
    "no-signal",
)


class Known(NamedTuple):
    catalogue: Catalogue
    evidence: Evidence


@cache
def known() -> Known:
    words = catalogue.load(RULES)
    return Known(words, evidence.load(RULES, words.claims))


def as_of(day: date = DAY) -> AsOf:
    return AsOf(day.isoformat(), datetime.combine(day, datetime.min.time()) + timedelta(days=1), day)


def at(month: int, day: int = 1) -> datetime:
    return datetime(2026, month, day)


LEVELS = tuple(
    Level(date(2026, month, 1), date(2026, month, 28), dose, pain, 2)
    for month, dose, pain in ((2, 60.0, 4.0), (3, 90.0, 5.0), (4, 120.0, 6.0), (5, 180.0, 8.0))
)
CO_RISE = CoRise(True, LEVELS, 3, 4.0, 100.0)
NO_CO_RISE = CoRise(False, LEVELS[:2], 1, 1.0, 25.0)
STEPS = tuple(
    Step(number, at(month), before, after, 0.58, pain, pain + 1, 4, 4, 1.0, 0.9)
    for number, (month, before, after, pain) in enumerate(
        ((3, 60, 90, 4.0), (4, 90, 120, 5.0), (5, 120, 180, 6.0)), start=1
    )
)
TREND = Trend(
    mode="chronic",
    statistics=Statistics(
        beta=1.6, z=2.4, cumulative_rise=3.0, share_rising=1.0, up_steps=3, down_steps=0, scores=18, span_days=118
    ),
    co_rise=CO_RISE,
    steps=STEPS,
    plateaus=tuple(
        Plateau(
            datetime.combine(level.start, datetime.min.time()),
            datetime.combine(level.end, datetime.min.time()),
            level.dose,
            level.pain,
            4,
        )
        for level in LEVELS
    ),
    ordering="holds",
)


def finding(rule: str, text: str = "A rule's own sentence.", **fact: Any) -> Finding:
    return Finding(rule, "1.0.0", text, fact)


def graded(name: str, *reasons: Finding, caps: tuple[Finding, ...] = (), supported: bool = False) -> Grade:
    return Grade(name, supported, (*reasons, *caps), caps)


def draft(before: float | None = 180, after: float | None = 240, raises: bool | None = True) -> ProposedDose:
    as_mme = [None if dose is None else Decimal(str(dose)) for dose in (before, after)]
    return ProposedDose(as_mme[0], as_mme[1], as_mme[0], as_mme[1], raises, ("MedicationRequest/draft-1",))


def assessment(
    grade: Grade | str = "possible-oih",
    *,
    hook: str = "patient-view",
    trend: Trend = TREND,
    co_rise: bool | None = None,
    findings: tuple[Finding, ...] = (),
    gates: tuple[Gate, ...] = (),
    proposed: ProposedDose | None = None,
    recent: ProposedDose | None = None,
    dose: DoseTimeline | None = None,
    record: PatientRecord | None = None,
    version: FhirVersion = FhirVersion.R4,
    **case: Any,
) -> Assessment:
    """A patient on 60, 90, 120, 180 MME with pain 4, 5, 6, 8, unless told otherwise."""
    grade = graded(grade) if isinstance(grade, str) else grade
    if co_rise is not None:
        trend = replace(trend, co_rise=CO_RISE if co_rise else NO_CO_RISE)
    told = (*grade.reasons, *findings)
    base = dose or DoseTimeline(
        "CDC-2022",
        daily=(DailyDose(DAY, Decimal(180), Decimal(180), Decimal(180)),),
        opioid_references=frozenset({"MedicationRequest/1", "MedicationRequest/draft-1"}),
    )
    return Assessment(
        case=Case(
            service=f"oih-{hook}",
            hook=hook,
            instance="d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
            entries=case.pop("entries", ()),
            as_of=as_of(),
            patient_id="p1",
            version=version,
            **case,
        ),
        record=record or PatientRecord(version, Patient("p1")),
        dose=replace(base, proposed=proposed, recent_order=recent),
        pain=PainSeries("NRS"),
        trend=trend,
        findings=told,
        grade=grade,
        gates=gates,
    )


OPTIONS = CardOptions("https://cds.example")
ORDER_HOOKS = ("order-select", "order-sign")


def cards(found: Assessment, options: CardOptions = OPTIONS) -> tuple[Card, ...]:
    return build(found, known(), options)


def kinds(found: Assessment) -> list[str]:
    return [card.kind for card in cards(found)]


def rules(found: Assessment) -> list[str]:
    return [card.rule for card in cards(found)]
