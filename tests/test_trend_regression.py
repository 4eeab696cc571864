"""The estimator: what it is (against scipy), what it finds, and what must not change it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest
import scipy.linalg
import scipy.stats
from hypothesis import given as examples
from hypothesis import settings
from hypothesis import strategies as st
from msgspec import structs
from trend_charts import after_each_step, doses, end_of, limits, scores, seen, stair

from cds.clinical import DoseDay, PainSeries, Trend
from cds.trend import classic
from cds.trend.chart import blocks, chart, high, under
from cds.trend.regression import Data, delayed, fit, normal_scale
from cds.trend.run import holds, run

LEVELS = (60, 90, 120, 180, 240)
ONE_POINT_EACH = (3, 4, 5, 6, 7)


def noisy(seed: int, beta: float, drift: float = 0.0, n: int = 60) -> Data:
    rng = np.random.default_rng(seed)
    day = np.sort(rng.choice(200, n, replace=False)).astype(float)
    slow = delayed(np.repeat(np.log2(LEVELS), 40), 7.0)[day.astype(int)]
    pain = 4 + beta * (slow - slow[0]) + drift * day + rng.normal(0, 0.8, n)
    none = np.zeros((0, n))
    return Data(day, pain, np.ones(n), slow, np.zeros(n), none, none)


def test_without_wander_it_is_generalised_least_squares() -> None:
    data = noisy(1, beta=1.5)
    plain = replace(limits(), wander_penalty=1e9, noise_prior_weight=0.0)
    apart = np.abs(np.subtract.outer(data.day, data.day))
    covariance = plain.daily_variance * np.exp(-apart / plain.daily_correlation_days)
    covariance += plain.reading_variance * np.eye(len(data.day))
    root = np.linalg.cholesky(covariance)
    columns = np.column_stack([np.ones(len(data.day)), data.delayed, data.day])
    white = scipy.linalg.solve_triangular(root, np.column_stack([columns, data.pain]), lower=True)
    expected, rest, *_ = scipy.linalg.lstsq(white[:, :3], white[:, 3])
    variance = rest / (len(data.day) - 3) * np.linalg.inv(white[:, :3].T @ white[:, :3])[1, 1]
    found = fit(data, plain)
    assert found is not None
    assert found.beta == pytest.approx(expected[1], abs=1e-9)
    assert found.drift == pytest.approx(expected[2], abs=1e-9)
    freedom = len(data.day) - 3
    exact = scipy.stats.norm.isf(scipy.stats.t.sf(expected[1] / variance**0.5, freedom))
    assert found.z <= exact + 0.02  # the smaller of the fits with and without a drift


def test_without_a_step_it_is_the_regression_that_grants_this_step_a_jump_of_its_own() -> None:
    data = noisy(1, beta=1.5)
    jumps = np.array([data.day > at for at in (43, 83, 123, 163)]).astype(float)
    plain = replace(limits(), wander_penalty=1e9)
    found = fit(replace(data, jumps=jumps), plain)
    assert found is not None
    for place, (beta, _) in enumerate(found.without):
        alone = fit(replace(data, shifts=jumps[[place]]), plain)
        assert alone is not None
        assert beta == pytest.approx(alone.beta, abs=1e-9)


def test_a_step_that_no_score_follows_leaves_nothing_to_learn_without_it() -> None:
    data = noisy(1, beta=1.5)
    found = fit(replace(data, jumps=np.array([data.day > 43, data.day > 500]).astype(float)), limits())
    assert found is not None
    assert found.without[0][0] != 0
    assert found.without[1] == (0.0, 0.0)


@pytest.mark.parametrize("freedom", [5, 20, 100])
@pytest.mark.parametrize("t", [0.5, 1.5, 3.0])
def test_z_reads_t_on_the_normal_scale(t: float, freedom: int) -> None:
    exact = scipy.stats.norm.isf(scipy.stats.t.sf(t, freedom))
    assert normal_scale(np.array([t, -t]), freedom) == pytest.approx([exact, -exact], abs=0.01)


def test_on_average_it_finds_the_true_effect() -> None:
    found = [fit(noisy(seed, beta=1.5, drift=0.01), limits()) for seed in range(40)]
    assert np.mean([f.beta for f in found if f]) == pytest.approx(1.5, abs=0.25)


def test_under_pure_drift_the_estimate_alone_errs_as_often_as_its_z_says() -> None:
    found = [fit(noisy(seed, beta=0, drift=0.02), limits()) for seed in range(120)]
    assert sum(f.z >= limits().pattern_z for f in found if f) <= 20  # one in ten at a one-sided 1.28, and chance


def test_the_delayed_dose_has_covered_half_of_the_way_after_one_half_life() -> None:
    slow = delayed(np.array([0.0] * 5 + [1.0] * 20), 7.0)
    assert slow[5] == 0  # a score on the day of the step sees the dose before it
    assert slow[5 + 7] == pytest.approx(0.5)


def test_a_dose_that_never_changes_teaches_nothing() -> None:
    flat = noisy(1, 0)
    assert fit(replace(flat, delayed=np.ones(60)), limits()) is None


def test_each_step_up_brings_one_point_and_it_is_found() -> None:
    found = seen(stair(LEVELS), after_each_step(ONE_POINT_EACH))
    assert found.statistics.beta == pytest.approx(2, abs=0.5)
    assert found.statistics.z is not None
    assert found.statistics.z >= limits().pattern_z
    assert (found.statistics.cumulative_rise, found.statistics.share_rising, found.ordering) == (4, 1, "holds")
    assert found.statistics.up_steps == 4


def test_pain_that_climbs_between_the_steps_is_drift() -> None:
    steady = scores(*((n, round(3 + 4 * n / 225)) for n in range(3, 225, 7)))
    found = seen(stair(LEVELS), steady).statistics
    assert found.beta is not None
    assert found.beta < limits().pattern_beta
    assert found.drift_per_30d == pytest.approx(4 / 225 * 30, abs=0.2)


def test_pain_that_leads_the_dose_fails_the_order() -> None:
    early = scores(*((n, ONE_POINT_EACH[min(4, (n + 20) // 45)]) for n in range(3, 225, 7)))
    assert seen(stair(LEVELS), early).ordering == "fails"


def test_no_single_step_carries_the_estimate_alone() -> None:
    found = seen(stair(LEVELS), after_each_step(ONE_POINT_EACH, every=3))
    assert [left.step for left in found.left_out] == [1, 2, 3, 4]
    assert all(left.holds for left in found.left_out)


def test_a_rise_at_one_step_only_hangs_on_that_step() -> None:
    found = seen(stair(LEVELS), after_each_step((4, 4, 7, 7, 7), every=3))
    assert not {left.step: left.holds for left in found.left_out}[2]


# ------------------------------------------------------------------------------- what must not change anything


def test_reversing_the_order_of_doses_turns_the_sign() -> None:
    pain = after_each_step(ONE_POINT_EACH)
    up, down = seen(stair(LEVELS), pain).statistics, seen(stair(LEVELS[::-1]), pain).statistics
    assert up.beta is not None
    assert down.beta is not None
    assert up.beta > 0 > down.beta


def test_a_constant_added_to_all_scores_leaves_the_estimate() -> None:
    low = seen(stair(LEVELS), after_each_step((1, 2, 3, 4, 5))).statistics
    high = seen(stair(LEVELS), after_each_step((4, 5, 6, 7, 8))).statistics
    assert low.beta == pytest.approx(high.beta, abs=1e-9)
    assert low.z == pytest.approx(high.z, abs=1e-9)


def test_a_shift_of_all_dates_changes_no_bit() -> None:
    pain = after_each_step(ONE_POINT_EACH)
    later = timedelta(days=371)
    series = tuple(structs.replace(d, day=d.day + later) for d in stair(LEVELS))
    shifted = replace(pain, scores=tuple(structs.replace(s, at=s.at + later) for s in pain.scores))
    here = seen(stair(LEVELS), pain)
    there = seen(series, shifted)
    assert here.statistics == there.statistics
    assert here.left_out == there.left_out


def test_shuffled_scores_destroy_the_signal() -> None:
    pain = after_each_step(ONE_POINT_EACH)
    rng = np.random.default_rng(5)
    flagged = 0
    for _ in range(40):
        mixed = rng.permutation([s.score for s in pain.scores])
        shuffled = replace(
            pain, scores=tuple(structs.replace(s, score=float(v)) for s, v in zip(pain.scores, mixed, strict=True))
        )
        numbers = seen(stair(LEVELS), shuffled).statistics
        flagged += numbers.beta is not None and numbers.z is not None and numbers.z >= limits().pattern_z
    assert flagged <= 6  # one in ten by chance, at a one-sided z of 1.28


# ------------------------------------------------------------------------------- guards


def test_six_days_with_scores_are_the_least() -> None:
    def found(days: int) -> Trend:
        return seen(stair((60, 90, 120, 180)), scores(*((10 + n * 160 // (days - 1), 4 + n // 2) for n in range(days))))

    assert any("at least 6 needed" in text for text in found(5).insufficient)
    assert not any("on one instrument" in text for text in found(6).insufficient)


def test_three_steps_with_two_increases_are_the_least() -> None:
    assert seen(stair((60, 90, 120)), after_each_step((3, 4, 5))).insufficient
    assert not seen(stair((60, 90, 120, 180)), after_each_step((3, 4, 5, 6))).insufficient
    assert seen(stair((180, 120, 90, 120)), after_each_step((6, 5, 4, 5))).insufficient
    assert not seen(stair((180, 120, 180, 240)), after_each_step((6, 5, 6, 7), length=45)).insufficient


def test_pain_at_the_ceiling_from_the_start_is_told() -> None:
    always = seen(stair(LEVELS), after_each_step((10, 10, 10, 10, 10)))
    arrived = seen(stair(LEVELS), after_each_step((4, 6, 8, 10, 10)))
    assert always.ceiling == 1
    assert arrived.ceiling is not None
    assert arrived.ceiling < limits().ceiling_share


def test_half_of_the_days_need_a_known_dose() -> None:
    pain = after_each_step((3, 4, 5, 6))
    series = stair((60, 90, 120, 180))
    assert not seen(series, pain).insufficient
    holes = tuple(d for n, d in enumerate(series) if n % 45 < 20)
    assert any("the dose is known" in text for text in seen(holes, pain, as_of=end_of(179)).insufficient)


def test_what_follows_a_cessation_is_not_evaluated() -> None:
    before = doses((60, 45), (90, 45), (120, 45), (180, 45))
    after = doses((0, 30), (60, 45), (90, 45), start=180)
    pain = after_each_step((3, 4, 5, 6))
    later = scores(*((n, 9) for n in range(212, 299, 7)))
    whole = seen(before + after, PainSeries("nrs", pain.scores + later.scores))
    assert whole.statistics.beta == pytest.approx(seen(before, pain).statistics.beta, abs=1e-9)
    assert whole.steps[-1].void == "after a complete cessation"


def test_the_pattern_must_hold_under_low_and_high_doses() -> None:
    pain = after_each_step(ONE_POINT_EACH)
    sure = stair(LEVELS)
    open_top = tuple(structs.replace(d, high=Decimal(300)) for d in sure)  # the order permits 300 a day all along
    assert seen(sure, pain).robust is True
    assert seen(open_top, pain).robust is False


@pytest.mark.parametrize(
    ("levels", "pains", "highest"),
    [
        ((60, 78, 55, 72, 108), (5, 5.4, 4.4, 4.9, 5.5), (60, 117, 71.5, 72, 108)),
        ((60, 80, 120, 160, 213, 283), (5, 5.4, 6.4, 7, 7, 7), (90, 80, 120, 160, 213, 283)),
    ],
    ids=["the rise (R5)", "most increases (R6)"],
)
def test_under_the_highest_doses_it_is_a_pattern_only_with_every_limit(
    levels: tuple[float, ...], pains: tuple[float, ...], highest: tuple[float, ...]
) -> None:
    sure, pain = stair(levels), after_each_step(pains, every=3)
    ranged = tuple(structs.replace(d, high=Decimal(str(highest[n // 45]))) for n, d in enumerate(sure))
    high_run = run(under(high, chart(blocks(ranged), pain, limits(), as_of=end_of(len(sure) - 1)), limits()), limits())
    assert high_run.fit is not None
    assert holds(high_run.fit.beta, high_run.fit.z, limits())  # R4 alone sees nothing
    assert seen(sure, pain).robust is True
    assert seen(ranged, pain).robust is False


def test_where_r4_alone_holds_there_is_no_pattern_to_ask_about() -> None:
    found = seen(stair((60, 90, 120)), after_each_step((3, 4, 5)))
    assert found.statistics.beta is not None
    assert found.statistics.beta >= limits().pattern_beta
    assert found.insufficient
    assert found.robust is None


def test_an_open_high_says_nothing_against_the_pattern() -> None:
    series = list(stair(LEVELS))
    series[50] = DoseDay(series[50].day, None, None, None)
    assert seen(series, after_each_step(ONE_POINT_EACH)).robust is True


def test_a_temporary_increase_for_a_flare_teaches_nothing() -> None:
    flare = doses((60, 60), (120, 28), (60, 60), (120, 28), (60, 60))
    pain = scores(*((n, 8 if 55 <= n < 90 or 143 <= n < 178 else 5) for n in range(3, 236, 4)))
    found = seen(flare, pain)
    assert found.insufficient
    assert all(step.void for step in found.steps)


def test_daily_scores_of_a_year_and_a_half_cost_no_more_than_the_cap() -> None:
    pain = after_each_step((3, 4, 5, 6, 7), length=108, every=1)
    found = seen(stair(LEVELS, length=108), pain).statistics
    assert found.scores == 537
    assert found.beta == pytest.approx(2, abs=0.5)


# ------------------------------------------------------------------------------- classic statistics, scipy as oracle

PAIRS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=2, max_size=12)


@settings(deadline=None)
@examples(PAIRS)
def test_kendall_is_scipys_tau_b(pairs: list[tuple[int, int]]) -> None:
    ours = classic.kendall([(float(x), float(y)) for x, y in pairs])
    if len({x for x, _ in pairs}) == 1 or len({y for _, y in pairs}) == 1:
        assert ours is None
    else:
        assert ours == pytest.approx(scipy.stats.kendalltau(*zip(*pairs, strict=True)).statistic, abs=1e-9)


@settings(deadline=None)
@examples(st.lists(st.integers(-3, 3), min_size=1, max_size=12))
def test_the_sign_test_is_scipys(rises: list[int]) -> None:
    changes = [r for r in rises if r]
    ours = classic.sign_test([float(r) for r in rises])
    if not changes:
        assert ours is None
    else:
        up = sum(r > 0 for r in changes)
        assert ours == pytest.approx(scipy.stats.binomtest(up, len(changes), alternative="greater").pvalue)


@settings(deadline=None)
@examples(st.lists(st.integers(0, 10), min_size=2, max_size=12))
def test_theil_sen_is_scipys(values: list[int]) -> None:
    points = [(float(n), float(v)) for n, v in enumerate(values)]
    assert classic.theil_sen(points, 1) == pytest.approx(scipy.stats.theilslopes(values).slope)


def test_slopes_of_near_neighbours_do_not_count() -> None:
    assert classic.theil_sen([(0, 1), (3, 9)], 4) is None
    assert classic.theil_sen([(0, 1), (4, 9)], 4) == 2


@pytest.mark.parametrize(("levels", "p"), [(3, 0.167), (4, 0.042), (5, 0.0083)])
def test_the_smallest_p_of_so_many_levels(levels: int, p: float) -> None:
    assert classic.least_p(levels) == pytest.approx(p, abs=5e-4)
    perfect = list(range(levels))
    assert scipy.stats.kendalltau(perfect, perfect, method="exact", alternative="greater").pvalue == pytest.approx(
        classic.least_p(levels)
    )


def test_partial_tau_takes_time_out() -> None:
    assert classic.partial_tau(0.8, 0.8, 0.8) == pytest.approx((0.8 - 0.64) / (1 - 0.64))
    assert classic.partial_tau(1, 1, 1) is None


@pytest.mark.parametrize("pain", [0, 3, 6.7])
@pytest.mark.parametrize("every", [3, 4, 7])
@pytest.mark.parametrize("first", [0, 1, 2])
def test_pain_that_never_changes_rises_after_no_increase(pain: float, every: int, first: int) -> None:
    found = seen(stair(LEVELS), after_each_step([pain] * len(LEVELS), every=every, first=first))
    assert found.statistics.up_steps == 4
    assert found.statistics.share_rising == 0
    assert not any(note.startswith("Sign test") for note in found.notes)
