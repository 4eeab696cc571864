"""What the chart of an invented patient says by the book: `co_rise` and the naive rule, without the engine's code.

Written from the contract's wording alone, so that an error in the engine's own reading shows as a disagreement.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from cds.verification.patient import Invented

_CO_RISE_DAYS = 3
_PLATEAU_DAYS = 7
_LOOK_BACK_DAYS = 540
_NAIVE_TAU = 0.5


@dataclass(slots=True)
class _Level:
    first: int
    last: int
    doses: list[float]
    pain: list[int]

    @property
    def dose(self) -> float:
        return median(self.doses)


def co_rise(patient: Invented, *, until: int | None = None) -> bool:
    """Pain rose with the dose over the latest ascending run of levels, by the founding definition of the contract.

    until  last day number that counts; the whole chart if None
    """
    levels = _levels(patient, _CO_RISE_DAYS, len(patient.scheduled) - 1 if until is None else until)
    runs: list[list[_Level]] = []
    for level in levels:
        if runs and level.dose > runs[-1][-1].dose:
            runs[-1].append(level)
        else:
            runs.append([level])
    latest = next((run for run in reversed(runs) if len(run) > 1), [])
    if len(latest) < 3 or not latest[0].pain or not latest[-1].pain:
        return False
    before, after = median(latest[0].pain), median(latest[-1].pain)
    return after - before >= 2 or (before > 0 and 10 * (after - before) >= 3 * before)


def naive(patient: Invented) -> bool:
    """The rule that everybody thinks of first: Kendall's tau-b between dose and median pain of at least 3 plateaus."""
    levels = [level for level in _levels(patient, _PLATEAU_DAYS, len(patient.scheduled) - 1) if level.pain]
    if len(levels) < 3:
        return False
    tau = kendall_tau([level.dose for level in levels], [median(level.pain) for level in levels])
    return tau is not None and tau >= _NAIVE_TAU


def kendall_tau(x: list[float], y: list[float]) -> float | None:
    """Kendall's tau-b; None where one side is constant."""
    agree = ties_x = ties_y = 0
    pairs = [(i, j) for i in range(len(x)) for j in range(i)]
    for i, j in pairs:
        dx, dy = x[i] - x[j], y[i] - y[j]
        ties_x += dx == 0
        ties_y += dy == 0
        agree += (dx * dy > 0) - (dx * dy < 0)
    comparable = (len(pairs) - ties_x) * (len(pairs) - ties_y)
    return None if comparable == 0 else float(agree / comparable**0.5)


def _levels(patient: Invented, least_days: int, until: int) -> list[_Level]:
    """Levels of clinical.md 2.2 with the scores given on them; a score on the day of a step tells of the level before.

    A day leaves a level when it is more than 20 % and more than 10 MME away from the median of the level's days.
    """
    runs: list[_Level] = []
    for day in range(max(0, until - _LOOK_BACK_DAYS + 1), until + 1):
        dose = patient.scheduled[day]
        if runs:
            level = runs[-1].dose
            if not (abs(dose - level) > 10 and abs(dose - level) > 0.2 * level):
                runs[-1].last = day
                runs[-1].doses.append(dose)
                continue
        runs.append(_Level(day, day, [dose], []))
    kept: list[_Level] = []
    for run in runs:
        if run.last - run.first + 1 < least_days:
            continue
        if kept and not (abs(run.dose - kept[-1].dose) > 10 and abs(run.dose - kept[-1].dose) > 0.2 * kept[-1].dose):
            kept[-1].last = run.last
            kept[-1].doses.extend(run.doses)
        else:
            kept.append(run)
    steps = {run.first for run in runs}
    for at, score in patient.scores:
        day = (at.date() - patient.first).days
        told = day - 1 if day in steps and day > runs[0].first else day
        for place in kept:
            if place.first <= told <= place.last:
                place.pain.append(score)
    return kept
