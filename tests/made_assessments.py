"""Hypothesis makes assessments: every grade, gate, gap and number that a card may have to speak about."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date, datetime, timedelta

from assessments import DAY, GRADES, RULES, assessment, finding
from hypothesis import strategies as st

from cds.clinical import (
    Assessment,
    CoRise,
    DailyDose,
    Dechallenge,
    DoseTimeline,
    Exposure,
    FhirVersion,
    Gap,
    Gate,
    Grade,
    Level,
    Patient,
    PatientRecord,
    Plateau,
    ProposedDose,
    Source,
    Statistics,
    Step,
    Trend,
    Uncounted,
    Unread,
)

_TABLES = {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in RULES.glob("*.toml")}
_RULES = sorted((table["id"], table.get("group", "")) for table in _TABLES.values() if "group" in table)
_GATES = sorted((table["id"], table["effect"]) for table in _TABLES.values() if "effect" in table)
_CAPS = [rule for rule, group in _RULES if group in ("cap", "downgrade")]
_REASONS = [rule for rule, group in _RULES if group == "grade"]
_OTHERS = [rule for rule, group in _RULES if group in ("support", "match", "founding")]
_FACT = {"what": "stump infection", "day": "2026-05-03", "missing": "7 scores, at least 10", "highest": 45.0, "celsius": 38.6,
         "score": 8.0, "days": 3.0, "of_days": 10.0, "per_30d": 0.4, "dose_ratio": 2.0, "share": 0.6, "ratio": 1.5,
         "drug": "morphine", "increases": 2.0, "sites": 1.0}  # fmt: skip

days = st.dates(date(2026, 1, 1), DAY)
moments = days.map(lambda day: datetime(day.year, day.month, day.day, 6))
doses = st.decimals(0, 2000, places=2)
pains = st.none() | st.floats(0, 10)
numbers = st.none() | st.floats(-20, 20, allow_nan=False)
words = st.sampled_from(
    ["no factor in this table", "medication not sent", "two strengths at once", "home, not counted"]
)
HOSTILE = st.text(max_size=300) | st.sampled_from(
    [
        "<img src=x onerror=alert(1)>", "<script>alert(1)</script>", "[click](javascript:alert(1))", "![x](http://evil.test/a.png)",
        "www.evil.test", "see evil.test now", "a@evil.test", "**bold** _it_ ~~gone~~ `code`", "| a | b |\n|---|---|\n| 1 | 2 |",
        "# heading\n\n- item\n> quote", "\u202egnihtemos\u202c", "a\x00b\x1b[31mc", "&lt;b&gt; &#60;i&#62;", "\u200bx\ufeff", "\\<b\\>", "word " * 90,
        "x" * 3000, "<!-- c -->", "http://evil.test", "ftp://evil.test", "[x]: http://evil.test 'y'", "</p></div>", "1. one\n2. two",
    ]
)  # fmt: skip


@st.composite
def trends(draw: st.DrawFn) -> Trend:
    steps = tuple(
        Step(place + 1, draw(moments), float(draw(doses)), float(draw(doses)), draw(st.floats(-3, 3)), draw(pains), draw(pains),
             3, 3, draw(numbers), draw(numbers), draw(st.none() | st.just("rotation")))
        for place in range(draw(st.integers(0, 5)))
    )  # fmt: skip
    levels = tuple(
        Level(day, day + timedelta(days=20), float(draw(doses)), draw(pains), draw(st.integers(0, 9)))
        for day in draw(st.lists(days, max_size=7))
    )
    holds = len(levels) >= 3 and draw(st.booleans())
    return Trend(
        mode=draw(st.sampled_from(["chronic", "acute"])),
        statistics=Statistics(beta=draw(numbers), z=draw(numbers), share_rising=draw(st.none() | st.floats(0, 1)),
                              up_steps=draw(st.none() | st.integers(0, 6)), scores=draw(st.none() | st.integers(0, 400))),
        co_rise=CoRise(holds, levels, max(len(levels) - 1, 0), draw(numbers), draw(numbers)),
        steps=tuple(sorted(steps, key=lambda step: step.at)),
        plateaus=tuple(Plateau(at, at + timedelta(days=30), 60.0, 5.0, 3) for at in sorted(draw(st.lists(moments, max_size=4)))),
        insufficient=tuple(draw(st.lists(st.sampled_from(["7 scores, at least 10", "1 increase, at least 2"]), max_size=3))),
        dechallenges=tuple(Dechallenge(at, 180.0, 90.0, draw(numbers)) for at in draw(st.lists(moments, max_size=2))),
    )  # fmt: skip


@st.composite
def proposals(draw: st.DrawFn) -> ProposedDose:
    dose = st.none() | doses
    return ProposedDose(
        draw(dose), draw(dose), draw(dose), draw(dose), draw(st.sampled_from([True, True, False, None])),
        tuple(draw(st.lists(st.sampled_from(["MedicationRequest/draft-1", "entry[2]", "urn:uuid:1"]), max_size=2, unique=True))),
    )  # fmt: skip


@st.composite
def made(draw: st.DrawFn, text: st.SearchStrategy[str] = words) -> Assessment:
    """Any assessment; `text` is what other people's strings hold."""

    def told(names: list[str], most: int) -> tuple:
        chosen = draw(st.lists(st.sampled_from(names), max_size=most, unique=True))
        return tuple(finding(name, draw(text), **(_FACT if draw(st.booleans()) else {})) for name in chosen)

    caps = told(_CAPS, 3)
    grade = Grade(draw(st.sampled_from(GRADES)), draw(st.booleans()), (*told(_REASONS, 3), *caps), caps)
    gates = tuple(
        Gate(name, effect, draw(text), ("Observation/1",))
        for name, effect in draw(st.lists(st.sampled_from(_GATES), max_size=5, unique=True))
        if effect != "replaces" or draw(st.integers(0, 9)) == 0
    )
    version = draw(st.sampled_from(list(FhirVersion)))
    dose = DoseTimeline(
        draw(st.sampled_from(["CDC-2022", "CDC-2016"])),
        daily=tuple(DailyDose(DAY, None, draw(st.none() | doses), None) for _ in range(draw(st.integers(0, 1)))),
        uncounted=tuple(
            Uncounted(
                "MedicationRequest/7",
                draw(st.sampled_from(["buprenorphine", "remifentanil", "codeine"])),
                "code",
                draw(text),
                draw(st.booleans()),
            )
            for _ in range(draw(st.integers(0, 4)))
        ),
        exposures=tuple(
            Exposure(kind, kind, day, day + timedelta(days=2), "MedicationAdministration/1", Source.ADMINISTERED)
            for kind in draw(st.lists(st.sampled_from(["ketamine", "benzodiazepine", "naloxone"]), max_size=2))
            for day in [draw(days)]
        ),
        flags=tuple(draw(st.lists(text, max_size=2))),
        opioid_references=frozenset({"MedicationRequest/1"}),
    )
    unread = tuple(
        Unread(
            "entry[4]",
            draw(text),
            draw(st.sampled_from(["Observation", "MedicationRequest", "Condition", None]) | text),
            draw(st.booleans()),
            draw(st.booleans()),
        )
        for _ in range(draw(st.integers(0, 3)))
    )
    found = assessment(
        grade,
        hook=draw(st.sampled_from(["patient-view", "order-select", "order-sign"])),
        trend=draw(trends()),
        findings=(*told(_OTHERS, 4), *(finding(gate.id, gate.text) for gate in gates)),
        gates=gates,
        proposed=draw(st.none() | proposals()),
        recent=draw(st.none() | proposals()),
        dose=dose,
        record=PatientRecord(version, Patient("p1"), unread=unread),
        version=version,
        gaps=tuple(
            Gap(
                "conditions",
                draw(st.sampled_from(["failed", "truncated", "not sent", "note", "not known"])),
                draw(text),
            )
            for _ in range(draw(st.integers(0, 2)))
        ),
        encounter_id=draw(st.none() | st.just("e1")),
    )
    refused = tuple(("Observation/1", draw(text)) for _ in range(draw(st.integers(0, 3))))
    return replace(found, pain=replace(found.pain, rejected=refused))
