"""An invented patient as the request that an EHR would send, so that the whole walk is measured."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from cds.verification.orders import Order
from cds.verification.patient import AS_OF, Invented, before_visit

_TAG = {"tag": [{"code": "SYNTHETIC", "display": "invented patient"}]}
_RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
_UCUM = "http://unitsofmeasure.org"
_PAIN = {"coding": [{"system": "http://loinc.org", "code": "72514-3"}], "text": "Pain severity 0-10 verbal numeric"}

Json = dict[str, object]


def to_request(patient: Invented, *, until: int | None = None) -> Json:
    """A CDS Hooks patient-view request in FHIR R4, evaluated at the end of the last simulated day.

    until  number of a visit day: the chart as it stood when that visit began, evaluated on that day
    """
    chart = patient if until is None else before_visit(patient, until)
    today = AS_OF if until is None else patient.day(until)
    subject: Json = {"reference": f"Patient/{patient.name}"}
    return {
        "hook": "patient-view",
        "hookInstance": f"{patient.name}-{today.isoformat()}",
        "context": {"userId": "Practitioner/synthetic", "patientId": patient.name},
        "prefetch": {
            "patient": {
                "resourceType": "Patient",
                "id": patient.name,
                "meta": _TAG,
                "birthDate": patient.birth.isoformat(),
                "gender": patient.gender,
            },
            "medicationRequests": _searchset([_order(chart, order, subject, today) for order in chart.orders]),
            "pain": _searchset([_score(chart, number, subject) for number in range(len(chart.scores))]),
        },
        "extension": {"org.oih-cds.asOf": today.isoformat()},
    }


def to_order_sign(patient: Invented, day: int) -> Json:
    """The order-sign request of a visit day: the new prescriptions as drafts beside the chart before the visit."""
    request = to_request(patient, until=day)
    subject: Json = {"reference": f"Patient/{patient.name}"}
    drafts = [
        _order(patient, replace(order, last=None), subject, patient.day(day)) | {"status": "draft"}
        for order in patient.orders
        if order.first == day and not order.temporary
    ]
    bundle: Json = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": draft} for draft in drafts]}
    context: Json = {"userId": "Practitioner/synthetic", "patientId": patient.name, "draftOrders": bundle}
    return request | {"hook": "order-sign", "context": context}


def _searchset(resources: list[Json]) -> Json:
    entries = [{"resource": resource, "search": {"mode": "match"}} for resource in resources]
    return {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries}


def _order(patient: Invented, order: Order, subject: Json, today: date) -> Json:
    first, tablet = patient.day(order.first).isoformat(), order.tablet
    last = None if order.last is None else patient.day(order.last).isoformat()
    repeat: Json = {"frequency": order.times, "period": order.period, "periodUnit": "h"}
    if order.period == 24:
        repeat |= {"period": 1, "periodUnit": "d"}
    if order.temporary:
        repeat["boundsPeriod"] = {"start": first, "end": last}
    quantity = {"value": _plain(order.count), "unit": "tablet", "system": _UCUM, "code": "{tbl}"}
    resource: Json = {
        "resourceType": "MedicationRequest",
        "id": f"{patient.name}-rx-{order.first}-{tablet.rxcui}{'-course' if order.temporary else ''}",
        "meta": _TAG,
        "status": "active" if last is None or last >= today.isoformat() else "completed",
        "intent": "order",
        "category": [
            {
                "coding": [
                    {"system": "http://terminology.hl7.org/CodeSystem/medicationrequest-category", "code": "community"}
                ]
            }
        ],
        "medicationCodeableConcept": {
            "coding": [{"system": _RXNORM, "code": tablet.rxcui, "display": tablet.name}],
            "text": tablet.name,
        },
        "subject": subject,
        "authoredOn": first,
        "dosageInstruction": [
            {
                "timing": {"repeat": repeat},
                "asNeededBoolean": False,
                "doseAndRate": [{"doseQuantity": quantity}],
            }
        ],
    }
    if not order.temporary:
        # A renewal ends its predecessor the day before; the latest prescription is open.
        resource["dispenseRequest"] = {"validityPeriod": {"start": first} | ({} if last is None else {"end": last})}
    return resource


def _score(patient: Invented, number: int, subject: Json) -> Json:
    at, score = patient.scores[number]
    return {
        "resourceType": "Observation",
        "id": f"{patient.name}-pain-{number}",
        "meta": _TAG,
        "status": "final",
        "code": _PAIN,
        "subject": subject,
        "effectiveDateTime": f"{at.isoformat()}{patient.utc_offset:+03d}:00",
        "valueQuantity": {"value": score, "unit": "{score}", "system": _UCUM, "code": "{score}"},
    }


def _plain(value: float) -> int | float:
    return int(value) if value == int(value) else value
