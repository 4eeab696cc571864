"""Raw resources of one input to the record of one patient."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import tzinfo
from typing import Any, TypeVar

from cds.clinical import (
    Allergy,
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
from cds.fhir.about import About
from cds.fhir.alike import Alike
from cds.fhir.copies import canonical, complaint, newest
from cds.fhir.dialect import Dialect, Value
from cds.fhir.flat import Flat
from cds.fhir.judge import judge, listed
from cds.fhir.medicines import Medicines
from cds.fhir.negatives import needs_no_dosage
from cds.fhir.node import Node, Refused
from cds.fhir.plain import Shapes, plain, shapes_of
from cds.fhir.references import Links, Sent
from cds.fhir.sifting import Sifted, sift
from cds.fhir.unreadable import unread

T = TypeVar("T")
_IN_ERROR = "entered-in-error"


def read(
    entries: Sequence[Entry],
    *,
    version: FhirVersion,
    patient_id: str | None,
    zone: tzinfo | None,
    models_only: bool = False,
) -> PatientRecord:
    """Everything in the entries that is about the patient, in neutral values.

    patient_id  logical id of the context; None: the only Patient, else the only subject
    zone        timestamps are converted to it; None keeps the offset that each was written in
    models_only no short way past the models for resources of the common flat shape; the record is the same

    Each resource is judged by the models of fhir.resources on its own. One that they refuse, one without subject, and
    one whose deciding fields cannot be used is named in `unread`, with the path and never the value; the others are
    read all the same. Types that nothing reads are ignored; a name that is no type of FHIR is unread. What was
    entered in error vanishes. The order of the entries changes nothing. Content never raises.

    Raises PatientMismatch where the patient cannot be told.
    """
    shapes = {} if models_only else shapes_of(version)
    return _Reading(dialect_of(version), sift(entries, patient_id), zone, shapes).record(version)


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


class _Reading:
    """One pass over one patient's resources."""

    def __init__(self, dialect: Dialect, sifted: Sifted, zone: tzinfo | None, shapes: Shapes) -> None:
        self._shapes = shapes
        self._dialect = dialect
        self._models = dialect.models()
        self._sifted = sifted
        self._zone = zone
        self._unread: list[Unread] = []
        self._links = Links(sifted.mine)
        self._flat = Flat(self._links, zone)
        self._alike = Alike(self._flat)
        single, unclear = newest(sifted.medicines)
        self._medicines = Medicines(
            single,
            [copies[0] for copies in unclear],
            model=self._models["Medication"],
            read=dialect.medication,
            zone=zone,
        )

    def record(self, version: FhirVersion) -> PatientRecord:
        patient = self._patient()
        odd = {
            (sent.reference, sent.draft, sent.entry.selected, canonical(sent.raw), reason): sent
            for sent, reason in self._sifted.odd
        }
        for (*_, reason), sent in odd.items():
            if not _raw_in_error(sent):
                self._refuse([sent], reason)
        single, unclear = newest(self._sifted.mine)
        for copies in unclear:
            self._refuse(copies, complaint(copies))
        values: Mapping[type[Value] | type[None], list[Any]] = defaultdict(list)
        for sent in sorted(single, key=_order):
            value = self._value(sent)
            values[type(value)].append(value)
        return PatientRecord(
            version=version,
            patient=patient,
            medications=tuple(values[MedicationUse]),
            observations=tuple(values[Observation]),
            conditions=tuple(values[Condition]),
            procedures=tuple(values[Procedure]),
            allergies=tuple(values[Allergy]),
            encounters=tuple(values[Encounter]),
            unread=tuple(sorted([*self._unread, *self._medicines.unread], key=_unread_order)),
            foreign=self._sifted.foreign,
        )

    def _patient(self) -> Patient:
        id_ = self._sifted.bound.id
        single, unclear = newest(self._sifted.patients)
        for copies in unclear:
            self._refuse(copies, complaint(copies))
        for sent in sorted(single, key=_order)[:1]:
            patient = self._read(sent, lambda node: records.patient(node, id_))
            if patient is not None:
                return patient
        return Patient(id_)

    def _value(self, sent: Sent) -> Value | None:
        if _raw_in_error(sent):
            return None
        short = self._short(sent)
        if short is not None:
            return None if short.status == _IN_ERROR else short
        value = self._read(sent, lambda node: self._extract(node, sent))
        return None if _entered_in_error(value) else value

    def _short(self, sent: Sent) -> MedicationUse | Observation | None:
        """The value of a resource of the common flat shape; None where the models have to be asked."""
        shape = self._shapes.get(sent.kind)
        if shape is None:
            return None
        if sent.kind == "Observation":
            return self._alike.read(sent)
        found = plain(sent.raw, shape)
        return None if found is None else self._flat.read(found, sent)

    def _extract(self, node: Node, sent: Sent) -> Value:
        about = About(sent, self._sifted.bound.names, self._links, self._medicines, self._dialect.medication)
        return self._dialect.extract[sent.kind](node, about)

    def _read(self, sent: Sent, extract: Callable[[Node], T]) -> T | None:
        """The value of one resource, after the models have accepted it; None and a line in unread otherwise."""
        verdict = judge(sent.kind, sent.raw, self._models[sent.kind])
        raw, left_out = verdict.raw, verdict.without
        reason, where = listed(verdict.refused), verdict.where
        while raw is not None:
            try:
                value = extract(Node(raw, self._zone))
            except Refused as refused:
                reason, where = str(refused), (refused.path,)
                raw, left_out = _without_dosage(sent.kind, raw, refused.path), (*left_out, "dosage")
            else:
                if left_out and not _entered_in_error(value):
                    reason = f"read without: {listed(left_out)}"
                    self._unread.append(Unread(sent.reference, reason, sent.kind, partial=True))
                return value
        self._refuse([sent], reason, where)
        return None

    def _refuse(self, copies: Sequence[Sent], reason: str, where: Iterable[str] = ()) -> None:
        self._unread.append(unread(copies, reason, zone=self._zone, code_of=self._medicines.code_of, refused=where))


def _without_dosage(kind: str, raw: Mapping[str, object], refused: str) -> Mapping[str, object] | None:
    """The resource less the dosage that was refused, where it needs none; None otherwise."""
    if not refused.startswith("dosage") or "dosage" not in raw or not needs_no_dosage(kind, raw):
        return None
    return {name: value for name, value in raw.items() if name != "dosage"}


def _raw_in_error(sent: Sent) -> bool:
    return sent.raw.get("status") == _IN_ERROR


def _entered_in_error(value: object) -> bool:
    named = "verification_status" if isinstance(value, (Condition, Allergy)) else "status"
    return getattr(value, named, None) == _IN_ERROR


def _unread_order(each: Unread) -> tuple[str, str, str]:
    """By name and reason; several resources of one name may differ in what can still be said of them."""
    return each.reference, each.reason, repr(each)


def _order(sent: Sent) -> tuple[str, bool, str, str]:
    """The same for every order of the entries: by name and type, and by content where there is no name."""
    return (
        sent.identity or "",
        sent.draft,
        sent.kind if sent.identity else canonical(sent.raw),
        sent.entry.position,
    )
