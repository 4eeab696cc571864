"""Signs that pain is withdrawal, or the gap between two doses: scale, code, missed doses, pain before each dose."""

from __future__ import annotations

import itertools
import operator
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from statistics import mean, median
from typing import Any

from cds import trend
from cds.facts.chart import Chart, by_word, dated, day_text, from_seen
from cds.facts.measured import Measured
from cds.knowledge.rules import Rule
from cds.rulekit import Fact

_AROUND = 7  # days on each side whose median is the dose that a day is compared with
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_LEAST_DAYS = 14  # fewer days say nothing about a habit


def facts(chart: Chart) -> Iterator[Fact]:
    yield from _scale(chart)
    for seen in by_word(chart.active("withdrawal")):
        # After a full cessation withdrawal is expected, and sets no grade, coded or measured.
        for day, latest in [one for one in dated(seen) if one[0] <= chart.evaluated_until.date()][-1:]:
            yield from_seen("recent", (latest,), group="withdrawal", days=chart.days_ago(day))
    yield from _missed(chart)
    yield from _interdose(chart)


def without_its_days(chart: Chart, signs: Iterable[Fact]) -> Chart | None:
    """The chart without the scores of days in withdrawal, estimated again; None where too few data remain.

    The chart itself where no sign reaches its limit: rare signs are everyday noise. Interdose pain marks no days.
    """
    rules = chart.knowledge.rules
    reached = {rule.id for rule in rules for sign in signs if rule.id.startswith("R3-") and _holds(rule, sign)}
    days: set[date] = set()
    if "R3-missed" in reached:
        days |= _missed_days(chart)[0]
    if "R3-cows" in reached:
        days |= {day for one in _scores(chart, chart.limit("R3-cows", "score")) for day in _around(chart, one.day)}
    if "R3-coded" in reached:
        days |= {day for began, _ in dated(chart.active("withdrawal")) for day in _around(chart, began)}
    if not days:
        return chart
    kept = tuple(score for score in chart.pain.scores if score.day not in days)
    if len(kept) == len(chart.pain.scores):
        return chart
    pain = replace(chart.pain, scores=kept)
    again = trend.estimate(chart.dose, pain, chart.record, chart.knowledge.estimator, as_of=chart.as_of)
    return None if again.insufficient else replace(chart, pain=pain, trend=again)


def _holds(rule: Rule, fact: Fact) -> bool:
    """The rule's comparisons in plain Python: which days are left out must be known before any rule runs."""
    for one in rule.conditions:
        right = rule.limits[one.limit].value if one.limit is not None else one.word
        left = fact.kind if one.field == "kind" else fact.fields.get(one.field)
        if left is None or not _COMPARE[one.operator](left, right):
            return False
    return True


def _around(chart: Chart, day: date) -> Iterator[date]:
    before, after = (int(chart.limit("R3-cows", name)) for name in ("before_days", "after_days"))
    return (day + timedelta(days=number) for number in range(-before, after + 1))


def _scale(chart: Chart) -> Iterator[Fact]:
    """The highest COWS of the window. After a full cessation withdrawal is expected, and sets no grade."""
    scores = _scores(chart)
    if scores:
        top = max(scores, key=lambda one: (one.value, one.at))
        fields = {"score": top.value, "days": chart.days_ago(top.day)}
        yield Fact("cows", fields, {"day": day_text(top.day)}, (top.reference,), top.day)


def _scores(chart: Chart, least: float = 0.0) -> list[Measured]:
    until, back = chart.evaluated_until, chart.limit("R3-cows", "days")
    return [
        one
        for one in chart.values
        if one.group == "cows" and one.value >= least and one.at <= until and chart.days_ago(one.day) <= back
    ]


def _missed(chart: Chart) -> Iterator[Fact]:
    """Share of days, or of scored days, with a dose recorded as not taken or far below the days around it."""
    missed, known = _missed_days(chart)
    if not missed:
        return
    scored = {score.day for score in chart.pain.of(chart.pain.primary)} & known
    of_days, of_scored = len(missed) / len(known), len(missed & scored) / len(scored) if scored else 0.0
    told = {"days": str(len(missed)), "of_days": str(len(known))}
    if of_scored > of_days:
        told = {"days": str(len(missed & scored)), "of_days": f"{len(scored)} scored"}
    yield Fact("missed-doses", {"share": max(of_days, of_scored)}, told, (), min(missed))


def _missed_days(chart: Chart) -> tuple[set[date], set[date]]:
    """(days with a missed or much lower dose, all days that say how much was taken), both empty where none was missed."""
    part = chart.limit("R3-missed", "part")
    first, until = chart.as_of.day - timedelta(days=_look_back(chart)), chart.evaluated_until.date()
    not_taken = {day for day in _not_taken(chart) if first <= day <= until}
    levels = [float(mid) for mid, _ in itertools.groupby(days.mid for days in chart.dose.series) if mid is not None]
    if not not_taken and all(later >= earlier * part for earlier, later in itertools.pairwise(levels)):
        return set(), set()  # nothing ever falls that far: the usual record, and no need for medians
    days = [
        (date.fromordinal(number), float(alike.mid))
        for alike in chart.dose.series
        if alike.mid is not None
        for number in range(max(alike.day, first).toordinal(), min(alike.last, until).toordinal() + 1)
    ]
    if len(days) < _LEAST_DAYS:
        return set(), set()
    missed = _below(days, part) | not_taken
    return missed, {day for day, _ in days} | missed


def _look_back(chart: Chart) -> float:
    return chart.knowledge.estimator.look_back_days


def _below(days: list[tuple[date, float]], part: float) -> set[date]:
    """Days below a part of the median around them; a lasting reduction lowers the median itself and is no miss."""
    doses = [dose for _, dose in days]
    found = set()
    for place, (day, dose) in enumerate(days):
        around = median(doses[max(0, place - _AROUND) : place + _AROUND + 1])
        if dose < part * around:
            found.add(day)
    return found


def _not_taken(chart: Chart) -> set[date]:
    return {
        use.effective.start.day
        for use in chart.record.medications
        if use.negative
        and use.reference in chart.dose.opioid_references
        and use.effective is not None
        and use.effective.start is not None
    }


def _interdose(chart: Chart) -> Iterator[Fact]:
    """Mean fall of pain from just before a short-acting dose to just after it."""
    if not chart.dose.events:
        return
    before = timedelta(hours=chart.limit("R3-interdose", "before"))
    after = timedelta(hours=chart.limit("R3-interdose", "after"))
    until = chart.evaluated_until
    scores = [score for score in chart.pain.of(chart.pain.primary) if score.timed and score.at <= until]
    times = [score.at for score in scores]
    falls: list[float] = []
    for event in chart.dose.events:
        if event.long or event.end - event.start > after or event.start > until:
            continue
        ahead = scores[bisect_left(times, event.start - before) : bisect_right(times, event.start)]
        behind = scores[bisect_right(times, event.start) : bisect_right(times, event.start + after)]
        if ahead and behind:
            falls.append(ahead[-1].score - behind[-1].score)
    if falls:
        yield Fact("interdose", {"pairs": float(len(falls)), "fall": mean(falls)})
