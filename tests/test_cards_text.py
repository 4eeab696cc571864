"""How a card is written: limits, numbers, and other people's text, which can never become markup."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from datetime import date, datetime

import pytest
from assessments import TREND, assessment, draft, finding, graded, known
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from made_assessments import HOSTILE, made
from markdown_it import MarkdownIt
from served import request_of

from cds.cards import CardOptions, build
from cds.cards.detail import MOST_CHARACTERS, MOST_WORDS, Line, detail, summary, words
from cds.cards.words import Words, escape, number, short
from cds.case import Asked
from cds.clinical import Card, DoseTimeline, Gap, Gate, Uncounted

GFM = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
OURS = {"<p>", "</p>", "<ul>", "</ul>", "<li>", "</li>", "<strong>", "</strong>"}
QUIET = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
OPTIONS = CardOptions("https://cds.example", "smart")


def cards(found) -> tuple[Card, ...]:
    return build(found, known(), OPTIONS)


# ---------------------------------------------------------------------------------------------- limits


@QUIET
@given(made(text=HOSTILE))
def test_every_summary_and_detail_keeps_its_limit(found):
    for card in cards(found):
        assert 0 < len(card.summary) <= MOST_CHARACTERS
        assert "\n" not in card.summary
        assert 0 < words(card.detail) <= MOST_WORDS, card.detail


@QUIET
@given(made(text=HOSTILE))
def test_every_card_is_a_valid_cds_hooks_card(found):
    for card in cards(found):
        assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", card.uuid)
        assert card.source_label
        assert card.source_url == "https://cds.example/about"
        assert card.topic.system
        assert card.topic.code
        assert (card.selection_behavior == "any") == bool(card.suggestions)
        assert all(reason.code and reason.system and reason.display for reason in card.override_reasons)
        for link in card.links:
            assert link.url.startswith("https://")
            assert link.app_context is None
        uuids = [suggestion.uuid for suggestion in card.suggestions]
        assert len(set(uuids)) == len(uuids)


@given(made())
@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_replay_is_equal_to_the_last_character(found):
    assert cards(found) == cards(found)


def test_lines_that_must_stand_are_kept_and_the_rest_goes_by_rank():
    forty = " ".join(["word"] * 40)
    text = detail(
        [Line("a " + forty), Line("b " + forty, rank=2), Line("c " + forty, rank=1), Line("must stand")],
        more="see the page",
    )
    assert "c word" in text
    assert "b word" not in text
    assert text.endswith("must stand\n\nsee the page") or text.endswith("must stand")
    assert words(text) <= MOST_WORDS


def test_what_was_left_out_is_kept_whole_for_the_page():
    found = assessment("possible-oih", findings=tuple(finding(rule) for rule in ("M-crps",)))
    for card in cards(found):
        assert words(card.whole) >= words(card.detail) - len(known().catalogue.say("page.more").split())
        for line in card.detail.splitlines():
            assert line in card.whole or line == known().catalogue.say("page.more")
    pattern, _ = cards(found)
    assert "Would change this:" in pattern.whole


def test_lines_that_must_stand_are_shortened_before_anything_is_cut():
    long = " ".join(["word"] * 70)
    text = detail([Line(f"first {long}", brief="first in brief"), Line(f"second {long}", brief="second in brief")])
    assert text == f"first in brief\n\nsecond {long}"


def test_a_line_that_does_not_fit_is_told_in_brief_or_not_at_all():
    must = " ".join(["word"] * 100)
    assert "in brief" in detail([Line(must), Line(must, rank=1, brief="in brief")])
    assert detail([Line(must), Line(must, rank=1)]) == must


def test_a_card_with_everything_wrong_at_once_keeps_its_limit_and_its_lines():
    reasons = [finding(rule, " ".join(["reason"] * 30)) for rule in ("X-1", "X-2")]
    gates = (
        Gate("G-suicidality", "caution", "suicidal thoughts on record"),
        *(Gate(f"G-{n}", "suppress", " ".join(["contraindication"] * 30)) for n in range(3)),
        *(Gate(f"U-{n}", "not assessable", " ".join(["unknown"] * 30)) for n in range(6)),
    )
    uncounted = tuple(
        Uncounted(f"MedicationRequest/{n}", f"drug{n} name name", "code", " ".join([f"why{n}"] * 30), True)
        for n in range(6)
    )
    caps = tuple(
        finding(rule, "x", what=" ".join(["surgery"] * 30), day="2026-05-03") for rule in ("R2b", "R2-undated")
    )
    for grade in ("possible-oih", "strong-pattern", "confounded", "insufficient-data", "no-signal"):
        found = assessment(
            graded(
                grade,
                *reasons,
                finding("R7-fails", "x"),
                finding("R1", "x", missing="word " * 40),
                caps=caps,
                supported=True,
            ),
            hook="order-sign",
            proposed=draft(),
            findings=(finding("G-suicidality"), finding("R12-finding", what="hyperalgesia " * 20)),
            gates=gates,
            dose=DoseTimeline("CDC-2022", uncounted=uncounted, flags=("flag " * 30,)),
            gaps=tuple(Gap("conditions", "failed", "text " * 30) for _ in range(4)),
            trend=replace(TREND, mode="acute"),
        )
        for card in cards(found):
            assert words(card.detail) <= MOST_WORDS, (grade, card.kind, words(card.detail))
            assert card.detail.startswith("**Suicidal thoughts on record")
            if card.kind in ("pattern", "info"):
                assert "Not counted: " in card.detail
                assert "Could not be fetched: " in card.detail
            if card.kind in ("pattern", "evidence"):
                assert "FDA/HHS: do not stop opioids abruptly." in card.detail


def test_the_page_is_pointed_at_only_where_something_did_not_fit():
    assert "see the page" not in detail([Line("all of it")], more="see the page")
    assert "see the page" in detail([Line("word " * 60), Line("word " * 90, rank=1)], more="see the page")


def test_a_summary_of_139_stands_and_one_of_140_is_cut_at_a_word():
    assert summary("x" * 70 + " " + "y" * 68) == "x" * 70 + " " + "y" * 68
    assert summary("x" * 70 + " " + "y" * 69) == "x" * 70 + " ..."


# ---------------------------------------------------------------------------------------------- numbers and dates


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (60, "60"),
        (60.0, "60"),
        (49.6, "49.6"),
        (1.25, "1.3"),
        (0.05, "0.1"),
        (-0.04, "0"),
        (100, "100"),
        (1234.5, "1234.5"),
    ],
)
def test_numbers_keep_one_decimal_and_no_trailing_zero(value, printed):
    assert number(value) == printed


def test_dates_are_written_out_and_hours_only_where_there_are_any():
    say = Words(known().catalogue, known().evidence)
    assert say.day(date(2026, 3, 1)) == "1 Mar 2026"
    assert say.day(datetime(2026, 3, 1, 18, 5)) == "1 Mar 2026 18:05"


def test_a_rules_date_is_written_like_every_other_and_what_is_no_date_stays():
    say = Words(known().catalogue, known().evidence)
    assert say.reason(finding("new-rule", "Seen on 2026-03-31.")) == "Seen on 31 Mar 2026"
    assert say.reason(finding("new-rule", "Lot 2026-13-31.")) == "Lot 2026-13-31"


# ---------------------------------------------------------------------------------------------- other people's text


def tags(markdown: str) -> set[str]:
    return set(re.findall(r"<[^>]*>", GFM.render(markdown)))


@QUIET
@given(HOSTILE)
@example("<img src=x onerror=alert(1)>")
@example("[x](javascript:alert(1))")
@example("\u202eabc")
def test_other_peoples_text_becomes_text(text):
    assert tags(f"Not counted: {escape(text)}.") <= {"<p>", "</p>"}
    assert not [sign for sign in escape(text) if unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}]


@QUIET
@given(HOSTILE)
def test_other_peoples_text_holds_no_address_that_a_client_would_link(text):
    shown = GFM.render(escape(text))
    assert not re.search(r"://|@\S|www\.\w|\.[a-z]{2,}", re.sub(r"<[^>]*>", "", shown), re.IGNORECASE)


@QUIET
@given(made(text=HOSTILE))
def test_no_card_renders_other_tags_than_ours(found):
    for card in cards(found):
        assert tags(card.detail) <= OURS, card.detail
        assert not set("<>") & set(card.summary)


@given(st.text(max_size=2000), st.integers(1, 12))
def test_other_peoples_text_is_short(text, most):
    assert words(short(text, most)) <= 3 * most + 1  # a broken address is three words


def test_a_hostile_reason_is_readable_and_harmless():
    uncounted = Uncounted(
        "MedicationRequest/1", "oxycodone", "code", 'cannot read a dose in <img src="https://evil.test/x">', True
    )
    (pattern, _) = cards(assessment(dose=DoseTimeline("CDC-2022", uncounted=(uncounted,))))
    assert "Not counted: oxycodone (cannot read a dose in &#60;img src=" in pattern.detail
    assert "://" not in pattern.detail


def test_the_text_of_a_gap_is_escaped():
    (card,) = cards(
        assessment(
            "no-signal", co_rise=False, hook="order-sign", proposed=draft(), gaps=(Gap("x", "failed", "<b>x</b>"),)
        )
    )
    assert "&#60;b&#62;x&#60;/b&#62;" in card.detail


@pytest.mark.parametrize(
    ("text", "most", "cut"),
    [
        ("fentanyl x 300, hydromorphone x 20, morphine x 3", 8, "fentanyl x 300, hydromorphone x 20..."),
        ("an order of 180 MME a day", 4, "an order of..."),
        ("on 9 Mar 2026: seen again since then", 3, "on..."),
        ("seen again since then", 3, "seen again since..."),
    ],
)
def test_no_number_is_cut_from_its_name_or_its_unit(text, most, cut):
    assert short(text, most) == cut


# ---------------------------------------------------------------------------------------------- what was seen


@pytest.mark.parametrize(
    ("fixture", "first", "last", "count"),
    [
        ("pattern/pain_falls_after_the_reduction", "2026-01-05", "2026-08-30T23:59", 68),
        ("founding/liang_2017_reading_a_day_1_18h", "2026-03-09T14:00", "2026-03-10T14:01", 6),
    ],
)
def test_the_number_of_scores_on_the_pattern_card_belongs_to_the_dates_beside_it(
    fixture, first, last, count, evaluator
):
    found = evaluator.assessment(request_of(fixture), Asked(now=datetime.fromisoformat("2026-11-21T12:00:00+00:00")))
    within = [one for one in found.pain.scores if first <= one.at.isoformat() <= last]
    assert len(within) == count < len(found.pain.scores)
    assert f"({count} scores)" in found.cards[0].detail


def test_the_span_of_a_stay_holds_the_level_after_the_last_counted_increase_and_its_score(evaluator):
    found = evaluator.assessment(
        request_of("founding/liang_2017_reading_a"), Asked(now=datetime.fromisoformat("2026-11-21T12:00:00+00:00"))
    )
    (last,) = [level for level in found.trend.plateaus if level.dose == 90]
    assert last.end.isoformat() == "2026-03-10T14:00:00"
    assert "- 10 Mar 2026 14:00: opioid dose 30 to 90 MME/4 h" in found.cards[0].detail
