"""What dose and pain say together, as facts: the founding definition, the estimate, and what lowers it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from statistics import mean

from cds.clinical import Dechallenge
from cds.facts.chart import Chart, by_word, dated, day_text, from_seen
from cds.rulekit import Fact
from cds.trend import steps

_NEXT_TO_NOTHING = 0.05  # points per 30 days: 0.0 as it is printed. Words only, it decides nothing.
_NEAR_TREATMENTS = ("surgery", "block", "psychotherapy")


def course(chart: Chart) -> Iterator[Fact]:
    """Data, founding definition and what supports or lowers a pattern: from every score."""
    yield from _data(chart)
    yield from _founding(chart)
    yield from _reductions(chart)
    yield from _support(chart)
    yield from _function(chart)
    if chart.trend.highest_dose is not None:
        yield Fact("dose-level", {"highest": chart.trend.highest_dose})


def estimate(chart: Chart | None) -> Iterator[Fact]:
    """The numbers of R4 to R9; nothing where there is no estimate to speak of."""
    if chart is not None:
        yield from _estimate(chart)
        yield from _between_steps(chart)


def _data(chart: Chart) -> Iterator[Fact]:
    trend = chart.trend
    lacking = [gap.text for gap in chart.case.gaps if gap.kind == "not known"]
    if chart.pain.rejected and not chart.pain.scores:
        lacking.append(f"{len(chart.pain.rejected)} scores refused")
    missing = "; ".join((*lacking, *trend.insufficient))
    yield Fact("data", {"sufficient": not trend.insufficient}, {"missing": missing})
    if trend.ceiling is not None:
        yield Fact("ceiling", {"share": trend.ceiling})
    void = [step for step in trend.steps if step.void is not None]
    if void:
        reasons = ", ".join(sorted({step.void for step in void if step.void}))
        yield Fact("void-steps", {"steps": float(len(void))}, {"of_steps": str(len(trend.steps)), "reasons": reasons})
    if chart.acute and trend.plateaus:
        start, end = min(plateau.start for plateau in trend.plateaus), chart.evaluated_until
        scores = [one for one in chart.pain.of(chart.pain.primary) if start <= one.at <= end]
        if scores:
            top = max(scores, key=lambda one: (one.score, one.at))
            yield Fact("top-score", {"score": top.score, "acute": True}, {}, (top.reference,), top.day)


def _founding(chart: Chart) -> Iterator[Fact]:
    run = chart.trend.co_rise
    if len(run.levels) < 2:
        return
    first, top = run.levels[0], run.levels[-1]
    seen = "doses " + ", ".join(f"{level.dose:.4g}" for level in run.levels) + " MME"
    if first.pain is not None and top.pain is not None:
        seen += f" with pain {first.pain:.3g} at the first and {top.pain:.3g} at the last of them"
    yield Fact("co-rise", {"increases": float(run.increases), "marked": run.holds}, {"seen": seen})
    if run.rise is not None:
        yield Fact("escalated", {"increases": float(run.increases), "change": run.rise, "co_rise": run.holds})


def _estimate(chart: Chart) -> Iterator[Fact]:
    numbers = chart.trend.statistics
    if numbers.beta is not None and numbers.z is not None:
        yield Fact("response", {"beta": numbers.beta, "z": numbers.z})
    if numbers.beta is not None:
        yield Fact("ordering", {"result": chart.trend.ordering})
        if numbers.scores is not None:
            yield Fact("score-count", {"scores": float(numbers.scores), "acute": chart.acute})
    if chart.trend.robust is not None:
        yield Fact("dose-range", {"holds": chart.trend.robust})
    if numbers.cumulative_rise is not None:
        yield Fact("rise", {"points": numbers.cumulative_rise})
        base = chart.trend.first_pre_mean
        if base:  # a share of a pain of 0 has no meaning
            yield Fact("relative-rise", {"percent": 100 * numbers.cumulative_rise / base})
    if numbers.share_rising is not None:
        yield Fact("rising-steps", {"share": numbers.share_rising})


def _between_steps(chart: Chart) -> Iterator[Fact]:
    trend, numbers = chart.trend, chart.trend.statistics
    if numbers.beta is None or trend.pain_change is None:
        return
    if numbers.drift_per_30d is not None:
        fields = {"per_30d": numbers.drift_per_30d, "pain_change": trend.pain_change, "beta": numbers.beta}
        yield Fact("drift", fields, _within_levels(trend.level_slope))
    if trend.level_ratio is not None:
        fields = {"dose_ratio": trend.level_ratio, "pain_change": trend.pain_change, "beta": numbers.beta}
        yield Fact("escalation", fields)


def _within_levels(slope: float | None) -> dict[str, str]:
    """How pain moved while the dose stood still, beside the regression's drift, which is no such thing."""
    if slope is None:
        return {"within": "", "apart": ""}
    # round() may leave -0.0, and that plus nothing is 0.0.
    apart = " Time and steps cannot be told apart in this record." if slope < _NEXT_TO_NOTHING else ""
    return {"within": f", against {round(slope, 2) + 0:.2f} seen within levels", "apart": apart}


