"""The order of grades and the caps of contract.md, from FHIR to the grade: each condition alone, and beside its neighbours."""

import pytest
from contract_patients import ESCALATED, ICD, RXNORM, SNOMED, TODAY, Made, at, concept, few, level, possible, strong


def fever(patient, celsius=38.6, days_ago=5):
    return patient.measured("8310-5", celsius, "Cel", at(TODAY - days_ago))


def ceiling():
    made = Made().orders(ESCALATED)
    for number in range(0, TODAY - 2, 3):
        made.score(9 if number < 120 else 10, number)
    return made


@pytest.mark.parametrize(
    ("patient", "grade"),
    [
        (possible(), "possible-oih"),
        (strong(), "strong-pattern"),
        (level(), "tolerance-like"),
        (few(4, 5, 6, 8), "insufficient-data"),
        (ceiling(), "insufficient-data"),
        # out of scope comes before everything
        (possible().condition(ICD, "Z51.5", 10), "out-of-scope"),
        (fever(possible().condition(ICD, "Z51.5", 10)), "out-of-scope"),
        (possible().condition(ICD, "Z51.5", 10, verified="refuted"), "possible-oih"),
        # another cause before too few data, withdrawal and a pattern
        (fever(possible()), "alternative-first"),
        (fever(few(4, 5, 6, 8)), "alternative-first"),
        (fever(level().condition(ICD, "F11.23", TODAY - 5)), "alternative-first"),
        (fever(possible(), 37.9), "possible-oih"),
        (fever(possible(), days_ago=31), "possible-oih"),
        (possible().condition(SNOMED, "71286001", TODAY - 10), "alternative-first"),
        (possible().condition(SNOMED, "71286001", TODAY - 10, verified="entered-in-error"), "possible-oih"),
        (possible().surgery(TODAY - 2), "alternative-first"),
        # too few data before withdrawal
        (few(5, 5, 5, 5).condition(ICD, "F11.93", TODAY - 5), "insufficient-data"),
        (ceiling().condition(ICD, "F11.93", TODAY - 5), "insufficient-data"),
        # withdrawal, unless the pattern holds without its days
        (level().condition(ICD, "F11.93", TODAY - 30), "withdrawal-compatible"),
        (level().condition(ICD, "F11.93", TODAY - 31), "tolerance-like"),
        (possible().condition(ICD, "F11.23", TODAY - 3), "possible-oih"),
    ],
)
def test_the_first_grade_that_holds(patient, grade):
    assert patient.grade() == grade


@pytest.mark.parametrize(
    ("patient", "grade"),
    [
        (strong().condition(ICD, "C50.911", -300), "possible-oih"),
        (strong().condition(ICD, "C44.91", -300), "strong-pattern"),
        (strong().condition(ICD, "C50.911", -300, status="resolved"), "strong-pattern"),
        (strong().condition(ICD, "D57.00", -300), "possible-oih"),
        (strong().surgery(100), "possible-oih"),
        (strong().surgery(42 - 90), "possible-oih"),
        (strong().surgery(42 - 91), "strong-pattern"),
        (strong().condition(ICD, "S83.9", 100, status="resolved"), "possible-oih"),
        (strong().condition(ICD, "S83.9", 100, verified="refuted"), "strong-pattern"),
        (strong().order(300, 176 + 14, drug=("25480", "gabapentin")), "possible-oih"),
        (strong().order(300, 176 + 15, drug=("25480", "gabapentin")), "strong-pattern"),
    ],
)
def test_what_caps_a_pattern_with_de_challenge(patient, grade):
    assert patient.grade() == grade


@pytest.mark.parametrize(("highest", "grade"), [(49, "possible-oih"), (50, "strong-pattern")])
def test_under_fifty_mme_no_more_than_a_possible_pattern_is_said(highest, grade):
    levels = ((15, 0), (26, 42), (38, 84), (highest, 126), (30, 176))
    assert Made().orders(levels).scored(levels, (2, 3, 5, 7, 4)).grade() == grade


@pytest.mark.parametrize(("days", "counted"), [(42, False), (43, True)])
def test_an_increase_taken_back_on_day_42_is_a_treated_flare(days, counted):
    levels = ((60, 0), (90, 56), (120, 112), (90, 112 + days))
    answer = Made().orders(levels).scored(levels, (3, 4, 5, 4)).answer()
    assert (answer["statistics"]["up_steps"] == 2) is counted


def test_ketamine_beside_a_reduction_is_named_by_date_and_never_by_amount():
    dose = {"value": 50, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}
    made = strong().add(
        "medicationAdministrations",
        resourceType="MedicationAdministration",
        status="completed",
        medicationCodeableConcept=concept(RXNORM, "6130", "ketamine"),
        effectiveDateTime=at(180),
        dosage={"route": concept(SNOMED, "47625008"), "dose": dose},
    )
    assert made.grade() == "possible-oih"
    assert "Ketamine on record: 4 Jul 2026." in made.text()
    assert "50" not in made.answer()["cards"][1]["detail"]
