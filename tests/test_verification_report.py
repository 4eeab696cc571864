"""What the report counts, it counts over every patient, with scipy as oracle for the classic statistics."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from cds.knowledge.simulator import load
from cds.verification.controls import at_the_ceiling, data_poor, permuted, reversed_doses
from cds.verification.figure import Point, operating_curve
from cds.verification.measure import Share, is_flagged, mean, ppv, share
from cds.verification.orders import Stock
from cds.verification.patient import Invented, patients
from cds.verification.reference import co_rise, kendall_tau, naive
from cds.verification.simulate import simulate
from cds.verification.walk import Outcome

RULES = Path(__file__).parent.parent / "rules"
SIMULATOR = load(RULES)


def patient() -> Invented:
    cohort = simulate(SIMULATOR.phenotype("oih"), SIMULATOR.scenario("3 a week"), seed=3)
    return next(patients(cohort, SIMULATOR.tablets))


def course(doses: list[float], scores: dict[int, int]) -> Invented:
    """A chart with ten days at each dose and the given scores by day number."""
    base = patient()
    return replace(
        base,
        scheduled=tuple(dose for dose in doses for _ in range(10)),
        scores=tuple((datetime.combine(base.day(day), time(9)), nrs) for day, nrs in scores.items()),
        visits=(),
        orders=(),
    )


def outcome(grade: str) -> Outcome:
    return Outcome("oih", "oih", "3 a week", 2.5, grade, False, False, False, None, None)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilsons_interval_is_scipys(counted):
    k, n = counted
    oracle = stats.binomtest(k, n).proportion_ci(method="wilson")
    assert Share(k, n).interval == pytest.approx((oracle.low, oracle.high), abs=1e-6)


def test_an_empty_cell_has_no_share():
    assert Share(0, 0).value is None
    assert Share(0, 0).interval is None


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=3, max_size=8))
def test_kendalls_tau_is_scipys(pairs):
    x, y = [float(a) for a, _ in pairs], [float(b) for _, b in pairs]
    ours = kendall_tau(x, y)
    if len(set(x)) == 1 or len(set(y)) == 1:
        assert ours is None
    else:
        assert ours == pytest.approx(stats.kendalltau(x, y).statistic)


def test_a_refused_patient_stays_in_the_denominator():
    assert share([outcome("possible-oih"), outcome("insufficient-data")], is_flagged) == Share(1, 2)


def test_strong_counts_as_flagged_and_confounded_does_not():
    assert is_flagged(outcome("strong-pattern"))
    assert not is_flagged(outcome("confounded"))


def test_a_predictive_value_follows_bayes():
    assert ppv(0.5, 0.98, 0.03) == pytest.approx(0.4361, abs=1e-4)
    assert ppv(0.8, 0.6, 0.03) == pytest.approx(0.0583, abs=1e-4)


def test_without_any_flag_there_is_no_predictive_value():
    assert ppv(0.0, 1.0, 0.03) is None


def test_an_unknown_share_is_left_out_of_a_mean():
    assert mean([0.5, None]) == 0.5
    assert mean([None]) is None


def test_pain_that_climbs_two_points_over_two_increases_rises_with_the_dose():
    assert co_rise(course([60, 90, 120], {5: 4, 15: 5, 25: 6}))


def test_one_increase_is_no_rise_with_the_dose():
    assert not co_rise(course([60, 90], {5: 4, 15: 8}))


def test_thirty_percent_are_enough_where_two_points_are_not_reached():
    assert co_rise(course([60, 90, 120], {5: 3, 25: 4}))
    assert not co_rise(course([60, 90, 120], {5: 4, 25: 5}))


def test_a_score_on_the_day_of_a_step_tells_of_the_level_before():
    assert not co_rise(course([60, 90, 120], {5: 4, 20: 8}))
    assert co_rise(course([60, 90, 120], {5: 4, 21: 8}))


def test_a_lone_level_after_a_reduction_leaves_the_run_before_it():
    assert co_rise(course([60, 90, 120, 60], {5: 4, 25: 8, 35: 2}))


def test_a_second_run_replaces_the_first():
    assert not co_rise(course([60, 90, 120, 60, 90], {5: 4, 25: 8, 35: 2, 45: 9}))


def test_a_change_of_a_fifth_is_no_level_of_its_own():
    assert not co_rise(course([60, 72, 90], {5: 4, 25: 8}))


def test_the_naive_rule_needs_three_plateaus():
    assert naive(course([60, 90, 120], {5: 4, 15: 5, 25: 6}))
    assert not naive(course([60, 90], {5: 4, 15: 5}))


def test_permuted_labels_keep_scores_and_dates():
    before, after = patient(), permuted(patient(), 1)
    assert [at for at, _ in after.scores] == [at for at, _ in before.scores]
    assert sorted(nrs for _, nrs in after.scores) == sorted(nrs for _, nrs in before.scores)
    assert after.scores != before.scores


def test_reversed_doses_keep_the_days_of_the_steps_and_are_prescriptions_again():
    before, after = patient(), reversed_doses(patient(), Stock.of(SIMULATOR.tablets))
    steps = [
        {day for day in range(1, len(chart.scheduled)) if chart.scheduled[day] != chart.scheduled[day - 1]}
        for chart in (before, after)
    ]
    assert steps[0] == steps[1]
    assert (after.scheduled[0], after.scheduled[-1]) == (before.scheduled[-1], before.scheduled[0])
    for day in (0, 100, 269):
        running = [o.daily_mme for o in after.orders if o.first <= day and (o.last is None or day <= o.last)]
        assert sum(running) == after.scheduled[day]


def test_a_data_poor_chart_keeps_the_latest_scores():
    assert data_poor(patient()).scores == patient().scores[-5:]


def test_at_the_ceiling_no_score_is_below_nine():
    assert {nrs for _, nrs in at_the_ceiling(patient()).scores} <= {9, 10}


def test_the_figure_is_the_same_bytes_each_time():
    points = [("seed 1", [Point("loose", 0.6, 0.97), Point("strict", 0.4, 0.99, chosen=True)])]
    assert operating_curve(points) == operating_curve(points)
    assert "<dc:date>" not in operating_curve(points)
