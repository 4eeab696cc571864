"""Which of the sent resources are the patient's, which are another's, and which cannot be told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, repeat

from cds.clinical import Entry
from cds.fhir.binding import Bound, bind, subject
from cds.fhir.node import Refused
from cds.fhir.references import Sent
from cds.fhir.spare import KINDS
from cds.fhir.types import TYPES

# Medication orders of other FHIR versions: ignored like any unknown type they would be a silent loss.
_ELSEWHERE = frozenset(("MedicationOrder", "MedicationPrescription", "MedicationUsage"))
_SPELT = {kind.casefold(): kind for kind in KINDS | _ELSEWHERE}


@dataclass(frozen=True, slots=True)
class Sifted:
    """The resources of types that are read, sorted out.

    patients   Patient resources of the patient, more than one if it was sent several times
    medicines  Medications; they have no subject
    mine       everything else about the patient
    odd        not usable at all, each with what is wrong with it
    foreign    how many are about somebody else
    """

    bound: Bound
    patients: tuple[Sent, ...]
    medicines: tuple[Sent, ...]
    mine: tuple[Sent, ...]
    odd: tuple[tuple[Sent, str], ...]
    foreign: int


def sift(entries: Sequence[Entry], patient_id: str | None) -> Sifted:
    """Sorts by type and subject, on the raw JSON: nothing of another patient's resource is looked at any further.

    Raises PatientMismatch where the patient cannot be told.
    """
    patients: list[Sent] = []
    medicines: list[Sent] = []
    others: list[Sent] = []
    odd: list[tuple[Sent, str]] = []
    for entry in entries:
        resource = entry.resource
        kind, complaint = _kind(resource)
        if kind is None:
            continue
        sent = Sent.of(resource if isinstance(resource, dict) else {}, kind, entry)
        if complaint is not None:
            odd.append((sent, complaint))
        elif kind == "Patient":
            patients.append(sent)
        elif kind == "Medication":
            medicines.append(sent)
        else:
            others.append(sent)
    bound = bind(patients, others, patient_id)

    mine: list[Sent] = []
    unusable: list[tuple[Sent, str]] = []
    foreign = 0
    named: dict[str, bool] = {}  # most resources write their subject in one and the same way
    for sent, complaint in chain(zip(others, repeat(None)), odd):
        try:
            own = _owned(sent, bound, named)
        except Refused as refused:
            own, complaint = True, complaint or str(refused)
        if not own:
            foreign += 1
        elif complaint is not None:
            unusable.append((sent, complaint))
        else:
            mine.append(sent)
    own_patients = [each for each in patients if each.identity in bound.names]
    if not own_patients and patient_id is None:
        own_patients = patients  # the only one, without an id; its resources name it
    return Sifted(
        bound,
        tuple(own_patients),
        tuple(medicines),
        tuple(mine),
        tuple(unusable),
        foreign + len(patients) - len(own_patients),
    )


def _owned(sent: Sent, bound: Bound, named: dict[str, bool]) -> bool:
    """Whether the resource is the patient's. Raises Refused where that cannot be told."""
    about = sent.raw.get("subject")
    written = about.get("reference") if isinstance(about, dict) and sent.kind != "AllergyIntolerance" else None
    if not isinstance(written, str):
        return subject(sent) in bound.names
    if written not in named:
        named[written] = subject(sent) in bound.names
    return named[written]


def _kind(resource: object) -> tuple[str | None, str | None]:
    """Resource type, "" where it cannot be told, None where nothing reads it; and what is wrong with it."""
    if not isinstance(resource, dict):
        return "", "not a resource: no JSON object"
    kind = resource.get("resourceType")
    if not isinstance(kind, str):
        return "", "resourceType: missing"
    if kind in KINDS:
        return kind, None
    if kind in TYPES:
        return None, None
    spelt = _SPELT.get(kind.strip().casefold())
    if spelt in _ELSEWHERE:
        return spelt, f"{spelt} is no resource type of this FHIR version"
    return (spelt, f"resourceType: write {spelt}") if spelt else ("", "resourceType: no type of FHIR")
