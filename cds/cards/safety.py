"""The lines that safety asks for, and the over-sedation banner."""

from __future__ import annotations

from cds.cards import missing
from cds.cards.assembly import card
from cds.cards.detail import Line
from cds.cards.options import CardOptions
from cds.cards.situation import Occasion, Situation, has, over_sedation
from cds.cards.suggestions import withdrawal
from cds.cards.words import Words, capital
from cds.clinical import Assessment, Card


def crisis_line(found: Assessment, words: Words, which: str) -> str:
    """Suicidal thoughts on record stand first on every card; "" where there are none."""
    return words.say(f"safety.{which}") if has(found, "G-suicidality") else ""


def banner(found: Assessment, situation: Situation, words: Words, options: CardOptions) -> Card:
    """Over-sedation replaces every other card, also out of scope."""
    gates = over_sedation(found)
    return card(
        found,
        words,
        options,
        kind="over-sedation",
        rule=gates[0].id,
        headline=headline(found, words),
        lines=(
            Line(words.say("sedation.title", reasons=capital(_signs(found, words)))),
            *(Line(text) for text in what_to_do(found, situation, words)),
            *missing.lines(found, words),
            Line(words.say("sedation.replaced", at=words.day(found.case.as_of.at))),
        ),
        indicator="warning",
        suggestions=withdrawal(found, situation, words, "over-sedation", gates[0].id)
        if situation.occasion is Occasion.RAISE
        else (),
    )


def headline(found: Assessment, words: Words) -> str:
    """What stands first on the card and on the page of an over-sedated patient."""
    return words.say("sedation.summary", reasons=_signs(found, words))


def what_to_do(found: Assessment, situation: Situation, words: Words) -> tuple[str, ...]:
    """What the banner asks for, on the card and on the page."""
    each = (
        words.say("sedation.act"),
        words.say("sedation.order") if situation.ordered else "",
        crisis_line(found, words, "crisis"),
    )
    return tuple(text for text in each if text)


def _signs(found: Assessment, words: Words) -> str:
    return words.some([words.gate(gate) for gate in over_sedation(found)], 3)
