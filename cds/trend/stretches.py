"""Epochs -> stretches at one dose, where treatment stopped, and which hours of a stay are evaluated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise

from cds.knowledge.estimator import Estimator
from cds.trend.epochs import Epoch


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive epochs at one dose; open: some dose in it had no number."""

    start: datetime
    end: datetime
    dose: float
    given: frozenset[tuple[str, str]]
    open: bool


def stretches(found: Sequence[Epoch], limits: Estimator) -> list[Stretch]:
    """Neighbouring epochs whose dose stays within 20 % of the stretch's mean so far are one level."""
    joined: list[Stretch] = []
    total, count = Fraction(0), 0  # of the stretch so far: exact, so that its mean is that of all its epochs
    for epoch in found:
        if joined and _goes_on(joined[-1].dose, epoch.dose, limits):
            before = joined.pop()
            total, count = total + Fraction(epoch.dose) * epoch.count, count + epoch.count
            start, given, is_open = before.start, before.given | epoch.given, before.open or epoch.open
        else:
            total, count = Fraction(epoch.dose) * epoch.count, epoch.count
            start, given, is_open = epoch.start, epoch.given, epoch.open
        joined.append(Stretch(start, epoch.end, float(total) / count, given, is_open))
    return joined


def _goes_on(level: float, dose: float, limits: Estimator) -> bool:
    if level <= 0 or dose <= 0:
        return level == dose == 0
    return abs(dose - level) * 100 < limits.acute_step_percent * level - 1e-6 * level


def cessation(given: Sequence[tuple[datetime, datetime]], until: datetime, limits: Estimator) -> datetime | None:
    """When the last dose before the first full cessation of sustained opioid treatment was given, None without one.

    Sustained means at least as many doses as the acute mode needs steps: a single dose in an emergency room that is
    followed by a day without is no treatment that was stopped.
    """
    gap = timedelta(hours=limits.acute_cessation_hours)
    ordered = sorted(given)
    latest: datetime | None = None
    for count, (start, end) in enumerate(ordered):
        if latest is not None and start - latest >= gap and count >= limits.acute_steps:
            return latest
        latest = end if latest is None else max(latest, end)
    if latest is not None and until - latest >= gap and len(ordered) >= limits.acute_steps:
        return latest
    return None


def window(levels: Sequence[Stretch], start: datetime, last: datetime, limits: Estimator) -> tuple[datetime, datetime]:
    """The latest 72 h with dose steps: they end at `last`, or soon after the last step where that is longer ago."""
    length = timedelta(hours=limits.acute_window_hours)
    changes = [b.start for a, b in pairwise(levels) if a.dose > 0 and b.dose > 0 and b.start <= last]
    end = last
    if changes and changes[-1] < last - length:
        end = changes[-1] + timedelta(hours=limits.acute_post_end_hours)
    return max(start - timedelta(hours=limits.acute_pre_hours), end - length), end
