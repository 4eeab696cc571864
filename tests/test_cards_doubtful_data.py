"""What was counted but is hard to believe, and what was sent as pain but is no score: never silent where it decides."""

from __future__ import annotations

from dataclasses import replace
from html import unescape

from assessments import ORDER_HOOKS, assessment, cards, draft

from cds.clinical import Assessment, DoseTimeline, Doubt, Gap, PainSeries


def flagged(*flags: str) -> DoseTimeline:
    """A timeline whose last flag is one of an amount that is hard to believe."""
    return DoseTimeline(
        "CDC-2022", flags=flags, implausible=(Doubt(flags[-1]),), opioid_references=frozenset({"MedicationRequest/9"})
    )


def test_a_dose_that_is_hard_to_believe_is_not_silence_on_an_order():
    hard, other = "MedicationRequest/9: implausible dose: 60 units at once", "MedicationRequest/1: another flag"
    for hook in ORDER_HOOKS:
        found = assessment("no-signal", co_rise=False, dose=flagged(other, hard), hook=hook, proposed=draft())
        (card,) = cards(found)
        assert (card.rule, card.indicator) == ("implausible", "info")
        assert "hard to believe" in card.summary
        assert "Check: MedicationRequest/9: implausible dose: 60 units at once, and 1 more." in unescape(card.detail)


def test_a_dose_that_is_hard_to_believe_makes_no_card_where_nobody_orders_or_nobody_is_graded():
    hard = flagged("MedicationRequest/9: implausible dose: 60 units at once")
    assert cards(assessment("no-signal", co_rise=False, dose=hard)) == ()
    assert cards(assessment("out-of-scope", co_rise=False, dose=hard, hook="order-sign", proposed=draft())) == ()


def test_a_remark_on_a_dose_that_can_be_believed_makes_no_card():
    remark = replace(flagged("MedicationRequest/1: another flag"), implausible=())
    assert cards(assessment("no-signal", co_rise=False, dose=remark, hook="order-sign", proposed=draft())) == ()


# ---------------------------------------------------------------------------------------------- scores that were not used

TEXTS = tuple((f"Observation/{number}", "nrs: the text is not one number") for number in range(1, 4))
OUTSIDE = ("Observation/0", "nrs: 11 is outside 0-10")
UNKNOWN = Gap("pain", "not known", "pain: 68 of 68 Observations have no code known here as a score")


def refusing(found: Assessment, *rejected: tuple[str, str]) -> Assessment:
    return replace(found, pain=PainSeries(None, rejected=rejected))


def test_refused_scores_are_named_with_their_number_and_the_commonest_reason_on_whatever_card_there_is():
    for grade in ("possible-oih", "no-signal", "alternative-first"):
        first, *_ = cards(refusing(assessment(grade), OUTSIDE, *TEXTS))
        assert "Not used: 4 scores refused (nrs: the text is not one number, and 1 more)." in first.detail


def test_one_refused_score_is_named_as_one():
    first, *_ = cards(refusing(assessment(), OUTSIDE))
    assert "Not used: 1 score refused (nrs: 11 is outside 0-10)." in first.detail


def test_where_no_score_was_refused_nothing_is_said_of_it():
    assert not any("Not used" in card.whole for card in cards(assessment()))


def test_refused_scores_by_themselves_make_no_card():
    for hook in ORDER_HOOKS:
        found = assessment("no-signal", co_rise=False, hook=hook, proposed=draft())
        assert cards(refusing(found, OUTSIDE, *TEXTS)) == ()
    assert cards(refusing(assessment("insufficient-data", co_rise=False), OUTSIDE)) == ()


def test_an_increase_that_cannot_be_judged_says_first_that_the_scores_were_not_used():
    for hook in ORDER_HOOKS:
        found = assessment("insufficient-data", co_rise=False, hook=hook, proposed=draft())
        (card,) = cards(refusing(found, *TEXTS))
        assert card.summary == (
            "This opioid increase cannot be judged: 3 scores refused (nrs: the text is not one number)."
        )
        (card,) = cards(replace(found, case=replace(found.case, gaps=(UNKNOWN,))))
        assert card.summary.endswith(
            "cannot be judged: pain: 68 of 68 Observations have no code known here as a score."
        )
        assert "Not used: pain: 68 of 68 Observations" in card.detail


def test_a_code_that_nobody_knows_is_no_failed_fetch():
    for hook in ("patient-view", *ORDER_HOOKS):
        found = assessment("no-signal", co_rise=False, hook=hook, proposed=draft(), gaps=(UNKNOWN,))
        assert cards(found) == ()
