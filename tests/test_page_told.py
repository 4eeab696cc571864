"""What the page says of the whole record in one sentence, and that no such sentence says more than was computed."""

import copy
from dataclasses import replace
from datetime import datetime

import pytest
from assessments import CO_RISE, LEVELS, TREND, assessment, cards
from served import request_of

from cds import case
from cds.clinical import DoseTimeline, Gap, Statistics, Uncounted
from hooks.pages.told import lead, order_in_time
from hooks.pages.view import page_view

NOW = datetime.fromisoformat("2026-11-21T12:00:00+00:00")
READ = "pattern/pain_falls_after_the_reduction"
UNTOLD = "whether pain rose with the dose cannot be told."
LOCAL = {"coding": [{"system": "urn:oid:1.2.3", "code": "4711"}]}
DRUG = "MedicationRequest"


@pytest.fixture(scope="module")
def page(evaluator):
    def view(request):
        request = request_of(request) if isinstance(request, str) else request
        return page_view(evaluator.assessment(request, case.Asked(now=NOW)), evaluator.knowledge)

    return view


def as_version(version):
    request = copy.deepcopy(request_of(READ))
    request["extension"] = {**request.get("extension", {}), "org.oih-cds.fhirVersion": version}
    return request


def local(kind, field, code=LOCAL):
    request = copy.deepcopy(request_of(READ))
    for part in request["prefetch"].values():
        for entry in (part or {}).get("entry", ()):
            if entry["resource"]["resourceType"] == kind:
                entry["resource"][field] = code
    return request


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        (as_version("R5"), f"None of 5 opioid entries could be read: {UNTOLD}"),
        (as_version("STU3"), f"None of 5 opioid entries could be read: {UNTOLD}"),
        (local("Observation", "code"), f"84 pain scores came, none could be used: {UNTOLD}"),
        (local(DRUG, "medicationCodeableConcept"), f"None of 5 opioid entries could be counted: {UNTOLD}"),
        (
            local(DRUG, "medicationCodeableConcept", LOCAL | {"text": "x"}),
            "No opioid dose is known among the medications on record up to this date.",
        ),
    ],
    ids=["as R5", "as STU3", "scores under a local code", "drugs under a local code", "drugs under an unknown name"],
)
def test_where_nothing_could_be_read_the_page_says_so_and_not_that_pain_did_not_rise(page, request_, told):
    view = page(request_)
    assert view.headline == told


@pytest.mark.parametrize(
    "fixture",
    [
        "orders/raised_yesterday",
        "alternatives/rotation_at_equal_mme",
        "founding/ocker_2020_before",
        "alternatives/treated_flares",
        "alternatives/one_dose_throughout",
    ],
)
def test_with_fewer_than_three_rising_levels_nobody_says_that_pain_did_not_rise(page, fixture):
    assert page(fixture).headline == f"Fewer than three rising dose levels: {UNTOLD}"


@pytest.mark.parametrize(
    ("fixture", "told"),
    [
        ("orders/raised_without_relief", "Pain did not rise with the dose over three or more dose levels."),
        ("too_little/pain_at_the_ceiling", f"Pain was at the top of the scale before the increases: {UNTOLD}"),
        (
            "too_little/too_few_scores",
            "Pain rose 1 point over 3 rising dose levels, less than 2 points and less than 30 %.",
        ),
    ],
)
def test_with_three_rising_levels_the_page_says_what_pain_did_over_them(page, fixture, told):
    assert page(fixture).headline == told


def with_run(*pains):
    levels = tuple(replace(level, pain=pain) for level, pain in zip(LEVELS, pains, strict=False))
    rise = None if None in (pains[0], pains[-1]) else pains[-1] - pains[0]
    run = replace(CO_RISE, holds=False, levels=levels, increases=len(levels) - 1, rise=rise)
    return replace(assessment("no-signal"), pain=SCORED, trend=replace(TREND, co_rise=run))


class _Scored:
    scores = (1,)
    rejected = ()


SCORED = _Scored()


def test_a_run_without_a_score_at_its_end_is_not_told_as_a_run_without_a_rise(knowledge):
    told = f"No score at the first or the last of 4 rising dose levels: {UNTOLD}"
    assert lead(with_run(4.0, 5.0, 6.0, None), knowledge) == told


def test_what_could_not_be_had_is_not_told_as_absent(knowledge):
    nothing = replace(assessment("insufficient-data"), dose=DoseTimeline("CDC-2022"))
    assert lead(nothing, knowledge) == "No opioid dose is on record up to this date."
    failed = replace(nothing, case=replace(nothing.case, gaps=(Gap("medicationRequests", "failed", "timed out"),)))
    assert lead(failed, knowledge).startswith("No opioid dose is known, and not all of the record could be had")
    scoreless = assessment("insufficient-data")
    assert lead(scoreless, knowledge) == "No pain score is on record up to this date."
    failed = replace(scoreless, case=replace(scoreless.case, gaps=(Gap("pain", "failed", "timed out"),)))
    assert lead(failed, knowledge).startswith("No pain score is known, and not all of the record could be had")


