"""What the models refuse: read without it where no decision uses it, else named, and never silently lost."""

import ast
from pathlib import Path

import pytest
from fhir_samples import DRUG, ME, PATIENT, TEN, administration, reason, record, request, score, unread, without
from fhir_twins import medication_use
from msgspec.structs import replace

import cds.fhir
from cds.clinical import Entry, FhirVersion
from cds.fhir.spare import DECIDING

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
