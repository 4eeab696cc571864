"""What is missing, unread or uncounted, and when it makes a card."""

from __future__ import annotations

from dataclasses import replace

from assessments import ORDER_HOOKS, assessment, cards, draft, rules

from cds.clinical import (
    DoseTimeline,
    Gap,
    PatientRecord,
    Uncounted,
    Unread,
)

FAILED = (Gap("conditions", "failed", "conditions: the server answered 500"),)


def test_a_failed_optional_key_is_named_and_makes_a_card_where_there_would_be_none():
    for hook, proposed in (("patient-view", None), ("order-sign", draft()), ("order-sign", draft(180, 180, False))):
        (card,) = cards(assessment("no-signal", co_rise=False, hook=hook, proposed=proposed, gaps=FAILED))
        assert (card.kind, card.rule, card.indicator) == ("info", "gap", "info")
        assert "conditions" in card.detail
    pattern, _ = cards(assessment("possible-oih", gaps=FAILED))
    assert "Could not be fetched: conditions" in pattern.detail


def test_a_key_that_was_not_sent_is_a_matter_for_the_page():
    assert cards(assessment("no-signal", co_rise=False, gaps=(Gap("vitals", "not sent", "vitals not sent"),))) == ()


def uncounted(opens_high: bool = True) -> DoseTimeline:
    item = Uncounted("MedicationRequest/2", "buprenorphine", "no-factor", "no factor in this table", opens_high)
    return DoseTimeline("CDC-2022", uncounted=(item,), opioid_references=frozenset({"MedicationRequest/2"}))


def test_an_uncounted_opioid_is_named_on_whatever_card_there_is():
    for grade in ("possible-oih", "no-signal"):
        first, *_ = cards(assessment(grade, dose=uncounted()))
        assert "Not counted: buprenorphine" in first.detail


def test_an_uncounted_opioid_alone_makes_a_card_only_where_an_order_asks():
    assert cards(assessment("no-signal", co_rise=False, dose=uncounted())) == ()
    asked = {"hook": "order-sign", "proposed": draft()}
    assert rules(assessment("no-signal", co_rise=False, dose=uncounted(), **asked)) == ["uncounted"]
    assert cards(assessment("no-signal", co_rise=False, dose=uncounted(opens_high=False), **asked)) == ()
    assert cards(assessment("out-of-scope", co_rise=False, dose=uncounted(), **asked)) == ()


def with_unread(unread: Unread) -> PatientRecord:
    return replace(assessment().record, unread=(unread,))


def may_be_opioid(unread: Unread) -> DoseTimeline:
    return replace(assessment().dose, unread=(unread,))


def test_an_unread_resource_makes_a_card_where_it_could_change_the_grade():
    asked = {"hook": "order-sign", "proposed": draft()}
    for kind, opens_high, expected in (
        ("MedicationStatement", True, ["uncounted"]),
        ("MedicationStatement", False, []),  # a readable code shows that it is no opioid
        ("Observation", False, ["unread"]),
        ("AllergyIntolerance", False, []),
        (None, False, ["unread"]),
        (None, True, ["uncounted"]),  # a type that names a drug
    ):
        unread = Unread("entry[3]", "refused", kind, opens_high=opens_high)
        found = {"record": with_unread(unread), "dose": may_be_opioid(unread) if opens_high else None}
        assert rules(assessment("no-signal", co_rise=False, **found, **asked)) == expected
        assert cards(assessment("no-signal", co_rise=False, **found)) == ()


def test_a_resource_read_without_some_fields_was_read():
    record = with_unread(Unread("entry[3]", "read without: note", "Observation", partial=True))
    assert cards(assessment("no-signal", co_rise=False, record=record, hook="order-sign", proposed=draft())) == ()


def test_a_draft_whose_dose_is_not_entered_yet_is_no_news_by_itself():
    item = Uncounted("MedicationRequest/draft-1", "morphine", "no-dose", "no dose", True)
    waiting = replace(draft(180, None, raises=None), uncounted=(item,))
    assert cards(assessment("no-signal", co_rise=False, hook="order-select", proposed=waiting)) == ()
    (card,) = cards(assessment("no-signal", co_rise=True, hook="order-select", proposed=waiting))
    assert "The dose with this order could not be counted." in card.detail
    assert "Not counted: morphine (no dose)" in card.detail


def test_an_unread_draft_that_may_be_an_opioid_is_not_silence():
    unread = Unread("entry[0]", "refused: dosageInstruction", "MedicationRequest", opens_high=True, draft=True)
    for hook in ORDER_HOOKS:
        asked = assessment("no-signal", co_rise=False, dose=may_be_opioid(unread), hook=hook)
        assert rules(asked) == ["uncounted"]
        recorded = may_be_opioid(replace(unread, draft=False))
        assert cards(assessment("no-signal", co_rise=False, dose=recorded, hook=hook)) == ()


def test_an_unread_draft_that_a_code_shows_to_be_no_opioid_is_silence():
    unread = Unread("entry[0]", "refused: dosageInstruction", "MedicationRequest", opens_high=True, draft=True)
    for hook in ORDER_HOOKS:
        assert cards(assessment("strong-pattern", record=with_unread(unread), hook=hook)) == ()
