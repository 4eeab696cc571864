"""The two request bodies of every measurement: seeded, synthetic, R4-valid.

typical  1 patient, 12 medication resources, 60 observations (about 67 KB)
heavy    1 patient, 300 medication resources, 5,000 observations (about 4.5 MB)

The size is that of real exports: each resource carries the identifiers, categories and narrative that an EHR sends and
that no decision uses.
"""

from __future__ import annotations

import json
import random
from datetime import date, datetime, timedelta
from typing import Any

PATIENT = "bench-1"
AS_OF = date(2026, 11, 1)
SEED = 20261121
TAG = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST", "display": "SYNTHETIC"}
# RxNorm clinical drugs with the milligrams of one tablet.
MORPHINE_ER = {15: "891881", 30: "891888", 60: "891893", 100: "891874"}
OTHER_DRUGS = (
    ("860975", "metformin 500 mg ER tablet"),
    ("314076", "lisinopril 10 mg tablet"),
    ("259255", "atorvastatin 80 mg"),
)
NARRATIVE = '<div xmlns="http://www.w3.org/1999/xhtml"><p>Synthetic, for a speed measurement.</p></div>'


def body(medications: int, observations: int, *, days: int, seed: int = SEED) -> dict[str, Any]:
    """A patient-view request: opioid doses rise in steps over `days`, and pain rises with them."""
    rng = random.Random(seed)
    first = AS_OF - timedelta(days=days)
    return {
        "hook": "patient-view",
        "hookInstance": "5f0c1f7e-6f3a-4d8e-9d58-0d7d4b1f3a10",
        "context": {"userId": "Practitioner/bench", "patientId": PATIENT, "encounterId": "bench-visit"},
        "extension": {"org.oih-cds.asOf": AS_OF.isoformat()},
        "prefetch": {
            "patient": _patient(),
            "encounters": _bundle([]),
            "medicationRequests": _bundle(_orders(medications, first, days, rng)),
            "medicationStatements": _bundle([]),
            "medicationDispenses": _bundle([]),
            "medicationAdministrations": _bundle([]),
            "pain": _bundle(_scores(observations, first, days, rng)),
            "vitals": _bundle([]),
            "conditions": _bundle([]),
            "allergies": _bundle([]),
            "procedures": _bundle([]),
        },
    }


def typical() -> bytes:
    return json.dumps(body(12, 60, days=270)).encode()


def heavy() -> bytes:
    return json.dumps(body(300, 5000, days=540)).encode()


def sized(resources: int) -> bytes:
    """A body with about this many resources in the proportions of the typical one."""
    medications = max(3, resources // 6)
    return json.dumps(body(medications, max(7, resources - medications), days=540)).encode()


def _bundle(resources: list[dict[str, Any]]) -> dict[str, Any]:
    entries = [
        {
            "fullUrl": f"https://ehr.example.org/fhir/{each['resourceType']}/{each['id']}",
            "resource": each,
            "search": {"mode": "match"},
        }
        for each in resources
    ]
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "total": len(entries)}
    return {**bundle, "entry": entries} if entries else bundle


def _patient() -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "id": PATIENT,
        "meta": {"tag": [TAG]},
        "active": True,
        "name": [{"family": "Synthetic", "given": ["Bench"]}],
        "gender": "male",
        "birthDate": "1970-03-14",
    }


def _orders(count: int, first: date, days: int, rng: random.Random) -> list[dict[str, Any]]:
    """Monthly-like renewals of one morphine ER order that doubles in four steps, every fourth order another drug."""
    opioids = count - count // 4
    orders = []
    for n in range(opioids):
        start = first + timedelta(days=n * days // opioids)
        end = max(start, first + timedelta(days=(n + 1) * days // opioids - 1))  # more orders than days: one day each
        strength = list(MORPHINE_ER)[min(3, 4 * n // opioids)]
        orders.append(
            _order(f"order-{n}", MORPHINE_ER[strength], f"morphine sulfate {strength} MG ER Oral Tablet", start, end, 2)
        )
    for n in range(count - opioids):
        code, name = rng.choice(OTHER_DRUGS)
        start = first + timedelta(days=rng.randrange(days))
        orders.append(_order(f"other-{n}", code, name, start, start + timedelta(days=89), 1))
    return orders


def _order(identity: str, code: str, name: str, start: date, end: date, times_a_day: int) -> dict[str, Any]:
    return {
        "resourceType": "MedicationRequest",
        "id": identity,
        "meta": {"versionId": "1", "lastUpdated": f"{start}T09:30:00Z", "tag": [TAG]},
        "text": {"status": "generated", "div": NARRATIVE},
        "identifier": [{"use": "usual", "system": "https://ehr.example.org/orders", "value": identity}],
        "status": "active",
        "intent": "order",
        "category": [
            {
                "coding": [
                    {"system": "http://terminology.hl7.org/CodeSystem/medicationrequest-category", "code": "community"}
                ]
            }
        ],
        "medicationCodeableConcept": {
            "coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": code, "display": name}],
            "text": name,
        },
        "subject": {"reference": f"Patient/{PATIENT}"},
        "authoredOn": f"{start}T09:30:00+01:00",
        "requester": {"reference": "Practitioner/bench"},
        "dosageInstruction": [
            {
                "sequence": 1,
                "timing": {
                    "repeat": {
                        "boundsPeriod": {"start": start.isoformat(), "end": end.isoformat()},
                        "frequency": times_a_day,
                        "period": 1,
                        "periodUnit": "d",
                    }
                },
                "asNeededBoolean": False,
                "route": {
                    "coding": [{"system": "http://snomed.info/sct", "code": "26643006", "display": "Oral route"}]
                },
                "doseAndRate": [
                    {
                        "doseQuantity": {
                            "value": 1,
                            "unit": "tablet",
                            "system": "http://terminology.hl7.org/CodeSystem/v3-orderableDrugForm",
                            "code": "TAB",
                        }
                    }
                ],
            }
        ],
    }


def _scores(count: int, first: date, days: int, rng: random.Random) -> list[dict[str, Any]]:
    scores = []
    for n in range(count):
        when = datetime.combine(first, datetime.min.time()) + timedelta(minutes=n * days * 1440 // count + 8 * 60)
        level = min(3, 4 * n // count)
        value = max(0, min(10, round(4 + level + rng.gauss(0, 0.7))))
        scores.append(
            {
                "resourceType": "Observation",
                "id": f"pain-{n}",
                "meta": {"versionId": "1", "lastUpdated": f"{when.isoformat()}Z", "tag": [TAG]},
                "text": {"status": "generated", "div": NARRATIVE},
                "status": "final",
                "category": [
                    {
                        "coding": [
                            {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "survey"}
                        ]
                    }
                ],
                "code": {
                    "coding": [{"system": "http://loinc.org", "code": "72514-3", "display": "Pain severity 0-10"}]
                },
                "subject": {"reference": f"Patient/{PATIENT}"},
                "effectiveDateTime": f"{when.isoformat()}+01:00",
                "valueInteger": value,
            }
        )
    return scores
