"""One patient's evaluation, laid out for the facts: what is coded, what is measured, and where the dose steps lie."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from cds.clinical import AsOf, Case, DoseTimeline, PainSeries, PatientRecord, Plateau, Step, Trend
from cds.facts.coded import Seen, coded
from cds.facts.measured import Measured, measured
from cds.knowledge import Knowledge
from cds.knowledge.concepts import once_each
from cds.rulekit import Fact, Value


@dataclass(frozen=True, slots=True)
class Chart:
    case: Case
    record: PatientRecord
    dose: DoseTimeline
    pain: PainSeries
    trend: Trend
    knowledge: Knowledge
    seen: tuple[Seen, ...]
    values: tuple[Measured, ...]

    @classmethod
    def of(
        cls,
        case: Case,
        record: PatientRecord,
        dose: DoseTimeline,
        pain: PainSeries,
        trend: Trend,
        knowledge: Knowledge,
    ) -> Chart:
        groups = once_each(knowledge.conditions.of)
        seen = coded(record, groups, case.as_of)
        values = measured(record, groups, knowledge.measurements, case.as_of)
        return cls(case, record, dose, pain, trend, knowledge, seen, values)

    @property
    def as_of(self) -> AsOf:
        return self.case.as_of

    @property
    def acute(self) -> bool:
        return self.trend.mode == "acute"

    def limit(self, rule: str, name: str) -> float:
        return self.knowledge.rules.limit(rule, name)

    def active(self, group: str) -> tuple[Seen, ...]:
        """On record and not over."""
        return tuple(one for one in self.seen if one.group == group and not one.over)

    def happened(self, group: str) -> tuple[Seen, ...]:
        """On record, over or not: it happened."""
        return tuple(one for one in self.seen if one.group == group)

    def days_ago(self, day: date) -> float:
        return float((self.as_of.day - day).days)

    @property
    def counted_steps(self) -> tuple[Step, ...]:
        return tuple(step for step in self.trend.steps if step.void is None)

    @property
    def stops(self) -> frozenset[date]:
        """First days of the plateaus without any opioid.

        Weeks with as-needed orders alone have no scheduled dose either (cds/trend/steps.py): the patient may take opioids.
        """
        return frozenset(
            plateau.start.date()
            for plateau in self.trend.plateaus
            if plateau.dose == 0 and not _as_needed(plateau, self.dose)
        )

    @property
    def evaluated_until(self) -> datetime:
        """What follows a full cessation sets no grade: the evaluation ends where the last plateau at a dose ends."""
        at_dose = [plateau.end for plateau in self.trend.plateaus if plateau.dose > 0]
        stopped = self.trend.plateaus and self.trend.plateaus[-1].start.date() in self.stops
        return max(at_dose) if at_dose and (stopped or self.acute) else self.as_of.at


def _as_needed(plateau: Plateau, dose: DoseTimeline) -> bool:
    """Most days of the plateau are covered by as-needed orders alone."""
    first, last = plateau.start.date(), plateau.end.date()
    inside = [
        ((min(days.last, last) - max(days.day, first)).days + 1, days.prn_only)
        for days in dose.series
        if days.day <= last and first <= days.last
    ]
    return 2 * sum(length for length, as_needed in inside if as_needed) > sum(length for length, _ in inside)


def day_text(day: date | None) -> str:
    return day.isoformat() if day is not None else "date not known"


def from_seen(kind: str, seen: tuple[Seen, ...], **fields: Value) -> Fact:
    """A fact about one thing on record, however many statements say it."""
    days = [one.day for one in seen if one.day is not None]
    first = min(days, default=None)
    references = tuple(dict.fromkeys(one.reference for one in seen))
    return Fact(kind, fields, {"what": seen[0].word, "day": day_text(first)}, references, first)


def dated(seen: Iterable[Seen]) -> list[tuple[date, Seen]]:
    """Those whose day is known, oldest first."""
    return sorted(
        ((one.day, one) for one in seen if one.day is not None), key=lambda pair: (pair[0], pair[1].reference)
    )


def by_word(seen: tuple[Seen, ...]) -> list[tuple[Seen, ...]]:
    """Grouped by what the texts print, in a fixed order."""
    words: dict[str, list[Seen]] = {}
    for one in seen:
        words.setdefault(one.word, []).append(one)
    return [tuple(words[word]) for word in sorted(words)]


def end_of_day(day: date) -> datetime:
    return datetime(day.year, day.month, day.day) + timedelta(days=1)
