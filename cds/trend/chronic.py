"""The trend in days: steps between plateaus, the regression, and what is missing for a grade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean

from cds.clinical import AsOf, DoseTimeline, LeftOut, PainSeries, Plateau, Statistics, Step, Trend
from cds.knowledge.estimator import Estimator
from cds.trend import classic, exposure, reductions, regression, steps
from cds.trend.chart import Block, Chart, Reading, blocks, chart, high, known, low, under
from cds.trend.co_rise import co_rise
from cds.trend.regression import Fit

METHOD = "regression of pain on delayed log2 dose"
HOLDS, FAILS, UNKNOWN = "holds", "fails", "not assessable"
Placebo = tuple[float, float | None]
"""Rise of pain before an increase, rise after it."""
_SIGNIFICANT = 0.05  # the conventional line, only to say that it cannot be reached


def estimate(dose: DoseTimeline, pain: PainSeries, limits: Estimator, *, as_of: AsOf) -> Trend:
    """The trend of one patient over the look-back."""
    on_record = blocks(dose.series)
    seen = chart(on_record, pain, limits, as_of=as_of)
    changes = steps.changes(seen, limits)
    bounds = exposure.stretch(seen)
    data = exposure.data(seen, changes, bounds, limits) if bounds else None
    fit = regression.fit(data, limits) if data else None
    table = tuple(_within(steps.measured(seen, c, fit.drift if fit else None, limits), c, bounds) for c in changes)
    counted = [s for s in table if s.void is None and s.rise is not None]
    missing = _missing(seen, table, counted, limits)
    plateaus = steps.plateaus(seen)
    placebo = _placebo(seen, changes, table, limits)
    return Trend(
        mode="chronic",
        statistics=_statistics(seen, table, placebo, fit),
        co_rise=co_rise(seen.short, seen.scored, seen.changes, limits),
        plateaus=plateaus,
        steps=table,
        ordering=_ordering(placebo, fit, limits),
        insufficient=missing,
        ceiling=_ceiling(seen, changes, table, limits),
        first_pre_mean=next((s.pain_before for s in counted if s.doublings > 0), None),
        level_ratio=_ratio(plateaus),
        pain_change=_pain_change(plateaus),
        highest_dose=_highest(on_record, seen, limits),
        dechallenges=reductions.dechallenges(seen, changes, dose, limits),
        left_out=_left_out(table, fit, limits),
        robust=None if missing or fit is None else _robust(seen, fit, limits),
        method=METHOD,
        notes=_notes(seen, table, plateaus, limits),
    )


def _statistics(seen: Chart, table: Sequence[Step], placebo: Sequence[Placebo], fit: Fit | None) -> Statistics:
    up = [s for s in table if s.void is None and s.doublings > 0]
    rises = [s.rise for s in up if s.rise is not None]
    adjusted = [s.adjusted for s in up if s.adjusted is not None]
    days = [day for day, _ in seen.scores]
    return Statistics(
        beta=fit.beta if fit else None,
        z=fit.z if fit else None,
        cumulative_rise=sum(rises) if rises else None,
        share_rising=sum(a > 0 for a in adjusted) / len(adjusted) if adjusted else None,
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
    if len(pairs) >= limits.placebo_steps and all(before >= after for before, after in pairs):
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
        known = sum(max(0, min(ends, last) - max(begins, first) + 1) for begins, ends, _ in seen.doses)
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


def _robust(seen: Chart, fit: Fit, limits: Estimator) -> bool | None:
    """The pattern holds under the lowest and the highest doses of the record too (mme.md 5.13).

    Days whose high is open are left out of both runs and do not lower a grade by themselves: a run that fails counts only
    where the middle doses of the same days hold. None where there is no pattern to ask about.
    """
    if not holds(fit.beta, fit.z, limits):
        return None

    def pattern(reading: Reading) -> bool:
        other = under(reading, seen, limits)
        bounds = exposure.stretch(other)
        data = exposure.data(other, steps.changes(other, limits), bounds, limits) if bounds else None
        again = regression.fit(data, limits) if data else None
        return again is not None and holds(again.beta, again.z, limits)

    for reading in (low, high):
        if (
            any(reading(block.day) != known(block.day) for block in seen.blocks)
            and not pattern(reading)
            and pattern(known)
        ):
            return False
    return True


def _highest(on_record: Sequence[Block], seen: Chart, limits: Estimator) -> float | None:
    """Highest plateau, MME a day, under the lowest dose that the record allows: R13 has to hold there too."""
    if any(block.day.low != block.day.mid for block in on_record if block.day.mid is not None):
        seen = under(low, seen, limits)
    return max((flat.dose for flat in seen.flats), default=None)


def _notes(seen: Chart, table: Sequence[Step], plateaus: Sequence[Plateau], limits: Estimator) -> tuple[str, ...]:
    """Plain sentences for the page: what was left out, and the classic statistics that the grade does not use."""
    notes = []
    if any(steps.stopped(seen, flat) for flat in seen.flats[1:]):
        notes.append("Days after a complete cessation of opioids are not evaluated.")
    rises = [s.adjusted for s in table if s.void is None and s.doublings > 0 and s.adjusted is not None]
    if (p := classic.sign_test(rises)) is not None:
        up = sum(r > 0 for r in rises)
        notes.append(
            f"Sign test: pain rose beyond the drift after {up} of {len(rises)} increases, one-sided p {p:.3f}."
        )
    levels = [(p.dose, p.mean_pain, p.start.toordinal()) for p in plateaus if p.mean_pain is not None]
    if len(levels) > 1:
        notes.append(_rank_note(levels))
    if (drift := _local_drift(seen, limits)) is not None:
        notes.append(f"Median slope of pain within plateaus: {30 * drift:+.2f} points per 30 days.")
    return tuple(notes)


def _rank_note(levels: Sequence[tuple[float, float, int]]) -> str:
    tau = classic.kendall([(dose, pain) for dose, pain, _ in levels])
    if tau is None:
        return "Kendall's tau of pain on dose cannot be computed: dose or pain is the same at every level."
    text = f"Kendall's tau of pain on dose over {len(levels)} levels: {tau:.2f}"
    by_time = [classic.kendall([(when, value[place]) for *value, when in levels]) for place in (0, 1)]
    if by_time[0] is not None and by_time[1] is not None:
        given = classic.partial_tau(tau, by_time[0], by_time[1])
        text += f", given calendar time {given:.2f}" if given is not None else ", not to be told from calendar time"
    smallest = classic.least_p(len(levels))
    if smallest > _SIGNIFICANT:
        text += f" (so few levels cannot reach p {_SIGNIFICANT}: the smallest possible is {smallest:.3f})"
    return text + "."


def _local_drift(seen: Chart, limits: Estimator) -> float | None:
    """NRS per day within plateaus, their first two weeks left out, from the latest scores of each plateau."""
    slopes = []
    for place, flat in enumerate(seen.flats):
        settled = flat.first + (limits.settle_days if place else 0)
        points = [(float(d), s) for d, s in seen.during(flat, settled, flat.last) if d not in seen.changes]
        slope = classic.theil_sen(points[-int(limits.pair_most) :], limits.pair_days)
        if slope is not None:
            slopes.append((slope, len(points)))
    if not slopes:
        return None
    return sum(slope * n for slope, n in slopes) / sum(n for _, n in slopes)
