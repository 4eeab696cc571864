"""Small invented charts for the tests of pain and trend: doses by day, scores by day, stays by hour."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from cds import trend
from cds.clinical import (
    AsOf,
    DoseDay,
    DoseEvent,
    DoseTimeline,
    FhirVersion,
    PainScore,
    PainSeries,
    Patient,
    PatientRecord,
    Source,
    Trend,
)
from cds.knowledge import estimator
from cds.knowledge.estimator import Estimator

RULES = Path(__file__).parents[1] / "rules"
FIRST = date(2026, 1, 1)
NOBODY = PatientRecord(FhirVersion.R4, Patient("1"))


@cache
def limits() -> Estimator:
    return estimator.load(RULES)


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def dose_day(number: int, mme: float | None, drug: str = "morphine", route: str = "oral", **more: Any) -> DoseDay:
    amount = None if mme is None else Decimal(str(mme))
    given = {} if amount is None else {(drug, route): amount}
    return DoseDay(day(number), amount, amount, amount, **{"drugs": given, **more})


def doses(*levels: tuple[float | None, int], start: int = 0, **more: Any) -> tuple[DoseDay, ...]:
    """Consecutive days: (MME, number of days) per level."""
    found, number = [], start
    for mme, length in levels:
        for _ in range(length):
            found.append(dose_day(number, mme, **more))
            number += 1
    return tuple(found)


def scores(*given: tuple[int, float], instrument: str = "nrs") -> PainSeries:
    """(day number, score) at nine in the morning."""
    found = tuple(
        PainScore(datetime.combine(day(number), datetime.min.time()) + timedelta(hours=9), value, instrument, f"O/{n}")
        for n, (number, value) in enumerate(given)
    )
    return PainSeries(instrument if found else None, tuple(sorted(found, key=lambda s: s.at)))


def end_of(number: int) -> AsOf:
    last = day(number)
    return AsOf(last.isoformat(), datetime.combine(last + timedelta(days=1), datetime.min.time()), last)


def seen(
    series: Sequence[DoseDay], pain: PainSeries, as_of: AsOf | None = None, limit: Estimator | None = None
) -> Trend:
    """The trend at the end of the last day of the series, unless another date is given."""
    last = (series[-1].day - FIRST).days if series else 0
    timeline = DoseTimeline("CDC-2022", series=tuple(series))
    return trend.estimate(timeline, pain, NOBODY, limit or limits(), as_of=as_of or end_of(last))


def stair(levels: Iterable[float], length: int = 45) -> tuple[DoseDay, ...]:
    return doses(*((mme, length) for mme in levels))


def after_each_step(pains: Sequence[float], length: int = 45, every: int = 7, first: int = 3) -> PainSeries:
    """One pain per level of `stair`, scored every few days; a score of a step day still tells the level before."""
    return scores(
        *((number, pains[max(0, number - 1) // length]) for number in range(first, length * len(pains), every))
    )


def given(hours: Sequence[float], mme: Sequence[float], drug: str = "morphine", route: str = "oral") -> list[DoseEvent]:
    """Single administered doses, so many hours after midnight of the first day."""
    return [
        DoseEvent(hour(h), hour(h), Decimal(str(m)), drug, route, f"MedicationAdministration/{n}", Source.ADMINISTERED)
        for n, (h, m) in enumerate(zip(hours, mme, strict=True))
    ]


def hour(number: float) -> datetime:
    return datetime.combine(FIRST, datetime.min.time()) + timedelta(hours=number)


def hourly(*found: tuple[float, float]) -> PainSeries:
    """(hours after midnight of the first day, score)."""
    return PainSeries("nrs", tuple(PainScore(hour(h), s, "nrs", f"O/{n}") for n, (h, s) in enumerate(found)))
