"""The same resources in R4, R5 and STU3, with every field that a decision reads."""

from fhir_samples import DRUG, ME, score, without

from cds.clinical import FhirVersion

R4, R5, STU3 = FhirVersion.R4, FhirVersion.R5, FhirVersion.STU3
MG = {"value": 10, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}
REPEAT = {
    "boundsRange": {"low": {"value": 3, "unit": "d"}, "high": {"value": 5, "unit": "d"}},
    "frequency": 1,
    "frequencyMax": 2,
    "period": 6,
    "periodMax": 8,
    "periodUnit": "h",
}
COMMON = {
    "sequence": 1,
    "text": "1-2 tablets",
    "patientInstruction": "with food",
    "timing": {"event": ["2026-03-01T08:00:00Z"], "repeat": REPEAT, "code": {"text": "QID"}},
    "route": {"text": "oral"},
    "method": {"text": "swallow"},
    "maxDosePerAdministration": {"value": 20, "unit": "mg"},
}
RANGE = {"low": {"value": 10, "unit": "mg"}, "high": {"value": 20, "unit": "mg"}}
MOST = {"numerator": {"value": 80, "unit": "mg"}, "denominator": {"value": 1, "unit": "d"}}
DOSAGE = {
    R4: {
        **COMMON,
        "asNeededCodeableConcept": {"text": "pain"},
        "doseAndRate": [{"type": {"text": "ordered"}, "doseRange": RANGE}],
        "maxDosePerPeriod": MOST,
    },
    R5: {
        **COMMON,
        "asNeededFor": [{"text": "pain"}],
        "doseAndRate": [{"type": {"text": "ordered"}, "doseRange": RANGE}],
        "maxDosePerPeriod": [MOST],
    },
    STU3: {**COMMON, "asNeededCodeableConcept": {"text": "pain"}, "doseRange": RANGE, "maxDosePerPeriod": MOST},
}


def drug(version: FhirVersion) -> dict[str, object]:
    return {"medication": {"concept": DRUG}} if version is R5 else {"medicationCodeableConcept": DRUG}


def encounter_field(version: FhirVersion, kind: str) -> str:
    return "encounter" if version is R5 or (version is R4 and kind == "MedicationRequest") else "context"


def medication_use(version: FhirVersion, kind: str) -> dict[str, object]:
    category = {"text": "inpatient"}
    common = {
        "resourceType": kind,
        "id": "x",
        "subject": ME,
        **drug(version),
        encounter_field(version, kind): {"reference": "Encounter/e"},
    }
    many = [category] if version is R5 or (version is R4 and kind == "MedicationRequest") else category
    if kind == "MedicationRequest":
        return {
            **common,
            "status": "active",
            "intent": "order",
            "category": many,
            "authoredOn": "2026-03-01",
            "basedOn": [{"reference": "CarePlan/c"}],
            "priorPrescription": {"reference": "MedicationRequest/before"},
            "dosageInstruction": [DOSAGE[version]],
            "dispenseRequest": {
                "validityPeriod": {"start": "2026-03-01", "end": "2026-05-31"},
                "numberOfRepeatsAllowed": 2,
                "quantity": {"value": 60, "unit": "tablet"},
                "expectedSupplyDuration": {"value": 30, "unit": "d"},
            },
        }
    if kind == "MedicationStatement":
        status = {"status": "recorded"} if version is R5 else {"status": "active"}
        return {
            **common,
            **status,
            **({"taken": "y"} if version is STU3 else {}),
            "category": many,
            "effectivePeriod": {"start": "2026-03", "end": "2026-04-02"},
            "dateAsserted": "2026-04-03",
            "derivedFrom": [{"reference": "MedicationRequest/before"}],
            "dosage": [DOSAGE[version]],
        }
    if kind == "MedicationDispense":
        return {
            **common,
            "status": "completed",
            "category": many,
            "authorizingPrescription": [{"reference": "MedicationRequest/before"}],
            "quantity": {"value": 60, "unit": "tablet"},
            "daysSupply": {"value": 30, "unit": "d"},
            "whenHandedOver": "2026-03-02T10:00:00Z",
            "dosageInstruction": [DOSAGE[version]],
        }
    time, link = ("occurence", "request") if version is R5 else ("effective", "request")
    return {
        **common,
        "status": "completed",
        "category": many,
        f"{time}Period": {"start": "2026-03-02T10:00:00Z", "end": "2026-03-02T12:00:00Z"},
        "prescription" if version is STU3 else link: {"reference": "MedicationRequest/before"},
        "dosage": {
            "text": "over 2 h",
            "route": {"text": "IV"},
            "method": {"text": "infusion"},
            "dose": MG,
            "rateQuantity": {"value": 5, "unit": "mg/h"},
        },
    }


KINDS = ("MedicationRequest", "MedicationStatement", "MedicationDispense", "MedicationAdministration")


SCORE = {
    R4: score(hasMember=[{"reference": "Observation/m"}], derivedFrom=[{"reference": "Observation/d"}]),
    R5: score(hasMember=[{"reference": "Observation/m"}], derivedFrom=[{"reference": "Observation/d"}]),
    STU3: without(
        score(
            valueQuantity={"value": 4},
            related=[
                {"type": "has-member", "target": {"reference": "Observation/m"}},
                {"type": "derived-from", "target": {"reference": "Observation/d"}},
                {"type": "sequel-to", "target": {"reference": "Observation/s"}},
            ],
        ),
        "valueInteger",
    ),
}


def problem(version: FhirVersion) -> dict[str, object]:
    coded = version is not STU3
    return {
        "resourceType": "Condition",
        "id": "c",
        "subject": ME,
        "code": {"text": "allodynia"},
        "clinicalStatus": {"coding": [{"code": "Active"}]} if coded else "active",
        "verificationStatus": {"coding": [{"system": "x"}, {"code": "confirmed"}]} if coded else "confirmed",
        "onsetPeriod": {"start": "2025", "end": "2026-01"},
        "abatementDateTime": "2026-02",
        "bodySite": [{"text": "leg"}],
        "recordedDate" if coded else "assertedDate": "2026-01-05",
    }
