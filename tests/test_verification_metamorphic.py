"""What must not matter to the whole walk does not, and what must destroy the signal does."""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from cds import knowledge
from cds.clinical import Assessment
from cds.knowledge import simulator
from cds.verification.controls import at_the_ceiling, data_poor, permuted, reversed_doses, shifted
from cds.verification.orders import Stock, standing_orders
from cds.verification.patient import Invented, patients
from cds.verification.requests import to_request
from cds.verification.simulate import simulate
from cds.verification.walk import FLAGGED, Walker, is_flagged

DATE = re.compile(r"\d{4}-\d\d-\d\d")
CELLS = [
    ("oih", "3 a week"),
    ("oih", "visits, 540 d"),
    ("oih", "3 a week, reductions"),
    ("progression", "1 a week"),
    ("flare", "3 a week"),
    ("tolerance", "visits, 365 d"),
]


@pytest.fixture(scope="module")
def walker() -> Walker:
    known = knowledge.load()
    return Walker.of(known, simulator.load(known.rules.root))


def drawn(walker: Walker, phenotype: str, scenario: str, count: int = 3) -> list[Invented]:
    simulated = walker.simulator
    cohort = simulate(simulated.phenotype(phenotype), simulated.scenario(scenario), seed=41)
    return list(patients(cohort, simulated.tablets))[:count]


@pytest.fixture(scope="module", params=CELLS, ids=" - ".join)
def charts(request: pytest.FixtureRequest, walker: Walker) -> list[tuple[Invented, Assessment]]:
    return [(patient, walker.evaluate(to_request(patient))) for patient in drawn(walker, *request.param)]


@pytest.fixture(scope="module")
def flagged(walker: Walker) -> list[tuple[Invented, Assessment]]:
    """OIH patients in whom a pattern was named."""
    found = [(p, walker.evaluate(to_request(p))) for p in drawn(walker, "oih", "3 a week", 20)]
    return [(patient, seen) for patient, seen in found if seen.grade.name in FLAGGED]


def same(before: Assessment, after: Assessment) -> None:
    """Same grade, same co_rise, same statistics to the six decimals that are printed."""
    assert after.grade.name == before.grade.name
    assert after.trend.co_rise.holds == before.trend.co_rise.holds
    for name in ("beta", "z", "cumulative_rise", "share_rising", "up_steps", "down_steps", "drift_per_30d", "scores"):
        was, now = getattr(before.trend.statistics, name), getattr(after.trend.statistics, name)
        assert now == (was if was is None else pytest.approx(was, abs=1e-6)), name


def rewritten(patient: Invented, change: Callable[[dict[str, Any]], list[dict[str, Any]]]) -> dict[str, Any]:
    """The request with every prescription replaced by what `change` makes of it."""
    request: dict[str, Any] = copy.deepcopy(to_request(patient))
    bundle = request["prefetch"]["medicationRequests"]
    bundle["entry"] = [{"resource": new} for entry in bundle["entry"] for new in change(entry["resource"])]
    bundle["total"] = len(bundle["entry"])
    return request


def doubled(patient: Invented, stock: Stock) -> Invented:
    """The same chart with 60, 120, 240, 480 MME at the first increases, and no other change."""
    days = [day for day, before, after in patient.changes if after > before][:3]
    scheduled = tuple(60.0 * 2 ** sum(day >= step for step in days) for day in range(len(patient.scheduled)))
    return replace(
        patient, scheduled=scheduled, orders=tuple(standing_orders(stock, patient.style, scheduled, ())), changes=()
    )


def test_the_order_of_the_entries_does_not_matter(walker, charts):
    for patient, before in charts:
        request: dict[str, Any] = to_request(patient)
        for key in ("medicationRequests", "pain"):
            random.Random(5).shuffle(request["prefetch"][key]["entry"])
        same(before, walker.evaluate(request))


def test_a_resource_that_was_sent_twice_counts_once(walker, charts):
    for patient, before in charts:
        request: dict[str, Any] = copy.deepcopy(to_request(patient))
        for key in ("medicationRequests", "pain"):
            request["prefetch"][key]["entry"] *= 2
        same(before, walker.evaluate(request))


def test_a_score_that_was_filed_twice_under_another_id_counts_once(walker, charts):
    for patient, before in charts:
        request: dict[str, Any] = copy.deepcopy(to_request(patient))
        copies = copy.deepcopy(request["prefetch"]["pain"]["entry"])
        for entry in copies:
            entry["resource"]["id"] += "-again"
        request["prefetch"]["pain"]["entry"] += copies
        same(before, walker.evaluate(request))


