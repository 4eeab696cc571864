"""One patient's days as the trend needs them: doses, drugs and scores by day number, and plateaus."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from operator import attrgetter

from cds.clinical import AsOf, DoseDay, PainSeries
from cds.knowledge.estimator import Estimator
from cds.trend.levels import Dose, Flat, levels, runs

Reading = Callable[[DoseDay], Decimal | None]


@dataclass(frozen=True, slots=True)
class Block:
    """Days in a row on which the record says the same; `day` is the first of them."""

    first: int
    last: int
    day: DoseDay


@dataclass(frozen=True, slots=True)
class Chart:
    """The look-back of one patient under one reading of the dose (low, middle or high). Days are day numbers.

    blocks   what is on record, in order
    scores   (day, mean score) of the primary instrument, in order
    scored   (day, each score of that day)
    others   days with a score of another instrument
    doses    MME of the days with a known dose, in order
    flats    plateaus; short: also the levels that are too short for a plateau (co_rise's minimum)
    changes  first days of all runs of dose
    """

    blocks: tuple[Block, ...]
    scores: tuple[tuple[int, float], ...]
    scored: tuple[tuple[int, list[float]], ...]
    others: tuple[int, ...]
    doses: tuple[Dose, ...] = ()
    flats: tuple[Flat, ...] = ()
    short: tuple[Flat, ...] = ()
    changes: frozenset[int] = frozenset()

    def within(self, first: float, last: float) -> tuple[tuple[int, float], ...]:
        """(day number, daily mean score) of days first..last, both included."""
        return self.scores[bisect_left(self.scores, (first, -1.0)) : bisect_left(self.scores, (last, 11.0))]

    def during(self, flat: Flat, first: float, last: float) -> list[tuple[int, float]]:
        """Those of the days first..last that the plateau holds."""
        return [score for begins, ends in flat.stretches for score in self.within(max(begins, first), min(ends, last))]


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


_SAYS = attrgetter("low", "mid", "high", "drugs", "uncounted", "prn_only", "time_limited", "counted")


def blocks(series: Iterable[DoseDay]) -> tuple[Block, ...]:
    """The days of a series, in order, as blocks: what follows without a gap and says the same goes on."""
    found: list[Block] = []
    said = None
    for day in series:
        first, last, says = day.day.toordinal(), day.last.toordinal(), _SAYS(day)
        if found and says == said and found[-1].last == first - 1:
            found[-1] = Block(found[-1].first, last, found[-1].day)
        else:
            found.append(Block(first, last, day))
        said = says
    return tuple(found)


def chart(on_record: Sequence[Block], pain: PainSeries, limits: Estimator, *, as_of: AsOf) -> Chart:
    """The days from the start of the look-back to `as_of`, that day included, at the middle doses."""
    last = as_of.day.toordinal()
    first = last - int(limits.look_back_days) + 1
    by_day: defaultdict[int, list[float]] = defaultdict(list)
    others: set[int] = set()
    for score in pain.scores:
        number = score.at.toordinal()
        if first <= number <= last:
            if score.instrument == pain.primary:
                by_day[number].append(score.score)
            else:
                others.add(number)
    scored = tuple(sorted(by_day.items()))
    return under(
        middle,
        Chart(
            blocks=tuple(
                Block(max(block.first, first), min(block.last, last), block.day)
                for block in on_record
                if block.first <= last and block.last >= first
            ),
            # One value a day: ten scores of one bad day are one day.
            scores=tuple((number, sum(values) / len(values)) for number, values in scored),
            scored=scored,
            others=tuple(sorted(others)),
        ),
        limits,
    )


def under(reading: Reading, seen: Chart, limits: Estimator) -> Chart:
    """The same days and scores under another reading of the dose."""
    doses: list[Dose] = []
    for block in seen.blocks:
        value = reading(block.day)
        if value is None:
            continue
        first, dose = block.first, float(value)
        if doses and doses[-1][2] == dose and doses[-1][1] == first - 1:
            first = doses.pop()[0]
        doses.append((first, block.last, dose))
    found = runs(doses, limits)
    return replace(
        seen,
        doses=tuple(doses),
        flats=tuple(levels(found, limits, least_days=int(limits.plateau_days))),
        short=tuple(levels(found, limits, least_days=int(limits.co_rise_level_days))),
        changes=frozenset(start for start, _, _ in found),
    )


def midnight(day: int) -> datetime:
    return datetime.combine(date.fromordinal(day), time())


def calendar_day(day: int) -> date:
    return date.fromordinal(day)
