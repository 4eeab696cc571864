"""De-challenge: what pain did after a reduction, once withdrawal is over (R11), and why a reduction may not count (R17)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from statistics import fmean

from cds.clinical import Dechallenge, DoseTimeline
from cds.knowledge.estimator import Estimator
from cds.trend.chart import Chart, calendar_day, midnight
from cds.trend.steps import Change, before_window, with_next_day


def dechallenges(
    chart: Chart, changes: Sequence[Change], timeline: DoseTimeline, limits: Estimator
) -> tuple[Dechallenge, ...]:
    """Every reduction between plateaus, in order.

    The change compares the window before it with days 14 to 42 after it, inside the plateau that follows: earlier days are
    withdrawal's. Too few scores after it: None. A void step, another treatment near it, or complete cessation: not counted.
    """
    return tuple(_one(chart, c, timeline, limits) for c in changes if c.after.dose < c.before.dose)


def _one(chart: Chart, change: Change, timeline: DoseTimeline, limits: Estimator) -> Dechallenge:
    pre = [score for _, score in before_window(chart, change, limits)]
    first, last = change.day + limits.reduction_start_days, change.day + limits.reduction_end_days
    post = [score for _, score in with_next_day(chart, change.after, first, last)]
    difference = None
    if pre and len(post) >= limits.reduction_scores:
        difference = fmean(post) - fmean(pre)
    return Dechallenge(
        at=midnight(change.day),
        before=change.before.dose,
        after=change.after.dose,
        change=difference,
        clear=difference is not None and clear(difference, fmean(pre), limits),
        void=change.void or co_intervention(calendar_day(change.day), timeline, limits),
    )


def clear(change: float, before: float, limits: Estimator) -> bool:
    """A fall of 2 points, or of 30 %."""
    return -change >= limits.reduction_clear_points or (
        before > 0 and -change * 100 >= limits.reduction_clear_percent * before
    )


def co_intervention(day: date, timeline: DoseTimeline, limits: Estimator) -> str | None:
    """A drug that makes a reduction on that day unreadable, in plain words, None if there is none on record (R17).

    Procedures and therapies are coded, not dosed: the rules look for those.
    """
    near = timedelta(days=limits.co_intervention_days)
    for exposure in sorted(timeline.exposures, key=lambda e: (e.first, e.drug_class, e.drug)):
        # Ketamine acts for as long as it is given; the others matter when they are started.
        begins = exposure.first <= day + near and day - near <= exposure.last
        starts = abs(exposure.first - day) <= near
        if exposure.drug_class in limits.co_interventions and (
            starts or (exposure.drug_class == "ketamine" and begins)
        ):
            return f"{exposure.drug_class} from {exposure.first.isoformat()}"
    return None
