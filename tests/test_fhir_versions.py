"""The same fact written in R4, R5 and STU3 gives the same value, but for what a version really says otherwise."""

import json
import subprocess
import sys
from decimal import Decimal

import pytest
from fhir_samples import LOINC, ME, PATIENT, RXNORM, administration, record, request, score, without
from fhir_twins import KINDS, R4, R5, SCORE, STU3, medication_use, problem
from msgspec.structs import replace

from cds.clinical import Coding, Concept, FhirVersion, Quantity, QuantityRange, Ratio, Source

TEN_MG = Quantity(Decimal(10), "mg", "http://unitsofmeasure.org", "mg")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("version", [R5, STU3])
def test_twins_of_a_medication_resource_read_alike(kind, version):
    (r4,) = record(medication_use(R4, kind)).medications
    found = record(medication_use(version, kind), version=version)
    assert found.unread == ()
    (twin,) = found.medications
    unalike = {"status": r4.status, "adherence": None}
    if version is STU3:  # the type of a dose, ordered or calculated, came with R4
        doses = [replace(dosage, dose_and_rate=(replace(dosage.dose_and_rate[0], kind=None),)) for dosage in r4.dosages]
        r4 = replace(r4, dosages=tuple(doses))
    assert replace(twin, **unalike) == r4


def test_a_period_of_one_day_is_not_taken_for_a_date_time():
    day = {"start": "2026-03-01", "end": "2026-03-01"}
    (period,) = record(statement(R4, effectivePeriod=day)).medications
    assert period.effective.start is not period.effective.end
    single = {**without(statement(R4), "effectivePeriod"), "effectiveDateTime": "2026-03-01"}
    (at,) = record(single).medications
    assert at.effective.start is at.effective.end


def test_an_order_is_read_whole():
    (order,) = record(medication_use(R4, "MedicationRequest")).medications
    (dosage,) = order.dosages
    assert (order.source, order.status, order.intent) == (Source.ORDERED, "active", "order")
    assert order.medication is not None
    assert order.medication.concept == Concept((Coding(RXNORM, "1049621", "oxycodone 10 mg tablet"),))
    assert order.links == ("CarePlan/c",)
    assert order.replaces == ("MedicationRequest/before",)
    assert order.encounter == "Encounter/e"
    assert order.quantity == Quantity(Decimal(60), "tablet")
    assert order.days_supply == Quantity(Decimal(30), "d")
    assert order.repeats_allowed == 2
    assert order.supply is not None
    assert (str(order.supply.start.day), str(order.supply.end.last_day)) == ("2026-03-01", "2026-05-31")
    assert dosage.as_needed
    assert dosage.dose_and_rate[0].dose == QuantityRange(Quantity(Decimal(10), "mg"), Quantity(Decimal(20), "mg"))
    assert dosage.max_per_period == (Ratio(Quantity(Decimal(80), "mg"), Quantity(Decimal(1), "d")),)
    repeat = dosage.timing.repeat
    assert (repeat.frequency, repeat.frequency_max, repeat.period, repeat.period_max) == (1, 2, 6, 8)
    assert repeat.bounds_duration == Quantity(Decimal(5), "d")


def test_an_administration_is_one_dose_with_its_rate():
    (use,) = record(medication_use(R4, "MedicationAdministration")).medications
    (dosage,) = use.dosages
    assert use.source is Source.ADMINISTERED
    assert dosage.dose_and_rate[0].dose == TEN_MG
    assert dosage.dose_and_rate[0].rate == Quantity(Decimal(5), "mg/h")
    assert dosage.route == Concept((), "IV")


def statement(version: FhirVersion, **fields: object) -> dict[str, object]:
    return {**medication_use(version, "MedicationStatement"), **fields}


def adherence(code: str) -> dict[str, object]:
    system = "http://hl7.org/fhir/CodeSystem/medication-statement-adherence"
    return {"adherence": {"code": {"coding": [{"system": system, "code": code}]}}}


@pytest.mark.parametrize(
    ("version", "resource", "negative"),
    [
        (R4, statement(R4, status="not-taken"), True),
        (R4, statement(R4, status="completed"), False),
        (R4, administration(status="not-done"), True),
        (R5, statement(R5, **adherence("not-taking")), True),
        (R5, statement(R5, **adherence("taking")), False),
        (R5, {**medication_use(R5, "MedicationAdministration"), "status": "not-done"}, True),
        (STU3, statement(STU3, taken="n"), True),
        (STU3, statement(STU3, taken="unk"), False),
        (STU3, {**medication_use(STU3, "MedicationAdministration"), "notGiven": True}, True),
        (STU3, {**medication_use(STU3, "MedicationAdministration"), "notGiven": False}, False),
        (STU3, {**medication_use(STU3, "MedicationDispense"), "notDone": True}, True),
    ],
)
def test_what_was_not_taken_or_given_is_a_recorded_negative(version, resource, negative):
    (use,) = record(resource, version=version).medications
    assert use.negative is negative


