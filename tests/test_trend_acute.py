"""In-patient stays in hours: when the mode applies, the index case, and what a booked tablet must not do."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from trend_charts import NOBODY, after_each_step, given, hour, hourly, limits, stair

from cds import trend
from cds.clinical import (
    AsOf,
    Coding,
    DoseEvent,
    DoseTimeline,
    Encounter,
    Exposure,
    Moment,
    PainSeries,
    Precision,
    Source,
    Span,
    Trend,
)

# Clinical page 6.1 in hours after midnight of the day of surgery: MME in the four hours before, and the score.
INDEX = [(18, 30, 6), (22, 40, 6), (26, 50, 7), (30, 60, 8), (34, 75, 9), (38, 90, 9), (42, 110, 10)]
AFTER = [(44, 10), (56, 8), (68, 7), (80, 6), (92, 5), (104, 4), (116, 4), (128, 3), (140, 3)]


def moment(at: datetime) -> Moment:
    return Moment(at, at, Precision.TIME)


def admitted(start: float, end: float | None = None, word: str = "IMP") -> Encounter:
    period = Span(moment(hour(start)), None if end is None else moment(hour(end)))
    return Encounter("Encounter/1", "in-progress" if end is None else "finished", (Coding(None, word),), period)


def at(number: float) -> AsOf:
    when = hour(number)
    return AsOf(when.isoformat(), when, when.date())


def stay(
    events: list[DoseEvent],
    pain: PainSeries,
    until: float,
    *encounters: Encounter,
    timeline: DoseTimeline | None = None,
) -> Trend:
    known = replace(timeline or DoseTimeline("CDC-2022"), events=tuple(e for e in events if e.start <= hour(until)))
    seen = replace(pain, scores=tuple(s for s in pain.scores if s.at <= hour(until)))
    return trend.estimate(known, seen, replace(NOBODY, encounters=encounters), limits(), as_of=at(until))


def index_case(until: float, booked: float, *encounters: Encounter, exposures: tuple[Exposure, ...] = ()) -> Trend:
    """booked: hours before the row's time at which its dose was given; two small doses follow on day 5."""
    events = given([h - booked for h, _, _ in INDEX], [mme for _, mme, _ in INDEX]) + given([128, 140], [15, 15])
    pain = hourly(*((h, score) for h, _, score in INDEX), *AFTER)
    return stay(events, pain, until, *encounters, timeline=DoseTimeline("CDC-2022", exposures=exposures))


@pytest.mark.parametrize("encounters", [(), (admitted(6),)], ids=["inferred", "recorded"])
@pytest.mark.parametrize("booked", [0, 1, 2, 4])
@pytest.mark.parametrize("until", [42, 48, 60, 84, 141, 600])
def test_the_index_case_is_a_candidate_from_day_1_18_h_on(
    until: float, booked: float, encounters: tuple[Encounter, ...]
) -> None:
    found = index_case(until, booked, *encounters)
    numbers = found.statistics
    assert (found.mode, found.insufficient, found.ordering) == ("acute", (), "holds")
    assert numbers.beta is not None
    assert numbers.z is not None
    assert numbers.cumulative_rise is not None
    assert numbers.share_rising is not None
    assert numbers.beta >= limits().pattern_beta
    assert numbers.z >= limits().pattern_z
    assert numbers.cumulative_rise >= 2
    assert numbers.share_rising >= 0.6
    assert found.ceiling is not None
    assert found.ceiling < limits().ceiling_share
    assert found.co_rise.holds


def test_the_fall_after_the_cessation_is_shown_and_never_counted() -> None:
    ketamine = Exposure(
        "ketamine", "ketamine", hour(44).date(), hour(116).date(), "MedicationAdministration/k", Source.ADMINISTERED
    )
    (fall,) = index_case(141, 2, exposures=(ketamine,)).dechallenges
    assert fall.change is not None
    assert fall.change < 0
    assert fall.void is not None
    assert "complete cessation" in fall.void
    assert "ketamine" in fall.void


def test_what_follows_a_full_cessation_changes_no_number_of_the_grade() -> None:
    numbers = {index_case(until, 0).statistics for until in (84, 141, 600)}
    assert len(numbers) == 1


def test_thirty_days_after_discharge_the_stay_is_still_looked_at_and_then_no_more() -> None:
    left = admitted(6, 142)
    assert index_case(142 + 24 * 30, 2, left).mode == "acute"
    assert index_case(143 + 24 * 30, 2, left).mode == "chronic"


@pytest.mark.parametrize(
    ("word", "mode"), [("IMP", "acute"), ("ACUTE", "acute"), ("AMB", "chronic"), ("HH", "chronic")]
)
def test_only_an_in_patient_stay_is_read_in_hours(word: str, mode: str) -> None:
    few = given([8, 14], [10, 10])
    assert stay(few, hourly((9, 5)), 20, admitted(6, word=word)).mode == mode


