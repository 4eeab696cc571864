"""Steps between plateaus: what pain did, beyond the drift, and why a step may not count (R15)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log2
from statistics import fmean

from cds.clinical import Plateau, Step
from cds.knowledge.estimator import Estimator
from cds.trend.chart import Chart, midnight
from cds.trend.levels import Flat

START = "start of opioid treatment"
CESSATION = "complete cessation"
ROTATION = "rotation to another opioid"
ROUTE = "change of route"
UNCOUNTED = "an opioid without a number at the step or beside it"
PRN = "only as-needed doses changed"
COURSE = "time-limited course"
FLARE = "treated flare: reversed within six weeks"
INSTRUMENT = "pain instrument changed"
AFTER_CESSATION = "after a complete cessation"


@dataclass(frozen=True, slots=True)
class Change:
    """The step between two neighbouring plateaus, before any score is looked at. Day numbers."""

    number: int
    day: int
    before: Flat
    after: Flat
    void: str | None

    @property
    def doublings(self) -> float:
        """log2 of the dose ratio; 0 where one side is no dose (such a step is void)."""
        if self.before.dose <= 0 or self.after.dose <= 0:
            return 0.0
        return log2(self.after.dose) - log2(self.before.dose)  # their ratio may be too small, or too large, for a float


def changes(chart: Chart, limits: Estimator) -> tuple[Change, ...]:
    """Every step of the chart, in order, with the reason why it is void."""
    flares = _flares(chart, limits)
    products = [_product(chart, flat) for flat in chart.flats]
    uncounted = [block for block in chart.blocks if block.day.uncounted]
    return tuple(
        Change(
            number=number,
            day=after.first,
            before=before,
            after=after,
            void=UNCOUNTED
            if before.dose > 0
            and after.dose > 0
            and any(b.first <= after.last and before.first <= b.last for b in uncounted)
            else _void(chart, before, after, products[number - 1], products[number], flares),
        )
        for number, (before, after) in enumerate(pairwise(chart.flats), start=1)
    )


def _flares(chart: Chart, limits: Estimator) -> tuple[tuple[int, int], ...]:
    """(day of the up-step, day of the return) where the dose came back to within 20 % of its start by day 42."""
    found = []
    flats = chart.short
    for i in range(len(flats) - 2):
        start, up = flats[i], flats[i + 1]
        if up.dose <= start.dose or start.dose <= 0:
            continue
        for later in flats[i + 2 :]:
            if later.first - up.first > limits.flare_days:
                break
            if later.dose * 100 <= (100 + limits.flare_percent) * start.dose:
                found.append((up.first, later.first))
                break
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Product:
    """What most days of a plateau were made of; `usual` are the drug and route pairs of at least half of them."""

    usual: frozenset[tuple[str, str]]
    as_needed: bool
    course: bool


def _product(chart: Chart, flat: Flat) -> _Product:
    counts: dict[tuple[str, str], int] = {}
    days = as_needed = course = 0
    for first, last in flat.stretches:
        for block in chart.blocks:
            length = min(last, block.last) - max(first, block.first) + 1
            if length <= 0:
                continue
            days += length
            as_needed += length * block.day.prn_only
            course += length * block.day.time_limited
            for pair, amount in block.day.drugs.items():
                if amount > 0:
                    counts[pair] = counts.get(pair, 0) + length
    return _Product(
        usual=frozenset(pair for pair, count in counts.items() if 2 * count >= days),
        as_needed=2 * as_needed > days,
        course=2 * course > days,
    )


def _void(
    chart: Chart, before: Flat, after: Flat, was: _Product, now: _Product, flares: Iterable[tuple[int, int]]
) -> str | None:
    if before.dose <= 0:
        return PRN if was.as_needed else START
    if after.dose <= 0:
        return PRN if now.as_needed else CESSATION
    lost, gained = was.usual - now.usual, now.usual - was.usual
    if lost and gained:
        # The ratio of MME is then a table's opinion, not a dose step.
        return ROTATION if {drug for drug, _ in lost} != {drug for drug, _ in gained} else ROUTE
    if was.as_needed or now.as_needed:
        return PRN
    if was.course or now.course:
        return COURSE
    if any(first <= after.first <= last for first, last in flares):
        return FLARE
    if _instrument_changed(chart, before, after):
        return INSTRUMENT
    return None


def stopped(chart: Chart, flat: Flat) -> bool:
    """No opioid at all: days on which only as-needed orders stand have no scheduled dose either, and are no cessation."""
    return flat.dose <= 0 and not _product(chart, flat).as_needed


def _instrument_changed(chart: Chart, before: Flat, after: Flat) -> bool:
    """The primary instrument is silent on one side, where another one speaks."""
    for flat in (before, after) if chart.others else ():
        if not chart.during(flat, flat.first, flat.last) and any(flat.holds(day) for day in chart.others):
            return True
    return False


def measured(chart: Chart, change: Change, drift: float | None, limits: Estimator) -> Step:
    """The step with pain before and after it.

    before  mean of the daily scores in the last three weeks of the plateau, the decision day and the day before it left
            out; where there are none, the last score up to the step day itself (a chart with one score a visit)
    after   mean from day 7 to day 35 in the plateau, the day of the next step included
    drift   NRS per day; the adjusted rise takes it off over the time between the two means. None: not adjusted
    """
    pre = before_window(chart, change, limits)
    post = after_window(chart, change, limits)
    pain_before = _mean_score(pre) if pre else None
    pain_after = _mean_score(post) if post else None
    rise = adjusted = None
    if pain_before is not None and pain_after is not None:
        rise = pain_after - pain_before
        gap = fmean([d for d, _ in post]) - fmean([d for d, _ in pre])
        adjusted = rise - (drift or 0.0) * gap
    return Step(
        number=change.number,
        at=midnight(change.day),
        before=change.before.dose,
        after=change.after.dose,
        doublings=change.doublings,
        pain_before=pain_before,
        pain_after=pain_after,
        scores_before=len(pre),
        scores_after=len(post),
        rise=rise,
        adjusted=adjusted,
        void=change.void,
    )


def rises(points: float) -> bool:
    """Whether a difference of pain is one: what a sum of floats leaves behind the sixth decimal is none."""
    return round(points, 6) > 0


def before_window(chart: Chart, change: Change, limits: Estimator) -> list[tuple[int, float]]:
    first, last = change.day - limits.pre_window_days, change.day - limits.decision_days
    inside = [scored for scored in chart.during(change.before, first, last) if scored[0] not in chart.changes]
    if inside:
        return inside
    late = [
        (day, score)
        for day, score in chart.within(change.day - limits.post_window_days, change.day)
        if (change.before.holds(day) or day == change.day) and day != change.before.first
    ]
    return late[-1:]


def after_window(chart: Chart, change: Change, limits: Estimator) -> list[tuple[int, float]]:
    return with_next_day(chart, change.after, change.day + limits.post_start_days, change.day + limits.post_window_days)


def with_next_day(chart: Chart, flat: Flat, first: float, last: float) -> list[tuple[int, float]]:
    """The plateau's scores of those days, that of the day of the next step included: it was given under this dose."""
    after = flat.last + 1
    return [*chart.during(flat, first, last), *chart.within(max(after, first), min(after, last))]


