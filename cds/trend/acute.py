"""The trend in hours, for pain-service rounds: 4-hour epochs of one in-patient stay (clinical.md 2.5, acute mode)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from math import log2
from statistics import fmean, median

from cds.clinical import (
    AsOf,
    CoRise,
    Dechallenge,
    DoseTimeline,
    LeftOut,
    Level,
    PainScore,
    PainSeries,
    Plateau,
    Statistics,
    Step,
    Trend,
)
from cds.knowledge.estimator import Estimator
from cds.trend import steps
from cds.trend.co_rise import judge
from cds.trend.epochs import Stay, epochs, spread, timed
from cds.trend.reductions import clear, co_intervention
from cds.trend.run import FAILS, HOLDS, UNKNOWN, counted_of, holds
from cds.trend.stretches import Stretch, cessation, stretches, window

METHOD = "before-after contrasts at dose steps, in hours"
CEILING = "pain was at the ceiling before it"


def estimate(dose: DoseTimeline, pain: PainSeries, limits: Estimator, stay: Stay, *, as_of: AsOf) -> Trend:
    """The latest 72 h with dose steps, up to the last dose before a full cessation, else up to `as_of`.

    What follows a full cessation sets no grade; the founding definition looks at the whole stay.
    """
    events = [e for e in timed(dose, as_of.at) if stay.start <= e.start]
    pieces = spread(events, limits)
    until = min(as_of.at, stay.end) if stay.recorded else as_of.at
    ended = cessation([(e.start, e.end) for e in events], until, limits)
    # Each side of a cessation has a grid of its own: doses after it must not move the epochs before it.
    levels = stretches(epochs([p for p in pieces if ended is None or p[0] <= ended], stay.start, until, limits), limits)
    later = stretches(
        epochs([p for p in pieces if ended is not None and p[0] > ended], stay.start, until, limits), limits
    )
    scores = _scores(pain, stay.start - timedelta(hours=limits.acute_pre_hours), as_of.at)
    last = ended if ended is not None else as_of.at
    first, end = window(levels, stay.start, last, limits)
    inside = [s for s in scores if first <= s.at <= end]
    before_end = [level for level in levels if first < level.end and level.start < last]
    table = _steps(before_end, [s for s in scores if s.at <= last], limits)
    counted = [s for s in table if s.void is None and s.rise is not None]
    beta, z = contrast(counted, limits)
    placebo = [
        (s.rise, p)
        for s in counted
        if s.doublings > 0 and s.rise is not None and (p := _placebo(s, inside, limits)) is not None
    ]
    up = [s for s in table if s.void is None and s.doublings > 0]
    rises = [s.rise for s in up if s.rise is not None]
    plateaus = tuple(_plateau(level, inside) for level in before_end if level.dose > 0)
    return Trend(
        mode="acute",
        statistics=Statistics(
            beta=beta,
            z=z,
            cumulative_rise=sum(rises) if rises else None,
            share_rising=sum(map(steps.rises, rises)) / len(rises) if rises else None,
            up_steps=len(up),
            down_steps=sum(s.void is None and s.doublings < 0 for s in table),
            placebo_rise=fmean(p for _, p in placebo) if placebo else None,
            scores=len(inside),
            span_days=(inside[-1].day - inside[0].day).days if inside else None,
        ),
        co_rise=_co_rise([*levels, *later], scores, limits),
        plateaus=plateaus,
        steps=table,
        ordering=_ordering(placebo),
        insufficient=_missing(inside, table, counted, beta, limits),
        ceiling=_ceiling(up, inside, limits),
        first_pre_mean=next((s.pain_before for s in up if s.pain_before is not None), None),
        level_ratio=plateaus[-1].dose / plateaus[0].dose if len(plateaus) > 1 else None,
        pain_change=_pain_change(plateaus),
        highest_dose=max((p.dose * 24 / limits.acute_epoch_hours for p in plateaus), default=None),
        dechallenges=_dechallenges(ended, before_end, scores, dose, limits),
        left_out=_left_out(counted, limits),
        method=METHOD,
        notes=("Doses of the stay are MME per 4 hours.",),
        scored=tuple(s.at for s in inside),
    )


def _scores(pain: PainSeries, start: datetime, end: datetime) -> list[PainScore]:
    """Timed scores of the instrument that has most of them in the stay."""
    found = [s for s in pain.scores if s.timed and start <= s.at <= end]
    counts: dict[str, int] = {}
    for score in found:
        counts[score.instrument] = counts.get(score.instrument, 0) + 1
    chosen = min(counts, key=lambda name: (-counts[name], name != pain.primary, name), default=None)
    return [s for s in found if s.instrument == chosen]


def _steps(levels: Sequence[Stretch], scores: Sequence[PainScore], limits: Estimator) -> tuple[Step, ...]:
    table = []
    for number, (before, after) in enumerate(pairwise(levels), start=1):
        at = after.start
        pre = [s.score for s in scores if at - timedelta(hours=limits.acute_pre_hours) <= s.at <= at]
        pre = pre[-int(limits.acute_pre_scores) :]
        first = at + timedelta(hours=limits.acute_post_start_hours)
        last = min(at + timedelta(hours=limits.acute_post_end_hours), after.end)
        post = [s.score for s in scores if first <= s.at <= last]
        rise = fmean(post) - fmean(pre) if pre and post else None
        table.append(
            Step(
                number=number,
                at=at,
                before=before.dose,
                after=after.dose,
                doublings=log2(after.dose) - log2(before.dose) if before.dose > 0 and after.dose > 0 else 0.0,
                pain_before=fmean(pre) if pre else None,
                pain_after=fmean(post) if post else None,
                scores_before=len(pre),
                scores_after=len(post),
                rise=rise,
                adjusted=rise,
                void=_void(before, after, pre, limits),
            )
        )
    return tuple(table)


def _void(before: Stretch, after: Stretch, pre: Sequence[float], limits: Estimator) -> str | None:
    if before.dose <= 0:
        return steps.START
    if after.dose <= 0:
        return steps.CESSATION
    if before.open or after.open:
        return steps.UNCOUNTED
    lost, gained = before.given - after.given, after.given - before.given
    if lost and gained:
        return steps.ROTATION if {drug for drug, _ in lost} != {drug for drug, _ in gained} else steps.ROUTE
    if after.dose > before.dose and pre and min(pre) >= limits.ceiling_score:
        return CEILING
    return None


def contrast(counted: Sequence[Step], limits: Estimator) -> tuple[float | None, float | None]:
    """beta and z of the windowed estimator: weighted least squares of the rises on log2 dose, through the origin.

    The variance of one score is that of the residuals, at least `acute_noise` squared; None without a step.
    """
    shares = [
        (s.doublings, s.adjusted, limits.variance_inflation * (1 / s.scores_before + 1 / s.scores_after))
        for s in counted
        if s.adjusted is not None
    ]
    weight = sum(x * x / v for x, _, v in shares)
    if not weight:
        return None, None
    beta = sum(x * rise / v for x, rise, v in shares) / weight
    noise = limits.acute_noise**2
    if len(shares) > 1:
        noise = max(noise, sum((rise - beta * x) ** 2 / v for x, rise, v in shares) / (len(shares) - 1))
    return beta, beta * (weight / noise) ** 0.5


def _placebo(step: Step, scores: Sequence[PainScore], limits: Estimator) -> float | None:
    """The step's own contrast one epoch earlier, when the dose had not changed yet."""
    sham = step.at - timedelta(hours=limits.acute_epoch_hours)
    pre = [s.score for s in scores if sham - timedelta(hours=limits.acute_pre_hours) <= s.at <= sham]
    post = [s.score for s in scores if sham + timedelta(hours=limits.acute_post_start_hours) <= s.at <= step.at]
    pre = pre[-int(limits.acute_pre_scores) :]
    return fmean(post) - fmean(pre) if pre and post else None


