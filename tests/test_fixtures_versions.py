"""Every patient of fixtures/, sent by an R5 and by an STU3 server, gets the doses, the grade and the cards of R4."""

import json
from datetime import UTC, datetime

import pytest
from chart import CATEGORY
from fhir_samples import record, request, without
from fhir_twins import KINDS, R4, R5, SCORE, STU3, medication_use
from fixture_patients import PATIENTS, R4_PATIENTS
from patients_versions import SENT_AGAIN, VERSIONS
from versions import resource, twin

from cds import case
from hooks import fixture

NOW = datetime(2026, 11, 21, tzinfo=UTC)
MEDICATION = {
    "resourceType": "Medication",
    "id": "m",
    "form": {"text": "tablet"},
    "ingredient": [
        {
            "itemCodeableConcept": {"text": "oxycodone"},
            "strength": {"numerator": {"value": 5, "unit": "mg"}, "denominator": {"value": 1, "unit": "tablet"}},
        }
    ],
}


def answer(evaluator, sent):
    """(version, everything else that `assess` prints), without the resources that a suggestion offers: they are in
    the client's version too.
    """
    asked = case.Asked(now=NOW, service=fixture.service_of(sent))
    report = json.loads(json.dumps(evaluator.report(sent, asked)))
    for card in report["cards"]:
        for suggestion in card.get("suggestions", ()):
            for action in suggestion["actions"]:
                action.pop("resource", None)
    return report.pop("fhir_version"), report


@pytest.mark.parametrize("name", R4_PATIENTS)
def test_a_twin_is_answered_like_its_original(evaluator, name):
    built = R4_PATIENTS[name]()
    for original in built if isinstance(built, list) else [built]:
        version, expected = answer(evaluator, original)
        assert version == R4
        for other in VERSIONS:
            # `unread` is equal too: the version's models accept all that R4's accept.
            assert answer(evaluator, twin(original, other)) == (other, expected)


@pytest.mark.parametrize("version", VERSIONS)
def test_an_original_is_no_twin(evaluator, version):
    original = R4_PATIENTS["alternatives/withdrawal_after_missed_doses"]()
    told = original | {"extension": original["extension"] | {case.FHIR_VERSION: version.value}}
    assert {one["reference"].split("/")[0] for one in answer(evaluator, told)[1]["unread"]} >= {"MedicationRequest"}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_type_and_hook_is_among_the_twins_on_disk(version):
    everyone = [one for built in R4_PATIENTS.values() for one in [built()] if isinstance(one, dict)]
    on_disk = [built() for name, built in PATIENTS.items() if name.startswith(f"versions/{version.lower()}/")]
    assert types_and_hooks(on_disk) == types_and_hooks(everyone)
    assert len(on_disk) == len(SENT_AGAIN) >= 24


def types_and_hooks(patients):
    return {one["resourceType"] for patient in patients for one in sent(patient)}, {one["hook"] for one in patients}


def sent(patient):
    for value in [*patient["prefetch"].values(), patient["context"].get("draftOrders")]:
        if value is not None:
            yield from (entry["resource"] for entry in value["entry"]) if "entry" in value else (value,)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("version", VERSIONS)
def test_a_medication_resource_becomes_the_twin_that_was_written_by_hand(kind, version):
    made = resource(medication_use(R4, kind), version)
    if (version, kind) == (R5, "MedicationStatement"):
        assert made.pop("adherence")["code"]["coding"][0]["code"] == "taking"
    assert made == medication_use(version, kind)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_contained_medication_and_its_strength_are_read_alike(version):
    order = without(
        request(contained=[MEDICATION], medicationReference={"reference": "#m"}), "medicationCodeableConcept"
    )
    assert record(resource(order, version), version=version).medications == record(order).medications
    assert record(order).medications[0].medication.ingredients[0].strength is not None


def test_a_score_of_stu3_is_a_quantity_with_its_relations_in_one_list():
    made = resource(SCORE[R4], STU3)
    assert made["valueQuantity"] == {"value": 4}
    assert [each["type"] for each in made["related"]] == ["has-member", "derived-from"]


def test_code_systems_of_stu3_have_their_older_addresses():
    made = resource(SCORE[R4] | {"category": [{"coding": [{"system": CATEGORY, "code": "survey"}]}]}, STU3)
    assert made["category"][0]["coding"][0]["system"] == "http://hl7.org/fhir/observation-category"


@pytest.mark.parametrize("what", [{"doNotPerform": True}, {"dosageInstruction": [{"doseAndRate": [{}, {}]}]}])
def test_what_stu3_cannot_say_has_no_twin(what):
    with pytest.raises(ValueError, match="has no STU3 twin"):
        resource(request(**what), STU3)
