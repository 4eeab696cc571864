"""Medication resources of any FHIR version, in one shape."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum

from msgspec import Struct

from cds.clinical.codes import Concept, Quantity, QuantityRange, Ratio
from cds.clinical.time import Moment, Span


class Source(IntEnum):
    """Kind of medication resource; a higher one outranks a lower one within a therapy."""

    ORDERED = 0
    STATED = 1
    DISPENSED = 2
    ADMINISTERED = 3


class Repeat(Struct, frozen=True):
    """Timing.repeat; units are the FHIR codes s, min, h, d, wk, mo, a."""

    bounds_start: Moment | None = None
    bounds_end: Moment | None = None
    bounds_duration: Quantity | None = None  # boundsDuration, or the high of boundsRange
    count: int | None = None
    count_max: int | None = None
    duration: Decimal | None = None
    duration_max: Decimal | None = None
    duration_unit: str | None = None
    frequency: int | None = None
    frequency_max: int | None = None
    period: Decimal | None = None
    period_max: Decimal | None = None
    period_unit: str | None = None
    day_of_week: tuple[str, ...] = ()
    time_of_day: tuple[str, ...] = ()
    when: tuple[str, ...] = ()
    offset: int | None = None


class Timing(Struct, frozen=True):
    events: tuple[Moment, ...] = ()
    repeat: Repeat | None = None
    code: Concept | None = None


class DoseAndRate(Struct, frozen=True):
    kind: Concept | None = None  # ordered | calculated
    dose: Quantity | QuantityRange | None = None
    rate: Ratio | QuantityRange | Quantity | None = None


class Dosage(Struct, frozen=True):
    sequence: int | None = None
    text: str | None = None
    patient_instruction: str | None = None
    timing: Timing | None = None
    as_needed: bool = False
    route: Concept | None = None
    method: Concept | None = None
    dose_and_rate: tuple[DoseAndRate, ...] = ()
    max_per_period: tuple[Ratio, ...] = ()
    max_per_administration: Quantity | None = None


@dataclass(frozen=True, slots=True)
class Ingredient:
    concept: Concept | None
    strength: Ratio | None
    is_active: bool | None = None


class Medication(Struct, frozen=True):
    """What is taken, wherever the resource kept it (inline code, contained, referenced, in the bundle)."""

    concept: Concept | None
    form: Concept | None = None
    ingredients: tuple[Ingredient, ...] = ()


class MedicationUse(Struct, frozen=True):
    """One MedicationRequest, MedicationStatement, MedicationDispense or MedicationAdministration of any version.

    reference       Type/id, else fullUrl, else entry[n]
    medication      None where it could not be resolved ("medication not sent")
    effective       when it was taken, given or handed over; an order's own validity is in `supply`
    authored        authoredOn, dateAsserted or whenHandedOver/whenPrepared
    negative        a recorded negative: not-taken, not-done, notGiven, notDone, doNotPerform has its own flag
    links           basedOn, derivedFrom, partOf, request, authorizingPrescription, prescription, as references
    replaces        priorPrescription and STU3/R5 equivalents
    encounter       encounter or context reference
    draft           the resource came as a draft order of an order hook
    """

    reference: str
    source: Source
    status: str | None
    medication: Medication | None
    effective: Span | None = None
    timing_events: tuple[Moment, ...] = ()  # effectiveTiming / occurrenceTiming events
    authored: Moment | None = None
    intent: str | None = None
    categories: tuple[Concept, ...] = ()
    do_not_perform: bool = False
    negative: bool = False
    adherence: Concept | None = None  # R5 MedicationStatement
    status_changed: Moment | None = None
    dosages: tuple[Dosage, ...] = ()
    supply: Span | None = None  # dispenseRequest.validityPeriod
    quantity: Quantity | None = None
    days_supply: Quantity | None = None
    repeats_allowed: int | None = None
    links: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()
    encounter: str | None = None
    draft: bool = False
    aliases: tuple[str, ...] = ()  # other references under which links may name this resource