def _ordering(pairs: Sequence[tuple[float, float]]) -> str:
    """Pain rises more after the steps than before them, over the steps where both can be seen."""
    if not pairs:
        return UNKNOWN
    gain = fmean(after for after, _ in pairs) - fmean(before for _, before in pairs)
    return HOLDS if steps.rises(gain) else FAILS


def _missing(
    inside: Sequence[PainScore],
    table: Sequence[Step],
    counted: Sequence[Step],
    beta: float | None,
    limits: Estimator,
) -> tuple[str, ...]:
    found = []
    if len(inside) < limits.acute_scores:
        came = counted_of(len(inside), "timed score")
        found.append(f"{came} in the evaluated hours, at least {limits.acute_scores:.0f} needed")
    changes = sum(s.void in (None, CEILING) for s in table)
    if changes < limits.acute_steps:
        came = counted_of(changes, "dose step")
        found.append(f"{came} in the evaluated hours, at least {limits.acute_steps:.0f} needed")
    if beta is None or len(counted) < limits.least_steps:
        came = counted_of(len(counted), "step")
        found.append(f"{came} with scores on both sides, at least {limits.least_steps:.0f} needed")
    return tuple(found)


def _plateau(level: Stretch, scores: Sequence[PainScore]) -> Plateau:
    pain = [s.score for s in scores if level.start < s.at <= level.end]
    return Plateau(level.start, level.end, level.dose, fmean(pain) if pain else None, len(pain))


