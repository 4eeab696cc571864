"""Raw resources of one input to the record of one patient."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import tzinfo
from typing import TypeVar

from cds.clinical import (
    Allergy,
    Concept,
    Condition,
    Encounter,
    Entry,
    FhirVersion,
    MedicationUse,
    Observation,
    Patient,
    PatientRecord,
    Procedure,
    Unread,
)
from cds.fhir import records
from cds.fhir.about import About, MedicationRefused
from cds.fhir.binding import Bound, bind, subject
from cds.fhir.copies import canonical, newest
from cds.fhir.dialect import Dialect, Value
from cds.fhir.judge import judge, listed
from cds.fhir.medicines import Medicines
from cds.fhir.node import Node, Refused
from cds.fhir.references import Links, Sent
from cds.fhir.spare import KINDS
from cds.fhir.unreadable import unread

T = TypeVar("T")

_UNCLEAR = "sent in versions that differ, and neither says which is newer"

# Medication orders of other FHIR versions: ignored like any unknown type they would be a silent loss.
_ELSEWHERE = frozenset(("MedicationOrder", "MedicationUsage", "MedicationPrescription"))
_SPELT = {kind.casefold(): kind for kind in KINDS | _ELSEWHERE}


def read(
    entries: Sequence[Entry], *, version: FhirVersion, patient_id: str | None, zone: tzinfo | None
) -> PatientRecord:
    """Everything in the entries that is about the patient, in neutral values.

    patient_id  logical id of the context; None: the only Patient, else the only subject
    zone        timestamps are converted to it; None keeps the offset that each was written in

    Each resource is judged by the models of fhir.resources on its own. One that they refuse, one without subject, and
    one whose deciding fields cannot be used is named in `unread`, with the path and never the value; the others are
    read all the same. Types that nothing reads are ignored. What was entered in error vanishes. The order of the
    entries changes nothing. Content never raises.

    Raises PatientMismatch where the patient cannot be told.
    """
    dialect = dialect_of(version)
    found: list[Unread] = []
    sent = [each for entry in entries if (each := _recognise(entry, found)) is not None]
    patients = [each for each in sent if each.kind == "Patient"]
    medicines = [each for each in sent if each.kind == "Medication"]
    others = [each for each in sent if each.kind not in ("Patient", "Medication")]
    bound = bind(patients, others, patient_id)

    mine: list[Sent] = []
    foreign = 0
    for each in others:
        if each.raw.get("status") == "entered-in-error" and not each.raw.get("subject"):
            continue
        try:
            name = subject(each)
        except Refused as refused:
            found.append(unread([each], str(refused), zone=zone))
            continue
        if name in bound.names:
            mine.append(each)
        else:
            foreign += 1
    own = [each for each in patients if bound.names.intersection(each.names)] or (
        patients if patient_id is None else []
    )
    reading = _Reading(dialect, bound, zone, found, mine, medicines)
    return reading.record(version, own, foreign + len(patients) - len(own))


def dialect_of(version: FhirVersion) -> Dialect:
    """The version's file, imported when it is first asked for."""
    if version is FhirVersion.R5:
        from cds.fhir.r5 import R5

        return R5
    if version is FhirVersion.STU3:
        from cds.fhir.stu3 import STU3

        return STU3
    from cds.fhir.r4 import R4

    return R4


def _recognise(entry: Entry, found: list[Unread]) -> Sent | None:
    """The resource of an entry, if it is of a type that is read. What has no type at all is named."""
    raw = entry.resource
    if not isinstance(raw, dict):
        found.append(Unread(Sent.of({}, "", entry).reference, "not a resource: no JSON object"))
        return None
    kind = raw.get("resourceType")
    if isinstance(kind, str) and kind in KINDS:
        return Sent.of(raw, kind, entry)
    spelt = _SPELT.get(kind.strip().casefold()) if isinstance(kind, str) else None
    if isinstance(kind, str) and spelt is None:
        return None
    sent = Sent.of({}, "", entry)
    may_be_a_dose = any(name.startswith("medication") for name in raw if isinstance(name, str))
    if spelt in _ELSEWHERE:
        reason = f"{spelt} is no resource type of this FHIR version"
    elif spelt:
        reason = f"resourceType: write {spelt}"
    else:
        reason = "resourceType: missing"
    found.append(Unread(sent.reference, reason, spelt, opens_high=may_be_a_dose))
    return None


