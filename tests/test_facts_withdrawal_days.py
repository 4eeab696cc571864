"""No pattern rests on days in withdrawal: the whole walk, with and without them (R3)."""

from datetime import UTC, datetime

import pytest
from chart import RXNORM, at, coded
from patients_escalated import LAST_DAY, RISING, escalated

from cds import case

NOW = datetime(2026, 9, 1, tzinfo=UTC)
FLAT = [(dose, 4.0) for dose, _ in RISING]
FIRST_STEP = "2026-03-02"


@pytest.fixture
def graded(evaluator):
    return lambda request: evaluator.assessment(request, case.Asked(now=NOW)).grade


def skips_doses(*, told):
    """Pain rises with the dose, but only on the seven of eight scored days on which no tablet was taken."""
    chart = escalated("skips", RISING)
    scores = [one for one in chart.resources if one["resourceType"] == "Observation"]
    for number, score in enumerate(scores):
        if number % 8 == 0:
            score["valueInteger"] = 4
        elif told and score["effectiveDateTime"] >= FIRST_STEP:
            chart.add(
                "MedicationStatement",
                status="not-taken",
                medicationCodeableConcept=coded(RXNORM, "7052", "morphine"),
                effectiveDateTime=score["effectiveDateTime"][:10],
            )
    return chart.request(LAST_DAY)


def test_a_pattern_made_of_missed_doses_is_withdrawal(graded):
    assert graded(skips_doses(told=False)).name == "possible-oih"
    found = graded(skips_doses(told=True))
    assert found.name == "withdrawal-compatible"
    assert [one.rule for one in found.reasons] == ["R3-missed"]


def test_a_pattern_that_holds_on_the_other_days_stands(graded):
    chart = escalated("stands")
    chart.observed({"text": "Clinical Opiate Withdrawal Scale (COWS)"}, at("2026-08-25"), "survey", valueInteger=9)
    assert graded(chart.request(LAST_DAY)).name == "possible-oih"


def test_without_a_pattern_the_scale_decides(graded):
    chart = escalated("flat", FLAT)
    assert graded(chart.request(LAST_DAY)).name == "tolerance-like"
    chart.observed({"text": "Clinical Opiate Withdrawal Scale (COWS)"}, at("2026-08-25"), "survey", valueInteger=9)
    assert graded(chart.request(LAST_DAY)).name == "withdrawal-compatible"