def _pain_change(plateaus: Sequence[Plateau]) -> float | None:
    known = [p.mean_pain for p in plateaus if p.mean_pain is not None]
    return known[-1] - known[0] if len(known) > 1 else None


def _ceiling(up: Sequence[Step], scores: Sequence[PainScore], limits: Estimator) -> float | None:
    before = [
        s.score
        for step in up
        for s in [x for x in scores if step.at - timedelta(hours=limits.acute_pre_hours) <= x.at <= step.at][
            -int(limits.acute_pre_scores) :
        ]
    ]
    return sum(s >= limits.ceiling_score for s in before) / len(before) if before else None


def _co_rise(levels: Sequence[Stretch], scores: Sequence[PainScore], limits: Estimator) -> CoRise:
    """The founding definition over the epochs of the stay.

    A level is one epoch or more; a score at the moment of a step belongs to the level before it.
    """
    found: list[Level] = []
    times = [score.at for score in scores]
    for place, level in enumerate(levels):
        first = (bisect_left if place == 0 else bisect_right)(times, level.start)
        pain = [score.score for score in scores[first : bisect_right(times, level.end)]]
        found.append(Level(level.start.date(), level.end.date(), level.dose, median(pain) if pain else None, len(pain)))
    return judge(found, limits)


def _left_out(counted: Sequence[Step], limits: Estimator) -> tuple[LeftOut, ...]:
    found = []
    for step in counted:
        beta, z = contrast([s for s in counted if s is not step], limits)
        found.append(LeftOut(step.number, beta, z, None if beta is None or z is None else holds(beta, z, limits)))
    return tuple(found)


def _dechallenges(
    ended: datetime | None,
    levels: Sequence[Stretch],
    scores: Sequence[PainScore],
    dose: DoseTimeline,
    limits: Estimator,
) -> tuple[Dechallenge, ...]:
    """A full cessation with what pain did in the three days after it: shown, and never counted (R17)."""
    if ended is None or not levels:
        return ()
    before = [s.score for s in scores if s.at <= ended][-int(limits.acute_pre_scores) :]
    after = [s.score for s in scores if ended < s.at <= ended + timedelta(hours=limits.acute_window_hours)]
    change = fmean(after) - fmean(before) if before and after else None
    other = co_intervention(ended.date(), dose, limits)
    return (
        Dechallenge(
            at=ended,
            before=next((level.dose for level in reversed(levels) if level.dose > 0), 0.0),
            after=0.0,
            change=change,
            clear=change is not None and clear(change, fmean(before), limits),
            void=steps.CESSATION + (f"; {other}" if other else ""),
        ),
    )
