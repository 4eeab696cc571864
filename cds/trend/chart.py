"""One patient's days as the trend needs them: dose, drugs and scores by day number, plateaus, and one flag per question."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from cds.clinical import AsOf, DoseDay, DoseTimeline, PainSeries
from cds.knowledge.estimator import Estimator
from cds.trend.levels import Flat, levels, runs

Reading = Callable[[DoseDay], Decimal | None]


@dataclass(frozen=True, slots=True)
class Chart:
    """The look-back of one patient under one reading of the dose (low, middle or high).

    days        day number -> that day's dose record
    dose        (day number, MME) of the days with a known dose, in order
    scores      (day number, mean score) of the primary instrument, one value a day, in order
    raw_scores  (day number, score), every one
    others      day numbers with a score of another instrument
    flats       plateaus; short: also the levels that are too short for a plateau (co_rise's minimum)
    changes     first days of all runs of dose
    """

    days: dict[int, DoseDay]
    dose: tuple[tuple[int, float], ...]
    scores: tuple[tuple[int, float], ...]
    raw_scores: tuple[tuple[int, float], ...]
    others: tuple[int, ...]
    flats: tuple[Flat, ...]
    short: tuple[Flat, ...]
    changes: frozenset[int]

    def within(self, first: float, last: float) -> tuple[tuple[int, float], ...]:
        """(day number, daily mean score) of days first..last, both included."""
        return self.scores[bisect_left(self.scores, (first, -1.0)) : bisect_left(self.scores, (last, 11.0))]


def middle(day: DoseDay) -> Decimal | None:
    """The middle of what is counted, on an open day too: something unread does not unmake what was read (mme.md 5.10)."""
    return day.mid if day.counted is None else day.counted


def known(day: DoseDay) -> Decimal | None:
    """The middle of the days without an open high: those that the low and high readings see (mme.md 5.13)."""
    return day.mid


def low(day: DoseDay) -> Decimal | None:
    return day.low


def high(day: DoseDay) -> Decimal | None:
    return day.high


def chart(
    timeline: DoseTimeline, pain: PainSeries, limits: Estimator, *, as_of: AsOf, reading: Reading = middle
) -> Chart:
    """The days from the start of the look-back to `as_of`, that day included."""
    last = as_of.day.toordinal()
    first = last - int(limits.look_back_days) + 1
    days = {d.day.toordinal(): d for d in timeline.series if first <= d.day.toordinal() <= last}
    dose = tuple((n, float(value)) for n in sorted(days) if (value := reading(days[n])) is not None)
    raw = [(s.day.toordinal(), s.score) for s in pain.of(pain.primary) if first <= s.day.toordinal() <= last]
    found = runs(dose, limits)
    return Chart(
        days=days,
        dose=dose,
        scores=_daily(raw),
        raw_scores=tuple(raw),
        others=tuple(
            sorted(
                s.day.toordinal()
                for s in pain.scores
                if s.instrument != pain.primary and first <= s.day.toordinal() <= last
            )
        ),
        flats=tuple(levels(found, limits, least_days=int(limits.plateau_days))),
        short=tuple(levels(found, limits, least_days=int(limits.co_rise_level_days))),
        changes=frozenset(start for start, _, _ in found),
    )


def _daily(raw: Sequence[tuple[int, float]]) -> tuple[tuple[int, float], ...]:
    """One value a day: ten scores of one bad day are one day."""
    by_day: dict[int, list[float]] = {}
    for day, score in raw:
        by_day.setdefault(day, []).append(score)
    return tuple((day, sum(values) / len(values)) for day, values in sorted(by_day.items()))


def midnight(day: int) -> datetime:
    return datetime.combine(date.fromordinal(day), time())


def calendar_day(day: int) -> date:
    return date.fromordinal(day)