def test_adherence_is_kept_beside_the_status():
    (r5,) = record(statement(R5, **adherence("on-hold")), version=R5).medications
    assert (r5.status, r5.adherence.codings[0].code) == ("recorded", "on-hold")
    (stu3,) = record(statement(STU3, taken="na"), version=STU3).medications
    assert (stu3.status, stu3.adherence.codings[0].code) == ("active", "na")
    assert record(statement(R5, **adherence("forgets")), version=R5).unread[0].reason.startswith("adherence.code: ")


def test_r5_has_times_of_its_own():
    order = {
        **medication_use(R5, "MedicationRequest"),
        "statusChanged": "2026-03-09",
        "effectiveDosePeriod": {"start": "2026-03-02", "end": "2026-03-08"},
    }
    (use,) = record(order, version=R5).medications
    assert (str(use.effective.start.day), str(use.effective.end.day)) == ("2026-03-02", "2026-03-08")
    assert str(use.status_changed.day) == "2026-03-09"

    given = without(medication_use(R5, "MedicationAdministration"), "occurencePeriod")
    events = ["2026-03-03T08:00:00Z", "2026-03-02T08:00:00Z"]
    (use,) = record({**given, "occurenceTiming": {"event": events}}, version=R5).medications
    assert [at.day.day for at in use.timing_events] == [3, 2]
    assert (use.effective.start.day.day, use.effective.end.day.day) == (2, 3)


def test_a_rendered_instruction_stands_in_where_r5_sends_no_dosage():
    order = {
        **without(medication_use(R5, "MedicationRequest"), "dosageInstruction"),
        "renderedDosageInstruction": "1 qd",
    }
    assert [each.text for each in record(order, version=R5).medications[0].dosages] == ["1 qd"]


@pytest.mark.parametrize("version", FhirVersion)
def test_a_pain_score_reads_alike(version):
    (found,) = record(SCORE[version], version=version).observations
    assert found.concept == Concept((Coding(LOINC, "72514-3"),))
    assert found.value in (4, Quantity(Decimal(4)))
    assert found.members == ("Observation/m",)
    assert found.derived_from == ("Observation/d",)
    assert found.effective.start is found.effective.end


@pytest.mark.parametrize(
    ("fields", "value"),
    [
        ({"valueQuantity": {"value": -0.1, "unit": "mmol/L"}}, Quantity(Decimal("-0.1"), "mmol/L")),
        ({"valueQuantity": {"value": 7, "comparator": "<"}}, Quantity(Decimal(7), comparator="<")),
        ({"valueCodeableConcept": {"text": "severe"}}, Concept((), "severe")),
        ({"valueString": " 7/10 "}, "7/10"),
        ({"valueInteger": 0}, 0),
        ({"valueBoolean": False}, False),
        ({"valueRange": {"low": {"value": 1}, "high": {"value": 3}}}, None),
        ({"valueRatio": {"numerator": {"value": 1}}}, None),
        ({"dataAbsentReason": {"text": "asleep"}}, None),
        ({"_valueInteger": {"extension": [{"url": "http://x", "valueCode": "masked"}]}}, None),
    ],
)
def test_the_kinds_of_value_that_a_score_may_have(fields, value):
    (found,) = record({**without(score(), "valueInteger"), **fields}).observations
    assert found.value == value
    assert type(found.value) is type(value)
    assert found.data_absent is ("dataAbsentReason" in fields)


def test_components_sites_and_methods_of_an_observation():
    (found,) = record(
        {
            **without(score(), "valueInteger"),
            "component": [{"code": {"text": "systolic"}, "valueQuantity": {"value": 120, "unit": "mmHg"}}],
            "bodySite": {"text": "knee"},
            "method": {"text": "verbal"},
            "category": [{"text": "vital-signs"}],
            "issued": "2026-03-01T09:00:00Z",
        }
    ).observations
    assert found.components[0].value == Quantity(Decimal(120), "mmHg")
    assert (found.body_sites[0].text, found.method.text, found.categories[0].text) == ("knee", "verbal", "vital-signs")
    assert found.issued is not None


@pytest.mark.parametrize("version", FhirVersion)
def test_a_condition_reads_alike(version):
    (found,) = record(problem(version), version=version).conditions
    assert (found.clinical_status, found.verification_status) == ("active", "confirmed")
    assert (str(found.onset.day), str(found.abatement.last_day), str(found.recorded.day)) == (
        "2025-01-01",
        "2026-02-28",
        "2026-01-05",
    )


