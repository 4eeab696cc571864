"""The common flat shape of Observation and the medication resources, recognised without the models.

fhir.resources stays the judge of validity: what this module accepts, the models of every version accept too
(tests/test_fhir_plain.py proves it over mutated resources), and whatever it does not accept is given to the models.
It extracts nothing; extraction is the same for both. Deliberately narrow: closed sets of fields, texts that are not
empty, times within 1900-2199 whose day exists in every year.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from cds.clinical import FhirVersion

_DAY = (
    r"(?:19|20|21)\d\d-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
)
_CLOCK = r"T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?(?:Z|[+-](?:0\d|1[0-3]):[0-5]\d)"

Text = Annotated[str, Meta(pattern=r"^[^\s\ud800-\udfff](?:[^\ud800-\udfff]*[^\s\ud800-\udfff])?\Z")]
Code = Annotated[str, Meta(pattern=r"^[!-~]+(?: [!-~]+)*\Z")]
Id = Annotated[str, Meta(pattern=r"^[A-Za-z0-9\-.]{1,64}\Z")]
Time = Annotated[str, Meta(pattern=rf"^{_DAY}(?:{_CLOCK})?\Z")]
Instant = Annotated[str, Meta(pattern=rf"^{_DAY}{_CLOCK}\Z")]
Whole = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Number = Annotated[float, Meta(ge=0, le=1e9)]


class _Closed(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """Unknown fields make the resource one for the models."""


class Coding(_Closed):
    system: Code | UnsetType = UNSET
    code: Code | UnsetType = UNSET
    display: Text | UnsetType = UNSET
    version: Code | UnsetType = UNSET
    userSelected: bool | UnsetType = UNSET


class Concept(_Closed):
    coding: list[Coding] | UnsetType = UNSET
    text: Text | UnsetType = UNSET


class Reference(_Closed):
    reference: Code | UnsetType = UNSET
    display: Text | UnsetType = UNSET


class Identifier(_Closed):
    use: Code | UnsetType = UNSET
    system: Code | UnsetType = UNSET
    value: Text | UnsetType = UNSET
    type: Concept | UnsetType = UNSET


class MetaPart(_Closed):
    versionId: Id | UnsetType = UNSET
    lastUpdated: Instant | UnsetType = UNSET
    profile: list[Code] | UnsetType = UNSET
    tag: list[Coding] | UnsetType = UNSET


class Narrative(_Closed):
    status: Code
    div: Text


class Quantity(_Closed):
    value: Number
    unit: Text | UnsetType = UNSET
    system: Code | UnsetType = UNSET
    code: Code | UnsetType = UNSET


class Period(_Closed):
    start: Time | UnsetType = UNSET
    end: Time | UnsetType = UNSET


class Repeat(_Closed):
    boundsPeriod: Period | UnsetType = UNSET
    frequency: Annotated[int, Meta(ge=1, le=1000)] | UnsetType = UNSET
    period: Number | UnsetType = UNSET
    periodUnit: Code | UnsetType = UNSET


class Timing(_Closed):
    repeat: Repeat | UnsetType = UNSET
    code: Concept | UnsetType = UNSET


class DoseAndRate(_Closed):
    doseQuantity: Quantity | UnsetType = UNSET
    type: Concept | UnsetType = UNSET


class Dosage(_Closed):
    sequence: Whole | UnsetType = UNSET
    text: Text | UnsetType = UNSET
    timing: Timing | UnsetType = UNSET
    route: Concept | UnsetType = UNSET
    doseAndRate: list[DoseAndRate] | UnsetType = UNSET


class OrderDosage(Dosage):
    asNeededBoolean: bool | UnsetType = UNSET


class _Resource(_Closed):
    resourceType: str
    status: Code
    subject: Reference
    id: Id | UnsetType = UNSET
    meta: MetaPart | UnsetType = UNSET
    text: Narrative | UnsetType = UNSET
    identifier: list[Identifier] | UnsetType = UNSET


class Observation(_Resource, kw_only=True):
    code: Concept
    effectiveDateTime: Time | UnsetType = UNSET
    issued: Instant | UnsetType = UNSET
    category: list[Concept] | UnsetType = UNSET
    encounter: Reference | UnsetType = UNSET
    performer: list[Reference] | UnsetType = UNSET
    valueQuantity: Quantity | UnsetType = UNSET
    valueInteger: Whole | UnsetType = UNSET
    valueCodeableConcept: Concept | UnsetType = UNSET

    def __post_init__(self) -> None:
        if (self.valueQuantity, self.valueInteger, self.valueCodeableConcept).count(UNSET) < 2:
            raise ValueError("two values where FHIR allows one")


class _OwnMeta(msgspec.Struct):
    versionId: Id | UnsetType = UNSET
    lastUpdated: Instant | UnsetType = UNSET


class _OwnNarrative(msgspec.Struct, forbid_unknown_fields=True):
    status: Literal["generated", "extensions", "additional", "empty"]
    div: Annotated[str, Meta(min_length=1)]


class ObservationParts(msgspec.Struct):
    """What is an observation's own (cds/fhir/alike.py); its other fields are not looked at."""

    id: Id | UnsetType = UNSET
    meta: _OwnMeta | UnsetType = UNSET
    text: _OwnNarrative | UnsetType = UNSET
    effectiveDateTime: Time | UnsetType = UNSET
    issued: Instant | UnsetType = UNSET
    valueInteger: Whole | UnsetType = UNSET
    valueQuantity: Quantity | UnsetType = UNSET


