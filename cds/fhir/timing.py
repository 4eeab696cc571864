"""Timing and Dosage: what the FHIR versions share of them."""

from __future__ import annotations

from collections.abc import Callable

from cds.clinical import Dosage, DoseAndRate, Ratio, Repeat, Timing
from cds.fhir.node import Node, words
from cds.fhir.quantities import concept, period, quantity, quantity_range, ratio

UNITS = words("s min h d wk mo a")
_DAYS = words("mon tue wed thu fri sat sun")
_EVENTS = words(
    "MORN MORN.early MORN.late NOON AFT AFT.early AFT.late EVE EVE.early EVE.late NIGHT PHS IMD"
    " HS WAKE C CM CD CV AC ACM ACD ACV PC PCM PCD PCV"
)


def timing(node: Node | None) -> Timing | None:
    if node is None:
        return None
    return Timing(node.moments("event"), repeat(node.child("repeat")), concept(node.child("code")))


def repeat(node: Node | None) -> Repeat | None:
    """Timing.repeat; a maximum below its minimum is refused."""
    if node is None:
        return None
    bounds = period(node.child("boundsPeriod"))
    limits = quantity_range(node.child("boundsRange"))
    duration = quantity(node.child("boundsDuration"))
    for least, most in (
        ("count", "countMax"),
        ("duration", "durationMax"),
        ("frequency", "frequencyMax"),
        ("period", "periodMax"),
    ):
        low, high = node.number(least, least=0), node.number(most, least=0)
        if low is not None and high is not None and high < low:
            raise node.refusal(most, f"below {least}")
    return Repeat(
        bounds_start=bounds.start if bounds else None,
        bounds_end=bounds.end if bounds else None,
        bounds_duration=limits.high if limits else duration,
        count=node.integer("count"),
        count_max=node.integer("countMax"),
        duration=node.number("duration"),
        duration_max=node.number("durationMax"),
        duration_unit=node.word("durationUnit", UNITS),
        frequency=node.integer("frequency"),
        frequency_max=node.integer("frequencyMax"),
        period=node.number("period"),
        period_max=node.number("periodMax"),
        period_unit=node.word("periodUnit", UNITS),
        day_of_week=node.word_list("dayOfWeek", _DAYS),
        time_of_day=node.texts("timeOfDay"),
        when=node.word_list("when", _EVENTS),
        offset=node.integer("offset", least=0),
    )


def dose_and_rate(node: Node) -> DoseAndRate:
    """dose[x] and rate[x] wherever they stand: in Dosage.doseAndRate, or in Dosage itself in STU3."""
    return DoseAndRate(
        kind=concept(node.child("type")),
        dose=quantity(node.child("doseQuantity")) or quantity_range(node.child("doseRange")),
        rate=ratio(node.child("rateRatio"))
        or quantity(node.child("rateQuantity"))
        or quantity_range(node.child("rateRange")),
    )


def dosages(
    node: Node,
    name: str,
    *,
    doses: Callable[[Node], tuple[DoseAndRate, ...]],
    as_needed: Callable[[Node], bool],
    most: Callable[[Node], tuple[Ratio, ...]],
) -> tuple[Dosage, ...]:
    """Every Dosage of a field; the three functions read what the versions spell differently."""
    return tuple(
        Dosage(
            sequence=each.integer("sequence"),
            text=each.text("text"),
            patient_instruction=each.text("patientInstruction"),
            timing=timing(each.child("timing")),
            as_needed=as_needed(each),
            route=concept(each.child("route")),
            method=concept(each.child("method")),
            dose_and_rate=doses(each),
            max_per_period=most(each),
            max_per_administration=quantity(each.child("maxDosePerAdministration")),
        )
        for each in node.children(name)
    )


def given(node: Node | None) -> tuple[Dosage, ...]:
    """MedicationAdministration.dosage, in every version: what was given, with a rate for an infusion."""
    if node is None:
        return ()
    rate = ratio(node.child("rateRatio")) or quantity(node.child("rateQuantity"))
    dose = quantity(node.child("dose"))
    return (
        Dosage(
            text=node.text("text"),
            route=concept(node.child("route")),
            method=concept(node.child("method")),
            dose_and_rate=(DoseAndRate(dose=dose, rate=rate),) if dose or rate else (),
        ),
    )


def choice_as_needed(node: Node) -> bool:
    """asNeeded[x] of STU3 and R4: a condition makes the dose as needed whatever it says."""
    return bool(node.flag("asNeededBoolean")) or node.has("asNeededCodeableConcept")
