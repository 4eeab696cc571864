"""The founding definition, word for word (contract.md), edges in pairs."""

from __future__ import annotations

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st
from trend_charts import doses, scores, seen

from cds.clinical import CoRise, PainSeries


def judged(levels: list[tuple[float | None, int]], *pain: tuple[int, float]) -> CoRise:
    """Consecutive levels of (MME, days), scores of (day number, value) in the order given."""
    return seen(doses(*levels), PainSeries("nrs", tuple(one for each in pain for one in scores(each).scores))).co_rise


def test_one_score_a_level_is_enough() -> None:
    found = judged([(60, 10), (90, 10), (120, 10), (180, 10)], (5, 4), (15, 5), (25, 6), (35, 8))
    assert found.holds
    assert (found.increases, found.rise, found.percent) == (3, 4, 100)
    assert [level.pain for level in found.levels] == [4, 5, 6, 8]


def test_exactly_two_points_hold_and_less_does_not() -> None:
    levels: list[tuple[float | None, int]] = [(60, 10), (90, 10), (120, 10)]
    assert judged(levels, (5, 7), (25, 9)).holds
    assert not judged(levels, (5, 7), (25, 8.9)).holds


def test_exactly_thirty_percent_holds_and_less_does_not() -> None:
    levels: list[tuple[float | None, int]] = [(60, 10), (90, 10), (120, 10)]
    assert judged(levels, (5, 3), (25, 3.9)).holds
    assert not judged(levels, (5, 3), (25, 3.8)).holds


def test_no_percentage_of_a_pain_of_nothing() -> None:
    levels: list[tuple[float | None, int]] = [(60, 10), (90, 10), (120, 10)]
    assert not judged(levels, (5, 0), (25, 1)).holds
    assert judged(levels, (5, 0), (25, 2)).holds


def test_two_levels_are_one_increase_and_too_few() -> None:
    assert not judged([(60, 10), (90, 10)], (5, 4), (15, 9)).holds
    assert judged([(60, 10), (90, 10), (120, 10)], (5, 4), (25, 9)).holds


def test_a_level_takes_three_days() -> None:
    pain = ((5, 4), (16, 6), (25, 9))
    assert judged([(60, 10), (90, 3), (120, 17)], *pain).increases == 2
    assert judged([(60, 10), (90, 2), (120, 18)], *pain).increases == 1


def test_a_level_between_may_have_no_score() -> None:
    assert judged([(60, 10), (90, 10), (120, 10)], (5, 4), (25, 6)).holds


def test_the_first_and_the_top_level_need_a_score() -> None:
    levels: list[tuple[float | None, int]] = [(60, 10), (90, 10), (120, 10)]
    assert not judged(levels, (15, 4), (25, 9)).holds
    assert not judged(levels, (5, 4), (15, 9)).holds


def test_a_lone_level_after_a_reduction_is_no_run_so_the_run_before_it_counts() -> None:
    rising: list[tuple[float | None, int]] = [(60, 10), (90, 10), (120, 10)]
    found = judged([*rising, (60, 10)], (5, 4), (25, 7), (35, 3))
    assert found.holds
    assert [level.dose for level in found.levels] == [60, 90, 120]


def test_a_second_level_after_a_reduction_makes_a_later_run_that_counts_alone() -> None:
    rising: list[tuple[float | None, int]] = [(60, 10), (90, 10), (120, 10)]
    found = judged([*rising, (60, 10), (90, 10)], (5, 4), (25, 7), (35, 3), (45, 9))
    assert not found.holds
    assert [level.dose for level in found.levels] == [60, 90]


def test_a_score_on_the_day_of_a_step_belongs_to_the_level_before() -> None:
    levels: list[tuple[float | None, int]] = [(60, 10), (90, 10), (120, 10)]
    # Day 20 is the first day at 120: the nine belongs to 90, and the top level has no score of its own.
    assert not judged(levels, (5, 4), (20, 9)).holds
    assert judged(levels, (5, 4), (21, 9)).holds


def test_a_score_on_the_first_day_of_the_first_level_is_its_own() -> None:
    assert judged([(60, 10), (90, 10), (120, 10)], (0, 4), (25, 6)).holds


def test_pain_at_a_level_is_the_median_of_its_scores() -> None:
    found = judged([(60, 10), (90, 10), (120, 10)], (3, 4), (5, 4), (7, 10), (25, 6))
    assert found.levels[0].pain == 4
    assert found.holds


def test_a_missed_day_does_not_end_a_run() -> None:
    found = judged([(60, 10), (90, 5), (0, 1), (90, 5), (120, 10)], (5, 4), (25, 7))
    assert [level.dose for level in found.levels] == [60, 90, 120]
    assert found.holds


def test_days_without_any_dose_end_a_run() -> None:
    found = judged([(60, 10), (90, 10), (0, 10), (120, 10)], (5, 4), (35, 9))
    assert [level.dose for level in found.levels] == [60, 90]


def test_a_supply_gap_does_not_end_a_run() -> None:
    assert judged([(60, 10), (90, 10), (None, 20), (90, 10), (120, 10)], (5, 4), (55, 7)).increases == 2


@pytest.mark.parametrize(("middle", "increases"), [(72, 1), (73, 2)])
def test_a_change_counts_above_twenty_percent_and_ten_mme(middle: float, increases: int) -> None:
    assert judged([(60, 10), (middle, 10), (120, 10)], (5, 4), (25, 7)).increases == increases


def test_ten_mme_alone_are_no_change() -> None:
    assert judged([(20, 10), (30, 10), (60, 10)]).increases == 1
    assert judged([(20, 10), (31, 10), (60, 10)]).increases == 2


def test_without_doses_or_scores_it_does_not_hold() -> None:
    assert judged([]) == CoRise(holds=False)
    assert not judged([(60, 10), (90, 10), (120, 10)]).holds


def test_it_is_computed_where_a_grade_is_not() -> None:
    found = seen(doses((60, 30), (90, 30), (120, 30), (180, 30)), scores((20, 4), (50, 5), (80, 6), (110, 8)))
    assert found.insufficient
    assert found.co_rise.holds


def test_the_look_back_ends_after_540_days() -> None:
    levels = [(60, 10), (90, 500), (120, 30)]
    pain = scores((5, 4), (530, 7))
    assert seen(doses(*levels), pain).co_rise.increases == 2
    assert seen(doses((60, 10), (90, 500), (120, 40)), pain).co_rise.increases == 1


@examples(st.permutations([(5, 4.0), (15, 5.0), (25, 6.0), (35, 8.0), (36, 9.0)]))
def test_the_order_of_scores_does_not_matter(pain: list[tuple[int, float]]) -> None:
    assert judged([(60, 10), (90, 10), (120, 10), (180, 10)], *pain).rise == 4.5
