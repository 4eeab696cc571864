"""The vocabulary in which invented patients are written: one `Chart` per patient, R4 resources out of short lines.

`tests/fixture_patients.py` holds the patients of fixtures/; tests build smaller ones with the same words.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

Resource = dict[str, Any]

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
UCUM = "http://unitsofmeasure.org"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
OFFSET = "-05:00"
SYNTHETIC = {"tag": [{"system": "urn:oih-cds:tag", "code": "SYNTHETIC"}]}

# RxNorm, courtesy of the U.S. National Library of Medicine: (rxcui, name, dose unit)
PRODUCTS = {
    "morphine ER 15": ("891881", "morphine 15 mg, extended release oral tablet"),
    "morphine ER 30": ("891888", "morphine 30 mg, extended release oral tablet"),
    "morphine ER 60": ("891893", "morphine 60 mg, extended release oral tablet"),
    "morphine ER 100": ("891874", "morphine 100 mg, extended release oral tablet"),
    "morphine 15": ("892582", "morphine 15 mg, oral tablet"),
    "morphine 30": ("892672", "morphine 30 mg, oral tablet"),
    "morphine": ("7052", "morphine"),
    "oxycodone ER 20": ("1049563", "oxycodone 20 mg, extended release oral tablet, 12 h"),
    "oxycodone 5": ("1049621", "oxycodone 5 mg, oral tablet"),
    "hydromorphone 4": ("897702", "hydromorphone 4 mg, oral tablet"),
    "hydromorphone injection": ("897653", "hydromorphone 1 mg/mL, injection, 1 mL"),
    "hydrocodone 10": ("856892", "hydrocodone 10 mg + acetaminophen, oral tablet"),
    "ketamine": ("6130", "ketamine"),
    "ibuprofen": ("5640", "ibuprofen"),
    "acetaminophen": ("161", "acetaminophen"),
}
ROUTES = {"oral": ("26643006", "Oral route"), "iv": ("47625008", "Intravenous route")}
KINDS = (  # resource type -> prefetch key of hooks/services
    ("Encounter", "encounters"),
    ("MedicationRequest", "medicationRequests"),
    ("MedicationStatement", "medicationStatements"),
    ("MedicationDispense", "medicationDispenses"),
    ("MedicationAdministration", "medicationAdministrations"),
    ("Condition", "conditions"),
    ("AllergyIntolerance", "allergies"),
    ("Procedure", "procedures"),
)
PAIN_CODES = {"72514-3", "91147-9"}


def coded(system: str, code: str, display: str) -> Resource:
    return {"coding": [{"system": system, "code": code, "display": display}], "text": display}


def drug(name: str) -> Resource:
    return coded(RXNORM, *PRODUCTS[name])


def at(day: date | str, hour: int = 9, minute: int = 0) -> str:
    return f"{day}T{hour:02}:{minute:02}:00{OFFSET}"


def tablets(each: float) -> Resource:
    return {"value": each, "unit": "{tablet}", "system": UCUM, "code": "{tablet}"}


def mg(amount: float) -> Resource:
    return {"value": amount, "unit": "mg", "system": UCUM, "code": "mg"}


def sig(
    dose: Resource | None, times: int | None, bounds: Resource | None = None, prn: bool = False, text: str = ""
) -> Resource:
    """One dosage; without `times` it has no timing, without `dose` no amount."""
    repeat: Resource = {} if bounds is None else {"boundsPeriod": bounds}
    if times is not None:
        repeat |= {"frequency": times, "period": 1, "periodUnit": "d"}
    built: Resource = {"text": text} if text else {}
    if repeat:
        built["timing"] = {"repeat": repeat}
    if prn:
        built["asNeededBoolean"] = True
    built["route"] = coded(SNOMED, *ROUTES["oral"])
    if dose is not None:
        built["doseAndRate"] = [{"doseQuantity": dose}]
    return built


def period(start: date | str, end: date | str | None) -> Resource:
    return {"start": str(start)} if end is None else {"start": str(start), "end": str(end)}


@dataclass
class Chart:
    """One invented patient under construction; each method adds one resource and returns it."""

    name: str
    born: str = "1968-04-12"
    gender: str = "female"
    resources: list[Resource] = field(default_factory=list)

    def add(self, kind: str, subject: str = "subject", **content: Any) -> Resource:
        number = sum(one["resourceType"] == kind for one in self.resources) + 1
        made = {"resourceType": kind, "id": f"{kind.lower()}-{number}", "meta": SYNTHETIC}
        made |= {key.rstrip("_"): value for key, value in content.items() if value is not None}
        made[subject] = {"reference": f"Patient/{self.name}"}
        self.resources.append(made)
        return made

    # -------------------------------------------------------------------------------- medication

    def ordered(
        self, product: str, each: float, times: int, start: date, end: date | None = None, **more: Any
    ) -> Resource:
        """A MedicationRequest of tablets; without an end it is active."""
        bounds = None if end is None else period(start, end)
        prn = more.pop("prn", False)
        return self.add(
            "MedicationRequest",
            **{
                "status": "active" if end is None else "completed",
                "intent": "order",
                "medicationCodeableConcept": drug(product),
                "authoredOn": at(start, 8),
                "dosageInstruction": [sig(tablets(each), times, bounds, prn)],
            }
            | more,
        )

    def draft(self, product: str, each: float, times: int, on: date) -> Resource:
        """An order that is being written: it stands in the hook's context and not in the record."""
        order = self.ordered(product, each, times, on, status="draft")
        self.resources.remove(order)
        return order | {"id": "draft-1"}

    def taken(
        self, product: str, dose: Resource | None, times: int | None, start: date, end: date | None = None, **more: Any
    ) -> Resource:
        """A MedicationStatement."""
        prn, text = more.pop("prn", False), more.pop("text", "")
        return self.add(
            "MedicationStatement",
            **{
                "status": "active" if end is None else "completed",
                "medicationCodeableConcept": drug(product),
                "effectivePeriod": period(start, end),
                "dosage": [sig(dose, times, prn=prn, text=text)],
            }
            | more,
        )

    def given(
        self, product: str, amount: float, start: str, end: str | None = None, route: str = "iv", **more: Any
    ) -> Resource:
        """A MedicationAdministration of so many mg, at once or over a period; of an unknown amount where it is None."""
        when = {"effectiveDateTime": start} if end is None else {"effectivePeriod": period(start, end)}
        dosage = None if amount is None else {"route": coded(SNOMED, *ROUTES[route]), "dose": mg(amount)}
        return self.add(
            "MedicationAdministration",
            **{"status": "completed", "medicationCodeableConcept": drug(product)} | when | {"dosage": dosage} | more,
        )

    def dispensed(self, product: str, count: int, days: int, on: date, order: Resource) -> Resource:
        return self.add(
            "MedicationDispense",
            status="completed",
            medicationCodeableConcept=drug(product),
            authorizingPrescription=[{"reference": f"MedicationRequest/{order['id']}"}],
            quantity=tablets(count),
            daysSupply={"value": days, "unit": "d", "system": UCUM, "code": "d"},
            whenHandedOver=at(on, 12),
        )

    # -------------------------------------------------------------------------------- observations

    def observed(self, code: Resource, when: str, category: str = "vital-signs", **value: Any) -> Resource:
        return self.add(
            "Observation",
            status=value.pop("status", "final"),
            category=[{"coding": [{"system": CATEGORY, "code": category}]}],
            code=code,
            effectiveDateTime=when,
            **value,
        )

    def pain(self, when: str, score: int, **more: Any) -> Resource:
        """One score on the 0-10 numeric rating scale."""
        code = coded(LOINC, "72514-3", "Pain severity - 0-10 verbal numeric rating [Score] - Reported")
        return self.observed(code, when, "survey", valueInteger=score, **more)

    def pain_between(self, start: date, end: date, level: float, slope: float = 0.0) -> None:
        """Two scores a week around a level, with a point of everyday unrest; slope in points per day."""
        unrest = (0.6, -0.4, 0.2, -0.6, 0.4, -0.2)
        day, number = start, 0
        while day <= end:
            raw = level + slope * (day - start).days + unrest[number % len(unrest)]
            self.pain(at(day), min(10, max(0, int(raw + 0.5))))
            day, number = day + timedelta(days=(3, 4)[number % 2]), number + 1

    def peg(self, when: date, score: float) -> Resource:
        code = coded(
            LOINC, "91147-9", "Pain intensity, Enjoyment of life, General activity (PEG) 3 item pain scale mean score"
        )
        return self.observed(
            code,
            at(when),
            "survey",
            valueQuantity={"value": score, "unit": "{score}", "system": UCUM, "code": "{score}"},
        )

    def vital(self, loinc: str, display: str, when: str, value: float, unit: str) -> Resource:
        return self.observed(
            coded(LOINC, loinc, display),
            when,
            valueQuantity={"value": value, "unit": unit, "system": UCUM, "code": unit},
        )

    # -------------------------------------------------------------------------------- the rest

    def condition(
        self, code: Resource, onset: date | str, recorded: str | None = None, ended: str | None = None
    ) -> Resource:
        base = "http://terminology.hl7.org/CodeSystem/condition-"
        status = "active" if ended is None else "resolved"
        return self.add(
            "Condition",
            clinicalStatus={"coding": [{"system": f"{base}clinical", "code": status}]},
            verificationStatus={"coding": [{"system": f"{base}ver-status", "code": "confirmed"}]},
            category=[{"coding": [{"system": f"{base}category", "code": "problem-list-item"}]}],
            code=code,
            onsetDateTime=str(onset),
            abatementDateTime=ended,
            recordedDate=recorded or str(onset),
        )

    def stay(self, start: str, end: str | None = None) -> Resource:
        code = {
            "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
            "code": "IMP",
            "display": "inpatient encounter",
        }
        status = "in-progress" if end is None else "finished"
        return self.add("Encounter", status=status, class_=code, period=period(start, end))

    # -------------------------------------------------------------------------------- output

    def patient(self) -> Resource:
        name = [{"family": "Invented", "given": [self.name]}]
        return {
            "resourceType": "Patient",
            "id": self.name,
            "meta": SYNTHETIC,
            "name": name,
            "gender": self.gender,
            "birthDate": self.born,
        }

    def request(
        self, as_of: str | date, hook: str = "patient-view", drafts: Sequence[Resource] = (), **more: Any
    ) -> Resource:
        """The CDS Hooks request that an EHR would send."""
        context: Resource = {"userId": "Practitioner/invented-1", "patientId": self.name}
        if hook == "order-select":
            context["selections"] = [f"{one['resourceType']}/{one['id']}" for one in drafts]
        if hook != "patient-view":
            context["draftOrders"] = bundle(drafts, "collection")
        prefetch: Resource = {"patient": self.patient()}
        for kind, key in KINDS:
            prefetch[key] = searchset(one for one in self.resources if one["resourceType"] == kind)
        observations = [one for one in self.resources if one["resourceType"] == "Observation"]
        prefetch["pain"] = searchset(one for one in observations if is_pain(one))
        prefetch["vitals"] = searchset(one for one in observations if not is_pain(one))
        prefetch["labs"] = None
        return {
            "hook": hook,
            "hookInstance": str(
                uuid.uuid5(uuid.NAMESPACE_URL, f"https://oih-cds.invalid/fixtures/{self.name}/{hook}/{as_of}")
            ),
            "context": context,
            "extension": {"org.oih-cds.asOf": str(as_of)},
            "prefetch": prefetch | more,
        }


