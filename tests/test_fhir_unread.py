"""What the models refuse: read without it where no decision uses it, else named, and never silently lost."""

import ast
import dataclasses
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from fhir_samples import DRUG, ME, PATIENT, RXNORM, administration, reason, record, request, score, without
from fhir_twins import medication_use
from msgspec.structs import replace

import cds.fhir
from cds import case, dose, knowledge
from cds.clinical import Entry, FhirVersion
from cds.fhir.spare import DECIDING


def unread(*resources, version=FhirVersion.R4, **asked):
    (only,) = record(*resources, version=version, **asked).unread
    return only


NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SINCE_FEBRUARY = (date(2026, 2, 1), date(2999, 12, 31))
TEN = {"doseQuantity": {"value": 10, "unit": "mg"}}


def begins(day):
    """A dosage with a start of its own."""
    return {"timing": {"repeat": {"boundsPeriod": {"start": day}}}}


# ------------------------------------------------------------------------------------------------ read without


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"vendorPriority": 3}, "vendorPriority"),
        ({"note": "x"}, "note"),
        ({"performer": "ward 3"}, "performer"),
        ({"meta": {"lastUpdated": "yesterday"}}, "meta"),
        ({"text": {"status": "generated"}}, "text"),
        ({"identifier": ["x"]}, "identifier"),
        ({"extension": [{"url": "http://x", "valueBoolean": True, "valueString": "x"}]}, "extension"),
        ({"_status": {"extension": [{"url": "http://x", "foo": 1}]}}, "_status"),
        ({"_vendor": "x"}, "_vendor"),
        ({"id": "o_1"}, "id"),
        ({"subject": {**ME, "display": ""}}, "subject.display"),
        ({"subject": {**ME, "identifier": "123"}}, "subject.identifier"),
        ({"code": {"coding": [{"code": "72514-3", "display": ""}]}}, "code.coding[0].display"),
        ({"code": {"coding": [{"code": "72514-3", "version": ""}]}}, "code.coding[0].version"),
        ({"code": {"coding": [{"code": "72514-3", "primary": True}]}}, "code.coding[0].primary"),
        ({"component": [{"code": {"text": "x"}, "referenceRange": 1}]}, "component[0].referenceRange"),
        ({"contained": [{"resourceType": "Practitioner", "id": "p", "vendor": 1}]}, "contained[0]"),
        ({"contained": [{"resourceType": "VendorThing", "id": "p"}]}, "contained[0]"),
        ({"contained": [{"resourceType": 5}]}, "contained[0]"),
        ({"issued": "2026-03-01"}, "issued"),
        ({"specimen": {}, "device": 1}, "device"),
    ],
)
def test_a_score_is_read_without_what_no_decision_uses(fields, named):
    found = record(score(**fields))
    assert [(each.reason, each.partial, each.opens_high) for each in found.unread] == [
        (f"read without: {named}", True, False)
    ]
    clean = record(score()).observations[0]
    kept = {"reference": clean.reference, "aliases": clean.aliases}
    assert replace(found.observations[0], concept=clean.concept, components=(), **kept) == clean


def test_a_wrong_remark_inside_a_dosage_costs_no_dose():
    dosage = {"additionalInstruction": "with food", "extension": [{"foo": 1}], "doseAndRate": [TEN]}
    found = record(request(dosageInstruction=[dosage]))
    assert found.medications[0].dosages[0].dose_and_rate[0].dose.value == 10
    assert found.unread[0].reason == (
        "read without: dosageInstruction[0].extension, dosageInstruction[0].additionalInstruction"
    )


def test_what_a_refused_field_hid_is_left_out_in_a_second_round():
    two_values = {"url": "http://x", "valueBoolean": True, "valueString": "x"}
    found = record(score(vendor=1, extension=[two_values]))
    assert found.observations
    assert set(found.unread[0].reason.removeprefix("read without: ").split(", ")) == {"vendor", "extension"}


@pytest.mark.parametrize("id_", ["order_1", "e" * 170])
def test_an_id_that_fhir_forbids_or_finds_too_long_still_names_its_resource(id_):
    found = record(request(id=id_), administration(request={"reference": f"MedicationRequest/{id_}"}))
    assert {each.reference for each in found.medications} == {f"MedicationRequest/{id_}", "MedicationAdministration/a"}
    assert found.medications[0].links == (f"MedicationRequest/{id_}",)


