"""Null for a field, and resources without a code: read where it says nothing of its own, refused where it would."""

import dataclasses
from datetime import UTC, datetime

import pytest
from fhir_samples import ME, PATIENT, TEN, administration, record, request, score, unread, without

import cds.fhir
from cds import case, dose, knowledge
from cds.clinical import Entry, FhirVersion

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
TIMED = {"timing": {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d"}}, "doseAndRate": [TEN]}
PROBLEM = {"resourceType": "Condition", "id": "c", "subject": ME, "code": {"text": "psychosis"}}
ALLERGY = {"resourceType": "AllergyIntolerance", "id": "i", "patient": ME, "code": {"text": "ketamine"}}
SURGERY = {"resourceType": "Procedure", "id": "p", "subject": ME, "status": "completed", "code": {"text": "surgery"}}


def nulled(value, path):
    """A copy with null in the place that the path names."""
    first, *rest = path
    changed = list(value) if isinstance(value, list) else dict(value)
    changed[first] = nulled(value[first], rest) if rest else None
    return changed


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        *((score(), [name]) for name in ("code", "status", "effectiveDateTime", "valueInteger")),
        (score(), ["code", "coding", 0, "system"]),
        (score(focus=[ME]), ["focus", 0, "reference"]),
        *((request(), [name]) for name in ("status", "intent", "medicationCodeableConcept")),
        (request(doNotPerform=False), ["doNotPerform"]),
        *(
            (request(dosageInstruction=[TIMED]), ["dosageInstruction", 0, "timing", "repeat", name])
            for name in ("frequency", "period", "periodUnit")
        ),
        (administration(), ["effectiveDateTime"]),
        (PROBLEM, ["code"]),
        (ALLERGY, ["code"]),
        (SURGERY, ["code"]),
    ],
    ids=str,
)
def test_a_resource_that_would_say_another_thing_without_its_null_is_unread(resource, path):
    assert record(resource).unread == ()
    found = unread(nulled(resource, path))
    assert found.reason
    assert not found.partial


@pytest.mark.parametrize(
    ("resource", "added"),
    [
        *((score(), {name: None}) for name in ("bodySite", "component", "valueQuantity", "effectivePeriod", "focus")),
        *((score(), {name: None}) for name in ("dataAbsentReason", "category", "modifierExtension")),
        *((request(), {name: None}) for name in ("encounter", "category", "dispenseRequest", "priorPrescription")),
        (request(), {"reportedBoolean": None}),
        (administration(), {"effectivePeriod": None}),
        *((PROBLEM, {name: None}) for name in ("abatementDateTime", "onsetDateTime", "clinicalStatus", "category")),
        (SURGERY, {"performedPeriod": None}),
        *((PATIENT, {name: None}) for name in ("gender", "deceasedBoolean", "deceasedDateTime")),
    ],
    ids=str,
)
@pytest.mark.parametrize("models_only", [True, False])
def test_null_that_stands_for_a_field_that_is_not_there_costs_nothing_and_is_named(resource, added, models_only):
    (name,) = added
    resource = without(resource, name)

    def read(sent):
        entries = [Entry(sent, "entry[0]")]
        return cds.fhir.read(entries, version=FhirVersion.R4, patient_id="1", zone=None, models_only=models_only)

    found = read({**resource, **added})
    assert [(each.reason, each.partial) for each in found.unread] == [(f"read without: {name}", True)]
    assert dataclasses.replace(found, unread=()) == read(resource)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (["dosageInstruction"], "no dose is written"),
        (["dosageInstruction", 0, "timing"], "neither a frequency nor a supply is written"),
        (["dosageInstruction", 0, "timing", "repeat"], "neither a frequency nor a supply is written"),
        (["dosageInstruction", 0, "doseAndRate"], "no dose is written"),
        (["dosageInstruction", 0, "doseAndRate", 0, "doseQuantity", "value"], "the dose has no value"),
    ],
    ids=str,
)
def test_null_in_place_of_a_dose_makes_none(path, said):
    sent = record(nulled(request(dosageInstruction=[TIMED]), path))
    found = dose.timeline(sent, knowledge.load().drugs, table="CDC-2022", as_of=case.as_of("2026-03-02", NOW, None))
    assert [(each.reason, each.opens_high) for each in found.uncounted] == [(said, True)]


@pytest.mark.parametrize("name", ["meta", "note", "performer", "encounter", "text", "vendorThing", "interpretation"])
def test_null_in_place_of_what_nothing_reads_is_left_out_and_named(name):
    found = record(score(**{name: None}))
    assert len(found.observations) == 1
    assert [(each.reason, each.partial) for each in found.unread] == [(f"read without: {name}", True)]


def test_null_in_a_list_may_stand_for_an_extension():
    given = {"given": [None, "x"], "_given": [{"extension": [{"url": "http://x", "valueString": "y"}]}, None]}
    assert record({**PATIENT, "name": [given]}).unread == ()


@pytest.mark.parametrize("resource", [PROBLEM, ALLERGY, SURGERY, score()], ids=lambda each: each["resourceType"])
@pytest.mark.parametrize("version", FhirVersion)
def test_what_does_not_say_what_it_is_is_unread(resource, version):
    resource = without(resource, "valueInteger")
    if resource["resourceType"] == "Condition" and version is FhirVersion.R5:
        resource["clinicalStatus"] = {"coding": [{"code": "active"}]}
    if resource["resourceType"] == "AllergyIntolerance" and version is FhirVersion.STU3:
        resource["verificationStatus"] = "confirmed"
    assert record(resource, version=version).unread == ()
    for code in ({}, {"text": ""}, {"coding": [{"system": "http://x"}]}, {"extension": [{"url": "http://x"}]}):
        found = unread({**resource, "code": code}, version=version)
        assert (found.kind, found.partial, found.reason.startswith("code")) == (resource["resourceType"], False, True)
    assert unread(without(resource, "code"), version=version).reason == "code: missing"


def test_a_denied_problem_or_allergy_and_a_surgery_by_its_category_need_no_code():
    denied = {"verificationStatus": {"coding": [{"code": "refuted"}]}}
    surgery = {**without(SURGERY, "code"), "category": {"text": "surgery"}}
    found = record({**without(PROBLEM, "code"), **denied}, {**without(ALLERGY, "code"), **denied}, surgery)
    assert (len(found.conditions), len(found.allergies), len(found.procedures), found.unread) == (1, 1, 1, ())
