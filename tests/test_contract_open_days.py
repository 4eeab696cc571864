"""mme.md 5.13: days with an open high do not lower a grade by themselves."""

import json
from copy import deepcopy
from datetime import datetime
from pathlib import Path

import pytest

from cds import case

PATTERN = json.loads(
    (Path(__file__).parent.parent / "fixtures/pattern/pain_rises_with_each_increase/request.json").read_text()
)
UNREADABLE = {
    "resourceType": "MedicationRequest",
    "id": "unreadable",
    "status": "active",
    "intent": "order",
    "subject": {"reference": f"Patient/{PATTERN['context']['patientId']}"},
    "medicationCodeableConcept": {"text": "oxycodone"},
    "dosageInstruction": "by mouth",
}


def assessed(evaluator, *more):
    request = deepcopy(PATTERN)
    part = next(value for value in request["prefetch"].values() if any(_kind(value)))
    part.setdefault("entry", []).extend({"resource": each} for each in more)
    return evaluator.assessment(request, case.Asked(now=datetime.now().astimezone()))


def _kind(value):
    entries = value.get("entry", []) if isinstance(value, dict) else []
    return (each["resource"]["resourceType"] == "MedicationRequest" for each in entries)


@pytest.mark.parametrize("date", [{}, {"authoredOn": "2026-02-01"}], ids=["undated", "dated"])
def test_an_unreadable_order_leaves_the_grade_and_is_named_on_the_card(evaluator, date):
    alone, beside = assessed(evaluator), assessed(evaluator, UNREADABLE | date)
    assert len(beside.record.unread) == 1
    assert any(day.high is None for day in beside.dose.daily)
    assert beside.grade.name == alone.grade.name == "possible-oih"
    assert beside.trend.statistics.beta == pytest.approx(alone.trend.statistics.beta)
    assert "Not read" in beside.cards[0].detail
    assert "Not read" not in alone.cards[0].detail


def test_an_opioid_without_a_number_voids_the_steps_beside_it(evaluator):
    buprenorphine = UNREADABLE | {
        "authoredOn": "2026-02-01",
        "medicationCodeableConcept": {
            "coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "1819"}]
        },
        "dosageInstruction": [{"text": "8 mg daily"}],
    }
    found = assessed(evaluator, buprenorphine)
    assert all(step.void for step in found.trend.steps)
    assert found.grade.name == "insufficient-data"