def test_a_patient_is_read_without_a_name():
    found = record({**PATIENT, "name": [{"family": ""}], "telecom": "x"})
    assert found.patient.birth_date is not None
    assert found.unread[0].reason == "read without: name, telecom"


# ------------------------------------------------------------------------------------------------ refused


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"effectiveDateTime": "2026-03-01T08:00:00"}, "effectiveDateTime"),
        ({"effectiveDateTime": "2026-03-01T08:00Z"}, "effectiveDateTime"),
        ({"effectiveDateTime": "0001-01-01T00:00:00Z"}, "effectiveDateTime"),
        ({"status": "Finished"}, "status"),
        ({"status": None, "_status": {"extension": [{"url": "http://x", "valueCode": "unknown"}]}}, "status"),
        ({"status": 5}, "status"),
        ({"code": {"coding": [{"code": 123}]}}, "code.coding[0].code"),
        ({"code": {"coding": [{"code": "x", "display": 5}]}}, "code.coding[0].display"),
        ({"code": '{"text": "pain"}'}, "code"),
        ({"valueInteger": "4"}, "valueInteger"),
        ({"valueInteger": 4.5}, "valueInteger"),
        ({"valueInteger": None, "valueBoolean": "true"}, "valueBoolean"),
        ({"valueInteger": None, "valueQuantity": {"value": "4"}}, "valueQuantity.value"),
        ({"valueInteger": None, "valueQuantity": {"value": True}}, "valueQuantity.value"),
        ({"valueInteger": None, "valueQuantity": {"value": 10**13}}, "valueQuantity.value"),
        ({"valueInteger": None, "valueQuantity": {"value": 4, "comparator": "~"}}, "valueQuantity.comparator"),
        ({"valueQuantity": {"value": 4}}, "the resource"),
        ({"modifierExtension": [{"url": "http://x", "valueBoolean": True}]}, "modifierExtension"),
        ({"implicitRules": "http://x"}, "implicitRules"),
        ({"component": [{"code": {"text": "x"}, "modifierExtension": [{"url": "http://x"}]}]}, "component[0].modif"),
        ({"notGiven": True}, "notGiven"),
        ({"Status": "cancelled"}, "Status"),
        ({"focus": [{"reference": "RelatedPerson/child"}]}, "focus"),
        ({"issued": "2026-03-01", "effectiveDateTime": None}, "issued"),
    ],
)
def test_a_score_is_unread_where_a_deciding_field_cannot_be_used(fields, path):
    found = record(without(score(**fields), *(name for name, value in fields.items() if value is None)))
    assert found.observations == ()
    (only,) = found.unread
    assert only.reason.startswith(path)
    assert (only.reference, only.kind, only.partial, only.opens_high) == ("Observation/o", "Observation", False, False)


def test_a_modifier_extension_is_harmless_where_nothing_is_read():
    modifier = [{"url": "http://x", "valueBoolean": True}]
    found = record(score(referenceRange=[{"text": "0-10", "modifierExtension": modifier}], modifierExtension=[]))
    assert len(found.observations) == 1
    assert found.unread == ()


def test_a_focus_on_the_patient_or_on_a_thing_is_no_other_person():
    for focus in ("Patient/1", "Device/d"):
        assert record(score(focus=[{"reference": focus}])).observations