def _reductions(chart: Chart) -> Iterator[Fact]:
    """De-challenge (R11) from the reductions beside which nothing else happened (R17)."""
    window = chart.limit("R17", "days")
    counted: list[tuple[float, Dechallenge]] = []
    for reduction in chart.trend.dechallenges:
        near = sorted(found for found in _treatments(chart, reduction) if found.days_apart <= window)
        if near:
            yield Fact(
                "co-intervention",
                {"days_apart": float(near[0].days_apart)},
                {"what": ", ".join(dict.fromkeys(one.what for one in near)), "day": day_text(reduction.at.date())},
                tuple(dict.fromkeys(one.reference for one in near if one.reference)),
                reduction.at.date(),
            )
        elif reduction.void is None and reduction.change is not None:
            counted.append((-reduction.change, reduction))
    if counted:
        fall, best = max(counted, key=lambda pair: (pair[0], pair[1].at))
        rises = [one.change for one in chart.trend.dechallenges if one.change is not None]
        limits = chart.knowledge.estimator
        clear = f" (clear: {limits.reduction_clear_points:g} points or {limits.reduction_clear_percent:g} %)"
        yield Fact(
            "dechallenge",
            {"fall": fall, "later_rise": max(0.0, *rises)},
            {"day": day_text(best.at.date()), "clear": clear if best.clear else ""},
        )


@dataclass(frozen=True, slots=True, order=True)
class _Treatment:
    """Something else that may explain what follows a reduction."""

    days_apart: int
    what: str
    reference: str


def _treatments(chart: Chart, reduction: Dechallenge) -> Iterator[_Treatment]:
    day = reduction.at.date()
    for drug, drug_class, first, last, reference in _courses(chart):
        during = chart.knowledge.conditions.of_drug_class(drug_class) == "acts-while-given" and first <= day <= last
        yield _Treatment(0 if during else abs((first - day).days), f"{drug} from {first.isoformat()}", reference)
    for group in _NEAR_TREATMENTS:
        for when, one in dated(chart.happened(group)):
            yield _Treatment(abs((when - day).days), one.word, one.reference)
    stops = set(chart.stops)
    if reduction.after == 0 and reduction.void != steps.PRN:
        stops.add(day)
    for stop in sorted(stops):
        yield _Treatment(abs((stop - day).days), "complete opioid cessation", "")


def _courses(chart: Chart) -> Iterator[tuple[str, str, date, date, str]]:
    """(drug, class, first, last, record) of each course of a co-intervention drug; renewals in a row are one course."""
    gap = chart.knowledge.estimator.carry_days
    rows: dict[tuple[str, str], list[tuple[date, date, str]]] = {}
    for exposure in chart.dose.exposures:
        if exposure.drug_class in chart.knowledge.estimator.co_interventions:
            row = (exposure.first, exposure.last, exposure.reference)
            rows.setdefault((exposure.drug, exposure.drug_class), []).append(row)
    for (drug, drug_class), found in sorted(rows.items()):
        first, last, reference = sorted(found)[0]
        for begins, ends, record in sorted(found)[1:]:
            if (begins - last).days > gap + 1:
                yield drug, drug_class, first, last, reference
                first, reference = begins, record
            last = max(last, ends)
        yield drug, drug_class, first, last, reference


def _support(chart: Chart) -> Iterator[Fact]:
    for group in ("hyperalgesia", "opioid-use-disorder", "crps", "amputation"):
        for seen in by_word(chart.active(group)):
            yield from_seen("on-record", seen, group=group)
    scores = [score for score in chart.pain.scores if score.body_site is not None]
    counted = chart.counted_steps
    if scores and counted:
        first = min(step.at for step in counted)
        known = {score.body_site for score in scores if score.at <= first}
        new = {score.body_site for score in scores if score.at > first} - known
        if known and new:
            references = tuple(score.reference for score in scores if score.body_site in new)
            yield Fact("new-site", {"sites": float(len(new))}, {}, references)


def _function(chart: Chart) -> Iterator[Fact]:
    """Mean function before the first counted increase against the mean after the last one, per instrument.

    Only until the dose falls again: better function after a reduction goes with the pattern, not against it.
    """
    raised = [step.at.date() for step in chart.counted_steps if step.doublings > 0]
    rise = chart.trend.statistics.cumulative_rise
    change = chart.trend.pain_change if rise is None else rise
    if change is None or not raised:
        return
    first, last = min(raised), max(raised)
    lowered = (step.at.date() for step in chart.trend.steps if step.doublings < 0)
    until = min((day for day in lowered if day > last), default=chart.as_of.day)
    for instrument in sorted({score.instrument for score in chart.pain.function}):
        scores = [score for score in chart.pain.function if score.instrument == instrument]
        before = [score.score for score in scores if score.day <= first]
        after = [score.score for score in scores if last < score.day <= until]
        if before and after and mean(before) > 0:
            better = 100 * (mean(before) - mean(after)) / mean(before)
            references = tuple(score.reference for score in scores)
            yield Fact(
                "function", {"improvement": better, "pain_change": change}, {"instrument": instrument}, references
            )