class _Reading:
    """One pass over one patient's resources."""

    def __init__(
        self,
        dialect: Dialect,
        bound: Bound,
        zone: tzinfo | None,
        found: list[Unread],
        mine: Sequence[Sent],
        medicines: Sequence[Sent],
    ) -> None:
        self._dialect = dialect
        self._models = dialect.models()
        self._bound = bound
        self._zone = zone
        self._unread = found
        self._links = Links(mine)
        single, unclear = newest(medicines)
        self._medicines = Medicines(
            single,
            [copies[0] for copies in unclear],
            model=self._models["Medication"],
            read=dialect.medication,
            zone=zone,
        )
        self._mine, self._unclear = newest(mine)

    def record(self, version: FhirVersion, patients: Sequence[Sent], foreign: int) -> PatientRecord:
        patient = self._patient(patients)
        for copies in self._unclear:
            self._unread.append(unread(copies, _UNCLEAR, zone=self._zone))
        values = [value for sent in sorted(self._mine, key=_order) if (value := self._value(sent)) is not None]
        return PatientRecord(
            version=version,
            patient=patient,
            medications=tuple(each for each in values if isinstance(each, MedicationUse)),
            observations=tuple(each for each in values if isinstance(each, Observation)),
            conditions=tuple(each for each in values if isinstance(each, Condition)),
            procedures=tuple(each for each in values if isinstance(each, Procedure)),
            allergies=tuple(each for each in values if isinstance(each, Allergy)),
            encounters=tuple(each for each in values if isinstance(each, Encounter)),
            unread=tuple(
                sorted([*self._unread, *self._medicines.unread], key=lambda each: (each.reference, each.reason))
            ),
            foreign=foreign,
        )

    def _patient(self, patients: Iterable[Sent]) -> Patient:
        single, unclear = newest(patients)
        for copies in unclear:
            self._unread.append(unread(copies, _UNCLEAR, zone=self._zone))
        for sent in sorted(single, key=_order)[:1]:
            patient = self._read(sent, lambda node: records.patient(node, self._bound.id))
            if patient is not None:
                return patient
        return Patient(self._bound.id)

    def _value(self, sent: Sent) -> Value | None:
        if sent.raw.get("status") == "entered-in-error":
            return None
        about = About(sent, self._bound.names, self._links, self._medicines, self._dialect.medication)
        value = self._read(sent, lambda node: self._dialect.extract[sent.kind](node, about))
        return None if _entered_in_error(value) else value

    def _read(self, sent: Sent, extract: Callable[[Node], T]) -> T | None:
        """The value of one resource, after the models have accepted it; None and a line in unread otherwise."""
        verdict = judge(sent.kind, sent.raw, self._models[sent.kind])
        named: Concept | None = None
        if verdict.raw is None:
            reason, where = listed(verdict.refused), verdict.where
        else:
            try:
                value = extract(Node(verdict.raw, self._zone))
            except Refused as refused:
                reason, where = str(refused), (refused.path,)
            except MedicationRefused as refused:
                reason, where, named = str(refused), (), refused.named
            else:
                if verdict.without and not _entered_in_error(value):
                    reason = f"read without: {listed(verdict.without)}"
                    self._unread.append(Unread(sent.reference, reason, sent.kind, partial=True))
                return value
        self._unread.append(unread([sent], reason, zone=self._zone, refused=where, named=named))
        return None


def _entered_in_error(value: object) -> bool:
    status = value.verification_status if isinstance(value, Condition | Allergy) else getattr(value, "status", None)
    return status == "entered-in-error"


def _order(sent: Sent) -> tuple[str, bool, str, str]:
    """The same for every order of the entries: by name, and by content where there is no name."""
    return (
        sent.identity or "",
        sent.entry.draft,
        "" if sent.identity else canonical(sent.raw),
        sent.entry.position,
    )
