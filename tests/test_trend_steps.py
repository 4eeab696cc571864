"""Plateaus, steps and what voids them (R15), edges in pairs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs
from trend_charts import after_each_step, doses, end_of, limits, scores, seen, stair

from cds.clinical import Step, Trend
from cds.trend import classic
from cds.trend.chart import blocks

NOTHING = scores()


def voids(found: Trend) -> list[str | None]:
    return [step.void for step in found.steps]


def only(found: Trend) -> Step:
    (step,) = found.steps
    return step


def test_a_plateau_takes_seven_days() -> None:
    assert len(seen(doses((60, 10), (90, 7)), NOTHING).plateaus) == 2
    assert len(seen(doses((60, 10), (90, 6)), NOTHING).plateaus) == 1


def test_a_step_is_counted_in_doublings() -> None:
    step = only(seen(doses((60, 30), (120, 30)), NOTHING))
    assert (step.before, step.after, step.doublings) == (60, 120, 1)


def test_a_step_beside_the_smallest_number_there_is_is_counted_too() -> None:
    # 60 / 5e-324 is beyond any float, 5e-324 / 60 is 0.
    up, down = seen(doses((60, 30), (5e-324, 30), (60, 30)), NOTHING).steps[::-1]
    assert up.doublings == -down.doublings == pytest.approx(1074 + 5.906890595608519)


@pytest.mark.parametrize(("days", "void"), [(42, True), (43, False)])
def test_an_increase_taken_back_by_day_42_was_a_treated_flare(days: int, void: bool) -> None:
    found = seen(doses((60, 40), (90, days), (60, 40)), NOTHING)
    assert all(reason is not None for reason in voids(found)) is void


@pytest.mark.parametrize(("back", "void"), [(72, True), (75, False)])
def test_it_comes_back_to_within_twenty_percent_of_its_start(back: float, void: bool) -> None:
    found = seen(doses((60, 40), (120, 30), (back, 40)), NOTHING)
    assert (found.steps[0].void is not None) is void


def test_a_flare_of_a_few_days_is_no_plateau_and_no_step() -> None:
    assert seen(doses((60, 40), (120, 5), (60, 40)), NOTHING).steps == ()


def test_a_rotation_is_no_step() -> None:
    series = doses((60, 30)) + doses((90, 30), start=30, drug="oxycodone")
    assert "rotation" in str(only(seen(series, NOTHING)).void)


def test_a_change_of_route_is_no_step() -> None:
    series = doses((60, 30)) + doses((90, 30), start=30, route="parenteral")
    assert only(seen(series, NOTHING)).void == "change of route"


def test_a_second_opioid_on_top_is_a_step() -> None:
    both = [
        (day, day.drugs | {("oxycodone", "oral"): day.mid}) for day in doses((90, 30), start=30) if day.mid is not None
    ]
    added = tuple(type(day)(day.day, day.low, day.mid, day.high, drugs) for day, drugs in both)
    assert only(seen(doses((60, 30)) + added, NOTHING)).void is None


@pytest.mark.parametrize("where", [20, 40])
def test_an_uncounted_opioid_beside_a_step_voids_it(where: int) -> None:
    series = list(doses((60, 30), (90, 30)))
    series[where] = doses((None, 1), start=where, uncounted=frozenset({"buprenorphine"}))[0]
    assert "without a number" in str(only(seen(series, NOTHING)).void)


def test_as_needed_doses_alone_make_no_step() -> None:
    assert only(seen(doses((60, 30)) + doses((90, 30), start=30, prn_only=True), NOTHING)).void is not None


def test_weeks_with_as_needed_orders_alone_are_no_cessation() -> None:
    between = doses((0, 30), start=90, prn_only=True)
    series = doses((60, 30), (90, 60)) + between + doses((60, 30), (90, 30), start=120)
    found = seen(series, NOTHING)
    assert voids(found) == [None, "only as-needed doses changed", "only as-needed doses changed", None]
    assert not any("cessation" in note for note in found.notes)


def test_the_highest_dose_is_the_one_that_is_sure() -> None:
    ranged = tuple(structs.replace(d, low=Decimal(40)) for d in doses((60, 30)))
    assert seen(doses((60, 30)), NOTHING).highest_dose == 60
    assert seen(ranged, NOTHING).highest_dose == 40


def test_a_time_limited_course_makes_no_step() -> None:
    assert only(seen(doses((60, 30)) + doses((90, 30), start=30, time_limited=True), NOTHING)).void is not None


def test_stopping_and_starting_are_no_steps() -> None:
    assert voids(seen(doses((60, 30), (0, 30), (60, 30)), NOTHING)) == [
        "complete cessation",
        "start of opioid treatment",
    ]


def test_another_instrument_after_the_step_voids_it() -> None:
    numbers = scores(*((n, 5) for n in range(2, 30, 3)))
    faces = scores(*((n, 6) for n in range(32, 50, 3)), instrument="faces-wong-baker")
    mixed = type(numbers)("nrs", numbers.scores + faces.scores)
    assert only(seen(doses((60, 30), (90, 30)), mixed)).void == "pain instrument changed"


def test_pain_around_a_step_leaves_the_day_of_decision_out() -> None:
    step = only(seen(doses((60, 30), (90, 30)), scores((20, 4), (29, 10), (30, 10), (40, 6), (66, 1))))
    assert (step.pain_before, step.pain_after, step.rise) == (4, 6, 2)


def test_with_one_score_a_visit_the_day_of_the_step_tells_the_plateau_before() -> None:
    step = only(seen(doses((60, 30), (90, 31)), scores((0, 3), (30, 5), (60, 7))))
    assert (step.pain_before, step.pain_after) == (5, 7)


def test_a_step_without_scores_on_a_side_has_no_rise() -> None:
    assert only(seen(doses((60, 30), (90, 30)), scores((20, 4)))).rise is None


def test_the_rise_before_the_steps_is_measured_inside_the_plateau() -> None:
    rising = scores(*((n, 3 if n < 60 else 5) for n in range(2, 82, 3)), *((n, 5) for n in range(83, 130, 3)))
    found = seen(doses((60, 82), (90, 50)), rising)
    assert found.statistics.placebo_rise == pytest.approx(2, abs=0.35)
    assert seen(doses((60, 30), (90, 50)), rising).statistics.placebo_rise is None


def test_ten_scores_of_one_bad_day_are_one_day() -> None:
    calm = [(n, 4) for n in range(3, 29, 3)]
    one = seen(doses((60, 30), (90, 30)), scores(*calm, (15, 10)))
    ten = seen(doses((60, 30), (90, 30)), scores(*calm, *((15, 10),) * 10))
    assert only(one).pain_before != 4
    assert abs((only(ten).pain_before or 0) - (only(one).pain_before or 0)) < 0.7


def test_the_page_is_told_what_so_few_levels_cannot_show() -> None:
    found = seen(stair((60, 90, 120)), after_each_step((4, 5, 6)))
    assert any("too few levels for a test" in note for note in found.notes)
    assert classic.least_p(3) > 0.05 > classic.least_p(4)


@pytest.mark.parametrize(
    ("increases", "told"), [(4, "4 of 4 increases, too few"), (5, "5 of 5 increases, one-sided p 0.031")]
)
def test_the_sign_test_has_a_p_only_from_five_increases_on(increases: int, told: str) -> None:
    found = seen(stair(tuple(60 * 1.4**n for n in range(increases + 1))), after_each_step(range(2, increases + 3)))
    assert any(note.startswith("Sign test: ") and told in note for note in found.notes), found.notes


def test_nothing_after_the_evaluation_date_is_seen() -> None:
    series = doses((60, 30), (90, 30))
    assert seen(series, NOTHING, as_of=end_of(20)).steps == ()


def test_without_any_dose_the_missing_data_are_named() -> None:
    found = seen((), scores((1, 4), (20, 5)), as_of=end_of(30))
    assert "no day with a known opioid dose" in found.insufficient
    assert limits().least_scores == 6


@pytest.mark.parametrize(
    "other",
    [
        {"low": Decimal(40)},
        {"mid": None},
        {"high": Decimal(90)},
        {"drugs": {("oxycodone", "oral"): Decimal(60)}},
        {"uncounted": frozenset({"tramadol"})},
        {"prn_only": True},
        {"time_limited": True},
        {"counted": Decimal(60)},
    ],
    ids=lambda other: next(iter(other)),
)
def test_days_in_a_row_are_one_block_until_one_says_anything_else(other: dict[str, Any]) -> None:
    same = doses((60, 9))
    changed = (*same[:5], *(structs.replace(day, **other) for day in same[5:]))
    first = same[0].day.toordinal()
    assert [(block.first - first, block.last - first) for block in blocks(same)] == [(0, 8)]
    assert [(block.first - first, block.last - first) for block in blocks(changed)] == [(0, 4), (5, 8)]


def test_days_told_together_are_the_same_blocks_as_days_told_one_by_one() -> None:
    days = doses((60, 9), (90, 4), (60, 5))
    alike = [structs.replace(days[at], until=days[last].day) for at, last in ((0, 4), (5, 8), (9, 12), (13, 17))]
    assert [(block.first, block.last) for block in blocks(alike)] == [(b.first, b.last) for b in blocks(days)]
    assert len(blocks(days)) == 3


def test_a_day_that_no_record_covers_is_in_no_block() -> None:
    first, _, third = doses((60, 3))
    assert [block.last - block.first for block in blocks((first, third))] == [0, 0]
