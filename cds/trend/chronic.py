"""The trend in days: what one run finds, how it stands under other doses and without each step, and what the page tells."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from cds.clinical import AsOf, DoseTimeline, LeftOut, PainSeries, Plateau, Step, Trend
from cds.knowledge.estimator import Estimator
from cds.trend import classic, reductions, steps
from cds.trend.chart import Block, Chart, Reading, blocks, chart, high, known, low, under
from cds.trend.co_rise import co_rise
from cds.trend.regression import Fit
from cds.trend.run import Run, holds, is_pattern, run

METHOD = "regression of pain on delayed log2 dose"
_SIGNIFICANT = 0.05  # the conventional line, only to say that it cannot be reached


def estimate(dose: DoseTimeline, pain: PainSeries, limits: Estimator, *, as_of: AsOf) -> Trend:
    """The trend of one patient over the look-back."""
    on_record = blocks(dose.series)
    seen = chart(on_record, pain, limits, as_of=as_of)
    found = run(seen, limits)
    plateaus = steps.plateaus(seen)
    return Trend(
        mode="chronic",
        statistics=found.statistics,
        co_rise=co_rise(seen.short, seen.scored, seen.changes, limits),
        plateaus=plateaus,
        steps=found.table,
        ordering=found.ordering,
        insufficient=found.missing,
        ceiling=_ceiling(seen, found.changes, found.table, limits),
        first_pre_mean=found.first_pre_mean,
        level_ratio=_ratio(plateaus),
        pain_change=_pain_change(plateaus),
        level_slope=_level_slope(seen, limits),
        highest_dose=_highest(on_record, seen, limits),
        dechallenges=reductions.dechallenges(seen, found.changes, dose, limits),
        left_out=_left_out(found.table, found.fit, limits),
        robust=_robust(found, limits),
        method=METHOD,
        notes=_notes(seen, found.table, plateaus),
        scored=tuple(date.fromordinal(day) for day, values in seen.scored for _ in values),
    )


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


def _left_out(table: Sequence[Step], fit: Fit | None, limits: Estimator) -> tuple[LeftOut, ...]:
    numbers = [s.number for s in table if s.void is None]
    if fit is None or len(numbers) != len(fit.without):
        return ()
    return tuple(
        LeftOut(step=number, beta=beta, z=z, holds=holds(beta, z, limits))
        for number, (beta, z) in zip(numbers, fit.without, strict=True)
    )


def _robust(found: Run, limits: Estimator) -> bool | None:
    """The pattern, with every limit of R10, holds under the lowest and the highest doses too (mme.md 5.13).

    Days whose high is open are left out of both runs and do not lower a grade by themselves: a run that fails counts only
    where the middle doses of the same days hold. None where there is no pattern to ask about.
    """
    if found.missing or not is_pattern(found, limits):
        return None

    def pattern(reading: Reading) -> bool:
        return is_pattern(run(under(reading, found.chart, limits), limits), limits)

    for reading in (low, high):
        differs = any(reading(block.day) != known(block.day) for block in found.chart.blocks)
        if differs and not pattern(reading) and pattern(known):
            return False
    return True


def _highest(on_record: Sequence[Block], seen: Chart, limits: Estimator) -> float | None:
    """Highest plateau, MME a day, under the lowest dose that the record allows: R13 has to hold there too."""
    if any(block.day.low != block.day.mid for block in on_record if block.day.mid is not None):
        seen = under(low, seen, limits)
    return max((flat.dose for flat in seen.flats), default=None)


def _notes(seen: Chart, table: Sequence[Step], plateaus: Sequence[Plateau]) -> tuple[str, ...]:
    """Plain sentences for the page: what was left out, and the classic statistics that the grade does not use."""
    notes = []
    if any(steps.stopped(seen, flat) for flat in seen.flats[1:]):
        notes.append("Days after a complete cessation of opioids are not evaluated.")
    up = [s for s in table if s.void is None and s.doublings > 0]
    rises = [round(s.adjusted, 6) for s in up if s.adjusted is not None]
    if (p := classic.sign_test(rises)) is not None:
        told = f"pain rose beyond the drift after {sum(map(steps.rises, rises))} of {len(rises)} increases"
        # A p that no outcome could bring below the line says nothing about this one.
        able = classic.least_sign_p(rises) <= _SIGNIFICANT
        notes.append(f"Sign test: {told}, " + (f"one-sided p {p:.3f}." if able else "too few increases for a test."))
    levels = [(p.dose, p.mean_pain, p.start.toordinal()) for p in plateaus if p.mean_pain is not None]
    if len(levels) > 1:
        notes.append(_rank_note(levels))
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
    if classic.least_p(len(levels)) > _SIGNIFICANT:
        text += " (too few levels for a test)"
    return text + "."


def _level_slope(seen: Chart, limits: Estimator) -> float | None:
    """NRS per 30 days within plateaus, their first two weeks left out, from the latest scores of each plateau."""
    slopes = []
    for place, flat in enumerate(seen.flats):
        settled = flat.first + (limits.settle_days if place else 0)
        points = [(float(d), s) for d, s in seen.during(flat, settled, flat.last) if d not in seen.changes]
        slope = classic.theil_sen(points[-int(limits.pair_most) :], limits.pair_days)
        if slope is not None:
            slopes.append((slope, len(points)))
    if not slopes:
        return None
    return 30 * sum(slope * n for slope, n in slopes) / sum(n for _, n in slopes)
