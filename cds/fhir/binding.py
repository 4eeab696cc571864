"""Whose record this is, and which resources are his: nobody else's data may ever mix in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cds.errors import PatientMismatch
from cds.fhir.node import Refused
from cds.fhir.references import Sent, names_resource, normal

_UUID = re.compile(r"(?:urn:uuid:)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_NOT_SAID = "without subject"


@dataclass(frozen=True, slots=True)
class Bound:
    """The patient of this evaluation.

    id     logical id, without "Patient/"
    names  normal references that mean this patient
    """

    id: str
    names: frozenset[str]


def subject(sent: Sent) -> str:
    """The normal reference of the one whom a resource is about.

    Raises Refused where the resource does not say so: without a subject, or with one that is only a name, an
    identifier or a contained resource, it cannot be told from another patient's.
    """
    field = "patient" if sent.kind == "AllergyIntolerance" or "subject" not in sent.raw else "subject"
    value = sent.raw.get(field)
    if value is None or value == {}:
        raise Refused("", _NOT_SAID)
    reference = value.get("reference") if isinstance(value, dict) else None
    if isinstance(value, dict) and reference in (None, ""):
        raise Refused("", f"{_NOT_SAID}: {field} holds no reference")
    name = normal(reference) if isinstance(reference, str) else ""
    if not names_resource(name):
        raise Refused(f"{field}.reference", "does not name a patient")
    return name


def bind(patients: Sequence[Sent], others: Iterable[Sent], patient_id: str | None) -> Bound:
    """The patient whom the context names; without one the only Patient; without that the only subject.

    Raises PatientMismatch where that leaves nobody or several, or where Patients were sent but not the context's.
    """
    if patient_id is not None:
        wanted = normal(patient_id) if "/" in patient_id else patient_id.strip()
        id_ = wanted.removeprefix("Patient/")
        names = _names(id_)
        own = [each for each in patients if each.identity in names]
        if patients and not own:
            raise PatientMismatch(
                "the Patient that was sent is not the one of the context", expression="context.patientId"
            )
        return Bound(id_, frozenset(names.union(*(each.names for each in own))))

    named = {each.identity: each for each in patients if each.identity is not None}
    if len(named) + sum(each.identity is None for each in patients) > 1:
        raise PatientMismatch("several Patients were sent and no context says which one is meant")
    if named:
        id_ = next(iter(named)).removeprefix("Patient/")
        return Bound(id_, frozenset(_names(id_).union(*(each.names for each in patients))))
    subjects = set()
    for each in others:
        try:
            subjects.add(subject(each))
        except Refused:
            continue  # reported where the resource is read
    if len(subjects) != 1:
        count = "several patients" if subjects else "nobody"
        raise PatientMismatch(f"no context, no Patient with an id, and the resources are about {count}")
    id_ = subjects.pop().removeprefix("Patient/")
    return Bound(id_, frozenset(_names(id_)))


def _names(id_: str) -> set[str]:
    """The references that a bare id stands for; bundles that are not from a server use one UUID in both forms."""
    if not _UUID.fullmatch(id_):
        return {id_ if "/" in id_ else f"Patient/{id_}"}
    uuid = id_.casefold().removeprefix("urn:uuid:")
    return {f"Patient/{id_}", f"Patient/{uuid}", f"urn:uuid:{uuid}"}
