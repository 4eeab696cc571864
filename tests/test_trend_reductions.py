"""De-challenge (R11, R17): what pain did after a reduction, once withdrawal is over."""

from __future__ import annotations

from dataclasses import replace

import pytest
from trend_charts import NOBODY, day, doses, end_of, limits, scores

from cds import trend
from cds.clinical import Dechallenge, DoseTimeline, Exposure, PainSeries, Source

SERIES = doses((120, 60), (60, 60))
FALLS = [(n, 7) for n in range(40, 60, 4)] + [(n, 4) for n in range(74, 103, 4)]


def after(pain: PainSeries, *exposures: Exposure, series: tuple[object, ...] = SERIES) -> Dechallenge:
    timeline = replace(DoseTimeline("CDC-2022"), series=series, exposures=exposures)
    (found,) = trend.estimate(timeline, pain, NOBODY, limits(), as_of=end_of(119)).dechallenges
    return found


def started(drug_class: str, number: int, lasting: int = 30) -> Exposure:
    return Exposure(drug_class, drug_class, day(number), day(number + lasting), "MedicationRequest/x", Source.ORDERED)


def test_a_clear_fall_after_a_reduction() -> None:
    found = after(scores(*FALLS))
    assert (found.before, found.after, found.change, found.clear, found.void) == (120, 60, -3, True, None)


@pytest.mark.parametrize(("to", "clear"), [(5, True), (5.1, False)])
def test_two_points_are_clear(to: float, clear: bool) -> None:
    pain = [(n, 7) for n in range(40, 60, 4)] + [(n, to) for n in range(74, 103, 4)]
    assert after(scores(*pain)).clear is clear


def test_the_first_two_weeks_belong_to_withdrawal() -> None:
    storm = [(n, 10) for n in range(61, 74, 2)]
    assert after(scores(*FALLS, *storm)).change == -3


@pytest.mark.parametrize(("number", "counts"), [(73, False), (74, True), (102, True), (103, False)])
def test_the_window_runs_from_day_14_to_day_42(number: int, counts: bool) -> None:
    pain = [(50, 7), (54, 7), (90, 4), (94, 4), (number, 10)]
    assert (after(scores(*pain)).change != -3) is counts


def test_one_score_after_it_is_too_few() -> None:
    assert after(scores((50, 7), (80, 4))).change is None
    assert after(scores((50, 7), (80, 4), (84, 4))).change == -3


@pytest.mark.parametrize(("number", "void"), [(46, True), (45, False), (74, True), (75, False)])
def test_another_drug_started_within_two_weeks_makes_it_unreadable(number: int, void: bool) -> None:
    assert (after(scores(*FALLS), started("gabapentinoid", number)).void is not None) is void


def test_a_drug_taken_all_along_explains_nothing() -> None:
    assert after(scores(*FALLS), started("snri", 0, lasting=119)).void is None


def test_ketamine_matters_for_as_long_as_it_is_given() -> None:
    assert after(scores(*FALLS), started("ketamine", 20, lasting=60)).void is not None
    assert after(scores(*FALLS), started("benzodiazepine", 60)).void is None


def test_complete_cessation_does_not_count() -> None:
    found = after(scores(*FALLS), series=doses((120, 60), (0, 60)))
    assert found.void == "complete cessation"
    assert found.change == -3


def test_a_later_increase_ends_the_window() -> None:
    series = doses((120, 60), (60, 30), (120, 30))
    pain = [(50, 7), (54, 7), (78, 4), (82, 4), (95, 10), (99, 10)]
    timeline = DoseTimeline("CDC-2022", series=series)
    found = trend.estimate(timeline, scores(*pain), NOBODY, limits(), as_of=end_of(119)).dechallenges
    assert [d.change for d in found if d.after == 60] == [-3]
