"""Whose record this is, and which resources are his: nobody else's data may ever mix in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cds.errors import PatientMismatch
from cds.fhir.node import Refused
from cds.fhir.references import Sent, normal

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
    if not name.startswith("urn:") and ("/" not in name or ":" in name):
        raise Refused(f"{field}.reference", "does not name a patient")
    return name


def bind(patients: Sequence[Sent], others: Iterable[Sent], patient_id: str | None) -> Bound:
    """The patient whom the context names; without one the only Patient; without that the only subject.

    Raises PatientMismatch where that leaves nobody or several, or where Patients were sent but not the context's.
    """
    if patient_id is not None:
        wanted = normal(patient_id) if "/" in patient_id else patient_id.strip()
        id_ = wanted.removeprefix("Patient/")
        names = {f"Patient/{id_}", normal(id_), f"urn:uuid:{id_.casefold()}"}
        own = [each for each in patients if names.intersection(each.names)]
        if patients and not own:
            raise PatientMismatch("the Patient that was sent is not the one of the context", expression="patientId")
        return Bound(id_, frozenset(names.union(*(each.names for each in own))))

    named = {each.identity: each for each in patients if each.identity is not None}
    if len(named) + sum(each.identity is None for each in patients) > 1:
        raise PatientMismatch("several Patients were sent and no context says which one is meant")
    if named:
        (identity,) = named
        names = set().union(*(each.names for each in patients))
        return Bound(identity.removeprefix("Patient/"), frozenset(names))
    subjects = set()
    for each in others:
        try:
            subjects.add(subject(each))
        except Refused:
            continue  # reported where the resource is read
    if len(subjects) != 1:
        count = "several patients" if subjects else "nobody"
        raise PatientMismatch(f"no context, no Patient with an id, and the resources are about {count}")
    (name,) = subjects
    return Bound(name.removeprefix("Patient/"), frozenset({name}))