def test_a_planned_stay_is_none_yet() -> None:
    assert stay(given([8, 14], [10, 10]), hourly((9, 5)), 20, replace(admitted(6), status="planned")).mode == "chronic"


def test_a_stay_without_timed_doses_is_read_in_days() -> None:
    assert stay([], hourly((9, 5)), 20, admitted(6)).mode == "chronic"


def test_a_diary_of_doses_at_home_is_no_stay() -> None:
    every_day = given([8 + 24 * n for n in range(60)], [30] * 60)
    pain = hourly(*((9 + 8 * n, 5) for n in range(180)))
    assert stay(every_day, pain, 60 * 24).mode == "chronic"


@pytest.mark.parametrize("interval", [4, 6, 8, 12])
def test_a_tablet_booked_at_regular_hours_is_no_step(interval: int) -> None:
    hours = [8 + interval * n for n in range(72 // interval)]
    found = stay(given(hours, [30] * len(hours)), hourly((9, 5), (20, 5), (33, 6)), 78, admitted(6))
    assert [step for step in found.steps if step.void is None] == []


def test_a_long_acting_dose_is_spread_over_its_interval() -> None:
    slow = [replace(e, long=True, end=e.start + timedelta(hours=12)) for e in given([8, 20, 32], [60, 60, 60])]
    assert [step for step in stay(slow, hourly((9, 5)), 40, admitted(6)).steps if step.void is None] == []


@pytest.mark.parametrize(("higher", "steps"), [(36, 1), (35, 0)])
def test_a_step_is_twenty_percent(higher: float, steps: int) -> None:
    hours = [8 + 4 * n for n in range(10)]
    doses = [30.0] * 5 + [higher] * 5
    found = stay(given(hours, doses), hourly((9, 5)), 46, admitted(6))
    assert len([step for step in found.steps if step.void is None]) == steps


def test_fewer_than_six_scores_or_four_steps_are_too_few() -> None:
    rising = given([8 + 4 * n for n in range(6)], [30, 40, 50, 60, 75, 90])
    pain = [(9 + 4 * n, 4 + n) for n in range(6)]
    assert not stay(rising, hourly(*pain), 30, admitted(6)).insufficient
    assert stay(rising, hourly(*pain[:5]), 30, admitted(6)).insufficient
    assert stay(rising[:4], hourly(*pain), 30, admitted(6)).insufficient


def test_a_change_of_route_is_no_step() -> None:
    oral = given([8, 12, 16], [30, 30, 30])
    parenteral = given([20, 24, 28], [60, 60, 60], route="parenteral")
    found = stay(oral + parenteral, hourly((9, 5), (22, 8)), 31, admitted(6))
    assert "change of route" in [step.void for step in found.steps]


def test_a_dose_without_a_number_voids_its_steps() -> None:
    events = given([8, 12, 16, 20], [30, 30, 45, 45])
    events.append(
        DoseEvent(
            hour(17), hour(18), None, "remifentanil", "parenteral", "MedicationAdministration/r", Source.ADMINISTERED
        )
    )
    found = stay(events, hourly((9, 5)), 23, admitted(6))
    assert any(step.void and "without a number" in step.void for step in found.steps)


def test_scores_that_lead_the_doses_fail_the_order() -> None:
    rising = given([8 + 4 * n for n in range(8)], [30, 30, 40, 50, 60, 75, 90, 90])
    early = hourly((9, 3), (13, 6), (17, 8), (21, 8), (25, 8), (29, 8), (33, 8), (37, 8))
    assert stay(rising, early, 39, admitted(6)).ordering == "fails"


def test_the_same_keys_are_there_and_none_is_invented() -> None:
    numbers = index_case(42, 2).statistics
    assert numbers.drift_per_30d is None
    assert numbers.placebo_rise == pytest.approx(1.0)
    assert numbers.scores == 7


def test_zero_doses_are_no_level_of_the_founding_definition() -> None:
    # Day 5: the first doses after the cessation are a lone level, so the run before it counts.
    found = index_case(141, 2).co_rise
    assert found.levels[0].dose == 30
    assert found.holds


def test_a_home_chart_stays_a_home_chart() -> None:
    series = stair((60, 90, 120, 180))
    last = series[-1].day
    as_of = AsOf(last.isoformat(), datetime.combine(last, datetime.min.time()) + timedelta(days=1), last)
    found = trend.estimate(
        DoseTimeline("CDC-2022", series=series), after_each_step((3, 4, 5, 6)), NOBODY, limits(), as_of=as_of
    )
    assert found.mode == "chronic"
