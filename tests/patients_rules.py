"""Patients for rules that no other patient raises."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from chart import Chart, Resource, at

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


RULES: dict[str, Callable[[], Resource]] = {
    "alternatives/pain_leads_the_dose_in_hospital": pain_leads_the_dose_in_hospital,
}
