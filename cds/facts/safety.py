"""What speaks against ketamine, what is not assessable, and whether the patient is over-sedated now."""

from __future__ import annotations

from collections.abc import Iterator

from cds.facts.chart import Chart, by_word, dated, day_text, from_seen
from cds.facts.coded import Seen
from cds.facts.measured import Measured, hours_ago, within
from cds.facts.scope import ages
from cds.rulekit import Fact

_GATES = (
    "heart-failure",
    "psychosis",
    "liver-severe",
    "liver-disease",
    "intracranial-pressure",
    "acute-glaucoma",
    "glaucoma",
    "substance-use",
    "thyrotoxicosis",
    "delirium",
    "urinary",
    "seizure",
    "porphyria",
    "sleep-apnoea",
    "suicidality",
)
_LIVER_TESTS = ("alt", "ast", "alp", "bilirubin")
# What one unread resource of the type may have been: anything that speaks against ketamine.
_UNREAD = (("Condition", "problems"), ("AllergyIntolerance", "allergies"))
_PSYCHIATRIC = ("psychosis", "psychiatric-history", "suicidality")


def facts(chart: Chart) -> Iterator[Fact]:
    for group in _GATES:
        for seen in by_word(chart.active(group)):
            yield from_seen("on-record", seen, group=group)
    yield from _allergy(chart)
    yield from _cardiovascular(chart)
    yield from _pressure(chart)
    yield from _breathing(chart)
    yield from _liver(chart)
    yield from _pregnancy(chart)
    yield from _exposures(chart)
    yield from _older_after_surgery(chart)
    if not any(chart.happened(group) for group in _PSYCHIATRIC):
        yield _unknown("psychiatric history")
    unread = {each.kind for each in chart.record.unread if not each.partial}
    for kind, topic in _UNREAD:
        if kind in unread:
            yield _unknown(topic)


def _unknown(topic: str) -> Fact:
    return Fact("not-assessable", {"topic": topic})


def _allergy(chart: Chart) -> Iterator[Fact]:
    seen = tuple(
        Seen("hypersensitivity", word, allergy.reference, allergy.recorded.day if allergy.recorded else None)
        for allergy in chart.record.allergies
        if allergy.verification_status not in ("refuted", "entered-in-error")
        and allergy.clinical_status not in ("inactive", "resolved")
        for group, word in chart.knowledge.conditions.of(allergy.concept).items()
        if group == "hypersensitivity"
    )
    if seen:
        yield from_seen("on-record", seen, group="hypersensitivity")


def _cardiovascular(chart: Chart) -> Iterator[Fact]:
    """A recent or undated event stands on record; an older one is told by its age."""
    recent = chart.limit("G-cardiovascular", "days")
    for seen in by_word(chart.active("cardiovascular-event")):
        with_day = dated(seen)
        if not with_day or chart.days_ago(with_day[-1][0]) <= recent:
            yield from_seen("on-record", seen, group="cardiovascular-event")
        else:
            day, latest = with_day[-1]
            yield from_seen("recent", (latest,), group="cardiovascular-event", days=chart.days_ago(day))


def _extreme(chart: Chart, group: str, hours: float, *, lowest: bool = False) -> Measured | None:
    """The worst value of the window: one that has passed may return."""
    values = within(chart.values, group, chart.as_of, hours)
    if not values:
        return None
    return min(values, key=lambda one: (one.value if lowest else -one.value, -one.at.timestamp()))


def _measured(kind: str, name: str, one: Measured, chart: Chart, **more: bool) -> Fact:
    fields = {name: one.value, "hours": hours_ago(one, chart.as_of), **more}
    return Fact(kind, fields, {"day": day_text(one.day)}, (one.reference,), one.day)


def _pressure(chart: Chart) -> Iterator[Fact]:
    hours = chart.limit("G-systolic", "hours")
    systolic, diastolic = (_extreme(chart, group, hours) for group in ("systolic", "diastolic"))
    if systolic is not None:
        yield _measured("blood-pressure", "systolic", systolic, chart)
    else:
        yield _unknown("blood pressure")
    if diastolic is not None:
        yield _measured("diastolic", "diastolic", diastolic, chart)


