"""Days of dose -> levels: maximal runs of days at one dose (clinical.md 2.2).

A day leaves a level when it differs from it by more than `leave_percent` AND by more than `leave_mme`. The level of a
run is the median of its days so far, so that one odd first day does not set it. Runs that are too short are dropped;
then neighbours at the same level are one level (a missed day, or a supply gap, does not end it). Days in a row at the
very same dose come as one and are judged once, for the median only moves towards them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from cds.knowledge.estimator import Estimator


@dataclass(frozen=True, slots=True)
class Flat:
    """Consecutive stretches of days at one dose.

    stretches  (first, last) day numbers, inclusive, in order; more than one where an excursion or a gap lay between
    dose       median of its days, MME per day
    """

    stretches: tuple[tuple[int, int], ...]
    dose: float

    @property
    def first(self) -> int:
        return self.stretches[0][0]

    @property
    def last(self) -> int:
        return self.stretches[-1][1]

    def holds(self, day: int) -> bool:
        return any(first <= day <= last for first, last in self.stretches)


Dose = tuple[int, int, float]
"""First day, last day, the dose of each of these days."""

Run = tuple[int, int, list[float]]
"""First day, last day, sorted doses."""


def differs(dose: float, level: float, leave_mme: float, leave_percent: float) -> bool:
    """The dose has left the level."""
    change = abs(dose - level)
    return change > leave_mme and change * 100 > leave_percent * level


def runs(doses: Iterable[Dose], limits: Estimator) -> list[Run]:
    """Each maximal run of the plateau definition; days come in order, unknown days are simply absent."""
    return runs_by(doses, limits.leave_mme, limits.leave_percent, limits)


def runs_by(days: Iterable[Dose], leave_mme: float, leave_percent: float, limits: Estimator) -> list[Run]:
    """Each maximal run of days that stay at one level. Up to `carry_days` unknown days inside are bridged; more end it."""
    found: list[Run] = []
    for first, last, dose in days:
        count = last - first + 1
        if found:
            start, end, doses = found[-1]
            if first - end <= limits.carry_days + 1 and not differs(dose, _median(doses), leave_mme, leave_percent):
                place = bisect_right(doses, dose)
                doses[place:place] = [dose] * count
                found[-1] = (start, last, doses)
                continue
        found.append((first, last, [dose] * count))
    return found


def levels(found: Sequence[Run], limits: Estimator, *, least_days: int) -> list[Flat]:
    """The runs of at least `least_days` days, neighbours at the same level joined."""
    joined: list[tuple[list[tuple[int, int]], list[float]]] = []
    for first, last, doses in found:
        if last - first + 1 < least_days:
            continue
        if joined and not differs(_median(doses), median(joined[-1][1]), limits.leave_mme, limits.leave_percent):
            joined[-1][0].append((first, last))
            joined[-1][1].extend(doses)
        else:
            joined.append(([(first, last)], list(doses)))
    return [Flat(tuple(stretches), median(doses)) for stretches, doses in joined]


def _median(ordered: Sequence[float]) -> float:
    """Of values that are sorted already."""
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def pain_of_levels(
    scores: Iterable[tuple[int, Sequence[float]]], flats: Sequence[Flat], changes: frozenset[int]
) -> list[list[float]]:
    """The scores that tell about each level; a day between levels tells about none.

    scores   (day, its scores)
    changes  first days of all runs. A score on such a day was given under the dose before: it belongs to the level
             before, if there is one.
    """
    found: list[list[float]] = [[] for _ in flats]
    spans = [(first, last, place) for place, flat in enumerate(flats) for first, last in flat.stretches]
    begins = [first for first, _, _ in spans]
    for day, values in scores:
        at = bisect_right(begins, day) - 1
        if at < 0:
            continue
        _, last, place = spans[at]
        if day in changes:
            found[place - 1 if place > 0 and day == flats[place].first else place] += values
        elif day <= last:
            found[place] += values
    return found
