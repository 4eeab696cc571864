"""Patients whose dose was raised step by step, pain rising with it: the pattern, its limits, orders under it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

from chart import ICD10CM, SNOMED, Chart, Resource, at, coded, days

# mg of oral morphine a day -> extended-release tablets and how many times a day
MORPHINE = {
    30: ("morphine ER 15", 2),
    60: ("morphine ER 30", 2),
    90: ("morphine ER 30", 3),
    120: ("morphine ER 60", 2),
    180: ("morphine ER 60", 3),
    240: ("morphine ER 60", 4),
}
RISING = ((60, 3.2), (90, 4.4), (120, 5.4), (180, 6.8))
LENGTHS = (56, 56, 56, 70)
FIRST_DAY = "2026-01-05"
LAST_DAY = "2026-08-30"  # of RISING over LENGTHS
LATER = "2026-10-25"  # eight weeks on

Level = tuple[int, float]


def escalated(
    name: str,
    levels: Sequence[Level] = RISING,
    lengths: Sequence[int] = LENGTHS,
    scored: Callable[[Chart, date, date, float], None] = Chart.pain_between,
    **about: Any,
) -> Chart:
    """Morphine at each level for so many days, pain scored twice a week around the level's own pain."""
    chart = Chart(name, **about)
    spans = days(FIRST_DAY, *lengths)
    for (dose, pain), (start, end) in zip(levels, spans, strict=True):
        chart.ordered(*tablets_for(dose), start, None if end == spans[-1][1] else end)
        scored(chart, start, end, pain)
    return chart


def tablets_for(dose: int) -> tuple[str, int, int]:
    """Product, tablets each time, times a day."""
    product, times = MORPHINE[dose]
    return product, 1, times


def reduced(name: str, to: int = 90, pain: float = 4.4, **about: Any) -> Chart:
    """RISING, then a reduction: pain stays for two weeks, which may be withdrawal, and then is lower."""
    return escalated(name, (*RISING, (to, 6.8)), (*LENGTHS, 56), _falls_after_two_weeks(pain), **about)


def draft(chart: Chart, dose: int, on: str = LAST_DAY) -> Resource:
    """The draft of an order of so many mg of morphine a day, on the day on which it is signed."""
    return chart.draft(*tablets_for(dose), date.fromisoformat(on))


def _falls_after_two_weeks(low: float) -> Callable[[Chart, date, date, float], None]:
    def scored(chart: Chart, start: date, end: date, level: float) -> None:
        if end < date.fromisoformat(LATER):
            chart.pain_between(start, end, level)
            return
        chart.pain_between(start, start + timedelta(days=13), level)
        chart.pain_between(start + timedelta(days=14), end, low)

    return scored


# ----------------------------------------------------------------------------------------- the founding definition


def plain(hook: str) -> Resource:
    """Doses 60, 90, 120, 180 and one pain score for each level: 4, 5, 6, 8."""
    chart = Chart(f"plain-co-rise-{hook}", "1971-09-30", "male")
    for (dose, score), (start, end) in zip(
        ((60, 4), (90, 5), (120, 6), (180, 8)), days(FIRST_DAY, 45, 45, 45, 45), strict=True
    ):
        chart.ordered(*tablets_for(dose), start, None if dose == 180 else end)
        chart.pain(at(start + timedelta(days=30)), score)
    drafts = [] if hook == "patient-view" else [draft(chart, 240, "2026-07-03")]
    return chart.request("2026-07-03", hook, drafts)


# ----------------------------------------------------------------------------------------- the pattern and its limits


def rises_with_each_increase() -> Resource:
    return escalated("rises-with-each-increase").request(LAST_DAY)


def falls_after_the_reduction() -> Resource:
    return reduced("falls-after-the-reduction").request(LATER)


def reduction_under_ketamine() -> Resource:
    chart = reduced("reduction-under-ketamine")
    chart.given("ketamine", None, at("2026-09-02"), at("2026-09-02", 13))
    return chart.request(LATER)


def under_fifty() -> Resource:
    """15, 30, 45, 15 mg: the whole pattern at a dose at which it is unusual."""
    chart = Chart("under-fifty", "1990-02-02")
    for (times, pain), (start, end) in zip(
        ((1, 3.2), (2, 4.6), (3, 6.2), (1, 6.2)), days(FIRST_DAY, *LENGTHS), strict=True
    ):
        last = end.isoformat() == LAST_DAY
        chart.ordered("morphine 15", 1, times, start, None if last else end)
        chart.pain_between(start, start + timedelta(days=13) if last else end, pain)
        if last:
            chart.pain_between(start + timedelta(days=14), end, 3.6)
    return chart.request(LAST_DAY)


def with_cancer() -> Resource:
    chart = reduced("with-cancer")
    chart.condition(
        coded(ICD10CM, "C50.919", "Malignant neoplasm of unspecified site of unspecified female breast"), "2025-03-10"
    )
    return chart.request(LATER)


