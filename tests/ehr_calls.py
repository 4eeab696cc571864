"""An EHR server with one patient, and one call that reads from it what a request did not bring."""

import time

from fhir_server import TOKEN, FhirServer

from hooks.ehr import Ehr, Source, uncounted
from hooks.prefetch import looked_at
from hooks.schemas import Authorization
from hooks.settings import Settings
from hooks.templates import Template

LOINC = "http://loinc.org"
PATIENT = {"resourceType": "Patient", "id": "1"}
SCORES = [
    {
        "resourceType": "Observation",
        "id": f"score-{number}",
        "subject": {"reference": "Patient/1"},
        "code": {"coding": [{"system": LOINC, "code": "72514-3"}]},
    }
    for number in range(7)
]
ORDER = {
    "resourceType": "MedicationRequest",
    "id": "order-1",
    "subject": {"reference": "Patient/1"},
    "medicationReference": {"reference": "Medication/m-1"},
}
MEDICATION = {"resourceType": "Medication", "id": "m-1"}
SEARCH = (("patient", "{{context.patientId}}"),)
TEMPLATES = {
    "patient": Template("patient", "Patient"),
    "pain": Template("pain", "Observation", (*SEARCH, ("code", f"{LOINC}|72514-3"), ("_count", "200"))),
    "medicationRequests": Template("medicationRequests", "MedicationRequest", SEARCH),
}
ALL = "patient/*.read"


def complete(web, base, prefetch=None, scope=ALL, **settings):
    parts = looked_at(TEMPLATES, prefetch or {})
    authorization = Authorization(TOKEN, 300, scope, "us")
    configured = Settings(**{"fetch_seconds": 20} | settings)  # ample: a busy machine is no slow server
    deadline = time.monotonic() + configured.fetch_seconds
    return Ehr(web, configured, uncounted).complete(parts, TEMPLATES, Source(base, authorization), "1", deadline)


def ids(part):
    return [entry.resource["id"] for entry in part.entries]


def told(part):
    return [(gap.kind, gap.text) for gap in part.gaps]


def fhir(**more):
    return FhirServer([PATIENT, ORDER, *SCORES], **more)