@pytest.mark.parametrize(
    ("dosage", "path"),
    [
        ({"asNeededBoolean": "true"}, "asNeededBoolean"),
        ({"doseQuantity": {"value": 10}}, "doseQuantity"),
        ({"asNeeded": True}, "asNeeded"),
        ({"asNeededBoolean": True, "asNeededCodeableConcept": {"text": "pain"}}, ""),
        ({"doseAndRate": [{"doseQuantity": {"value": -1}}]}, "doseAndRate[0].doseQuantity.value"),
        ({"doseAndRate": [{"doseRange": {"low": {"value": 2}, "high": {"value": 1}}}]}, "doseAndRate[0].doseRange.low"),
        ({"timing": {"repeat": {"frequency": "2"}}}, "timing.repeat.frequency"),
        ({"timing": {"repeat": {"frequency": 2.5}}}, "timing.repeat.frequency"),
        ({"timing": {"repeat": {"frequency": 3, "frequencyMax": 2}}}, "timing.repeat.frequencyMax"),
        ({"timing": {"repeat": {"period": 1, "periodUnit": "day"}}}, "timing.repeat.periodUnit"),
        ({"timing": {"repeat": {"when": ["BEDTIME"]}}}, "timing.repeat.when"),
        ({"timing": {"repeat": {"dayOfWeek": ["monday"]}}}, "timing.repeat.dayOfWeek"),
        (
            {"timing": {"repeat": {"boundsPeriod": {"start": "2026-03", "end": "2026-02"}}}},
            "timing.repeat.boundsPeriod.end",
        ),
        ({"timing": {"event": [None], "_event": [{"id": "x"}]}}, "timing.event[0]"),
        ({"modifierExtension": [{"url": "http://x", "valueBoolean": True}]}, "modifierExtension"),
    ],
)
def test_an_order_is_unread_where_its_dosage_cannot_be_used(dosage, path):
    found = record(request(dosageInstruction=[dosage]))
    assert found.medications == ()
    assert found.unread[0].reason.startswith(f"dosageInstruction[0]{'.' if path else ''}{path}: ")


@pytest.mark.parametrize(
    "dosage",
    [
        {"foo": 1},
        {"timing": {"repeat": {"frequencyX": 2, "period": 1, "periodUnit": "d"}}},
        {"timing": {"repeat": {"boundPeriod": {"start": "2026-03-01"}}}},
        {"asNeededBoolen": True},
    ],
)
@pytest.mark.parametrize("version", FhirVersion)
def test_an_unknown_field_inside_a_dosage_may_be_the_dose_misspelt(version, dosage):
    order = medication_use(version, "MedicationRequest")
    assert record(order, version=version).unread == ()
    (name,) = dosage
    found = unread({**order, "dosageInstruction": [dosage]}, version=version)
    assert found.reason.startswith(f"dosageInstruction[0].{name}")
    assert found.reason.endswith(": unknown field")
    assert (found.partial, found.opens_high) == (False, True)


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        (score(valueInteger=4, component=[{"code": {"text": "x"}, "valueQuantities": 1}]), "component[0].valueQuan"),
        (without(score(valueQuantity={"value": 4, "units": "x"}), "valueInteger"), "valueQuantity.units"),
        (without(score(effectivePeriod={"begin": "2026"}), "effectiveDateTime"), "effectivePeriod.begin"),
        (request(medicationCodeableConcept={**DRUG, "strenght": "10 mg"}), "medicationCodeableConcept.strenght"),
        (request(dispenseRequest={"validPeriod": {"end": "2026-03-31"}}), "dispenseRequest.validPeriod"),
        (administration(dosage={"dose": {"value": 10, "unit": "mg"}, "rateRatios": 1}), "dosage.rateRatios"),
    ],
)
def test_an_unknown_field_refuses_inside_an_amount_or_a_time_but_not_beside_them(resource, path):
    assert unread(resource).reason.startswith(path)
    assert not unread(resource).partial
    (beside,) = record({**request(), path.split(".")[-1]: 1}).unread
    assert beside.partial


def test_codes_of_closed_lists_are_found_whatever_their_case():
    timing = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "D", "when": ["morn", "hs"], "dayOfWeek": ["Mon"]}}
    (order,) = record(request(status="Active", dosageInstruction=[{"timing": timing}])).medications
    repeat = order.dosages[0].timing.repeat
    assert (order.status, repeat.period_unit, repeat.when, repeat.day_of_week) == (
        "active",
        "d",
        ("MORN", "HS"),
        ("mon",),
    )


@pytest.mark.parametrize(
    ("resource", "version"),
    [
        (request(status="ended"), FhirVersion.R4),
        (without(request(intent="filler-order"), "dosageInstruction"), FhirVersion.STU3),
        (request(), FhirVersion.STU3),
        (request(), FhirVersion.R5),
        ({**without(request(), "medicationCodeableConcept"), "medication": {"concept": DRUG}}, FhirVersion.R4),
    ],
)
def test_what_another_version_allows_is_refused(resource, version):
    found = record(resource, version=version)
    assert found.medications == ()
    assert found.unread[0].opens_high


