"""The templates ask for what the evaluation reads, in words that every CDS Hooks 2.0 client resolves."""

import re
from dataclasses import replace

import pytest

from cds.clinical import FhirVersion
from cds.knowledge import scales
from hooks.services import all_services
from hooks.settings import Settings
from hooks.templates import MEDICATION_KEYS, Template, all_templates, declared, lint

TOKENS = {"patientId"}
# Date search parameters by resource, as the FHIR specification lists them for each version.
DATES = {
    FhirVersion.R4: {
        "Encounter": "date",
        "MedicationRequest": "authoredon",
        "MedicationStatement": "effective",
        "MedicationDispense": "whenhandedover",
        "MedicationAdministration": "effective-time",
        "Observation": "date",
        "Condition": "recorded-date",
        "AllergyIntolerance": "date",
        "Procedure": "date",
    }
}
DATES[FhirVersion.R5] = DATES[FhirVersion.R4] | {"MedicationAdministration": "date"}
DATES[FhirVersion.STU3] = DATES[FhirVersion.R4] | {"Condition": "asserted-date"}


@pytest.mark.parametrize("version", FhirVersion)
@pytest.mark.parametrize("settings", [Settings(), Settings(prefetch="lean"), Settings(prefetch_include=True)], ids=str)
def test_every_template_is_legal_for_every_hook(version, settings, knowledge):
    for service in all_services().values():
        for template in all_templates(knowledge, settings, version).values():
            lint(template, service.tokens, include=settings.prefetch_include)


@pytest.mark.parametrize("version", FhirVersion)
def test_each_search_is_sorted_by_a_date_that_its_resource_can_be_searched_by(version, knowledge):
    for template in all_templates(knowledge, Settings(), version).values():
        if template.parameters is not None:
            assert dict(template.parameters)["_sort"] == f"-{DATES[version][template.kind]}"
            assert dict(template.parameters)["_count"] == "200"


def test_the_patient_is_read_and_never_searched(knowledge):
    assert all_templates(knowledge, Settings())["patient"].text == "Patient/{{context.patientId}}"


def test_every_pain_and_function_code_is_asked_for(knowledge):
    text = all_templates(knowledge, Settings())["pain"].text
    assert knowledge.scales.rows
    for row in knowledge.scales.rows:
        assert f"{row.system}|{row.code}" in re.split("[=,&]", text)


def test_a_sites_own_pain_code_is_asked_for_in_the_templates_spelling(knowledge, tmp_path):
    site = tmp_path / "pain_codes.csv"
    site.write_text("system,code,instrument,scale\nurn:oid:1.2.3,NRS pain|now,site-nrs,0-10\n")
    extended = replace(knowledge, scales=scales.load(knowledge.rules.root, site))
    template = all_templates(extended, Settings())["pain"]
    assert "urn:oid:1.2.3|NRS%20pain%5C|now" in template.text
    assert "urn:oid:1.2.3|NRS pain\\|now" in dict(template.query("1"))["code"]
    lint(template, TOKENS)


@pytest.mark.parametrize(
    ("group", "key"),
    [
        ("systolic", "vitals"),
        ("respiration", "vitals"),
        ("saturation", "vitals"),
        ("creatinine", "labs"),
        ("alt", "labs"),
    ],
)
def test_what_the_gates_read_is_asked_for(group, key, knowledge):
    codes = {each.code for each in knowledge.conditions.triggers if each.group == group and each.system == "loinc"}
    assert codes
    for code in codes:
        assert f"http://loinc.org|{code}" in all_templates(knowledge, Settings())[key].text


def test_a_body_weight_is_asked_for_since_doses_may_be_per_kilogram(knowledge):
    assert knowledge.drugs.weight_codes
    for code in knowledge.drugs.weight_codes:
        assert f"http://loinc.org|{code}" in all_templates(knowledge, Settings())["vitals"].text


def test_the_lean_profile_declares_three_keys(knowledge):
    lean = Settings(prefetch="lean")
    assert list(declared(all_templates(knowledge, lean), lean)) == ["patient", "encounters", "medicationRequests"]
    assert len(declared(all_templates(knowledge, Settings()), Settings())) == 12


def test_include_is_asked_for_only_where_the_operator_wants_it(knowledge):
    for wanted in (False, True):
        templates = all_templates(knowledge, Settings(prefetch_include=wanted))
        assert [key for key, each in templates.items() if "_include" in each.text] == list(MEDICATION_KEYS) * wanted


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ((("patient", "{{context.encounterId}}"),), "no token"),
        ((("patient", "{{context.draftOrders}}"),), "no token"),
        ((("patient", "{{Patient.id}}"),), "no token"),
        ((("patient", "{{context.patientId}"),), "not closed"),
        ((("patient", "{{today()}}"),), "no token"),
        ((("patient:Patient.name", "x"),), "outside the subset"),
        ((("code:not", "x"),), "outside the subset"),
        ((("_has:Observation:patient:code", "x"),), "outside the subset"),
        ((("date", "ne2026-01-01"),), "outside the subset"),
        ((("_include", "MedicationRequest:medication"),), "outside the subset"),
        ((("_count", "all"),), "outside the subset"),
    ],
)
def test_a_template_that_clients_need_not_resolve_stops_the_start(parameters, told):
    with pytest.raises(ValueError, match=told):
        lint(Template("pain", "Observation", parameters), TOKENS)
