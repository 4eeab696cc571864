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
    reasons = words.some([words.gate(gate) for gate in gates], 3)
    return card(
        found,
        words,
        options,
        kind="over-sedation",
        rule=gates[0].id,
        headline=words.say("sedation.summary", reasons=reasons),
        lines=(
            Line(words.say("sedation.title", reasons=capital(reasons))),
            Line(words.say("sedation.act")),
            Line(words.say("sedation.order") if situation.ordered else ""),
            Line(crisis_line(found, words, "crisis")),
            *missing.lines(found, words),
            Line(words.say("sedation.replaced", at=words.day(found.case.as_of.at))),
        ),
        indicator="warning",
        suggestions=withdrawal(found, situation, words, "over-sedation", gates[0].id)
        if situation.occasion is Occasion.RAISE
        else (),
    )
