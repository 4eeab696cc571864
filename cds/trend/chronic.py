"""The trend in days: steps between plateaus, the regression, and what is missing for a grade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean

from cds.clinical import AsOf, DoseTimeline, LeftOut, PainSeries, PatientRecord, Plateau, Statistics, Step, Trend
from cds.knowledge.estimator import Estimator
from cds.trend import exposure, reductions, regression, steps
from cds.trend.chart import Chart, calendar_day, chart, high, low, middle
from cds.trend.co_rise import co_rise
from cds.trend.regression import Fit

METHOD = "regression of pain on delayed log2 dose"
HOLDS, FAILS, UNKNOWN = "holds", "fails", "not assessable"


def estimate(dose: DoseTimeline, pain: PainSeries, record: PatientRecord, limits: Estimator, *, as_of: AsOf) -> Trend:
    """The trend of one patient over the look-back."""
    seen = chart(dose, pain, limits, as_of=as_of, reading=middle)
    changes = steps.changes(seen, limits)
    bounds = exposure.stretch(seen)
    data = exposure.data(seen, changes, bounds, limits) if bounds else None
    fit = regression.fit(data, limits) if data else None
    table = tuple(_within(steps.measured(seen, c, fit.drift if fit else None, limits), c, bounds) for c in changes)
    counted = [s for s in table if s.void is None and s.rise is not None]
    missing = _missing(seen, table, counted, limits)
    plateaus = steps.plateaus(seen)
    statistics = _statistics(seen, changes, table, fit, limits)
    return Trend(
        mode="chronic",
        statistics=statistics,
        co_rise=co_rise(
            [(calendar_day(day), value) for day, value in seen.dose],
            [(calendar_day(day), score) for day, score in seen.raw_scores],
            limits,
        ),
        plateaus=plateaus,
        steps=table,
        ordering=UNKNOWN if fit is None or fit.lag_first is None else HOLDS if fit.lag_first else FAILS,
        insufficient=missing,
        ceiling=_ceiling(seen, changes, table, limits),
        first_pre_mean=next((s.pain_before for s in counted if s.doublings > 0), None),
        level_ratio=_ratio(plateaus),
        pain_change=_pain_change(plateaus),
        highest_dose=max((p.dose for p in plateaus), default=None),
        dechallenges=reductions.dechallenges(seen, changes, dose, record, limits),
        left_out=_left_out(table, fit, limits),
        robust=None if missing or fit is None else _robust(dose, pain, limits, as_of, fit),
        method=METHOD,
        notes=_notes(seen),
    )


def _statistics(
    seen: Chart, changes: Sequence[steps.Change], table: Sequence[Step], fit: Fit | None, limits: Estimator
) -> Statistics:
    up = [s for s in table if s.void is None and s.doublings > 0]
    rises = [s.rise for s in up if s.rise is not None]
    adjusted = [s.adjusted for s in up if s.adjusted is not None]
    placebo = [
        rise
        for change, step in zip(changes, table, strict=True)
        if step in up and (rise := steps.placebo_rise(seen, change, limits)) is not None
    ]
    days = [day for day, _ in seen.scores]
    return Statistics(
        beta=fit.beta if fit else None,
        z=fit.z if fit else None,
        cumulative_rise=sum(rises) if rises else None,
        share_rising=sum(a > 0 for a in adjusted) / len(adjusted) if adjusted else None,
        up_steps=len(up),
        down_steps=sum(s.void is None and s.doublings < 0 for s in table),
        drift_per_30d=30 * fit.drift if fit else None,
        placebo_rise=fmean(placebo) if placebo else None,
        scores=len(seen.raw_scores),
        span_days=days[-1] - days[0] if days else None,
    )


def _missing(seen: Chart, table: Sequence[Step], counted: Sequence[Step], limits: Estimator) -> tuple[str, ...]:
    """What a grade lacks, in plain words with numbers; empty if nothing."""
    found = []
    if not seen.dose:
        found.append("no day with a known opioid dose")
    if len(seen.scores) < limits.least_scores:
        found.append(
            f"{len(seen.scores)} days with a score on one instrument, at least {limits.least_scores:.0f} needed"
        )
    up = sum(s.doublings > 0 for s in counted)
    if len(counted) < limits.least_steps:
        found.append(
            f"{len(counted)} dose steps that count with scores on both sides, at least {limits.least_steps:.0f} needed"
            + _void_reasons(table)
        )
    if up < limits.least_up_steps:
        found.append(f"{up} increases among them, at least {limits.least_up_steps:.0f} needed")
    if seen.scores:
        first, last = seen.scores[0][0], seen.scores[-1][0]
        if last - first < limits.least_span_days:
            found.append(f"scores over {last - first} days, at least {limits.least_span_days:.0f} needed")
        known = sum(first <= day <= last for day, _ in seen.dose)
        if known * 100 < limits.least_known_dose * (last - first + 1):
            found.append(
                f"the dose is known on {known} of {last - first + 1} days, at least {limits.least_known_dose:.0f} % needed"
            )
    return tuple(found)


def _void_reasons(table: Sequence[Step]) -> str:
    reasons = sorted({s.void for s in table if s.void})
    return f" ({sum(s.void is not None for s in table)} do not count: {'; '.join(reasons)})" if reasons else ""


def _within(step: Step, change: steps.Change, bounds: tuple[int, int] | None) -> Step:
    """The step as it counts: what follows a complete cessation does not."""
    if step.void is not None or bounds is None or change.day <= bounds[1]:
        return step
    return replace(step, void=steps.AFTER_CESSATION)


def _ceiling(seen: Chart, changes: Sequence[steps.Change], table: Sequence[Step], limits: Estimator) -> float | None:
    """Share of the scores before increases that could hardly rise; None where there is none (R14).

    Of the increases that count, up to the first one that was made at the ceiling: later ones are there because pain has
    risen, which is the question, and not because it could not rise.
    """
    before: list[float] = []
    for change, step in zip(changes, table, strict=True):
        if step.void is not None or step.doublings <= 0:
            continue
        scores = [score for _, score in steps.before_window(seen, change, limits)]
        before += scores
        if scores and sum(s >= limits.ceiling_score for s in scores) >= limits.ceiling_share * len(scores):
            break
    return sum(s >= limits.ceiling_score for s in before) / len(before) if before else None


def _ratio(plateaus: Sequence[Plateau]) -> float | None:
    return plateaus[-1].dose / plateaus[0].dose if len(plateaus) > 1 and plateaus[0].dose > 0 else None


def _pain_change(plateaus: Sequence[Plateau]) -> float | None:
    known = [p.mean_pain for p in plateaus if p.mean_pain is not None]
    return known[-1] - known[0] if len(known) > 1 else None


def holds(beta: float, z: float, limits: Estimator) -> bool:
    """R4's limits, for questions about the estimate's own stability; the grade asks R4 itself."""
    return beta >= limits.pattern_beta and z >= limits.pattern_z


def _left_out(table: Sequence[Step], fit: Fit | None, limits: Estimator) -> tuple[LeftOut, ...]:
    numbers = [s.number for s in table if s.void is None]
    if fit is None or len(numbers) != len(fit.without):
        return ()
    return tuple(
        LeftOut(step=number, beta=beta, z=z, holds=holds(beta, z, limits))
        for number, (beta, z) in zip(numbers, fit.without, strict=True)
    )


def _robust(dose: DoseTimeline, pain: PainSeries, limits: Estimator, as_of: AsOf, fit: Fit) -> bool | None:
    """The pattern holds under the lowest and the highest doses of the record too (mme.md 5.13).

    Days whose high is open are left out of those runs; a reading without any dose of its own says nothing against it.
    None where there is no pattern to ask about.
    """
    if not holds(fit.beta, fit.z, limits):
        return None
    for reading in (low, high):
        if all(reading(d) == d.mid for d in dose.series):
            continue
        other = chart(dose, pain, limits, as_of=as_of, reading=reading)
        changes = steps.changes(other, limits)
        bounds = exposure.stretch(other)
        data = exposure.data(other, changes, bounds, limits) if bounds else None
        again = regression.fit(data, limits) if data else None
        if again is None or not holds(again.beta, again.z, limits):
            return False
    return True


def _notes(seen: Chart) -> tuple[str, ...]:
    if any(flat.dose <= 0 for flat in seen.flats[1:]):
        return ("Days after a complete cessation of opioids are not evaluated.",)
    return ()
