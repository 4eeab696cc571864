"""The invented patients are what they are meant to be, whoever draws them and however often."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from cds.errors import KnowledgeError
from cds.knowledge.simulator import Simulator, load
from cds.verification import direct
from cds.verification.orders import STYLES, Stock, standing_orders
from cds.verification.patient import AS_OF, Invented, before_visit, patients
from cds.verification.requests import to_order_sign, to_request
from cds.verification.simulate import BLOCK, Cohort, simulate

RULES = Path(__file__).parent.parent / "rules"
DENSE, VISITS = "3 a week", "visits, 540 d"


@pytest.fixture(scope="module")
def simulator() -> Simulator:
    return load(RULES)


def cohort(simulator: Simulator, phenotype: str, scenario: str = DENSE, *, seed: int = 3, block: int = 0) -> Cohort:
    return simulate(simulator.phenotype(phenotype), simulator.scenario(scenario), seed=seed, block=block)


def invented(simulator: Simulator, phenotype: str, scenario: str = DENSE, seed: int = 3) -> list[Invented]:
    return list(patients(cohort(simulator, phenotype, scenario, seed=seed), simulator.tablets))


def test_the_same_seed_draws_the_same_patients(simulator):
    assert invented(simulator, "oih") == invented(simulator, "oih")


def test_another_seed_draws_other_patients(simulator):
    assert invented(simulator, "oih") != invented(simulator, "oih", seed=4)


def test_another_block_draws_other_patients(simulator):
    first, second = (cohort(simulator, "oih", block=block) for block in (0, 1))
    assert not np.array_equal(first.nrs, second.nrs)


@pytest.mark.parametrize("scenario", [DENSE, VISITS])
def test_scores_are_whole_numbers_of_the_scale(simulator, scenario):
    nrs = cohort(simulator, "noise", scenario).nrs
    assert nrs.min() >= 0
    assert nrs.max() <= 10
    assert np.array_equal(nrs, nrs.round())


def test_only_oih_patients_have_a_sensitising_effect(simulator):
    for phenotype in simulator.phenotypes:
        eta = cohort(simulator, phenotype.name).eta
        assert (eta > 0).all() if phenotype.group == "oih" else (eta == 0).all()


def test_the_prescriber_raises_the_dose_because_pain_is_high(simulator):
    """Confounding by indication: before a rise pain is higher than before a visit without one."""
    drawn = cohort(simulator, "stable")
    change = np.diff(drawn.base, prepend=drawn.base[:, :1])
    week = np.stack([np.roll(drawn.nrs, shift, axis=1) for shift in range(7)]).mean(axis=0)
    late = np.arange(drawn.nrs.shape[1]) > 14
    raised = week[(change > 0) & late]
    left = week[drawn.visit & (change <= 0) & late]
    assert raised.mean() > left.mean() + 0.3


def test_with_exogenous_steps_pain_does_not_move_the_dose(simulator):
    drawn = cohort(simulator, "stable", "3 a week, reductions, exogenous steps")
    change = np.diff(drawn.base, prepend=drawn.base[:, :1])
    share = (change[drawn.visit] > 0).mean()
    assert 0.55 < share < 0.75


def test_a_new_dose_is_written_on_the_day_of_the_visit_and_swallowed_the_day_after(simulator):
    for patient in invented(simulator, "stable"):
        drawn = patient.changes
        assert {day for day, _before, _after in drawn} <= set(patient.visits)
    drawn = cohort(simulator, "stable")
    who, when = next(iter(np.argwhere(np.diff(drawn.base) > 0)))
    assert drawn.taken[who, when + 1] == drawn.base[who, when]
    assert drawn.taken[who, when + 2] == drawn.base[who, when + 1]


def test_visits_are_three_to_five_weeks_apart(simulator):
    for patient in invented(simulator, "stable", VISITS):
        gaps = np.diff(patient.visits)
        assert gaps.min() >= 21
        assert gaps.max() <= 35


def test_a_visit_chart_holds_one_score_for_each_visit(simulator):
    for patient in invented(simulator, "oih", VISITS):
        assert [(at.date() - patient.first).days for at, _score in patient.scores] == list(patient.visits)


@pytest.mark.parametrize(("scenario", "least", "most"), [(DENSE, 2.7, 3.7), ("1 a week", 0.9, 1.3), ("daily", 6, 7)])
def test_a_chart_holds_about_as_many_scores_a_week_as_its_scenario_says(simulator, scenario, least, most):
    assert least < cohort(simulator, "stable", scenario).recorded.mean() * 7 < most


def test_oih_and_progression_worsen_and_stable_pain_does_not(simulator):
    worse = {}
    for name in ("oih", "progression", "stable"):
        nrs = cohort(simulator, name).nrs
        worse[name] = nrs[:, -30:].mean() - nrs[:, :30].mean()
    assert worse["oih"] > 1.5
    assert worse["progression"] > 1.5
    assert worse["stable"] < 0.5


def test_escalation_without_change_leaves_pain_where_it_was(simulator):
    drawn = cohort(simulator, "escalation_without_change")
    assert np.median(drawn.base[:, -1] / drawn.base[:, 0]) >= 2
    assert abs(drawn.nrs[:, -30:].mean() - drawn.nrs[:, :30].mean()) < 0.3


def test_each_flare_order_ends_within_42_days(simulator):
    bounded = [order for patient in invented(simulator, "flare") for order in patient.orders if order.temporary]
    assert bounded
    assert all(order.last is not None and order.last - order.first < 42 for order in bounded)


def test_flares_are_prescribed_both_as_courses_and_as_changes(simulator):
    drawn = invented(simulator, "flare")
    as_course = [patient for patient in drawn if any(order.temporary for order in patient.orders)]
    assert 0 < len(as_course) < len(drawn)


@pytest.mark.parametrize("phenotype", ["oih", "flare"])
def test_the_prescriptions_add_up_to_the_dose_of_every_day(simulator, phenotype):
    for patient in invented(simulator, phenotype):
        assert [day.mid for day in direct.timeline(patient).series] == [Decimal(str(d)) for d in patient.scheduled]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("dose", [45.0, 60.0, 75.0, 105.0, 240.0, 600.0])
def test_every_style_can_make_every_dose_of_whole_and_half_tablets(simulator, style, dose):
    lines = list(standing_orders(Stock.of(simulator.tablets), style, [dose], []))
    assert sum(line.daily_mme for line in lines) == dose
    assert all((2 * line.count) % 1 == 0 and line.count > 0 for line in lines)


def test_no_style_changes_its_drugs_with_the_dose(simulator):
    stock = Stock.of(simulator.tablets)
    for style in STYLES:
        drugs = [{order.tablet.drug for order in standing_orders(stock, style, [dose], [])} for dose in (60.0, 300.0)]
        assert drugs[0] == drugs[1]


def test_every_resource_is_tagged_as_synthetic_and_does_not_tell_the_truth(simulator):
    request = to_request(invented(simulator, "progression")[0])
    prefetch = request["prefetch"]
    resources = [
        prefetch["patient"],
        *(e["resource"] for key in ("medicationRequests", "pain") for e in prefetch[key]["entry"]),
    ]
    assert all(resource["meta"]["tag"][0]["code"] == "SYNTHETIC" for resource in resources)
    assert "progression" not in json.dumps(request)


def test_a_draft_never_carries_the_id_of_an_order_of_the_chart(simulator):
    for patient in invented(simulator, "flare"):
        for day, before, after in patient.changes:
            request = to_order_sign(patient, day)
            charted = [entry["resource"]["id"] for entry in request["prefetch"]["medicationRequests"]["entry"]]
            drafted = [entry["resource"]["id"] for entry in request["context"]["draftOrders"]["entry"]]
            assert drafted or before == after
            assert len({*charted, *drafted}) == len(charted) + len(drafted)


def test_before_a_visit_the_chart_does_not_know_what_the_visit_decides(simulator):
    patient = invented(simulator, "oih")[0]
    day, old, new = patient.changes[0]
    request = to_request(patient, until=day)
    assert request["extension"] == {"org.oih-cds.asOf": patient.day(day).isoformat()}
    assert before_visit(patient, day).scheduled[-1] == old != new
    assert all(
        entry["resource"]["authoredOn"] < patient.day(day).isoformat()
        for entry in request["prefetch"]["medicationRequests"]["entry"]
    )


def test_the_request_is_evaluated_at_its_last_day(simulator):
    patient = invented(simulator, "oih")[0]
    assert to_request(patient)["extension"] == {"org.oih-cds.asOf": "2026-06-30"}
    assert patient.day(len(patient.scheduled) - 1) == AS_OF == date(2026, 6, 30)


def test_a_cohort_of_blocks_is_large_enough_for_one_percent_steps(simulator):
    assert len(invented(simulator, "oih")) == BLOCK


def broken(tmp_path: Path, old: str, new: str) -> Path:
    (tmp_path / "verification").mkdir()
    for name in ("simulator.toml", "products.csv"):
        text = (RULES / "verification" / name).read_text()
        (tmp_path / "verification" / name).write_text(text.replace(old, new, 1))
    return tmp_path


def test_an_unknown_parameter_is_refused_by_name(tmp_path):
    with pytest.raises(KnowledgeError, match="unknown eta_medain"):
        load(broken(tmp_path, "eta_median = 2.5", "eta_medain = 2.5"))


def test_an_impossible_share_is_refused(tmp_path):
    with pytest.raises(KnowledgeError, match="missed_share"):
        load(broken(tmp_path, "missed_share      = 0.25", "missed_share = 1.25"))


def test_a_product_of_unknown_release_is_refused(tmp_path):
    with pytest.raises(KnowledgeError, match="neither IR nor ER"):
        load(broken(tmp_path, ",IR,15,15,", ",XR,15,15,"))
