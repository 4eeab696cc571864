"""The gates of the ketamine evidence: what closes one, what only warns, and what the record does not say."""

from datetime import timedelta

import pytest
from made_charts import (
    ICD,
    NOW,
    SNOMED,
    TODAY,
    ago,
    component,
    concept,
    condition,
    facts_of,
    flagged,
    moment,
    observation,
    procedure,
)

from cds.clinical import Allergy, DoseTimeline, Exposure, Source, Unread
from cds.grading import gates


@pytest.mark.parametrize(
    ("code", "system", "rule", "effect"),
    [
        ("I16.0", ICD, "G-cardiovascular", "suppress"),
        ("I21.4", ICD, "G-cardiovascular", "suppress"),
        ("I20.0", ICD, "G-cardiovascular", "suppress"),
        ("I50.23", ICD, "G-cardiovascular", "suppress"),
        ("I71.01", ICD, "G-cardiovascular", "suppress"),
        ("I61.9", ICD, "G-cardiovascular", "suppress"),
        ("57054005", SNOMED, "G-cardiovascular", "suppress"),
        ("84114007", SNOMED, "G-heart-failure", "caution"),
        ("O14.10", ICD, "G-pregnancy", "suppress"),
        ("Z33.1", ICD, "G-pregnancy", "suppress"),
        ("77386006", SNOMED, "G-pregnancy", "suppress"),
        ("F20.9", ICD, "G-psychosis", "suppress"),
        ("F31.2", ICD, "G-psychosis", "suppress"),
        ("69322001", SNOMED, "G-psychosis", "suppress"),
        ("K72.90", ICD, "G-liver-severe", "suppress"),
        ("K74.60", ICD, "G-liver-severe", "suppress"),
        ("K76.0", ICD, "G-liver-disease", "caution"),
        ("G93.2", ICD, "G-intracranial-pressure", "suppress"),
        ("H40.211", ICD, "G-acute-glaucoma", "suppress"),
        ("H40.11X0", ICD, "G-glaucoma", "caution"),
        ("F16.20", ICD, "G-substance-use", "caution"),
        ("724713006", SNOMED, "G-substance-use", "caution"),
        ("E05.90", ICD, "G-thyrotoxicosis", "suppress"),
        ("F05", ICD, "G-delirium", "caution"),
        ("N30.10", ICD, "G-urinary", "caution"),
        ("G40.909", ICD, "G-seizure", "caution"),
        ("E80.21", ICD, "G-porphyria", "caution"),
        ("G47.33", ICD, "G-sleep-apnoea", "caution"),
        ("R45.851", ICD, "G-suicidality", "caution"),
    ],
)
def test_each_coded_trigger_has_its_gate(engine, knowledge, code, system, rule, effect):
    found = gates(engine.run(facts_of(knowledge, conditions=[condition(code, ago(20), system=system)])), knowledge)
    closed = {gate.id: gate for gate in found}
    assert closed[rule].effect == effect
    assert closed[rule].references == ("Condition/c",)
    assert closed[rule].first == TODAY - timedelta(days=20)


@pytest.mark.parametrize("words", [90, 100, 490])
def test_a_text_is_searched_to_its_end_however_long_it_is(engine, knowledge, words):
    written = concept("urn:local", "1", text="reaction " * words + "ketamine")
    allergy = Allergy("AllergyIntolerance/a", written, "active", None, moment(ago(900)))
    assert "G-hypersensitivity" in flagged(engine, knowledge, allergies=[allergy])


def test_a_code_is_looked_up_to_the_longest_prefix_that_any_list_has(engine, knowledge):
    # Were each of its beginnings looked up, these would take hours.
    assert "G-psychosis" in flagged(engine, knowledge, conditions=[condition("F20" + "9" * 2_000_000, ago(20))])
    assert "G-psychosis" not in flagged(engine, knowledge, conditions=[condition("X" * 2_000_000, ago(20))])


def test_a_cardiovascular_event_of_more_than_half_a_year_ago_is_a_caution(engine, knowledge):
    assert "G-cardiovascular" in flagged(engine, knowledge, conditions=[condition("I21.4", ago(180))])
    older = flagged(engine, knowledge, conditions=[condition("I21.4", ago(181))])
    assert "G-cardiovascular" not in older
    assert "G-cardiovascular-past" in older
    assert "G-cardiovascular" in flagged(
        engine, knowledge, conditions=[condition("I21.4")]
    )  # no date: it may be recent