def _breathing(chart: Chart) -> Iterator[Fact]:
    hours = chart.limit("S-breathing", "hours")
    rate = _extreme(chart, "respiration", hours, lowest=True)
    oxygen = _extreme(chart, "saturation", hours, lowest=True)
    poss = _extreme(chart, "poss", hours)
    if rate is not None:
        yield _measured("respiration", "per_minute", rate, chart)
    if oxygen is not None:
        yield _measured("saturation", "percent", oxygen, chart, home_oxygen=bool(chart.active("home-oxygen")))
    if poss is not None:
        yield _measured("sedation", "poss", poss, chart)
    if rate is None and oxygen is None:
        yield _unknown("breathing")


def _liver(chart: Chart) -> Iterator[Fact]:
    back = chart.limit("G-liver-tests", "days")
    tests = [one for one in chart.values if one.group in _LIVER_TESTS and chart.days_ago(one.day) <= back]
    if not tests:
        yield _unknown("liver")
        return
    ratio, worst = max(
        ((one.value / chart.limit("G-liver-tests", one.group), one) for one in tests),
        key=lambda pair: (pair[0], pair[1].at),
    )
    yield Fact(
        "liver-test",
        {"times_upper": ratio, "days": chart.days_ago(worst.day)},
        {"what": worst.group.upper() if worst.group != "bilirubin" else "bilirubin", "day": day_text(worst.day)},
        (worst.reference,),
        worst.day,
    )


def _pregnancy(chart: Chart) -> Iterator[Fact]:
    """A pregnancy counts for as long as one lasts; an answer that there is none is soon out of date."""
    lasts, fresh = chart.limit("G-pregnancy", "days"), chart.limit("U-pregnancy", "days")
    pregnant = tuple(one for one in chart.active("pregnancy") if one.day is None or chart.days_ago(one.day) <= lasts)
    for seen in by_word(pregnant):
        yield from_seen("on-record", seen, group="pregnancy")
    denied = any(chart.days_ago(day) <= fresh for day, _ in dated(chart.active("not-pregnant")))
    if not pregnant and not denied and _may_be_pregnant(chart):
        yield _unknown("pregnancy")


def _may_be_pregnant(chart: Chart) -> bool:
    if chart.record.patient.gender == "male":
        return False
    birth = chart.record.patient.birth_date
    if birth is None:
        return True
    least, most = ages(birth, chart.as_of.day)
    return most >= chart.limit("U-pregnancy", "least_years") and least <= chart.limit("U-pregnancy", "most_years")


def _exposures(chart: Chart) -> Iterator[Fact]:
    """Drugs that interact, by the last day on which they are on record."""
    last: dict[tuple[str, str], tuple[float, str]] = {}
    for exposure in chart.dose.exposures:
        meaning = chart.knowledge.conditions.of_drug_class(exposure.drug_class)
        if meaning is None or exposure.first > chart.as_of.day:
            continue
        days = max(0.0, chart.days_ago(exposure.last))
        key = (meaning, exposure.drug)
        if key not in last or days < last[key][0]:
            last[key] = (days, exposure.reference)
    for (meaning, drug), (days, reference) in sorted(last.items()):
        yield Fact("exposure", {"meaning": meaning, "days": days}, {"drug": drug}, (reference,))


def _older_after_surgery(chart: Chart) -> Iterator[Fact]:
    birth = chart.record.patient.birth_date
    surgeries = dated(chart.happened("surgery"))
    if birth is not None and surgeries:
        day, latest = surgeries[-1]
        least, _ = ages(birth, chart.as_of.day)
        fields = {"least_years": float(max(0, least)), "days": chart.days_ago(day)}
        yield Fact("age-after-surgery", fields, {}, (latest.reference,), day)
