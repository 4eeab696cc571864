"""What else may explain the pain: red flags, surgery and injury near the steps, neurotoxicity."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from cds.facts.chart import Chart, by_word, dated, day_text, end_of_day, from_seen
from cds.rulekit import Fact


def facts(chart: Chart) -> Iterator[Fact]:
    for group in ("cancer", "red-flag", "fever", "neurotoxic-sign"):
        yield from _begun(chart, group)
    yield from _fever(chart)
    yield from _surgery(chart)
    if not chart.acute:
        yield from _among_steps(chart)
    yield from _creatinine(chart)
    for seen in by_word(chart.active("phantom-pain")):
        yield from_seen("phantom-pain", seen, acute=chart.acute)


def _begun(chart: Chart, group: str) -> Iterator[Fact]:
    """How long ago each condition of the group began; its latest onset counts, since a second fracture is new too."""
    for seen in by_word(chart.active(group)):
        with_day = dated(seen)
        if not with_day:
            yield from_seen("undated", seen, group=group)
            continue
        day, latest = with_day[-1]
        if group == "neurotoxic-sign":
            yield from_seen("neurotoxic-sign", (latest,), days=chart.days_ago(day))
        else:
            yield from_seen("recent", (latest,), group=group, days=chart.days_ago(day))


def _fever(chart: Chart) -> Iterator[Fact]:
    back = chart.limit("R2-fever", "days")
    recent = [one for one in chart.values if one.group == "temperature" and chart.days_ago(one.day) <= back]
    if recent:
        top = max(recent, key=lambda one: (one.value, one.at))
        fields = {"celsius": round(top.value, 2), "days": chart.days_ago(top.day)}
        yield Fact("fever", fields, {"day": day_text(top.day)}, (top.reference,), top.day)


def _surgery(chart: Chart) -> Iterator[Fact]:
    surgeries = dated(chart.happened("surgery"))
    if not surgeries:
        return
    day, latest = surgeries[-1]
    yield from_seen("recent-surgery", (latest,), days=chart.days_ago(day), acute=chart.acute)
    first = min((step.at for step in chart.counted_steps), default=chart.evaluated_until)
    hours, nearest = min(
        ((_hours(day, one.at, first), one) for day, one in surgeries), key=lambda pair: (pair[0], pair[1].reference)
    )
    yield from_seen("surgery-near-steps", (nearest,), hours=hours, acute=chart.acute)


def _hours(day: date, at: datetime | None, first: datetime) -> float:
    """From surgery to the first step; 0 where it came later. A bare date counts as its end: the nearer is the safer."""
    over = at if at is not None and at.time() != time.min else end_of_day(day)
    return max(0.0, (first - over).total_seconds() / 3600)


def _among_steps(chart: Chart) -> Iterator[Fact]:
    """Surgeries and injuries by their distance from the counted steps, or from the evaluation date."""
    steps = chart.counted_steps
    if not steps:
        return
    first, last = min(step.at for step in steps).date(), max(step.at for step in steps).date()

    def apart(day: date) -> int:
        outside = 0 if first <= day <= last else min(abs((day - first).days), abs((day - last).days))
        return min(outside, (chart.as_of.day - day).days)

    for seen in by_word((*chart.happened("surgery"), *chart.happened("injury"))):
        distances = [(apart(day), one) for day, one in dated(seen)]
        if distances:
            days, nearest = min(distances, key=lambda pair: (pair[0], pair[1].reference))
            yield from_seen("event-among-steps", (nearest,), days_apart=float(days))


def _creatinine(chart: Chart) -> Iterator[Fact]:
    """Latest creatinine over the lowest of the year before it, while on a drug whose metabolites the kidney clears."""
    values = [one for one in chart.values if one.group == "creatinine"]
    if len(values) < 2:
        return
    latest = values[-1]
    back = chart.limit("R18-creatinine", "baseline_days")
    earlier = [one for one in values[:-1] if (latest.day - one.day).days <= back]
    cleared = chart.knowledge.conditions
    since = latest.day - timedelta(days=chart.limit("R18-creatinine", "days"))
    taken = {
        drug
        for days in chart.dose.series
        if since <= days.last and days.day <= chart.as_of.day
        for drug, _ in days.drugs
        if cleared.of_drug(drug) == "renal-metabolites"
    }
    if earlier and taken:
        lowest = min(earlier, key=lambda one: (one.value, one.at))
        yield Fact(
            "creatinine",
            {"ratio": latest.value / lowest.value, "days": chart.days_ago(latest.day)},
            {"day": day_text(latest.day), "drug": " and ".join(sorted(taken))},
            (latest.reference, lowest.reference),
            latest.day,
        )