class MedicationRequest(_Resource, kw_only=True):
    intent: Code
    medicationCodeableConcept: Concept
    authoredOn: Time | UnsetType = UNSET
    category: list[Concept] | UnsetType = UNSET
    encounter: Reference | UnsetType = UNSET
    requester: Reference | UnsetType = UNSET
    dosageInstruction: list[OrderDosage] | UnsetType = UNSET


class MedicationStatement(_Resource, kw_only=True):
    medicationCodeableConcept: Concept
    effectiveDateTime: Time | UnsetType = UNSET
    effectivePeriod: Period | UnsetType = UNSET
    dateAsserted: Time | UnsetType = UNSET
    dosage: list[OrderDosage] | UnsetType = UNSET

    def __post_init__(self) -> None:
        if (self.effectiveDateTime, self.effectivePeriod).count(UNSET) < 1:
            raise ValueError("two times where FHIR allows one")


class Given(_Closed):
    text: Text | UnsetType = UNSET
    route: Concept | UnsetType = UNSET
    dose: Quantity | UnsetType = UNSET


class MedicationAdministration(_Resource, kw_only=True):
    medicationCodeableConcept: Concept
    effectiveDateTime: Time
    dosage: Given | UnsetType = UNSET
    request: Reference | UnsetType = UNSET


class MedicationDispense(_Resource, kw_only=True):
    medicationCodeableConcept: Concept
    whenHandedOver: Time | UnsetType = UNSET
    quantity: Quantity | UnsetType = UNSET
    daysSupply: Quantity | UnsetType = UNSET
    dosageInstruction: list[OrderDosage] | UnsetType = UNSET
    authorizingPrescription: list[Reference] | UnsetType = UNSET


_R4: Mapping[str, Any] = {
    each.__name__: each
    for each in (Observation, MedicationRequest, MedicationStatement, MedicationAdministration, MedicationDispense)
}
Shapes = Mapping[str, Any]


def shapes_of(version: FhirVersion) -> Shapes:
    """Resource type -> shape; other versions than R4 have none, all of theirs goes through the models."""
    return _R4 if version is FhirVersion.R4 else {}


def plain(raw: Mapping[str, object], shape: Any) -> bool:
    """True where the models surely accept this resource as it is; False, as for no shape, says nothing."""
    if shape is None:
        return False
    try:
        msgspec.convert(raw, shape)
    except (msgspec.ValidationError, ValueError, RecursionError):
        return False
    return True


# msgspec learns a shape at its first use, and the process dies where two threads are first at once: learn them now.
for _shape in (ObservationParts, *_R4.values()):
    plain({}, _shape)
