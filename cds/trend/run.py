"""Steps between plateaus and the regression under one reading of the doses, and whether they make a pattern."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from cds.clinical import Statistics, Step
from cds.knowledge.estimator import Estimator
from cds.trend import exposure, regression, steps
from cds.trend.chart import Chart
from cds.trend.regression import Fit

HOLDS, FAILS, UNKNOWN = "holds", "fails", "not assessable"
Placebo = tuple[float, float | None]
"""Rise of pain before an increase, rise after it."""


@dataclass(frozen=True, slots=True)
class Run:
    """What dose and pain say together.

    table     every step, the void ones too
    ordering  which came first (R7)
    missing   what a grade lacks (R1)
    """

    chart: Chart
    changes: tuple[steps.Change, ...]
    fit: Fit | None
    table: tuple[Step, ...]
    statistics: Statistics
    ordering: str
    first_pre_mean: float | None
    missing: tuple[str, ...]


def run(seen: Chart, limits: Estimator) -> Run:
    changes = steps.changes(seen, limits)
    bounds = exposure.stretch(seen)
    data = exposure.data(seen, changes, bounds, limits) if bounds else None
    fit = regression.fit(data, limits) if data else None
    table = tuple(_within(steps.measured(seen, c, fit.drift if fit else None, limits), c, bounds) for c in changes)
    counted = [s for s in table if s.void is None and s.rise is not None]
    placebo = _placebo(seen, changes, table, limits)
    return Run(
        chart=seen,
        changes=changes,
        fit=fit,
        table=table,
        statistics=_statistics(seen, table, placebo, fit),
        ordering=_ordering(placebo, fit, limits),
        first_pre_mean=next((s.pain_before for s in counted if s.doublings > 0), None),
        missing=_missing(seen, table, counted, limits),
    )


def is_pattern(found: Run, limits: Estimator) -> bool:
    """Every limit of R10, R4 to R7, compared at the six decimals that the rules compare; whether data suffice is R1's."""
    numbers, base = found.statistics, found.first_pre_mean
    rise, share = numbers.cumulative_rise, numbers.share_rising
    if found.fit is None or rise is None or share is None:
        return False
    marked = round(rise, 6) >= limits.pattern_points or (
        base is not None and base > 0 and round(100 * rise / base, 6) >= limits.pattern_percent
    )
    return (
        holds(found.fit.beta, found.fit.z, limits)
        and marked
        and round(share, 6) >= limits.pattern_share
        and found.ordering == HOLDS
    )


def holds(beta: float, z: float, limits: Estimator) -> bool:
    """R4's limits, for questions about the estimate's own stability; the grade asks R4 itself."""
    return round(beta, 6) >= limits.pattern_beta and round(z, 6) >= limits.pattern_z


def _statistics(seen: Chart, table: Sequence[Step], placebo: Sequence[Placebo], fit: Fit | None) -> Statistics:
    up = [s for s in table if s.void is None and s.doublings > 0]
    rises = [s.rise for s in up if s.rise is not None]
    adjusted = [s.adjusted for s in up if s.adjusted is not None]
    days = [day for day, _ in seen.scores]
    return Statistics(
        beta=fit.beta if fit else None,
        z=fit.z if fit else None,
        cumulative_rise=sum(rises) if rises else None,
        share_rising=sum(steps.rises(a) for a in adjusted) / len(adjusted) if adjusted else None,
        up_steps=len(up),
        down_steps=sum(s.void is None and s.doublings < 0 for s in table),
        drift_per_30d=30 * fit.drift if fit else None,
        placebo_rise=fmean(before for before, _ in placebo) if placebo else None,
        scores=sum(len(values) for _, values in seen.scored),
        span_days=days[-1] - days[0] if days else None,
    )


def _placebo(seen: Chart, changes: Sequence[steps.Change], table: Sequence[Step], limits: Estimator) -> list[Placebo]:
    """Of the counted increases that have a placebo window."""
    return [
        (before, step.rise)
        for change, step in zip(changes, table, strict=True)
        if step.void is None and step.doublings > 0 and (before := steps.placebo_rise(seen, change, limits)) is not None
    ]


def _ordering(placebo: Sequence[Placebo], fit: Fit | None, limits: Estimator) -> str:
    """Which came first, pain or dose (R7). It fails where either test fails: the placebo step, when pain rose before every
    increase that has both windows (`placebo_steps` or more) at least as much as after it; or the regression, when the dose
    of four weeks later explains pain as well as the delayed one.
    """
    pairs = [(before, after) for before, after in placebo if after is not None]
    if len(pairs) >= limits.placebo_steps and not any(steps.rises(after - before) for before, after in pairs):
        return FAILS
    if fit is None or fit.lag_first is None:
        return UNKNOWN
    return HOLDS if fit.lag_first else FAILS


def _missing(seen: Chart, table: Sequence[Step], counted: Sequence[Step], limits: Estimator) -> tuple[str, ...]:
    """What a grade lacks, in plain words with numbers; empty if nothing."""
    found = []
    if not seen.doses:
        found.append("no day with a known opioid dose")
    if len(seen.scores) < limits.least_scores:
        found.append(
            f"{counted_of(len(seen.scores), 'day')} with a score on one instrument,"
            f" at least {limits.least_scores:.0f} needed"
        )
    up = sum(s.doublings > 0 for s in counted)
    if len(counted) < limits.least_steps:
        found.append(
            f"{counted_of(len(counted), 'dose step')} that {'counts' if len(counted) == 1 else 'count'} with scores on both"
            f" sides, at least {limits.least_steps:.0f} needed" + _void_reasons(table)
        )
    if up < limits.least_up_steps:
        found.append(f"{counted_of(up, 'increase')} among them, at least {limits.least_up_steps:.0f} needed")
    if seen.scores:
        first, last = seen.scores[0][0], seen.scores[-1][0]
        if last - first < limits.least_span_days:
            found.append(f"scores over {counted_of(last - first, 'day')}, at least {limits.least_span_days:.0f} needed")
        known = sum(max(0, min(ends, last) - max(begins, first) + 1) for begins, ends, _ in seen.doses)
        if known * 100 < limits.least_known_dose * (last - first + 1):
            found.append(
                f"the dose is known on {known} of {counted_of(last - first + 1, 'day')},"
                f" at least {limits.least_known_dose:.0f} % needed"
            )
    return tuple(found)


def counted_of(count: int, what: str) -> str:
    """ "1 day", "2 days"."""
    return f"{count} {what}{'' if count == 1 else 's'}"


def _void_reasons(table: Sequence[Step]) -> str:
    reasons = sorted({s.void for s in table if s.void})
    void = sum(s.void is not None for s in table)
    return f" ({void} {'does' if void == 1 else 'do'} not count: {'; '.join(reasons)})" if reasons else ""


def _within(step: Step, change: steps.Change, bounds: tuple[int, int] | None) -> Step:
    """The step as it counts: what follows a complete cessation does not."""
    if step.void is not None or bounds is None or change.day <= bounds[1]:
        return step
    return replace(step, void=steps.AFTER_CESSATION)
