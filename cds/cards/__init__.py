"""Findings into cards: contract.md's "Which card appears", with the patient's own dates and numbers.

    assessment ─ situation ─┬─ over-sedation ── banner, and nothing else
                            ├─ a pattern ────── pattern card + evidence card
                            ├─ co-rise, a raise without relief, another cause, too few data ── one info card
                            └─ something unread, uncounted, not fetched or hard to believe, and no card yet ── one info card

Pure: the same assessment and options give the same bytes.
"""

from __future__ import annotations

from html import unescape

from cds.cards import missing, seen
from cds.cards.info import co_rise_headline, gap_card, info_card, own_reasons, silence_card
from cds.cards.missing import why_uncounted
from cds.cards.options import CardOptions
from cds.cards.pattern import course_of, pattern_card
from cds.cards.pattern import headline as pattern_headline
from cds.cards.reports import evidence_card
from cds.cards.safety import banner, crisis_line, headline, what_to_do
from cds.cards.situation import ALTERNATIVES, PATTERNS, Occasion, Situation, has, no_taper, over_sedation, situation
from cds.cards.words import CardKnowledge, Words
from cds.clinical import Assessment, Card

__all__ = [
    "PATTERNS",
    "CardOptions",
    "build",
    "headline_of",
    "options_in_order",
    "over_sedation_words",
    "why_uncounted",
]


def build(found: Assessment, knowledge: CardKnowledge, options: CardOptions) -> tuple[Card, ...]:
    """The cards of one assessment; () is the claim that we looked and had nothing to say."""
    now = situation(found)
    if now.occasion is Occasion.NO_OPIOID:
        return ()
    words = Words(knowledge.catalogue, knowledge.evidence)
    if over_sedation(found):
        return (banner(found, now, words, options),)
    cards = _graded(found, now, words, options)
    if not cards and _worth_naming(found, now):
        cards = (gap_card(found, now, words, options),)
    if not cards and options.explain_silence:
        cards = (silence_card(found, words, options),)
    return cards


def options_in_order(found: Assessment, knowledge: CardKnowledge) -> tuple[str, ...]:
    """What may be considered, in a specialist's order, for the page; () where the patient is not graded or over-sedated."""
    if found.grade.name == "out-of-scope" or over_sedation(found):
        return ()
    gone = {"no-taper"} if no_taper(found) else set()
    if any(gate.effect == "suppress" for gate in found.gates):
        gone.add("contraindicated")
    return tuple(
        option.text
        for option in knowledge.catalogue.options
        if option.unless not in gone and (not option.claim or knowledge.evidence.supports(option.claim))
    )


def headline_of(found: Assessment, knowledge: CardKnowledge) -> tuple[str, str]:
    """The card's own sentence for the page, and what its numbers are, "" where it has none; ("", "") without pattern and co-rise."""
    words = Words(knowledge.catalogue, knowledge.evidence)
    if found.grade.name in PATTERNS:
        course, text = course_of(found), pattern_headline(found, words)
    elif found.trend.co_rise.holds:
        course, text = seen.of_levels(found), co_rise_headline(found, words)
    else:
        return "", ""
    # Beside a warning that stands first the numbers give way, in both headlines.
    if course is None or crisis_line(found, words, "crisis_summary") or not seen.line(course, found, words):
        return unescape(text), ""
    key = "page.numbers_levels" if course.steps is None else "page.numbers_steps"
    first, last = words.day(course.first), words.day(course.last)
    return unescape(text), words.say(key, first=first, last=last, scores=seen.scores(course.scores, words))


def over_sedation_words(found: Assessment, knowledge: CardKnowledge) -> tuple[str, ...]:
    """The banner as the page shows it: the card's headline, then what to do and what is left out; () where none stands."""
    if not over_sedation(found):
        return ()
    words = Words(knowledge.catalogue, knowledge.evidence)
    at = words.day(found.case.as_of.at)
    told = (headline(found, words), *what_to_do(found, situation(found), words), words.say("sedation.page", at=at))
    # A card's lines are Markdown; the page's are plain text.
    return tuple(unescape(text.replace("**", "")) for text in told)


def _graded(found: Assessment, now: Situation, words: Words, options: CardOptions) -> tuple[Card, ...]:
    grade = found.grade.name
    if grade == "out-of-scope" or not (now.increase or now.occasion is Occasion.VIEW):
        return ()
    if grade in PATTERNS:
        return (pattern_card(found, now, words, options), evidence_card(found, words, options))
    rule = _info_rule(found, now)
    return () if rule is None else (info_card(found, now, words, options, rule),)


def _info_rule(found: Assessment, now: Situation) -> str | None:
    """The rule that calls for an info card; the first row of the table that applies."""
    if found.trend.co_rise.holds:
        return "co-rise"
    if now.increase and has(found, "raise-without-relief"):
        return "raise-without-relief"
    if found.grade.name in ALTERNATIVES:
        reasons = own_reasons(found)
        return reasons[0].rule if reasons else found.grade.name
    if now.increase and found.grade.name == "insufficient-data":
        return "R1"
    return None


def _worth_naming(found: Assessment, now: Situation) -> bool:
    if missing.failed(found):
        return True
    return found.grade.name != "out-of-scope" and missing.could_change_grade(found, now)