def test_an_object_nested_too_deeply_is_named():
    deep: dict[str, object] = {}
    inside = deep
    for _ in range(500):
        inside["extension"] = [{"url": "http://x"}]
        inside = inside["extension"][0]
    assert reason(score(**deep)) == "nested too deeply"


def nested(levels):
    """A field of so many levels of JSON, its resource included."""
    inside = {"display": "x"}
    for _ in range((levels - 4) // 2):
        inside = {"identifier": {"assigner": inside}}
    return {"extension": [{"url": "http://x", "valueReference": inside}]}


def test_64_levels_are_judged_and_more_are_refused():
    assert depth(nested(64)) == 64
    assert record(score(**nested(64))).unread == ()
    assert depth(nested(66)) == 66
    assert reason(score(**nested(66))) == "nested too deeply"


def depth(value):
    inside = list(value.values()) if isinstance(value, dict) else value
    return 1 + max((depth(each) for each in inside if isinstance(each, dict | list)), default=0)


JUDGED_IN_2_MB = """
import sys, threading
sys.path[:0] = sys.argv[1:]
from fhir_samples import record, score
from test_fhir_unread import nested
threading.stack_size(2 * 1024 * 1024)
thread = threading.Thread(target=lambda: print(len(record(score(**nested(64))).observations)))
thread.start()
thread.join()
"""


def test_the_deepest_resource_that_is_judged_fits_into_a_thread_with_a_stack_of_2_mb():
    tests = Path(__file__).parent
    command = [sys.executable, "-c", JUDGED_IN_2_MB, str(tests), str(tests.parent)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "1"), done.stderr


def test_reasons_say_what_is_wrong():
    two = request(medicationReference={"reference": "Medication/m"})
    assert reason(two) == "the resource: two values where FHIR allows one"
    none = without(request(), "medicationCodeableConcept")
    assert reason(none) == "the resource: one of the values that FHIR demands is missing"
    assert reason(without(request(), "intent")) == "intent: missing"
    assert reason({**PATIENT, "birthDate": "61"}) == "birthDate: not a FHIR date"


def test_no_reason_repeats_a_value_or_an_unfit_field_name():
    secret = "Maria Silva"
    fields = {"status": secret, "effectiveDateTime": secret, "<b>Maria Silva</b>": 1, "valueInteger": secret}
    text = reason(score(**fields))
    assert "Maria" not in text
    assert "<" not in text


def test_a_long_list_of_fields_is_cut():
    assert reason(score(**{f"v{index}": 1 for index in range(9)})) == "read without: v0, v1, v2, v3, v4 and 4 more"


def test_the_reason_is_the_same_for_every_order_of_the_fields():
    broken = score(status="?", valueInteger="x", effectiveDateTime="morning")
    assert unread(dict(reversed(broken.items()))) == unread(broken)
    assert unread(broken).reason.startswith("effectiveDateTime: ")


# ------------------------------------------------------------------------------------------------ null, and no code

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


# ------------------------------------------------------------------------------------------------ unread medications


def test_an_unread_order_opens_the_days_from_its_first_date_on():
    found = unread(request(status="?", dispenseRequest={"validityPeriod": {"start": "2026-02-27"}}))
    assert found.opens_high
    assert found.dates is not None
    assert found.dates[0] == date(2026, 2, 27)
    assert found.dates[1].year == 2999


@pytest.mark.parametrize(
    ("resource", "dates"),
    [
        (administration(status="?"), (date(2026, 3, 1), date(2026, 3, 1))),
        (administration(effectiveDateTime="2026-03-01T08:00"), (date(2026, 3, 1), date(2026, 3, 1))),
        (administration(status="?", effectiveDateTime="2026-03"), (date(2026, 3, 1), date(2026, 3, 31))),
        (administration(effectiveDateTime="morning"), None),
        (
            request(status="?", dispenseRequest={"validityPeriod": {"end": "2026-03-31"}}),
            (date(2026, 3, 1), date(2026, 3, 31)),
        ),
        (
            {
                "resourceType": "MedicationDispense",
                "status": "?",
                "subject": ME,
                "medicationCodeableConcept": DRUG,
                "whenHandedOver": "2026-03-01",
                "daysSupply": {"value": 7},
            },
            (date(2026, 3, 1), date(2026, 3, 8)),
        ),
        (request(status="?", dosageInstruction=[begins("2026-02-01"), begins("2026-05-01")]), SINCE_FEBRUARY),
        (request(status="?", dosageInstruction=[begins("2026-05-01")], authoredOn="2026-02-01"), SINCE_FEBRUARY),
        (request(status="?", dosageInstruction=[begins("soon")], authoredOn="2026-02-01"), None),
    ],
)
def test_the_days_of_an_unread_dose_are_told_where_they_can_be_read(resource, dates):
    assert unread(resource).dates == dates


def test_the_days_of_an_unread_dose_are_those_of_the_configured_zone():
    night = administration(status="?", effectiveDateTime="2026-03-01T02:00:00Z")
    assert unread(night, zone=ZoneInfo("America/New_York")).dates == (date(2026, 2, 28), date(2026, 2, 28))


@pytest.mark.parametrize("status", ["cancelled", "on-hold", "draft"])
def test_an_unread_order_that_counts_nothing_opens_nothing(status):
    assert not unread(request(status=status, authoredOn="?")).opens_high
    assert unread(request(status="active", authoredOn="?")).opens_high
    assert not unread(request(intent="plan", authoredOn="?")).opens_high


def test_an_unread_draft_of_an_order_hook_may_be_a_dose_but_of_no_day_of_the_record():
    for draft in (request(status="draft", authoredOn="?"), request(status="?")):
        found = unread(Entry(draft, "draftOrders[0]", draft=True, selected=True))
        assert (found.opens_high, found.draft) == (True, True)
        assert found.dates == (date(2999, 12, 31), date(2999, 12, 31))


@pytest.mark.parametrize(
    "resource",
    [request(resourceType="MedicationRequest "), request(resourceType="MedRequest"), {"id": "x"}, None, ["x"]],
)
def test_a_draft_without_a_readable_type_may_be_a_dose_if_it_was_asked_of_but_of_no_day_of_the_record(resource):
    for asked in (True, False):
        found = unread(Entry(resource, "draftOrders[0]", draft=True, selected=asked))
        assert (found.opens_high, found.draft) == (asked, True)
        assert found.dates == (date(2999, 12, 31), date(2999, 12, 31))


def test_the_same_content_as_a_draft_and_in_the_record_is_told_as_both_in_whatever_order():
    raw = {"id": "x", "note": "no type"}
    asked = Entry(raw, "draftOrders[0]", full_url="urn:uuid:1", draft=True, selected=True)
    other = Entry(raw, "draftOrders[1]", full_url="urn:uuid:1", draft=True)
    stored = Entry(raw, "entry[1]", full_url="urn:uuid:1")
    found = record(asked, other, stored)
    assert sorted((each.draft, each.opens_high) for each in found.unread) == [
        (False, False),
        (True, False),
        (True, True),
    ]
    assert record(stored, other, asked) == found


def test_an_unread_order_of_the_record_is_no_draft():
    assert not unread(request(status="?")).draft
    assert not unread(Entry(score(status="?"), "draftOrders[0]", draft=True, selected=True)).draft


def test_a_readable_drug_of_an_unread_order_is_told():
    assert unread(request(status="?")).concept.codings[0].code == "1049621"
    half = {"coding": [{"code": "161"}, {"code": 7804}]}
    assert unread(request(medicationCodeableConcept=half)).concept is None
    assert unread(request(medicationReference={"reference": "Medication/m"})).concept is None


IBUPROFEN = {"coding": [{"system": RXNORM, "code": "5640"}]}
MORPHINE = {"coding": [{"system": RXNORM, "code": "7052"}]}


def in_version(version, code, *drugs):
    """A Medication of that code and those ingredients."""
    items = [
        {"item": {"concept": each}} if version is FhirVersion.R5 else {"itemCodeableConcept": each} for each in drugs
    ]
    return {"resourceType": "Medication", "id": "m", "code": code, **({"ingredient": items} if items else {})}


@pytest.mark.parametrize("version", list(FhirVersion))
@pytest.mark.parametrize("where", ["contained", "beside"])
def test_the_ingredients_of_the_medication_that_an_unread_order_names_are_told_with_its_code(version, where):
    def codes(medicine):
        reference = {"reference": "#m" if where == "contained" else "Medication/m"}
        drug = (
            {"medication": {"reference": reference}}
            if version is FhirVersion.R5
            else {"medicationReference": reference}
        )
        order = without(request(status="?", **drug), "medicationCodeableConcept")
        sent = (order | {"contained": [medicine]},) if where == "contained" else (order, medicine)
        (only,) = (each for each in record(*sent, version=version).unread if each.kind == "MedicationRequest")
        return only.concept and [each.code for each in only.concept.codings]

    assert codes(in_version(version, IBUPROFEN)) == ["5640"]
    assert codes(in_version(version, {"text": "capsule of the house"}, IBUPROFEN, MORPHINE)) == ["5640", "7052"]
    assert codes(in_version(version, IBUPROFEN) | {"ingredient": [{}]}) is None  # it may be the opioid


def test_of_two_versions_of_a_medication_neither_shows_what_an_unread_order_holds():
    order = without(request(medicationReference={"reference": "Medication/m"}), "medicationCodeableConcept")
    medicines = [in_version(FhirVersion.R4, code) for code in (IBUPROFEN, MORPHINE)]
    of_order = [each for each in record(order, *medicines).unread if each.kind == "MedicationRequest"]
    assert [each.concept for each in of_order] == [None]


def test_entered_in_error_vanishes_even_where_it_is_invalid():
    gone = {"status": "entered-in-error"}
    found = record(
        request(**gone, authoredOn="?"),
        administration(**gone),
        score(**gone),
        without(request(**gone, id="x"), "subject"),
        {
            "resourceType": "Condition",
            "id": "c",
            "subject": ME,
            "vendor": 1,
            "verificationStatus": {"coding": [{"code": "entered-in-error"}]},
        },
    )
    assert (found.medications, found.observations, found.conditions, found.unread) == ((), (), (), ())


# ------------------------------------------------------------------------------------------------ types


def test_types_that_nothing_reads_are_ignored():
    others = [
        {"resourceType": kind, "id": "x", "foo": 1} for kind in ("Practitioner", "Flag", "ProcedureRequest", "Bundle")
    ]
    found = record(*others, score())
    assert (len(found.observations), found.unread, found.foreign) == (1, (), 0)


@pytest.mark.parametrize(
    ("resource", "expected", "opens"),
    [
        (None, "not a resource: no JSON object", False),
        ([], "not a resource: no JSON object", False),
        ({"id": "x"}, "resourceType: missing", False),
        ({"resourceType": 5, "medicationCodeableConcept": DRUG}, "resourceType: missing", True),
        (score(resourceType="observation"), "resourceType: write Observation", False),
        (request(resourceType="medicationRequest"), "resourceType: write MedicationRequest", True),
        (request(resourceType="MedicationOrder"), "MedicationOrder is no resource type of this FHIR version", True),
        (request(resourceType="MedRequest"), "resourceType: no type of FHIR", True),
        (request(resourceType="MedicationRequest\u200b"), "resourceType: no type of FHIR", True),
        ({"resourceType": "Medication Request", "subject": ME}, "resourceType: no type of FHIR", True),
        ({"resourceType": "Rx", "subject": ME, "dosageInstruction": []}, "resourceType: no type of FHIR", True),
        (score(resourceType="Obser"), "resourceType: no type of FHIR", False),
        (score(resourceType=""), "resourceType: no type of FHIR", False),
    ],
)
def test_what_may_have_been_meant_for_us_is_named(resource, expected, opens):
    found = unread(resource)
    assert (found.reason, found.opens_high) == (expected, opens)


def test_a_nameless_resource_is_named_by_its_full_url_else_by_its_place():
    nameless = without(score(status="?"), "id")
    assert unread(Entry(nameless, "entry[4]", full_url="urn:uuid:9f0e")).reference == "urn:uuid:9f0e"
    assert unread(Entry(nameless, "entry[4]", full_url="a\nb")).reference == "entry[4]"
    assert unread(Entry({**nameless, "id": "a b"}, "entry[4]")).reference == "entry[4]"


def test_every_field_that_is_read_is_known_as_deciding():
    reading = {"text", "texts", "word", "needed_word", "word_list", "flag", "number", "integer", "moment", "moments"}
    reading |= {"child", "children", "has", "link", "links_of", "somebody_else", "medication", "codeable_reference"}
    names = {
        argument.value.casefold()
        for file in Path(cds.fhir.__file__).parent.glob("*.py")
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in reading
        for argument in call.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    }
    assert len(names) > 90
    # Where these two are no element of the resource, what they would tell apart is none either.
    assert names - DECIDING == {"contained", "type"}


# --------------------------------------------------------------------------------------------------- too long


def lettered(length):
    return "x" * length


@pytest.mark.parametrize("models_only", [False, True])
@pytest.mark.parametrize(
    ("sent", "path"),
    [
        (lambda text: score(code={"coding": [{"system": "http://loinc.org", "code": text}]}), "code.coding[0].code"),
        (lambda text: score(code={"coding": [{"system": f"urn:{text[4:]}", "code": "1"}]}), "code.coding[0].system"),
        (lambda text: score(code={"coding": [{"code": "72514-3", "display": text}]}), "code.coding[0].display"),
        (lambda text: score(valueInteger=None, valueQuantity={"value": 4, "unit": text}), "valueQuantity.unit"),
        (lambda text: request(medicationCodeableConcept={"text": text}), "medicationCodeableConcept.text"),
        (lambda text: condition(text), "code.text"),
    ],
)
def test_a_label_of_1000_characters_is_read_and_one_of_1001_is_refused_with_its_reason(sent, path, models_only):
    def unread_of(length):
        resource = {name: value for name, value in sent(lettered(length)).items() if value is not None}
        entry = Entry(resource, "entry[0]")
        read = cds.fhir.read([entry], version=FhirVersion.R4, patient_id="1", zone=None, models_only=models_only)
        return [(each.reason, each.partial) for each in read.unread]

    assert unread_of(1000) == []
    assert unread_of(1001) == [(f"{path}: too long: over 1000 characters", False)]


def test_an_order_whose_drug_is_too_long_may_be_an_opioid():
    found = unread(request(medicationCodeableConcept={"text": f"{lettered(1000)} morphine"}))
    assert (found.opens_high, found.dates[0]) == (True, date(2026, 3, 1))


TABLET = {"system": RXNORM, "code": "310965"}


@pytest.mark.parametrize(
    ("drug", "codes"),
    [
        ({"coding": [TABLET], "text": lettered(1001)}, ["310965"]),
        ({"coding": [{**TABLET, "display": lettered(1001)}]}, ["310965"]),
        ({"coding": [TABLET, {"system": RXNORM, "display": lettered(1001)}]}, None),
        ({"coding": [TABLET, "161"], "text": lettered(1001)}, None),
        ({"coding": [TABLET, {"code": lettered(1001)}]}, None),
        ({"text": lettered(1001)}, None),
    ],
)
def test_the_codes_of_a_drug_are_told_where_only_its_words_are_refused(drug, codes):
    found = unread(request(medicationCodeableConcept=drug)).concept
    assert (found and [each.code for each in found.codings]) == codes


@pytest.mark.parametrize(
    "drug",
    [
        {"medicationCodeableConcept": {"coding": [{**TABLET, "vendorKey": "x"}]}},
        {"medicationReference": {"reference": "Medication/m", "vendorKey": "x"}},
    ],
)
def test_a_vendors_field_in_a_code_or_a_reference_costs_no_order(drug):
    found = record(without(request(), "medicationCodeableConcept") | drug)
    assert len(found.medications) == 1
    assert [each.partial for each in found.unread] == [True]


def condition(text):
    return {"resourceType": "Condition", "id": "c", "subject": ME, "code": {"text": text}}
