"""The common flat shape of Observation and the medication resources, recognised without the models.

fhir.resources stays the judge of validity: what this module accepts, the models of every version accept too
(tests/test_fhir_plain.py proves it over mutated resources), and whatever it does not accept is given to the models.
It extracts nothing (cds/fhir/flat.py does). Deliberately narrow: closed sets of fields, texts without quotes, breaks
or needless blanks, times within 1900-2199 whose day exists in every year.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
import orjson
from msgspec import UNSET, Meta, UnsetType

from cds.clinical import FhirVersion
from cds.fhir.node import LONGEST_LABEL

_DAY = (
    r"(?:19|20|21)\d\d-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
)
_CLOCK = r"T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?(?:Z|[+-](?:0\d|1[0-3]):[0-5]\d)"

_ID = r"[A-Za-z0-9\-.]{1,64}"

Id = Annotated[str, Meta(pattern=rf"^{_ID}\Z")]
Label = Annotated[str, Meta(max_length=LONGEST_LABEL)]
Time = str  # read by `cds.fhir.dates.common` or the resource is not plain
Instant = Annotated[str, Meta(pattern=rf"^{_DAY}{_CLOCK}\Z")]
Whole = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Number = Annotated[int, Meta(ge=0, le=10**9)] | Annotated[float, Meta(ge=0, le=1e9)]


class _Closed(msgspec.Struct, forbid_unknown_fields=True):
    """Unknown fields make the resource one for the models. Of a plain `str` no more is asked than `_tidy` does."""


class Coding(_Closed):
    system: Label | UnsetType = UNSET
    code: Label | UnsetType = UNSET
    display: Label | UnsetType = UNSET
    version: str | UnsetType = UNSET
    userSelected: bool | UnsetType = UNSET


class Concept(_Closed):
    coding: list[Coding] | UnsetType = UNSET
    text: Label | UnsetType = UNSET


class Reference(_Closed):
    reference: str | UnsetType = UNSET
    display: str | UnsetType = UNSET


class Identifier(_Closed):
    use: str | UnsetType = UNSET
    system: str | UnsetType = UNSET
    value: str | UnsetType = UNSET
    type: Concept | UnsetType = UNSET


class MetaPart(_Closed):
    versionId: Id | UnsetType = UNSET
    lastUpdated: Instant | UnsetType = UNSET
    profile: list[str] | UnsetType = UNSET
    tag: list[Coding] | UnsetType = UNSET


class Narrative(_Closed):
    status: Literal["generated", "extensions", "additional", "empty"]
    div: Annotated[str, Meta(min_length=1)]


class Quantity(_Closed):
    value: Number
    unit: Label | UnsetType = UNSET
    system: Label | UnsetType = UNSET
    code: Label | UnsetType = UNSET


class Period(_Closed):
    start: Time | UnsetType = UNSET
    end: Time | UnsetType = UNSET


class Repeat(_Closed):
    boundsPeriod: Period | UnsetType = UNSET
    frequency: Annotated[int, Meta(ge=1, le=1000)] | UnsetType = UNSET
    period: Number | UnsetType = UNSET
    periodUnit: str | UnsetType = UNSET


class Timing(_Closed):
    repeat: Repeat | UnsetType = UNSET
    code: Concept | UnsetType = UNSET


class DoseAndRate(_Closed):
    doseQuantity: Quantity | UnsetType = UNSET
    type: Concept | UnsetType = UNSET


class Dosage(_Closed):
    sequence: Whole | UnsetType = UNSET
    text: str | UnsetType = UNSET
    timing: Timing | UnsetType = UNSET
    asNeededBoolean: bool | UnsetType = UNSET
    route: Concept | UnsetType = UNSET
    doseAndRate: list[DoseAndRate] | UnsetType = UNSET


class _Resource(_Closed):
    resourceType: str
    status: str
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


class _OwnMeta(msgspec.Struct, frozen=True):
    versionId: str = "0"
    lastUpdated: str = "2000-01-01T00:00:00Z"


class _OwnQuantity(msgspec.Struct):
    value: Number


class ObservationParts(msgspec.Struct):
    """What is an observation's own (cds/fhir/alike.py); its other fields are not looked at.

    Three of its texts are matched by one pattern: a pattern of each of them takes msgspec half of its time. Where one
    is missing, a text stands for it that the pattern takes.
    """

    id: str = "0"
    meta: _OwnMeta = _OwnMeta()
    text: Narrative | UnsetType = UNSET
    effectiveDateTime: Time | UnsetType = UNSET
    issued: Instant | UnsetType = UNSET
    valueInteger: Whole | UnsetType = UNSET
    valueQuantity: _OwnQuantity | UnsetType = UNSET

    def __post_init__(self) -> None:
        if not _OWN_TEXTS.fullmatch(f"{self.id}\n{self.meta.versionId}\n{self.meta.lastUpdated}"):
            raise ValueError("not an id or an instant as the models take it")


class Supply(_Closed):
    validityPeriod: Period | UnsetType = UNSET
    numberOfRepeatsAllowed: Whole | UnsetType = UNSET
    quantity: Quantity | UnsetType = UNSET
    expectedSupplyDuration: Quantity | UnsetType = UNSET


class MedicationRequest(_Resource, kw_only=True):
    intent: str
    medicationCodeableConcept: Concept
    authoredOn: Time | UnsetType = UNSET
    category: list[Concept] | UnsetType = UNSET
    encounter: Reference | UnsetType = UNSET
    requester: Reference | UnsetType = UNSET
    dosageInstruction: list[Dosage] | UnsetType = UNSET
    dispenseRequest: Supply | UnsetType = UNSET


class MedicationStatement(_Resource, kw_only=True):
    medicationCodeableConcept: Concept
    effectiveDateTime: Time | UnsetType = UNSET
    effectivePeriod: Period | UnsetType = UNSET
    dateAsserted: Time | UnsetType = UNSET
    dosage: list[Dosage] | UnsetType = UNSET

    def __post_init__(self) -> None:
        if (self.effectiveDateTime, self.effectivePeriod).count(UNSET) < 1:
            raise ValueError("two times where FHIR allows one")


class Given(_Closed):
    text: str | UnsetType = UNSET
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
    dosageInstruction: list[Dosage] | UnsetType = UNSET
    authorizingPrescription: list[Reference] | UnsetType = UNSET


Shape = Observation | MedicationRequest | MedicationStatement | MedicationAdministration | MedicationDispense
Shapes = Mapping[str, type[Shape]]
_R4: Shapes = {
    "Observation": Observation,
    "MedicationRequest": MedicationRequest,
    "MedicationStatement": MedicationStatement,
    "MedicationAdministration": MedicationAdministration,
    "MedicationDispense": MedicationDispense,
}
_OWN_TEXTS = re.compile(rf"{_ID}\n{_ID}\n{_DAY}{_CLOCK}")
_QUOTES_AS_BLANKS = bytes.maketrans(b'"', b" ")
_ODD_BLANK = re.compile(r"[^\S ]")


def shapes_of(version: FhirVersion) -> Shapes:
    """Resource type -> shape; other versions than R4 have none, all of theirs goes through the models."""
    return _R4 if version is FhirVersion.R4 else {}


def plain(raw: Mapping[str, object], shape: type[Shape]) -> Shape | None:
    """The resource in its shape, where the models surely accept it as it is; None says nothing."""
    try:
        found = msgspec.convert(raw, shape)
        written = orjson.dumps({**raw, "text": None})
    except (ValueError, TypeError, RecursionError):  # msgspec's and orjson's complaints are such
        return None
    return found if _tidy(written) and (found.text is UNSET or encodable(found.text)) else None


def encodable(narrative: Narrative) -> bool:
    """False where half a surrogate pair stands in it."""
    try:
        narrative.div.encode()
    except UnicodeEncodeError:
        return False
    return True


def _tidy(written: bytes) -> bool:
    """Whether every text of this JSON without blanks between its parts may stand where FHIR wants a code or a string.

    That is one look for all of them, since a look at each costs more than the rest: none is empty, begins or ends with
    a blank, holds two in a row or another blank than a space, and nothing had to be escaped.
    """
    if b"\\" in written or b"  " in written.translate(_QUOTES_AS_BLANKS):
        return False
    return written.isascii() or not _ODD_BLANK.search(written.decode())


# msgspec learns a shape at its first use, and the process dies where two threads are first at once: learn them now.
for _shape in _R4.values():
    plain({}, _shape)
msgspec.convert({}, ObservationParts)
