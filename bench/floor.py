"""The floor: the least that any service must do with these bodies. Typed parse, MME arithmetic, one card.

No validation beyond the types, no calendar, no detector, no rules: it is a lower bound on cost, not a peer.
"""

from __future__ import annotations

import msgspec
from flask import Flask, Response, request

MG = {"891881": 15.0, "891888": 30.0, "891893": 60.0, "891874": 100.0}


class Coding(msgspec.Struct):
    system: str = ""
    code: str = ""


class Concept(msgspec.Struct):
    coding: list[Coding] = []


class Quantity(msgspec.Struct):
    value: float = 0.0
    unit: str = ""


class Repeat(msgspec.Struct):
    frequency: int = 1
    period: float = 1.0


class Timing(msgspec.Struct):
    repeat: Repeat = msgspec.field(default_factory=Repeat)


class DoseAndRate(msgspec.Struct):
    doseQuantity: Quantity = msgspec.field(default_factory=Quantity)


class Dosage(msgspec.Struct):
    timing: Timing = msgspec.field(default_factory=Timing)
    doseAndRate: list[DoseAndRate] = []


class Patient(msgspec.Struct, tag_field="resourceType", tag="Patient"):
    id: str = ""


class MedicationRequest(msgspec.Struct, tag_field="resourceType", tag="MedicationRequest"):
    status: str = ""
    authoredOn: str = ""
    medicationCodeableConcept: Concept = msgspec.field(default_factory=Concept)
    dosageInstruction: list[Dosage] = []


class Observation(msgspec.Struct, tag_field="resourceType", tag="Observation"):
    status: str = ""
    effectiveDateTime: str = ""
    code: Concept = msgspec.field(default_factory=Concept)
    valueInteger: int = 0


class Entry(msgspec.Struct):
    resource: MedicationRequest | Observation


class Bundle(msgspec.Struct, tag_field="resourceType", tag="Bundle"):
    entry: list[Entry] = []


class Body(msgspec.Struct):
    hook: str
    hookInstance: str
    context: dict[str, str]
    prefetch: dict[str, Patient | Bundle]


decode = msgspec.json.Decoder(Body).decode
app = Flask(__name__)


@app.post("/cds-services/oih-patient-view")
def answer() -> Response:
    body = decode(request.get_data())
    mme, pain = 0.0, 0
    for part in body.prefetch.values():
        if isinstance(part, Bundle):
            for entry in part.entry:
                resource = entry.resource
                if isinstance(resource, Observation):
                    pain = max(pain, resource.valueInteger)
                else:
                    mme += _mme(resource)
    card = {
        "uuid": body.hookInstance,
        "summary": f"{mme:.1f} MME, pain {pain}",
        "indicator": "info",
        "source": {"label": "bench", "topic": {"system": "urn:bench", "code": "floor"}},
    }
    return Response(msgspec.json.encode({"cards": [card]}), mimetype="application/json")


def _mme(order: MedicationRequest) -> float:
    total = 0.0
    for coding in order.medicationCodeableConcept.coding:
        milligrams = MG.get(coding.code)
        if milligrams is not None:
            for dosage in order.dosageInstruction:
                repeat = dosage.timing.repeat
                for each in dosage.doseAndRate:
                    total += each.doseQuantity.value * milligrams * repeat.frequency / repeat.period
    return total
