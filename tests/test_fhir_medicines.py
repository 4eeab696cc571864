"""From a dose to its drug: only what was sent and could be read is a drug."""

from decimal import Decimal

import pytest
from fhir_samples import DRUG, RXNORM, record, request, without

from cds.clinical import Coding, Concept, Entry, FhirVersion, Ingredient, Quantity, Ratio

UUID = "urn:uuid:7b3c1d52-0000-4000-8000-000000000001"
STRENGTH = {"numerator": {"value": 5, "unit": "mg"}, "denominator": {"value": 1, "unit": "tablet"}}
FIVE_MG = Ratio(Quantity(Decimal(5), "mg"), Quantity(Decimal(1), "tablet"))
OXYCODONE = Concept((Coding(RXNORM, "7804"),))
MEDICATION = {
    "resourceType": "Medication",
    "id": "m",
    "code": {"text": "oxycodone tablet"},
    "form": {"text": "tablet"},
    "ingredient": [
        {
            "itemCodeableConcept": {"coding": [{"system": RXNORM, "code": "7804"}]},
            "strength": STRENGTH,
            "isActive": True,
        }
    ],
}


def order(reference: str, **fields: object) -> dict[str, object]:
    bare = without(request(**fields), "medicationCodeableConcept")
    return {**bare, "medicationReference": {"reference": reference, "display": "morphine"}}


@pytest.mark.parametrize(
    "reference",
    ["Medication/m", "Medication/m/_history/4", "https://ehr.example/fhir/Medication/m", UUID, UUID.replace("b", "B")],
)
def test_a_medication_of_the_input_is_found_by_every_spelling(reference):
    found = record(order(reference), Entry(MEDICATION, "entry[1]", full_url=UUID))
    medication = found.medications[0].medication
    assert medication.concept == Concept((), "oxycodone tablet")
    assert medication.form == Concept((), "tablet")
    assert medication.ingredients == (Ingredient(OXYCODONE, FIVE_MG, True),)


def test_a_contained_medication_is_found_inside_its_order_only():
    inside = order("#m", contained=[MEDICATION])
    outside = order("#m", id="x")
    found = record(inside, outside, MEDICATION)
    assert [each.medication is None for each in found.medications] == [False, True]


@pytest.mark.parametrize("reference", ["Medication/gone", "urn:uuid:gone", "#gone", "m"])
def test_a_medication_that_was_not_sent_is_unknown_and_its_display_is_no_drug(reference):
    found = record(order(reference), MEDICATION)
    assert found.medications[0].medication is None
    assert found.unread == ()


def test_a_drug_without_a_word_about_it_is_unknown():
    empty = [{}, {"coding": [{}]}, {"coding": [{"system": RXNORM}]}, {"extension": [{"url": "http://x"}]}]
    for code in empty:
        assert record(request(medicationCodeableConcept=code)).medications[0].medication is None
    assert record(request(medicationCodeableConcept={"text": "x"})).medications[0].medication is not None
    assert record(order("Medication/m"), {"resourceType": "Medication", "id": "m"}).medications[0].medication is None


def test_a_medication_entered_in_error_is_no_drug():
    gone = {**MEDICATION, "status": "entered-in-error"}
    for found in (record(order("Medication/m"), gone), record(order("#m", contained=[gone]))):
        assert found.medications[0].medication is None
        assert found.unread == ()


def test_an_unreadable_medication_makes_the_dose_unread_and_tells_its_code():
    bad = {
        **MEDICATION,
        "code": DRUG,
        "vendor": {},
    }
    strength = {"numerator": {"value": "5"}}
    worse = {**bad, "ingredient": [{"itemCodeableConcept": {"text": "x"}, "strength": strength}]}
    assert record(order("Medication/m"), bad).unread[0].partial
    found = record(order("Medication/m"), order("Medication/m", id="x"), worse)
    assert found.medications == ()
    assert [(each.reference, each.opens_high) for each in found.unread] == [
        ("Medication/m", False),
        ("MedicationRequest/r", True),
        ("MedicationRequest/x", True),
    ]
    assert {each.concept.codings[0].code for each in found.unread} == {"1049621"}


