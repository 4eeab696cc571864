"""Small valid resources for the tests of cds.fhir, and the call that reads them."""

from collections.abc import Mapping
from datetime import tzinfo

from cds.clinical import Entry, FhirVersion, PatientRecord, Unread
from cds.fhir import read

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
LOINC = "http://loinc.org"
ME = {"reference": "Patient/1"}
DRUG = {"coding": [{"system": RXNORM, "code": "1049621", "display": "oxycodone 10 mg tablet"}]}
TEN = {"doseQuantity": {"value": 10, "unit": "mg"}}
PATIENT = {"resourceType": "Patient", "id": "1", "birthDate": "1961-04-02", "gender": "female"}


def request(**fields: object) -> dict[str, object]:
    return {
        "resourceType": "MedicationRequest",
        "id": "r",
        "status": "active",
        "intent": "order",
        "subject": ME,
        "medicationCodeableConcept": DRUG,
        "authoredOn": "2026-03-01",
        "dosageInstruction": [
            {
                "timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}},
                "doseAndRate": [{"doseQuantity": {"value": 10, "unit": "mg"}}],
            }
        ],
        **fields,
    }


def administration(**fields: object) -> dict[str, object]:
    return {
        "resourceType": "MedicationAdministration",
        "id": "a",
        "status": "completed",
        "subject": ME,
        "medicationCodeableConcept": DRUG,
        "effectiveDateTime": "2026-03-01T08:00:00+01:00",
        "dosage": {"dose": {"value": 10, "unit": "mg"}},
        **fields,
    }


def score(**fields: object) -> dict[str, object]:
    return {
        "resourceType": "Observation",
        "id": "o",
        "status": "final",
        "subject": ME,
        "code": {"coding": [{"system": LOINC, "code": "72514-3"}]},
        "effectiveDateTime": "2026-03-01T08:00:00+01:00",
        "valueInteger": 4,
        **fields,
    }


def without(resource: Mapping[str, object], *names: str) -> dict[str, object]:
    return {name: value for name, value in resource.items() if name not in names}


def entries(*resources: object) -> tuple[Entry, ...]:
    return tuple(
        each if isinstance(each, Entry) else Entry(each, f"entry[{index}]") for index, each in enumerate(resources)
    )


def record(
    *resources: object,
    version: FhirVersion = FhirVersion.R4,
    patient_id: str | None = "1",
    zone: tzinfo | None = None,
) -> PatientRecord:
    return read(entries(*resources), version=version, patient_id=patient_id, zone=zone)


def unread(*resources: object, version: FhirVersion = FhirVersion.R4, zone: tzinfo | None = None) -> Unread:
    """The only unread one of these resources."""
    (only,) = record(*resources, version=version, zone=zone).unread
    return only


def reason(*resources: object, version: FhirVersion = FhirVersion.R4) -> str:
    """Why the only unread one of these resources is unread."""
    return unread(*resources, version=version).reason
