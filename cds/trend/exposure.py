"""Chart -> what the regression reads: the counted dose day by day, delayed, and which scores may speak."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, log2

import numpy as np
from numpy.typing import NDArray

from cds.knowledge.estimator import Estimator
from cds.trend.chart import Chart
from cds.trend.levels import runs_by
from cds.trend.regression import Data, delayed
from cds.trend.steps import COURSE, FLARE, Change, stopped

Floats = NDArray[np.float64]


def stretch(chart: Chart) -> tuple[int, int] | None:
    """First and last day of the part of the chart that is read; None without a dose.

    It starts with the first plateau and ends at a full cessation: what follows one sets no grade (R3).
    """
    positive = [flat for flat in chart.flats if flat.dose > 0]
    if not positive:
        return None
    first = positive[0].first
    ended = next((flat.first for flat in chart.flats if flat.first > first and stopped(chart, flat)), None)
    return first, (chart.doses[-1][1] if ended is None else ended - 1)


def data(chart: Chart, changes: Sequence[Change], bounds: tuple[int, int], limits: Estimator) -> Data | None:
    """The regression's input over the days of `bounds`, or None where it cannot be read.

    - A void step shifts the level of pain by an amount of its own and counts no dose.
    - A temporary increase (R15) is flattened, and its days with a margin on both sides are set aside.
    - Unknown days carry the dose before them for `carry_days`; scores beyond that are set aside, and so are those of days
      without any dose between two plateaus.
    """
    first, last = bounds
    dose, usable = _daily(chart, first, last, limits)
    counted = [c for c in changes if first < c.day <= last]
    dose = _flattened(chart, dose, usable, first, limits)
    shifts = []
    for change in counted:
        if change.void is None or change.void in (FLARE, COURSE):
            continue
        # Its own contrast in dose goes, the rest of the series stays comparable within itself.
        at, left = change.day - first, max(change.before.last - first, 0)
        dose[left + 1 : at] = dose[left]
        open_side = change.before.dose <= 0 or change.after.dose <= 0
        dose[at:] -= dose[at] - dose[left] if open_side else change.doublings
        shifts.append(at)
    if len(shifts) > limits.most_shifts:
        return None
    kept = [(day, score) for day, score in chart.scores if first <= day <= last and usable[day - first]]
    if not kept:
        return None
    ahead = int(limits.lead_days)
    slow = delayed(np.concatenate([dose, np.full(ahead, dose[-1])]), limits.lag_days)
    place = np.array([day - first for day, _ in kept])
    after = [*shifts, *(c.day - first + limits.lag_days / 2 for c in counted if c.void is None)]
    rows = np.empty((4 + len(after), len(kept)))
    rows[0] = place
    rows[1] = [score for _, score in kept]
    rows[2] = slow[place]
    rows[3] = slow[place + ahead] - rows[2]
    rows[4:] = rows[0] > np.reshape(after, (-1, 1))
    rows, sizes = _binned(rows, int(limits.most_points))
    return Data(
        day=rows[0],
        pain=rows[1],
        days=sizes,
        delayed=rows[2],
        ahead=rows[3],
        shifts=rows[4 : 4 + len(shifts)],
        jumps=rows[4 + len(shifts) :],
    )


def _daily(chart: Chart, first: int, last: int, limits: Estimator) -> tuple[Floats, NDArray[np.bool_]]:
    """log2 dose of each day, and whether a score of that day may speak."""
    dose = np.zeros(last - first + 1)
    usable = np.zeros(last - first + 1, dtype=np.bool_)
    carried = int(limits.carry_days) + 1
    usable[:carried] = True
    for begins, ends, value in chart.doses:
        if value > 0 and ends >= first:
            at = max(begins - first, 0)
            dose[at:] = log2(value)
            usable[at : ends - first + carried] = True
    for begins, ends, value in chart.doses:
        if value <= 0:
            usable[max(begins - first, 0) : max(ends - first + 2, 0)] = False
    return dose, usable


def _flattened(chart: Chart, dose: Floats, usable: NDArray[np.bool_], first: int, limits: Estimator) -> Floats:
    """The dose without temporary increases; their days are marked as not usable."""
    margin = int(limits.flare_margin_days)
    for start, back in temporary(chart, limits):
        at, end = start - first, back - first
        if at < 1 or end >= len(dose):
            continue
        dose[at:end] = np.minimum(dose[at:end], max(dose[at - 1], dose[end]))
        usable[max(0, at - margin) : end + margin + 1] = False
    return dose


def temporary(chart: Chart, limits: Estimator) -> list[tuple[int, int]]:
    """(day of the increase, day on which half of it or more is taken back), for those taken back within six weeks.

    Looked for in finer runs than plateaus: a standing dose that is raised when the flare ends hides a part of the return.
    """
    found = []
    fine = [
        (start, end, doses[len(doses) // 2])
        for start, end, doses in runs_by(chart.doses, limits.flare_leave_mme, limits.flare_leave_percent, limits)
        if end - start + 1 >= limits.co_rise_level_days
    ]
    for place in range(len(fine) - 2):
        before, (start, _, up) = fine[place][2], fine[place + 1]
        if up <= before:
            continue
        for later, _, level in fine[place + 2 :]:
            if later - start > limits.flare_days:
                break
            if (up - level) * 100 >= limits.flare_share * (up - before):
                found.append((start, later))
                break
    return found


def _binned(rows: Floats, most: int) -> tuple[Floats, Floats]:
    """Means of neighbours in each row, so that at most `most` remain, and how many of them each one holds."""
    count = rows.shape[1]
    size = ceil(count / most)
    if size == 1:
        return rows, np.ones(count)
    starts = np.arange(0, count, size)
    sizes = np.diff(np.append(starts, count)).astype(np.float64)
    return np.add.reduceat(rows, starts, axis=1) / sizes, sizes
