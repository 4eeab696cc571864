"""What was counted but is hard to believe, and what was sent as pain but is no score: never silent where it decides."""

from __future__ import annotations

from dataclasses import replace
from html import unescape

from assessments import assessment, draft, known

from cds.cards import CardOptions, build
from cds.clinical import Assessment, Card, DoseTimeline

ORDER_HOOKS = ("order-select", "order-sign")


def cards(found: Assessment) -> tuple[Card, ...]:
    return build(found, known(), CardOptions("https://cds.example"))


def flagged(*flags: str) -> DoseTimeline:
    """A timeline whose last flag is one of an amount that is hard to believe."""
    return DoseTimeline(
        "CDC-2022", flags=flags, implausible=flags[-1:], opioid_references=frozenset({"MedicationRequest/9"})
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