@pytest.mark.parametrize("days", [-400, 1, 37])
def test_a_record_shifted_with_its_evaluation_date_says_the_same(walker, charts, days):
    def later(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: item if key in ("id", "birthDate") else later(item) for key, item in value.items()}
        if isinstance(value, list):
            return [later(item) for item in value]
        if isinstance(value, str) and DATE.match(value):
            return DATE.sub(lambda m: (date.fromisoformat(m[0]) + timedelta(days=days)).isoformat(), value, count=1)
        return value

    for patient, before in charts:
        same(before, walker.evaluate(later(to_request(patient))))


@pytest.mark.parametrize("phenotype", ["oih", "progression", "tolerance"])
def test_a_constant_added_to_scores_below_the_ceiling_changes_nothing(walker, phenotype):
    for drawn_patient in drawn(walker, phenotype, "3 a week", 4):
        patient = replace(drawn_patient, scores=tuple((at, round(0.7 * nrs)) for at, nrs in drawn_patient.scores))
        before = walker.evaluate(to_request(patient))
        after = walker.evaluate(to_request(shifted(patient, 1)))
        assert after.trend.statistics.beta == pytest.approx(before.trend.statistics.beta, abs=1e-6)
        # 30 % of a higher score is more points: only the arms in percent may change their mind.
        changed = {found.rule for found in before.findings} ^ {found.rule for found in after.findings}
        if "R5-percent" not in changed:
            assert after.grade.name == before.grade.name


def test_one_order_split_into_morning_and_bedtime_halves_is_the_same_dose(walker, charts):
    def halves(order: dict[str, Any]) -> list[dict[str, Any]]:
        if order["dosageInstruction"][0]["timing"]["repeat"]["period"] != 12:
            return [order]
        parts = []
        for when in ("MORN", "HS"):
            part = copy.deepcopy(order)
            part["id"] += f"-{when.lower()}"
            part["dosageInstruction"][0]["timing"]["repeat"] = {"when": [when]}
            parts.append(part)
        return parts

    for patient, before in charts:
        same(before, walker.evaluate(rewritten(patient, halves)))


def test_a_statement_says_the_same_as_an_equivalent_order(walker, charts):
    def stated(order: dict[str, Any]) -> list[dict[str, Any]]:
        dosage = copy.deepcopy(order["dosageInstruction"])
        bounds = dosage[0]["timing"]["repeat"].get("boundsPeriod")
        statement = {
            "resourceType": "MedicationStatement",
            "id": order["id"],
            "status": order["status"],
            "medicationCodeableConcept": order["medicationCodeableConcept"],
            "subject": order["subject"],
            "dateAsserted": order["authoredOn"],
            "effectivePeriod": bounds or order["dispenseRequest"]["validityPeriod"],
            "dosage": dosage,
        }
        return [statement]

    for patient, before in charts:
        same(before, walker.evaluate(rewritten(patient, stated)))


def test_shuffled_scores_destroy_the_signal(walker, flagged):
    still = sum(walker.evaluate(to_request(permuted(patient, 1))).grade.name in FLAGGED for patient, _ in flagged)
    assert len(flagged) >= 5
    assert still <= len(flagged) // 5


def test_the_reverse_order_of_doses_flips_the_sign_of_beta(walker, flagged):
    """On doses that double at each step, so that the reversed order is the exact mirror image in log dose."""
    stock = Stock.of(walker.simulator.tablets)
    for patient, _before in flagged:
        doubling = doubled(patient, stock)
        before = walker.evaluate(to_request(doubling)).trend.statistics.beta
        after = walker.evaluate(to_request(reversed_doses(doubling, stock))).trend.statistics.beta
        assert before > 0 > after


def test_raising_the_dose_under_pain_that_stays_is_no_pattern(walker):
    """Hayes 2020: escalators' pain stays where it was. At most 2 in 100 may be flagged."""
    escalators = drawn(walker, "escalation_without_change", "1 a week", 50)
    assert sum(is_flagged(walker.outcome(patient)) for patient in escalators) <= 1


def test_five_scores_are_refused_a_grade(walker, flagged):
    for patient, _before in flagged:
        assert walker.evaluate(to_request(data_poor(patient))).grade.name == "insufficient-data"


def test_pain_at_the_ceiling_is_refused_a_grade(walker, flagged):
    for patient, _before in flagged:
        assert walker.evaluate(to_request(at_the_ceiling(patient))).grade.name == "insufficient-data"
