"""The rest of a patient's record, and what of it could not be read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from msgspec import Struct

from cds.clinical.asked import FhirVersion
from cds.clinical.codes import Coding, Concept, Quantity
from cds.clinical.medications import MedicationUse
from cds.clinical.time import Moment, Span


@dataclass(frozen=True, slots=True)
class Patient:
    id: str
    birth_date: Moment | None = None
    gender: str | None = None
    deceased: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    reference: str
    concept: Concept | None
    clinical_status: str | None = None
    verification_status: str | None = None
    categories: tuple[Concept, ...] = ()
    onset: Moment | None = None
    abatement: Moment | None = None
    recorded: Moment | None = None
    body_sites: tuple[Concept, ...] = ()


@dataclass(frozen=True, slots=True)
class Procedure:
    reference: str
    concept: Concept | None
    status: str | None = None
    categories: tuple[Concept, ...] = ()
    performed: Span | None = None


@dataclass(frozen=True, slots=True)
class Allergy:
    reference: str
    concept: Concept | None
    clinical_status: str | None = None
    verification_status: str | None = None
    recorded: Moment | None = None


@dataclass(frozen=True, slots=True)
class Encounter:
    reference: str
    status: str | None
    classes: tuple[Coding, ...] = ()
    period: Span | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Component:
    concept: Concept | None
    value: Quantity | Concept | str | int | bool | None = None


class Observation(Struct, frozen=True):
    reference: str
    status: str | None
    concept: Concept | None
    effective: Span | None = None  # start == end for an instant
    events: tuple[Moment, ...] = ()  # effectiveTiming
    value: Quantity | Concept | str | int | bool | None = None
    categories: tuple[Concept, ...] = ()
    components: tuple[Component, ...] = ()
    body_sites: tuple[Concept, ...] = ()
    method: Concept | None = None
    issued: Moment | None = None
    data_absent: bool = False
    members: tuple[str, ...] = ()
    derived_from: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unread:
    """A resource, or a part of one, that the FHIR models refused.

    reason       plain words, no value of the body except escaped and short field names
    reference    Type/id, else fullUrl, else entry[n]
    kind         resource type as written, None if even that is missing
    partial      True: read without the refused fields ("read without: ...")
    opens_high   an unread medication resource that may be an opioid
    dates        days on which that matters, or on which it may hold; None: not known, so every day
    concept      of an unread medication resource, where a code could still be read: it may show that it is no opioid
    draft        one of the order hook's drafts: what is being ordered, no part of the record
    silent       no medication, and no grade could change by what it says: not done, refuted, without a result, a visit
    """

    reference: str
    reason: str
    kind: str | None = None
    partial: bool = False
    opens_high: bool = False
    dates: tuple[date, date] | None = None
    concept: Concept | None = None
    draft: bool = False
    silent: bool = False


@dataclass(frozen=True, slots=True)
class PatientRecord:
    """Everything that was read for one patient; other patients' resources are only counted."""

    version: FhirVersion
    patient: Patient
    medications: tuple[MedicationUse, ...] = ()
    observations: tuple[Observation, ...] = ()
    conditions: tuple[Condition, ...] = ()
    procedures: tuple[Procedure, ...] = ()
    allergies: tuple[Allergy, ...] = ()
    encounters: tuple[Encounter, ...] = ()
    unread: tuple[Unread, ...] = ()
    foreign: int = 0
