"""Short ways to write medication resources, and to ask for the dose of a day; for the tests of cds.dose."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from cds import fhir
from cds.clinical import AsOf, DoseTimeline, Entry, FhirVersion, PatientRecord
from cds.dose import timeline
from cds.knowledge import drugs

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
UCUM = "http://unitsofmeasure.org"

OXYCODONE_5, OXYCODONE_10, OXYCONTIN_10, OXYCONTIN_20 = "1049621", "1049683", "1049504", "1049563"
MORPHINE_15, MORPHINE_ER_15, MORPHINE_ER_30, MORPHINE_ER_60 = "892582", "891881", "891888", "891893"
MORPHINE_20_ML, MORPHINE_2_ML, MORPHINE_INJ = "892625", "892589", "1731990"
HYDROCODONE_5, HYDROMORPHONE_2, METHADONE_10, METHADONE_5 = "856903", "897696", "864706", "864718"
FENTANYL_25, FENTANYL_50, FENTANYL_INJ = "245134", "245135", "1735003"
OXYCODONE, MORPHINE, FENTANYL, HYDROMORPHONE, METHADONE = "7804", "7052", "4337", "3423", "6813"
BUPRENORPHINE_PATCH, SUBOXONE_8 = "904870", "351267"

Raw = dict[str, Any]


@cache
def knowledge() -> drugs.Drugs:
    return drugs.load()


def rx(code: str, display: str | None = None) -> Raw:
    coding = {"system": RXNORM, "code": code} | ({"display": display} if display else {})
    return {"coding": [coding]}


def qty(value: float | str, unit: str | None = None, code: str | None = None) -> Raw:
    quantity: Raw = {"value": Decimal(str(value))}
    if unit:
        quantity["unit"] = unit
    if code:
        quantity |= {"system": UCUM, "code": code}
    return quantity


def tablets(value: float | str) -> Raw:
    return qty(value, "tablet", "{tablet}")


def mg(value: float | str) -> Raw:
    return qty(value, "mg", "mg")


def every(frequency: int = 1, period: float = 1, unit: str = "d", **more: Any) -> Raw:
    return {"repeat": {"frequency": frequency, "period": Decimal(str(period)), "periodUnit": unit} | more}


BID, TID, DAILY = every(2), every(3), every(1)


def dosage(dose: Raw | None = None, timing: Raw | None = None, **more: Any) -> Raw:
    found: Raw = dict(more)
    if dose is not None:
        key = "doseRange" if "low" in dose or "high" in dose else "doseQuantity"
        found["doseAndRate"] = [{key: dose}]
    if timing is not None:
        found["timing"] = timing
    return found


ONE_BID = dosage(tablets(1), BID)  # 30 MME of a 10 mg oxycodone tablet
TWO_BID = dosage(tablets(2), BID)  # 60 MME


def request(drug: Raw | str, *dosages: Raw, authored: str | None = "2024-03-01", id: str = "r1", **more: Any) -> Raw:
    raw: Raw = {
        "resourceType": "MedicationRequest", "id": id, "status": "active", "intent": "order",
        "subject": {"reference": "Patient/1"},
        "medicationCodeableConcept": rx(drug) if isinstance(drug, str) else drug,
        "dosageInstruction": list(dosages),
    }  # fmt: skip
    if not dosages:
        del raw["dosageInstruction"]
    if authored:
        raw["authoredOn"] = authored
    return raw | more


def statement(drug: Raw | str, *dosages: Raw, start: str | None = "2024-03-01", end: str | None = None,
              id: str = "s1", **more: Any) -> Raw:  # fmt: skip
    raw: Raw = {
        "resourceType": "MedicationStatement", "id": id, "status": "active", "subject": {"reference": "Patient/1"},
        "medicationCodeableConcept": rx(drug) if isinstance(drug, str) else drug, "dosage": list(dosages),
    }  # fmt: skip
    if not dosages:
        del raw["dosage"]
    if start:
        raw["effectivePeriod"] = {"start": start} | ({"end": end} if end else {})
    return raw | more


def dispense(drug: Raw | str, *dosages: Raw, on: str = "2024-03-01", quantity: Raw | None = None, days: int | None = None,
             id: str = "d1", **more: Any) -> Raw:  # fmt: skip
    raw: Raw = {
        "resourceType": "MedicationDispense", "id": id, "status": "completed", "subject": {"reference": "Patient/1"},
        "medicationCodeableConcept": rx(drug) if isinstance(drug, str) else drug, "whenHandedOver": on,
        "dosageInstruction": list(dosages),
    }  # fmt: skip
    if not dosages:
        del raw["dosageInstruction"]
    if quantity:
        raw["quantity"] = quantity
    if days:
        raw["daysSupply"] = qty(days, "days", "d")
    return raw | more


def administration(drug: Raw | str, dose: Raw | None = None, at: str | None = "2024-03-01T08:00:00Z", id: str = "a1",
                   route: str | None = None, rate: Raw | None = None, **more: Any) -> Raw:  # fmt: skip
    given: Raw = {}
    if dose:
        given["dose"] = dose
    if rate:
        given["rateRatio" if "numerator" in rate else "rateQuantity"] = rate
    if route:
        given["route"] = {"text": route}
    raw: Raw = {
        "resourceType": "MedicationAdministration", "id": id, "status": "completed",
        "subject": {"reference": "Patient/1"},
        "medicationCodeableConcept": rx(drug) if isinstance(drug, str) else drug,
    }  # fmt: skip
    if given:
        raw["dosage"] = given
    if at:
        raw["effectiveDateTime"] = at
    return raw | more


def stay(start: str, end: str | None = None, id: str = "e1", code: str = "IMP", status: str | None = None) -> Raw:
    period = {"start": start} | ({"end": end} if end else {})
    return {
        "resourceType": "Encounter", "id": id, "status": status or ("finished" if end else "in-progress"),
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": code},
        "subject": {"reference": "Patient/1"}, "period": period,
    }  # fmt: skip


def weight(kg: float, at: str = "2024-03-01T07:00:00Z", id: str = "w1") -> Raw:
    return {
        "resourceType": "Observation", "id": id, "status": "final", "subject": {"reference": "Patient/1"},
        "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
        "effectiveDateTime": at, "valueQuantity": qty(kg, "kg", "kg"),
    }  # fmt: skip


def as_of(text: str) -> AsOf:
    if len(text) == 10:
        day = date.fromisoformat(text)
        return AsOf(text, datetime(day.year, day.month, day.day) + timedelta(days=1), day)
    at = datetime.fromisoformat(text)
    return AsOf(text, at.replace(tzinfo=None), at.date(), at.utcoffset())


def record(*resources: Raw, version: FhirVersion = FhirVersion.R4, drafts: tuple[Raw, ...] = ()) -> PatientRecord:
    entries = [Entry(raw, f"draft[{index}]", draft=True) for index, raw in enumerate(drafts)]
    patient = {"resourceType": "Patient", "id": "1"}
    entries += [Entry(raw, f"entry[{index}]") for index, raw in enumerate((patient, *resources))]
    return fhir.read(entries, version=version, patient_id="1", zone=None)


def doses(*resources: Raw, on: str = "2024-03-31", table: str = "CDC-2022", version: FhirVersion = FhirVersion.R4,
          drafts: tuple[Raw, ...] = (), known: drugs.Drugs | None = None) -> DoseTimeline:  # fmt: skip
    read = record(*resources, version=version, drafts=drafts)
    return timeline(read, known or knowledge(), table=table, as_of=as_of(on))


def day(found: DoseTimeline, on: str) -> tuple[float | None, float | None, float | None] | None:
    """(low, mid, high) of a day, None where the day is absent."""
    wanted = date.fromisoformat(on)
    for each in found.daily:
        if each.day == wanted:
            return tuple(None if value is None else round(float(value), 4) for value in (each.low, each.mid, each.high))
    return None


def mme(*resources: Raw, on: str = "2024-03-10", table: str = "CDC-2022") -> tuple[float | None, ...] | None:
    """(low, mid, high) of the evaluation day."""
    return day(doses(*resources, on=on, table=table), on)


def reasons(found: DoseTimeline) -> dict[str, str]:
    """reference -> code of what could not be counted."""
    return {each.reference: each.code for each in found.uncounted}