def test_an_unread_order_tells_the_code_of_its_medication():
    coded = {**MEDICATION, "code": DRUG}
    outside, inside = (
        record(order("Medication/m", status="?"), coded),
        record(order("#m", status="?", contained=[coded])),
    )
    for found in (outside, inside):
        assert found.unread[0].concept.codings[0].code == "1049621"


def test_a_contained_medication_is_read_without_vendor_fields_and_refused_with_its_path():
    vendor = {**MEDICATION, "vendor": 1, "manufacturer": "x"}
    found = record(order("#m", contained=[vendor]))
    assert found.medications[0].medication.ingredients
    assert found.unread[0].reason == "read without: contained[0].manufacturer, contained[0].vendor"
    modified = {**MEDICATION, "modifierExtension": [{"url": "http://x", "valueBoolean": True}]}
    assert record(order("#m", contained=[modified])).unread[0].reason.startswith("contained[0].modifierExtension: ")


def test_medications_that_nobody_names_are_never_looked_at():
    assert record(request(), {**MEDICATION, "code": "x", "vendor": 1}).unread == ()


def test_two_different_medications_of_one_name_are_no_drug():
    found = record(order("Medication/m"), MEDICATION, {**MEDICATION, "code": {"text": "morphine"}})
    assert found.medications == ()
    assert {each.reference for each in found.unread} == {"Medication/m", "MedicationRequest/r"}


def test_the_strength_of_stu3_is_called_amount():
    amount = {"itemCodeableConcept": {"coding": [{"system": RXNORM, "code": "7804"}]}, "amount": STRENGTH}
    bare = without(order("#m", contained=[{**MEDICATION, "ingredient": [amount]}]), "dosageInstruction")
    (use,) = record(bare, version=FhirVersion.STU3).medications
    assert use.medication.ingredients == (Ingredient(OXYCODONE, FIVE_MG),)


@pytest.mark.parametrize(
    ("strength", "expected"),
    [
        ({"strengthRatio": STRENGTH}, FIVE_MG),
        ({"strengthQuantity": {"value": 5, "unit": "mg"}}, Ratio(Quantity(Decimal(5), "mg"), None)),
        ({"strengthCodeableConcept": {"text": "forte"}}, None),
    ],
)
def test_the_strengths_of_r5(strength, expected):
    medication = {
        "resourceType": "Medication",
        "id": "m",
        "doseForm": {"text": "tablet"},
        "ingredient": [{"item": {"concept": {"coding": [{"system": RXNORM, "code": "7804"}]}}, **strength}],
    }
    bare = without(request(), "medicationCodeableConcept")
    use = {**bare, "medication": {"reference": {"reference": "Medication/m"}}}
    (found,) = record(use, medication, version=FhirVersion.R5).medications
    assert found.medication.form == Concept((), "tablet")
    assert found.medication.ingredients == (Ingredient(OXYCODONE, expected),)


def test_with_concept_and_reference_r5_takes_the_name_of_one_and_the_strength_of_the_other():
    medication = {
        "resourceType": "Medication",
        "id": "m",
        "code": {"text": "tablet"},
        "ingredient": [{"item": {"concept": {"text": "x"}}, "strengthRatio": STRENGTH}],
    }
    bare = without(request(), "medicationCodeableConcept")
    both = {"concept": DRUG, "reference": {"reference": "Medication/m"}}
    (found,) = record({**bare, "medication": both}, medication, version=FhirVersion.R5).medications
    assert found.medication.concept.codings[0].code == "1049621"
    assert found.medication.ingredients[0].strength == FIVE_MG


def test_an_ingredient_may_be_a_contained_substance():
    substance = {"resourceType": "Substance", "id": "s", "code": {"coding": [{"system": RXNORM, "code": "7804"}]}}
    with_reference = {
        **MEDICATION,
        "ingredient": [
            {"itemReference": {"reference": "#s"}, "strength": STRENGTH},
            {"itemReference": {"reference": "#t"}},
        ],
    }
    within_order = record(order("#m", contained=[with_reference, substance]))
    on_its_own = record(order("Medication/m"), {**with_reference, "contained": [substance]})
    for found in (within_order, on_its_own):
        assert [each.concept for each in found.medications[0].medication.ingredients] == [OXYCODONE, None]
