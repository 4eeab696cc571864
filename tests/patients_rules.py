"""Patients for rules that no other patient raises."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from chart import Chart, Resource, at, days
from patients_escalated import FIRST_DAY, LAST_DAY, LATER, LENGTHS, RISING, escalated, tablets_for

ADMITTED = date(2026, 3, 9)
MILLIGRAMS = (1.5, 2.0, 2.75, 3.75, 5.0)  # of hydromorphone every four hours, raised every twelve


def pain_leads_the_dose_in_hospital() -> Resource:
    """Two points more in the hours before each step, none after it: the dose follows the pain."""
    chart = Chart("leads-in-hospital", "1969-09-09", "male")
    chart.stay(_hour(0))
    for hour in range(0, 60, 4):
        chart.given("hydromorphone injection", MILLIGRAMS[hour // 12], _hour(hour))
    chart.pain(_hour(2), 1)
    for number in range(1, 5):
        step, before = 12 * number, 2 * number - 1
        for hour, score in ((step - 5, before), (step - 1, before + 2), (step + 2, before + 2), (step + 5, before + 2)):
            chart.pain(_hour(hour), score)
    return chart.request(_hour(60))


def _hour(number: int) -> str:
    return at(ADMITTED + timedelta(days=number // 24), number % 24)


def breakthrough_tablets(name: str, times: Sequence[int]) -> Resource:
    """RISING, and beside each level so many tablets of 30 mg of morphine a day as needed."""
    chart = escalated(name)
    for number, (start, end) in zip(times, days(FIRST_DAY, *LENGTHS), strict=True):
        last = end.isoformat() == LAST_DAY
        chart.ordered("morphine 30", 1, number, start, None if last else end, prn=True)
    return chart.request(LAST_DAY)


def seldom_scored(name: str, *, extra: int | None = None) -> Resource:
    """RISING and the reduction of `pain_falls_after_the_reduction`, with a score or two a level.

    extra  a further score on this day of the last level
    """
    chart = Chart(name)
    spans = days(FIRST_DAY, *LENGTHS, 56)
    for (dose, pain), (start, end) in zip((*RISING, (90, 4.4)), spans, strict=True):
        chart.ordered(*tablets_for(dose), start, None if end.isoformat() == LATER else end)
        for day in (20, 40) if dose != 120 else (33,):
            chart.pain(at(start + timedelta(days=day)), round(pain))
    if extra is not None:
        chart.pain(at(spans[-1][0] + timedelta(days=extra)), 4)
    return chart.request(LATER)


RULES: dict[str, Callable[[], Resource]] = {
    "alternatives/pain_leads_the_dose_in_hospital": pain_leads_the_dose_in_hospital,
    "pattern/breakthrough_tablets_throughout": lambda: breakthrough_tablets("breakthrough-throughout", (2, 2, 2, 2)),
    "pattern/breakthrough_tablets_made_regular": lambda: breakthrough_tablets("made-regular", (6, 5, 4, 2)),
    "pattern/nine_scores": lambda: seldom_scored("nine-scores"),
    "pattern/ten_scores": lambda: seldom_scored("ten-scores", extra=30),
}
