"""One patient's pattern, sent in every state that real data arrive in: strangers', unreadable, wrong, twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from chart import LOINC, Chart, Resource, at, coded, days, tablets
from patients_escalated import FIRST_DAY, LAST_DAY, LENGTHS, MORPHINE, RISING, escalated


def strangers_scores() -> Resource:
    chart = escalated("strangers-scores")
    for stray in (
        chart.pain(at("2026-02-10"), 10),
        chart.pain(at("2026-02-13"), 10),
        chart.taken("hydromorphone 4", tablets(4), 6, date(2026, 1, 5)),
    ):
        stray["subject"] = {"reference": "Patient/somebody-else"}
    return chart.request(LAST_DAY)


def dose_not_written() -> Resource:
    """A short oxycodone course says "as directed"; the rest can be read."""
    levels = ((60, 2.2), (90, 3.4), (120, 4.4), (180, 5.6), (240, 6.8), (120, 6.8))
    chart = escalated("dose-not-written", levels, (56, 56, 56, 70, 56, 56), _falls_in_the_end)
    chart.taken("oxycodone 5", None, None, date(2026, 1, 6), date(2026, 1, 12), text="Take as directed")
    return chart.request("2026-12-20")


def _falls_in_the_end(chart: Chart, start: date, end: date, level: float) -> None:
    last = end == date(2026, 12, 20)
    chart.pain_between(start, start + timedelta(days=13) if last else end, level)
    if last:
        chart.pain_between(start + timedelta(days=14), end, 3.6)


def entered_in_error() -> Resource:
    chart = escalated("entered-in-error")
    chart.taken("hydromorphone 4", tablets(5), 6, date(2026, 2, 1), date(2026, 4, 30), status="entered-in-error")
    for day in ("2026-02-05", "2026-04-20", "2026-08-20"):
        chart.pain(at(day, 17), 0, status="entered-in-error")
    return chart.request(LAST_DAY)


def everything_twice() -> Resource:
    """Each order also as statement, each score also from a second device, and one Bundle under two keys."""
    chart = escalated("everything-twice")
    for order in [one for one in chart.resources if one["resourceType"] == "MedicationRequest"]:
        dosage = order["dosageInstruction"][0]
        bounds = dosage["timing"]["repeat"].get("boundsPeriod", {"start": order["authoredOn"][:10]})
        chart.add(
            "MedicationStatement",
            status=order["status"],
            basedOn=[{"reference": f"MedicationRequest/{order['id']}"}],
            medicationCodeableConcept=order["medicationCodeableConcept"],
            effectivePeriod=bounds,
            dosage=[dosage],
        )
    for score in [one for one in chart.resources if one["resourceType"] == "Observation"]:
        chart.pain(score["effectiveDateTime"], score["valueInteger"], device={"display": "bedside tablet"})
    request = chart.request(LAST_DAY)
    return request | {"prefetch": request["prefetch"] | {"painAgain": request["prefetch"]["pain"]}}


def cannot_be_read() -> Resource:
    """A score whose value is a word, an ibuprofen order whose date is one, and a score with a vendor's field."""
    chart = escalated("cannot-be-read")
    chart.observed(coded(LOINC, "72514-3", "Pain severity"), at("2026-02-11"), "survey", valueQuantity={"value": "six"})
    chart.ordered("ibuprofen", 1, 3, date(2026, 3, 1), authoredOn="last spring")
    chart.pain(at("2026-02-12", 15), 3, vendorFlowsheetRow="1234")
    return chart.request(LAST_DAY)


def problems_without_codes() -> Resource:
    """An allergy whose code is null, and a problem that has none: each may speak against ketamine."""
    chart = escalated("problems-without-codes")
    clinical = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
    allergy = chart.add("AllergyIntolerance", subject="patient", clinicalStatus=coded(clinical, "active", "Active"))
    allergy["code"] = None
    del chart.condition({}, "2020-02-02")["code"]
    return chart.request(LAST_DAY)


def monthly_renewals() -> Resource:
    """The same doses, written anew every four weeks and dispensed each time; only the supplies end."""
    chart = Chart("monthly-renewals")
    for (dose, pain), (start, end) in zip(RISING, days(FIRST_DAY, *LENGTHS), strict=True):
        chart.pain_between(start, end, pain)
        product, times = MORPHINE[dose]
        for month in range((end - start).days // 28 + 1):
            begin = start + timedelta(days=28 * month)
            length = min(28, (end - begin).days + 1)
            order = chart.ordered(product, 1, times, begin, min(begin + timedelta(days=27), end))
            chart.dispensed(product, times * length, length, begin, order)
    return chart.request(LAST_DAY)


AS_SENT: dict[str, Callable[[], Resource]] = {
    "what_was_sent/strangers_scores": strangers_scores,
    "what_was_sent/dose_not_written": dose_not_written,
    "what_was_sent/entered_in_error": entered_in_error,
    "what_was_sent/everything_twice": everything_twice,
    "what_was_sent/cannot_be_read": cannot_be_read,
    "what_was_sent/problems_without_codes": problems_without_codes,
    "what_was_sent/monthly_renewals": monthly_renewals,
}