@pytest.mark.parametrize(
    ("code", "system", "status", "found"),
    [
        ("373464007", SNOMED, None, True),
        ("6130", "http://www.nlm.nih.gov/research/umls/rxnorm", None, True),
        ("373464007", SNOMED, "refuted", False),
        ("387207008", SNOMED, None, False),  # ibuprofen
    ],
)
def test_a_ketamine_allergy_closes_the_gate(engine, knowledge, code, system, status, found):
    allergy = Allergy("AllergyIntolerance/a", concept(system, code), "active", status, moment(ago(900)))
    assert ("G-hypersensitivity" in flagged(engine, knowledge, allergies=[allergy])) is found


# ------------------------------------------------------------------------------------------ vital signs


def pressure(systolic, diastolic, at):
    parts = (component("8480-6", systolic, "mm[Hg]"), component("8462-4", diastolic, "mmHg"))
    return observation("85354-9", None, at, components=parts)


@pytest.mark.parametrize(
    ("systolic", "diastolic", "hours", "found"),
    [
        (180, 90, 23, ["G-systolic"]),
        (179, 100, 23, ["G-diastolic"]),
        (179, 99, 23, []),
        (200, 110, 25, []),
    ],
)
def test_blood_pressure_of_the_last_day_counts(engine, knowledge, systolic, diastolic, hours, found):
    assert flagged(engine, knowledge, observations=[pressure(systolic, diastolic, ago(hours=hours))]) == found


def test_the_worst_pressure_of_the_day_counts(engine, knowledge):
    both = [pressure(185, 90, ago(hours=20)), pressure(130, 80, ago(hours=1))]
    assert flagged(engine, knowledge, observations=both) == ["G-systolic"]


@pytest.mark.parametrize(
    ("code", "value", "unit", "hours", "found"),
    [
        ("9279-1", 9, "/min", 4, ["S-breathing"]),
        ("9279-1", 10, "/min", 1, []),
        ("9279-1", 8, "/min", 4.1, []),
        ("59408-5", 91, "%", 1, ["S-saturation"]),
        ("2708-6", 92, "%", 1, []),
    ],
)
def test_over_sedation_needs_a_sign_of_the_last_four_hours(engine, knowledge, code, value, unit, hours, found):
    assert flagged(engine, knowledge, observations=[observation(code, value, ago(hours=hours), unit)]) == found


def test_home_oxygen_explains_a_low_saturation(engine, knowledge):
    low = [observation("59408-5", 88, ago(hours=1), "%")]
    assert flagged(engine, knowledge, observations=low) == ["S-saturation"]
    assert flagged(engine, knowledge, observations=low, conditions=[condition("Z99.81", ago(400))]) == []


def test_a_sign_without_a_time_of_day_cannot_be_placed_within_four_hours(engine, knowledge):
    undated = facts_of(knowledge, observations=[observation("9279-1", 8, ago(0), "/min")])
    assert {"breathing"} == {fact.fields["topic"] for fact in undated if fact.fields.get("topic") == "breathing"}


@pytest.mark.parametrize(("score", "found"), [(3, ["S-sedation"]), (2, [])])
def test_a_sedation_scale_known_by_its_name_counts(engine, knowledge, score, found):
    poss = observation("local-2", score, ago(hours=1), system="http://local", text="POSS sedation score")
    assert flagged(engine, knowledge, observations=[poss]) == found


@pytest.mark.parametrize(
    ("code", "value", "unit", "days", "found"),
    [
        ("1742-6", 120, "U/L", 10, ["G-liver-tests"]),
        ("1742-6", 119, "U/L", 10, []),
        ("1975-2", 65, "umol/L", 10, ["G-liver-tests"]),
        ("1742-6", 400, "U/L", 91, []),
    ],
)
def test_liver_tests_from_three_times_the_limit_call_for_caution(engine, knowledge, code, value, unit, days, found):
    assert flagged(engine, knowledge, observations=[observation(code, value, ago(days), unit)]) == found


# ------------------------------------------------------------------------------------------ not assessable


def unknown(knowledge, **chart):
    return {fact.fields["topic"] for fact in facts_of(knowledge, **chart) if fact.kind == "not-assessable"}


def test_an_empty_record_is_not_assessable_in_everything(knowledge):
    assert unknown(knowledge) == {"blood pressure", "liver", "psychiatric history", "breathing"}
    assert unknown(knowledge, gender="female", birth="1990") >= {"pregnancy"}