def test_one_entry_is_told_as_one(knowledge):
    buprenorphine = Uncounted("MedicationRequest/7", "buprenorphine", "no-factor", "no factor in this table", True)
    dose = DoseTimeline("CDC-2022", uncounted=(buprenorphine,))
    told = f"The only opioid entry could not be counted: {UNTOLD}"
    assert lead(replace(assessment("insufficient-data"), dose=dose), knowledge) == told


# ------------------------------------------------------------------------------------------- order in time


def order_of(view):
    (row,) = [row for row in view.measures if row.label == "Order in time"]
    (answer,) = [answer for question, answer in view.checklist if question.startswith("Pain before the increases")]
    return row.value, row.meaning, answer


@pytest.mark.parametrize(
    "fixture", ["orders/raised_without_relief", "alternatives/level_through_ups_and_downs", "alternatives/broken_hip"]
)
def test_where_pain_did_not_rise_there_is_no_rise_to_put_in_order(page, fixture):
    value, meaning, answer = order_of(page(fixture))
    assert value == "no rise"
    assert meaning == answer == "There was no rise to put in order: on average 0.0 points before, -0.1 after."


def test_at_the_top_of_the_scale_no_order_in_time_is_claimed(page):
    value, meaning, answer = order_of(page("too_little/pain_at_the_ceiling"))
    assert value == "not assessable"
    assert meaning == answer == "Scores before the increases were at the top of the scale: a rise could not be seen."


@pytest.mark.parametrize(
    ("fixture", "told"),
    [
        (READ, "Pain rose more after the increases than before them: on average 0.0 points before, +1.1 after."),
        (
            "alternatives/pain_leads_the_dose",
            "Pain rose before the increases at least as much as after them: on average +1.0 points before, +0.7 after.",
        ),
        (
            "alternatives/pain_climbs_between_steps",
            "By regression over all scores, pain followed the dose no more than it led it."
            " Around the increases: on average +0.2 points before, +0.9 after.",
        ),
        ("founding/ocker_2020_after", "By regression over all scores, pain followed the dose rather than led it."),
        (
            "founding/liang_2017_reading_a",
            "Where both can be seen, pain rose more after the increases than before them.",
        ),
    ],
)
def test_the_order_in_time_says_what_was_computed(page, fixture, told):
    _, meaning, answer = order_of(page(fixture))
    assert meaning == answer == told


def test_where_the_change_before_is_not_known_it_is_not_told_as_none():
    trend = replace(TREND, ordering="fails", steps=tuple(replace(step, rise=-0.5) for step in TREND.steps))
    found = assessment("no-signal", trend=replace(trend, statistics=Statistics(beta=0.0, z=0.0)))
    assert order_in_time(found) == ("no rise", "Pain did not rise after the increases (-0.5 points on average).")


def test_no_rule_says_that_pain_rose_where_it_did_not(knowledge):
    assert "Pain rose" not in knowledge.rules["R7-fails"].text


# ------------------------------------------------------------------------------------------- small words


def test_a_headline_without_numbers_has_no_note_on_numbers(page):
    view = page("safety/much_calls_for_caution")
    assert view.headline.startswith("Suicidal thoughts on record: assess first.")
    assert view.numbers == ""
    assert page(READ).numbers.startswith("Pain as the means of the scores")


def test_a_renewal_leaves_the_dose_and_does_not_change_it(page):
    assert page("orders/renewed_at_the_same_dose").proposed == "The order leaves the scheduled dose at 180 MME a day."


def test_one_is_told_in_the_singular(page, evaluator):
    yesterday = evaluator.assessment(request_of("orders/raised_yesterday"), case.Asked(now=NOW))
    (missing,) = [each.text for each in yesterday.findings if each.rule == "R1"]
    assert "1 dose step that counts with scores" in missing
    assert "1 increase among them" in missing
    (row,) = [row for row in page("orders/raised_yesterday").measures if row.label == "Increases followed by more pain"]
    assert row.meaning in ("Of 1 counted increase.", "Of 2 counted increases.")


def test_one_level_between_is_told_in_the_singular():
    between = replace(LEVELS[1], dose=75.0)
    run = replace(CO_RISE, levels=(LEVELS[0], between, *LEVELS[1:]), increases=4)
    (card,) = cards(assessment("no-signal", trend=replace(TREND, co_rise=run)))
    assert "1 level between" in card.detail
    assert "1 levels" not in card.detail
