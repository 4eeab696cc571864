"""Records made to cost: each is refused with a bound that it names, or costs no more than its size."""

from datetime import date, timedelta

import pytest
from served import issues_of, served

from cds import case
from cds.errors import MalformedInput
from hooks.app import create_app
from hooks.settings import Settings

NOW = case.Asked(now=case.as_of("2026-11-20T12:00:00Z", None, None).at, as_of="2026-11-20")
PATIENT = {"resourceType": "Patient", "id": "p", "birthDate": "1960-01-01"}


def order(number, mg, first, last=None):
    """One daily dose of a morphine tablet of `mg`; without `last` it never ends."""
    bounds = {"start": str(first), **({"end": str(last)} if last else {})}
    return {
        "resourceType": "MedicationRequest",
        "id": f"m{number}",
        "status": "active",
        "intent": "order",
        "subject": {"reference": "Patient/p"},
        "authoredOn": str(first),
        "medicationCodeableConcept": {"text": f"morphine {mg} mg oral tablet"},
        "dosageInstruction": [
            {
                "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d", "boundsPeriod": bounds}},
                "doseAndRate": [{"doseQuantity": {"value": mg, "unit": "mg"}}],
            }
        ],
    }


def bundle(*resources):
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in resources]}


def never_ending(count, days):
    """Orders of as many strengths, begun on `days` days in turn, none ever stopped."""
    first = date(2025, 1, 1)
    return [order(number, 1 + number, first + timedelta(days=number % days)) for number in range(count)]


def test_a_thousand_orders_in_force_on_one_day_are_computed_and_one_more_is_refused(evaluator):
    assert len(evaluator.assessment(bundle(PATIENT, *never_ending(1000, 1)), NOW).dose.daily) > 600
    with pytest.raises(MalformedInput, match="more than 1000 opioid resources are in force on one day") as refused:
        evaluator.assessment(bundle(PATIENT, *never_ending(1001, 1)), NOW)
    assert refused.value.code == "too-costly"


def test_orders_that_never_end_and_begin_on_many_days_are_refused_by_their_sum(evaluator):
    # 300 orders on 300 days: 1 + 2 + ... + 300 = 45,150 looks; 320 make 51,360.
    assert evaluator.assessment(bundle(PATIENT, *never_ending(300, 300)), NOW).dose.daily
    with pytest.raises(MalformedInput, match="more than 50000; send those that are still in force"):
        evaluator.assessment(bundle(PATIENT, *never_ending(320, 320)), NOW)


def test_thousands_of_orders_that_end_are_no_crowd(evaluator):
    first = date(2010, 1, 1)
    orders = [
        order(number, 1 + number % 90, first + timedelta(days=2 * number), first + timedelta(days=2 * number + 3))
        for number in range(3000)
    ]
    assert len(evaluator.assessment(bundle(PATIENT, *orders), NOW).dose.daily) > 6000


def test_over_http_the_refusal_is_413_and_says_what_to_send():
    request = {
        "hook": "patient-view",
        "hookInstance": "6f9f6d3e-2f4f-4c3e-9d3c-0a4d0a4c1e11",
        "context": {"userId": "Practitioner/1", "patientId": "p"},
        "prefetch": {"patient": PATIENT, "pain": None, "medicationRequests": bundle(*never_ending(1001, 1))},
    }
    with served(create_app(Settings())) as client:
        answer = client.post("/cds-services/oih-patient-view", json=request)
    assert answer.status_code == 413
    assert issues_of(answer) == [("too-costly", None)]