def plateaus(chart: Chart) -> tuple[Plateau, ...]:
    """The plateaus as shown on the page; a score of a step day counts for the plateau before."""
    shown = []
    for place, flat in enumerate(chart.flats):
        inside = [score for _, score in chart.during(flat, flat.first + (place > 0), flat.last)]
        if place + 1 < len(chart.flats):
            step = chart.flats[place + 1].first
            inside += [score for _, score in chart.within(step, step)]
        shown.append(
            Plateau(
                start=midnight(flat.first),
                end=midnight(flat.last),
                dose=flat.dose,
                mean_pain=fmean(inside) if inside else None,
                scores=len(inside),
            )
        )
    return tuple(shown)


def placebo_rise(chart: Chart, change: Change, limits: Estimator) -> float | None:
    """Rise between two windows before the step, inside the plateau and after it has settled; None without both.

    Within the plateau: what the step before it did must not pass for pain that rises ahead of the dose.
    """
    settled = change.before.first + limits.settle_days
    cut = change.day - limits.pre_window_days - 1
    early = chart.during(change.before, max(settled, change.day - limits.placebo_start_days), cut)
    late = chart.during(change.before, max(settled, cut + 1), change.day - limits.decision_days)
    return _mean_score(late) - _mean_score(early) if early and late else None


def _mean_score(scored: Sequence[tuple[int, float]]) -> float:
    return fmean([score for _, score in scored])  # of a list fmean need not count what passes by