def is_pain(resource: Mapping[str, Any]) -> bool:
    return any(coding.get("code") in PAIN_CODES for coding in resource["code"].get("coding", ()))


def bundle(resources: Iterable[Resource], kind: str) -> Resource:
    return {"resourceType": "Bundle", "type": kind, "entry": [{"resource": one} for one in resources]}


def searchset(resources: Iterable[Resource]) -> Resource | None:
    """Latest first, as `_sort=-date` answers; None where the search found nothing."""
    found = sorted(resources, key=_when, reverse=True)
    return bundle(found, "searchset") | {"total": len(found)} if found else None


def _when(resource: Mapping[str, Any]) -> str:
    for key in ("effectiveDateTime", "authoredOn", "whenHandedOver", "performedDateTime", "recordedDate"):
        if key in resource:
            return str(resource[key])
    held = resource.get("effectivePeriod") or resource.get("period") or resource.get("performedPeriod") or {}
    return str(held.get("start", ""))


def text_of(document: object, depth: int = 0) -> str:
    """JSON with one resource a line, so that a diff shows resources."""
    inner = "  " * (depth + 1)
    if (
        isinstance(document, dict)
        and (depth < 2 or "entry" in document)
        and document.get("resourceType", "Bundle") == "Bundle"
    ):
        lines = [f"{inner}{json.dumps(key)}: {text_of(value, depth + 1)}" for key, value in document.items()]
        return "{\n" + ",\n".join(lines) + "\n" + "  " * depth + "}"
    if isinstance(document, list) and document and isinstance(document[0], dict):
        return "[\n" + ",\n".join(inner + json.dumps(one) for one in document) + "\n" + "  " * depth + "]"
    return json.dumps(document)


def days(start: str, *lengths: int) -> list[tuple[date, date]]:
    """Consecutive (first day, last day) spans of these lengths."""
    first, spans = datetime.fromisoformat(start).date(), []
    for length in lengths:
        spans.append((first, first + timedelta(days=length - 1)))
        first += timedelta(days=length)
    return spans
