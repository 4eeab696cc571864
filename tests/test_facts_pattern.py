"""What dose and pain say together, and which reduction counts."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from made_charts import ICD, NOW, SNOMED, STEPS, TODAY, ago, condition, facts_of, flagged, observation, procedure, trend

from cds.clinical import (
    CoRise,
    Dechallenge,
    DoseDay,
    DoseTimeline,
    Exposure,
    FunctionScore,
    Level,
    PainScore,
    PainSeries,
    Plateau,
    Source,
    Statistics,
)

PATTERN = Statistics(beta=1.2, z=2.0, cumulative_rise=2.5, share_rising=1.0)
CUT = datetime(2026, 3, 1)


def one(facts, kind):
    found = [fact for fact in facts if fact.kind == kind]
    assert len(found) <= 1
    return found[0] if found else None


def run_of(*levels):
    made = [
        Level(TODAY - timedelta(days=30 * (9 - place)), TODAY - timedelta(days=30 * (8 - place)), dose, pain, 1)
        for place, (dose, pain) in enumerate(levels)
    ]
    rise = made[-1].pain - made[0].pain if None not in (made[0].pain, made[-1].pain) else None
    holds = len(made) >= 3 and rise is not None and (rise >= 2 or rise >= 0.3 * made[0].pain)
    return CoRise(holds, tuple(made), len(made) - 1, rise)


@pytest.mark.parametrize(
    ("levels", "found"),
    [
        ([(60, 4), (90, 5), (120, 6)], ["co-rise"]),
        ([(60, 4), (90, None), (120, 6)], ["co-rise"]),
        ([(60, 4), (90, 5)], []),
        ([(60, 5), (90, 5), (120, 5)], ["raise-without-relief"]),
        ([(60, 5), (90, 5), (120, 4.1)], ["raise-without-relief"]),
        ([(60, 5), (90, 5), (120, 4)], []),
        ([(60, None), (90, 5), (120, 6)], []),
    ],
)
def test_the_founding_rules_follow_the_latest_run(engine, knowledge, levels, found):
    assert flagged(engine, knowledge, seen=trend(co_rise=run_of(*levels))) == found


def test_the_founding_sentence_names_doses_and_pain(engine, knowledge):
    (found,) = [
        one
        for one in engine.run(facts_of(knowledge, seen=trend(co_rise=run_of((60, 4), (90, 5), (120, 6), (180, 8)))))
        if one.rule == "co-rise"
    ]
    assert "60, 90, 120, 180 MME" in found.text
    assert "pain 4 at the first and 8 at the last" in found.text


def test_numbers_that_are_not_known_make_no_fact(knowledge):
    kinds = {fact.kind for fact in facts_of(knowledge, seen=trend())}
    assert not kinds & {
        "response",
        "rise",
        "relative-rise",
        "rising-steps",
        "ordering",
        "drift",
        "escalation",
        "dechallenge",
    }


def test_a_share_of_no_pain_at_all_is_not_computed(knowledge):
    zero = facts_of(knowledge, seen=trend(statistics=PATTERN, first_pre_mean=0.0))
    assert one(zero, "relative-rise") is None
    five = facts_of(knowledge, seen=trend(statistics=PATTERN, first_pre_mean=5.0))
    assert one(five, "relative-rise").fields["percent"] == 50.0


def test_what_is_missing_is_told_in_the_estimators_words(engine, knowledge):
    (found,) = [
        one
        for one in engine.run(facts_of(knowledge, seen=trend(insufficient=("4 scores, at least 6 needed", "no step"))))
        if one.rule == "R1"
    ]
    assert found.text == "Too few data for a grade: 4 scores, at least 6 needed; no step."


def test_void_steps_are_counted_with_their_reasons(engine, knowledge):
    steps = (*STEPS, replace(STEPS[0], number=3, void="rotation"), replace(STEPS[0], number=4, void="treated flare"))
    (found,) = [one for one in engine.run(facts_of(knowledge, seen=trend(steps=steps))) if one.rule == "R15"]
    assert found.text == "2 of 4 dose steps do not count: rotation, treated flare."


# ------------------------------------------------------------------------------------------ de-challenge


def cut(change=-2.0, after=60.0, **more):
    return Dechallenge(CUT, 120.0, after, change, clear=change is not None and change <= -2, **more)


def exposure(drug_class, first, last=None, drug="made"):
    start = date.fromisoformat(first)
    end = date.fromisoformat(last) if last else start
    return Exposure(drug_class, drug, start, end, "MedicationRequest/x", Source.ORDERED)


def reduced(engine, knowledge, *reductions, **chart):
    seen = trend(statistics=PATTERN, dechallenges=reductions or (cut(),), plateaus=chart.pop("plateaus", ()))
    return [rule for rule in flagged(engine, knowledge, seen=seen, **chart) if rule in ("R11", "R17")]


@pytest.mark.parametrize(("change", "found"), [(-1.0, ["R11"]), (-0.9, []), (1.0, []), (None, [])])
def test_a_fall_of_one_point_after_a_reduction_counts(engine, knowledge, change, found):
    assert reduced(engine, knowledge, cut(change)) == found


@pytest.mark.parametrize(("rise", "found"), [(1.4, ["R11"]), (1.5, [])])
def test_a_rise_after_any_reduction_speaks_against_it(engine, knowledge, rise, found):
    assert reduced(engine, knowledge, cut(), cut(rise, void="rotation")) == found


def test_a_reduction_that_the_trend_voids_does_not_count(engine, knowledge):
    assert reduced(engine, knowledge, cut(void="rotation")) == []


@pytest.mark.parametrize("drug_class", ["ketamine", "gabapentinoid", "snri", "tca", "steroid", "local-anaesthetic"])
@pytest.mark.parametrize(
    ("first", "found"), [("2026-03-15", ["R17"]), ("2026-02-15", ["R17"]), ("2026-03-16", ["R11"])]
)
def test_another_treatment_started_within_two_weeks_takes_the_reduction_out(
    engine, knowledge, drug_class, first, found
):
    dose = DoseTimeline("CDC-2022", exposures=(exposure(drug_class, first),))
    assert reduced(engine, knowledge, dose=dose) == found


def test_a_benzodiazepine_is_no_co_intervention(engine, knowledge):
    dose = DoseTimeline("CDC-2022", exposures=(exposure("benzodiazepine", "2026-03-01"),))
    assert reduced(engine, knowledge, dose=dose) == ["R11"]


def test_a_drug_renewed_every_month_was_started_once(engine, knowledge):
    renewals = tuple(
        exposure("gabapentinoid", f"2026-0{month}-01", f"2026-0{month}-28", drug="gabapentin") for month in range(1, 6)
    )
    assert reduced(engine, knowledge, dose=DoseTimeline("CDC-2022", exposures=renewals)) == ["R11"]
    new = renewals[2:]  # the first of them on the day of the reduction
    assert reduced(engine, knowledge, dose=DoseTimeline("CDC-2022", exposures=new)) == ["R17"]


def test_ketamine_counts_for_as_long_as_it_is_given(engine, knowledge):
    long = exposure("ketamine", "2026-01-01", "2026-05-01")
    assert reduced(engine, knowledge, dose=DoseTimeline("CDC-2022", exposures=(long,))) == ["R17"]
    steady = exposure("snri", "2026-01-01", "2026-05-01")
    assert reduced(engine, knowledge, dose=DoseTimeline("CDC-2022", exposures=(steady,))) == ["R11"]


@pytest.mark.parametrize(
    ("code", "text"), [("387713003", None), ("x", "Femoral nerve block"), ("228557008", None), ("x", "CBT session")]
)
def test_surgery_block_and_psychotherapy_near_a_reduction_take_it_out(engine, knowledge, code, text):
    near = procedure(code, "2026-03-10", system=SNOMED, text=text)
    assert reduced(engine, knowledge, procedures=[near]) == ["R17"]
    assert reduced(engine, knowledge, procedures=[procedure(code, "2026-03-20", system=SNOMED, text=text)]) == ["R11"]


def test_complete_cessation_is_no_reduction_that_counts(engine, knowledge):
    assert reduced(engine, knowledge, cut(after=0.0)) == ["R17"]
    stopped = (Plateau(CUT + timedelta(days=10), CUT + timedelta(days=60), 0.0, 4.0, 3),)
    assert reduced(engine, knowledge, plateaus=stopped) == ["R17"]


@pytest.mark.parametrize(("as_needed", "found"), [(True, ["R11"]), (False, ["R17"])])
def test_weeks_with_as_needed_orders_alone_are_no_cessation(engine, knowledge, as_needed, found):
    first = CUT + timedelta(days=10)
    high = Decimal(60 if as_needed else 0)
    series = tuple(
        DoseDay(first.date() + timedelta(days=number), Decimal(0), Decimal(0), high, prn_only=as_needed)
        for number in range(50)
    )
    weeks = (Plateau(first, first + timedelta(days=49), 0.0, 4.0, 3),)
    assert reduced(engine, knowledge, dose=DoseTimeline("CDC-2022", series=series), plateaus=weeks) == found


def test_a_reduction_to_as_needed_orders_alone_is_no_cessation_either(knowledge):
    near = facts_of(knowledge, seen=trend(dechallenges=(cut(after=0.0, void="only as-needed doses changed"),)))
    assert one(near, "co-intervention") is None


@pytest.mark.parametrize(("as_needed", "found"), [(True, True), (False, False)])
def test_withdrawal_scored_while_only_as_needed_orders_stand_is_read(engine, knowledge, as_needed, found):
    first, last = TODAY - timedelta(days=60), TODAY - timedelta(days=1)
    series = (
        DoseDay(first, *[Decimal(60)] * 3, until=TODAY - timedelta(days=12)),
        DoseDay(TODAY - timedelta(days=11), Decimal(0), Decimal(0), Decimal(60), prn_only=as_needed, until=last),
    )
    plateaus = (
        Plateau(NOW - timedelta(days=90), NOW - timedelta(days=21), 60.0, 4.0, 3),
        Plateau(NOW - timedelta(days=20), NOW - timedelta(days=1), 0.0, 4.0, 3),
    )
    cows = observation("local-1", 12, ago(3), system="http://local", text="COWS")
    seen, dose = trend(plateaus=plateaus), DoseTimeline("CDC-2022", series=series)
    assert ("R3-cows" in flagged(engine, knowledge, observations=[cows], seen=seen, dose=dose)) is found


def test_everything_that_was_near_is_named(engine, knowledge):
    dose = DoseTimeline("CDC-2022", exposures=(exposure("ketamine", "2026-03-01", drug="ketamine"),))
    seen = trend(statistics=PATTERN, dechallenges=(cut(after=0.0),))
    (found,) = [one for one in engine.run(facts_of(knowledge, seen=seen, dose=dose)) if one.rule == "R17"]
    assert found.text == (
        "The reduction of 2026-03-01 is not counted: complete opioid cessation, ketamine from 2026-03-01 within 14 days of it."
    )
    assert found.references == ("MedicationRequest/x",)


# ------------------------------------------------------------------------------------------ support, function, dose


def scored(*sites):
    """One score a site, the first before all steps, the others after them."""
    days = [200, *range(90, 90 - 10 * (len(sites) - 1), -10)]
    scores = [
        PainScore(NOW - timedelta(days=day), 5.0, "NRS", f"Observation/{day}", body_site=site)
        for day, site in zip(days, sites, strict=True)
    ]
    return PainSeries("NRS", tuple(scores))


@pytest.mark.parametrize(
    ("sites", "found"),
    [(("back", "leg"), True), (("back", "back"), False), ((None, "leg"), False), (("back", None), False)],
)
def test_a_new_site_supports_only_where_sites_were_recorded_before(engine, knowledge, sites, found):
    assert ("R12-site" in flagged(engine, knowledge, pain=scored(*sites))) is found


@pytest.mark.parametrize(
    ("before", "after", "change", "found"),
    [(8.0, 5.6, 1.0, True), (8.0, 5.7, 1.0, False), (8.0, 4.0, 0.0, False), (0.0, 0.0, 1.0, False)],
)
def test_function_improves_from_thirty_percent_while_pain_rises(engine, knowledge, before, after, change, found):
    scores = (
        FunctionScore(TODAY - timedelta(days=160), before, "PEG", "Observation/1"),
        FunctionScore(TODAY - timedelta(days=50), after, "PEG", "Observation/2"),
    )
    pain = PainSeries(None, (), scores)
    assert ("R16" in flagged(engine, knowledge, pain=pain, seen=trend(pain_change=change))) is found


def test_instruments_of_function_are_not_mixed(engine, knowledge):
    scores = (
        FunctionScore(TODAY - timedelta(days=160), 8.0, "PEG", "Observation/1"),
        FunctionScore(TODAY - timedelta(days=50), 2.0, "BPI interference", "Observation/2"),
    )
    assert "R16" not in flagged(engine, knowledge, pain=PainSeries(None, (), scores), seen=trend(pain_change=1.0))


@pytest.mark.parametrize(("dose", "found"), [(49.9, True), (50.0, False), (None, False)])
def test_a_low_dose_is_said(engine, knowledge, dose, found):
    assert ("R13" in flagged(engine, knowledge, seen=trend(highest_dose=dose))) is found


@pytest.mark.parametrize(("robust", "found"), [(False, True), (True, False), (None, False)])
def test_a_pattern_that_another_possible_dose_takes_away_is_said(engine, knowledge, robust, found):
    assert ("D-range" in flagged(engine, knowledge, seen=trend(statistics=PATTERN, robust=robust))) is found


@pytest.mark.parametrize(
    ("scores", "mode", "found"),
    [(9, "chronic", True), (10, "chronic", False), (9, "acute", False), (None, "chronic", False)],
)
def test_fewer_than_ten_scores_are_few(engine, knowledge, scores, mode, found):
    seen = trend(mode, statistics=replace(PATTERN, scores=scores))
    assert ("R1-scores" in flagged(engine, knowledge, seen=seen)) is found


@pytest.mark.parametrize(("share", "found"), [(0.75, True), (0.74, False), (None, False)])
def test_the_ceiling_is_reached_at_three_of_four_scores(engine, knowledge, share, found):
    assert ("R14" in flagged(engine, knowledge, seen=trend(ceiling=share))) is found


@pytest.mark.parametrize(
    ("code", "system", "found"),
    [
        ("F11.20", ICD, "M-opioid-use-disorder"),
        ("75544000", SNOMED, "M-opioid-use-disorder"),
        ("G90.511", ICD, "M-crps"),
        ("G54.6", ICD, "M-amputation"),
        ("Z89.512", ICD, "M-amputation"),
    ],
)
def test_the_record_is_matched_to_the_reports(engine, knowledge, code, system, found):
    assert found in flagged(engine, knowledge, conditions=[condition(code, ago(400), system=system)])


def test_opioid_use_disorder_is_never_inferred_from_dose_and_pain(engine, knowledge):
    assert "M-opioid-use-disorder" not in flagged(engine, knowledge, seen=trend(statistics=PATTERN, highest_dose=900.0))


def test_a_recorded_number_is_no_finding(engine, knowledge):
    assert flagged(engine, knowledge, observations=[observation("55406008", 7, ago(2), system=SNOMED)]) == []