@pytest.mark.parametrize(
    ("kind", "found"), [("Condition", {"problems"}), ("AllergyIntolerance", {"allergies"}), ("Procedure", set())]
)
def test_an_unread_problem_or_allergy_may_have_been_a_contraindication(knowledge, kind, found):
    lost = [Unread(f"{kind}/1", "code: missing", kind)]
    assert unknown(knowledge, unread=lost) & {"problems", "allergies"} == found
    told = [Unread(f"{kind}/1", "read without: note", kind, partial=True)]
    assert not unknown(knowledge, unread=told) & {"problems", "allergies"}


def test_a_topic_that_is_not_assessable_is_told_by_its_own_rule(engine, knowledge):
    lost = [Unread(f"{kind}/1", "code: missing", kind) for kind in ("Condition", "AllergyIntolerance")]
    told = {gate.id for gate in gates(engine.run(facts_of(knowledge, unread=lost)), knowledge)}
    assert told >= {"U-problems", "U-allergies", "U-liver"}


@pytest.mark.parametrize(
    ("gender", "birth", "found"),
    [
        ("female", "1990", True),
        ("female", "1960", False),
        ("male", "1990", False),
        (None, "1990", True),
        (None, None, True),
    ],
)
def test_pregnancy_is_asked_where_it_may_be(knowledge, gender, birth, found):
    assert ("pregnancy" in unknown(knowledge, gender=gender, birth=birth)) is found


@pytest.mark.parametrize(("days", "found"), [(30, False), (31, True)])
def test_an_answer_makes_pregnancy_assessable_for_thirty_days(knowledge, days, found):
    answer = observation("82810-3", concept(SNOMED, "60001007"), ago(days))
    assert ("pregnancy" in unknown(knowledge, gender="female", birth="1990", observations=[answer])) is found


@pytest.mark.parametrize(("days", "found"), [(300, True), (301, False)])
def test_a_pregnancy_counts_for_as_long_as_one_lasts(engine, knowledge, days, found):
    chart = {"gender": "female", "birth": "1990", "conditions": [condition("Z33.1", ago(days))]}
    assert ("G-pregnancy" in flagged(engine, knowledge, **chart)) is found
    assert ("pregnancy" in unknown(knowledge, **chart)) is not found


def test_what_was_measured_is_assessable(knowledge):
    measured = [
        pressure(120, 80, ago(hours=2)),
        observation("9279-1", 14, ago(hours=2), "/min"),
        observation("1742-6", 20, ago(30), "U/L"),
    ]
    assert unknown(knowledge, observations=measured) == {"psychiatric history"}


def test_a_psychiatric_history_is_assessable_though_it_is_over(knowledge):
    past = condition("F32.1", ago(900), clinical_status="resolved")
    assert "psychiatric history" not in unknown(knowledge, conditions=[past])


# ------------------------------------------------------------------------------------------ interactions, age


@pytest.mark.parametrize(
    ("drug_class", "days", "found"),
    [
        ("benzodiazepine", 30, ["G-depressant"]),
        ("benzodiazepine", 31, []),
        ("xanthine", 0, ["G-xanthine"]),
        ("maoi", 0, ["G-monoamine-oxidase"]),
        ("opioid-antagonist", 0, []),
    ],
)
def test_drugs_that_interact_are_named_while_they_are_current(engine, knowledge, drug_class, days, found):
    last = TODAY - timedelta(days=days)
    taken = Exposure(drug_class, "made", last - timedelta(days=60), last, "MedicationRequest/x", Source.ORDERED)
    assert flagged(engine, knowledge, dose=DoseTimeline("CDC-2022", exposures=(taken,))) == found


@pytest.mark.parametrize(
    ("birth", "days", "found"), [("1966", 7, False), ("1965", 7, True), ("1965", 8, False), (None, 7, False)]
)
def test_delirium_is_a_caution_from_sixty_years_after_surgery(engine, knowledge, birth, days, found):
    rules = flagged(engine, knowledge, birth=birth, procedures=[procedure("387713003", ago(days))])
    assert ("G-older-after-surgery" in rules) is found


def test_the_evaluation_date_may_be_a_whole_day(engine, knowledge):
    """A date is evaluated at its end, so a sign of that morning is more than four hours old."""
    end = NOW.replace(hour=0) + timedelta(days=1)
    slow = [observation("9279-1", 8, end.replace(day=1, hour=9).isoformat(), "/min")]
    assert flagged(engine, knowledge, as_of=end, observations=slow) == []
