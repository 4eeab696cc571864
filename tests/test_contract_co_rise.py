"""`co_rise` is computed for everybody in scope, from FHIR to the card; the definition itself is in test_trend_co_rise.py."""

import pytest
from contract_patients import ESCALATED, MORPHINE, OXYCODONE, RXNORM, Made, at, concept, few

THREE = ESCALATED[:3]
UNREAD = {
    "resourceType": "MedicationRequest",
    "status": "active",
    "intent": "order",
    "medicationCodeableConcept": concept(RXNORM, *OXYCODONE),
}


@pytest.mark.parametrize(
    ("scores", "holds"),
    [
        ((4, 5, 6), True),  # exactly 2 points
        ((4, 5, 5), False),
        ((3, 9, 4), True),  # a third more, and the level between does not matter
        ((4, None, 6), True),
        ((None, 4, 8), False),
        ((4, 8, None), False),
        ((0, 0, 1), False),  # no percentage of 0
    ],
)
def test_three_levels_and_two_points_or_thirty_percent(scores, holds):
    answer = few(*scores, levels=THREE).answer()
    assert answer["co_rise"] is holds
    assert bool(answer["cards"]) is holds


def test_two_levels_are_no_co_rise():
    assert not few(2, 9, levels=THREE[:2]).answer()["co_rise"]


def test_a_score_on_the_day_of_a_step_belongs_to_the_level_before_it():
    made = few(4, 5, None, levels=THREE)
    assert not made.score(9, THREE[2][1]).answer()["co_rise"]
    assert made.score(9, THREE[2][1] + 1).answer()["co_rise"]


def test_a_lone_level_after_a_reduction_is_no_run_so_the_run_before_it_counts():
    assert few(4, 5, 7, 2, levels=(*THREE, (60, 168))).answer()["co_rise"]
    assert not few(4, 5, 7, 2, 2, levels=(*THREE, (60, 168), (90, 200))).answer()["co_rise"]


def test_the_same_dose_of_another_drug_is_no_increase():
    rotated = Made().order(60, 0, 55).order(40, 56, 111, drug=OXYCODONE).order(60, 112).score(3, 20).score(9, 150)
    assert not rotated.answer()["co_rise"]


@pytest.mark.parametrize(
    "spoilt",
    [
        {"authoredOn": "last spring"},
        {"authoredOn": at(100), "dosageInstruction": "as told"},
        {"authoredOn": at(0), "dosageInstruction": [{"text": "as told"}]},
    ],
    ids=["without a date", "without a dose, from a day on", "uncounted throughout"],
)
def test_one_opioid_that_cannot_be_read_or_counted_silences_no_co_rise(spoilt):
    made = few(4, 5, 6, 8).add("medicationRequests", **{**UNREAD, **spoilt})
    answer = made.answer()
    assert (answer["co_rise"], answer["grade"]) == (True, "insufficient-data")
    assert made.kinds() == ["info"]
    assert "Not read:" in made.text() or "Not counted:" in made.text()


def test_what_is_not_counted_makes_no_level_by_itself():
    made = Made()
    for first, last in ((0, 55), (56, 111), (112, 200)):
        made.order(60, first, last, drug=MORPHINE, dosageInstruction=[{"text": "as told"}])
    for number, score in ((20, 4), (80, 5), (150, 8)):
        made.score(score, number)
    assert not made.answer()["co_rise"]