def function_improves() -> Resource:
    chart = escalated("function-improves")
    for when, score in (("2026-01-20", 7.3), ("2026-03-20", 6.0), ("2026-05-20", 4.7), ("2026-08-20", 3.0)):
        chart.peg(date.fromisoformat(when), score)
    return chart.request(LAST_DAY)


def limb_is_named() -> Resource:
    """The pattern, and an examination that found hyperalgesia."""
    chart = escalated("hyperalgesia-on-examination")
    chart.condition(coded(SNOMED, "55406008", "Hyperalgesia"), "2026-08-12")
    return chart.request(LAST_DAY)


# ----------------------------------------------------------------------------------------- out of scope, and safety


def hospice() -> Resource:
    chart = escalated("hospice", born="1941-03-03")
    chart.condition(coded(ICD10CM, "Z51.5", "Encounter for palliative care"), "2026-06-01")
    return chart.request(LAST_DAY)


def sixteen_years_old() -> Resource:
    return escalated("sixteen-years-old", born="2010-05-05").request(LAST_DAY)


def breathing_slows() -> Resource:
    chart = escalated("breathing-slows")
    chart.vital("9279-1", "Respiratory rate", at(LAST_DAY, 16, 30), 7, "/min")
    chart.vital("59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry", at(LAST_DAY, 16, 30), 86, "%")
    return chart.request(at(LAST_DAY, 18))


# ----------------------------------------------------------------------------------------- orders


def raised_again() -> Resource:
    chart = escalated("raised-again")
    return chart.request(LAST_DAY, "order-sign", [draft(chart, 240)])


def raised_again_on_select() -> Resource:
    chart = escalated("raised-again-on-select")
    return chart.request(LAST_DAY, "order-select", [draft(chart, 240)])


def raised_after_a_clear_reduction() -> Resource:
    """The pattern with de-challenge, and the dose is about to go up again."""
    chart = reduced("raised-after-a-clear-reduction")
    return chart.request(LATER, "order-sign", [draft(chart, 120, LATER)])


def renewed_at_the_same_dose() -> Resource:
    chart = escalated("renewed-at-the-same-dose")
    return chart.request(LAST_DAY, "order-sign", [draft(chart, 180)])


def signs_something_else() -> Resource:
    chart = escalated("signs-something-else")
    return chart.request(LAST_DAY, "order-sign", [chart.draft("ibuprofen", 1, 3, date.fromisoformat(LAST_DAY))])


def raised_without_relief() -> Resource:
    levels = [(dose, 6.0) for dose, _pain in RISING]
    chart = escalated("raised-without-relief", levels)
    return chart.request(LAST_DAY, "order-sign", [draft(chart, 240)])


def raised_with_too_few_scores() -> Resource:
    chart = Chart("raised-with-too-few-scores", "1983-07-07")
    chart.ordered(*tablets_for(60), date.fromisoformat(FIRST_DAY))
    chart.pain(at("2026-03-01"), 5)
    return chart.request(LAST_DAY, "order-sign", [draft(chart, 90)])


def raised_yesterday() -> Resource:
    """No order hook fires here; the increase of yesterday is found in the record."""
    chart = escalated("raised-yesterday", ((60, 5.0), (90, 5.0), (120, 5.0)), (118, 118, 2))
    return chart.request(LAST_DAY)


ESCALATED: dict[str, Callable[[], Resource]] = {
    "co_rise/plain_on_patient_view": lambda: plain("patient-view"),
    "co_rise/plain_on_order_select": lambda: plain("order-select"),
    "co_rise/plain_on_order_sign": lambda: plain("order-sign"),
    "pattern/pain_rises_with_each_increase": rises_with_each_increase,
    "pattern/pain_falls_after_the_reduction": falls_after_the_reduction,
    "pattern/ketamine_beside_the_reduction": reduction_under_ketamine,
    "pattern/hyperalgesia_on_examination": limb_is_named,
    "pattern/dose_under_fifty": under_fifty,
    "pattern/active_cancer": with_cancer,
    "pattern/function_improves_meanwhile": function_improves,
    "scope/hospice": hospice,
    "scope/sixteen_years_old": sixteen_years_old,
    "safety/breathing_slows": breathing_slows,
    "orders/raised_again": raised_again,
    "orders/raised_again_on_select": raised_again_on_select,
    "orders/raised_after_a_clear_reduction": raised_after_a_clear_reduction,
    "orders/renewed_at_the_same_dose": renewed_at_the_same_dose,
    "orders/signs_something_else": signs_something_else,
    "orders/raised_without_relief": raised_without_relief,
    "orders/raised_with_too_few_scores": raised_with_too_few_scores,
    "orders/raised_yesterday": raised_yesterday,
}