def test_a_condition_that_ended_at_an_unknown_time_is_resolved():
    ended = {**without(problem(STU3), "clinicalStatus", "abatementDateTime"), "abatementBoolean": True}
    assert record(ended, version=STU3).conditions[0].clinical_status == "resolved"
    assert record({**ended, "abatementBoolean": False}, version=STU3).conditions[0].clinical_status is None


@pytest.mark.parametrize(
    ("version", "time", "status"),
    [(R4, "performedDateTime", "not-done"), (R5, "occurrenceDateTime", "not-done"), (STU3, "performedDateTime", None)],
)
def test_a_procedure_and_one_that_was_not_done(version, time, status):
    done = {
        "resourceType": "Procedure",
        "id": "p",
        "subject": ME,
        "status": "completed",
        "code": {"text": "knee replacement"},
        "category": [{"text": "surgery"}] if version is R5 else {"text": "surgery"},
        time: "2026-01-05",
    }
    not_done = {**done, "status": status} if status else {**done, "notDone": True}
    (found,) = record(done, version=version).procedures
    assert (found.status, str(found.performed.start.day)) == ("completed", "2026-01-05")
    assert found.categories == (Concept((), "surgery"),)
    assert record(not_done, version=version).procedures[0].status == "not-done"


@pytest.mark.parametrize(("old", "r4"), [("aborted", "stopped"), ("suspended", "on-hold"), ("completed", "completed")])
def test_an_stu3_procedure_that_was_broken_off_is_called_as_in_r4(old, r4):
    procedure = {"resourceType": "Procedure", "id": "p", "subject": ME, "code": {"text": "knee replacement"}}
    found = [
        record({**procedure, "status": status}, version=version).procedures[0].status
        for version, status in ((STU3, old), (R4, r4))
    ]
    assert found == [r4, r4]


@pytest.mark.parametrize("version", FhirVersion)
def test_an_allergy_reads_alike(version):
    coded = version is not STU3
    allergy = {
        "resourceType": "AllergyIntolerance",
        "id": "g",
        "patient": ME,
        "code": {"text": "ketamine"},
        "clinicalStatus": {"coding": [{"code": "active"}]} if coded else "active",
        "verificationStatus": {"coding": [{"code": "confirmed"}]} if coded else "confirmed",
    }
    (found,) = record(allergy, version=version).allergies
    assert (found.concept.text, found.clinical_status, found.verification_status) == ("ketamine", "active", "confirmed")


@pytest.mark.parametrize("version", FhirVersion)
def test_the_class_of_a_stay_reads_alike(version):
    system = "http://hl7.org/fhir/v3/ActCode" if version is STU3 else "http://terminology.hl7.org/CodeSystem/v3-ActCode"
    kind = {"system": system, "code": "IMP"}
    stay = {
        "resourceType": "Encounter",
        "id": "e",
        "subject": ME,
        "status": "completed" if version is R5 else "finished",
        "class": [{"coding": [kind]}] if version is R5 else kind,
        "actualPeriod" if version is R5 else "period": {"start": "2026-03-01T07:00:00Z", "end": "2026-03-04"},
    }
    (found,) = record(stay, version=version).encounters
    assert found.classes == (Coding("http://terminology.hl7.org/CodeSystem/v3-ActCode", "IMP"),)
    assert (found.period.start.day.day, found.period.end.last_day.day) == (1, 4)
    assert found.aliases == ("Encounter/e",)


@pytest.mark.parametrize("version", FhirVersion)
def test_the_patient_reads_alike(version):
    found = record({**PATIENT, "deceasedBoolean": True}, version=version).patient
    assert (found.id, str(found.birth_date.day), found.gender, found.deceased) == ("1", "1961-04-02", "female", True)
    assert record({**PATIENT, "deceasedDateTime": "2026"}, version=version).patient.deceased
    assert not record(PATIENT, version=version).patient.deceased


def test_code_systems_have_one_spelling():
    spellings = [RXNORM, f"{RXNORM}/", "urn:oid:2.16.840.1.113883.6.88", "2.16.840.1.113883.6.88", RXNORM.upper()]
    codes = {"coding": [{"system": each, "code": "7804"} for each in spellings]}
    (use,) = record(request(medicationCodeableConcept=codes)).medications
    assert {each.system for each in use.medication.concept.codings} == {RXNORM}


def test_a_service_that_speaks_r4_never_loads_the_models_of_other_versions():
    program = """
import json, sys
from cds.clinical import Entry, FhirVersion
from cds.fhir import read
resource = json.load(sys.stdin)
read([Entry(resource, "entry[0]")], version=FhirVersion.R4, patient_id="1", zone=None)
print([m for m in sys.modules if m.startswith("fhir.resources.") and not m.startswith("fhir.resources.R4B")])
"""
    done = subprocess.run(
        [sys.executable, "-c", program], input=json.dumps(request()), capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
