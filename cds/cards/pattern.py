"""The pattern card: what was seen, why it is graded so, what else it may be, and what to do next. No ketamine on it."""

from __future__ import annotations

from cds.cards import missing, seen
from cds.cards.assembly import card
from cds.cards.detail import Line
from cds.cards.options import CardOptions
from cds.cards.safety import crisis_line
from cds.cards.seen import Seen
from cds.cards.situation import Occasion, Situation, no_taper
from cds.cards.suggestions import for_pattern
from cds.cards.words import Words, capital, number
from cds.clinical import Assessment, Card, CardLink, Dechallenge, Finding

# Caps that are another cause of the pain: they lead the alternatives instead of the caps.
_CAUSES = frozenset(
    {"R0-cancer", "R0-sickle-cell", "R2-surgery-acute", "R2-undated", "R2b", "R18-undated", "A-phantom"}
)
_SUPPORT = ("R12-finding", "R12-site")


def main_rule(found: Assessment) -> str:
    """The rule that the pattern's cards are booked under."""
    return "R11" if found.grade.name == "strong-pattern" else "R10"


def pattern_card(found: Assessment, situation: Situation, words: Words, options: CardOptions) -> Card:
    """`warning` only for a pattern with de-challenge on an order that raises the dose."""
    strong_on_raise = found.grade.name == "strong-pattern" and situation.occasion is Occasion.RAISE
    label = words.evidence["fda_2023"]
    return card(
        found,
        words,
        options,
        kind="pattern",
        rule=main_rule(found),
        headline=headline(found, words),
        lines=_lines(found, situation, words),
        indicator="warning" if strong_on_raise else "info",
        links=(CardLink(words.say("links.label_warning"), label.url),),
        suggestions=for_pattern(found, situation, words),
        evidence=("fda_2023", "fda_2019", "hhs_2019", *(() if no_taper(found) else ("cdc_2022",))),
    )


def headline(found: Assessment, words: Words) -> str:
    """The numbers give way to a warning that stands first: a grade cut short could be read as more than it is."""
    grade = _title(found, words)
    course = course_of(found)
    crisis = crisis_line(found, words, "crisis_summary")
    if crisis or course is None or not seen.line(course, found, words):
        return crisis + words.say("pattern.summary_plain", grade=grade)
    values = {
        "grade": grade,
        "from": number(course.pain_from or 0),
        "to": number(course.pain_to or 0),
        "low": number(course.low or 0),
        "high": number(course.high or 0),
        "unit": seen.unit(found, words),
    }
    if course.steps is None or course.rising is None:
        return words.say("pattern.summary_levels", **values)
    return words.say("pattern.summary_steps", rising=course.rising, steps=course.steps, **values)


def _lines(found: Assessment, situation: Situation, words: Words) -> tuple[Line, ...]:
    gentle = no_taper(found)
    course = course_of(found)
    causes = [finding for finding in found.grade.caps if finding.rule in _CAUSES]
    # A reduction that does not count (R17) caps nothing by itself, but it is why there is no de-challenge.
    uncounted = [finding for finding in found.findings if finding.rule == "R17" and found.grade.name == "possible-oih"]
    caps = [*(finding for finding in found.grade.caps if finding.rule not in _CAUSES), *uncounted]
    listed = words.say("pattern.listed", reasons=words.reasons(causes)) if causes else ""
    acute = found.trend.mode == "acute"
    return (
        Line(crisis_line(found, words, "crisis")),
        Line(_title_line(found, words), brief=words.say("pattern.title", grade=_title(found, words))),
        Line(seen.line(course, found, words) if course else ""),
        Line(seen.order_line(found, situation, words), rank=3),
        Line(_steps(found, course, words), rank=4),
        Line(_dechallenge(found, words), rank=1),
        *((_capped(caps, words),) if caps else ()),
        *missing.lines(found, words),
        Line(words.say("pattern.first", listed=listed), brief=words.say("pattern.first", listed="")),
        Line(words.claim("label-rotate" if gentle else "label-lower-or-rotate"), rank=2),
        Line(words.say("pattern.next_gentle" if gentle else "pattern.next")),
        Line(_options(gentle, words), rank=3),
        Line(words.claim("no-abrupt-stop")),
        Line(words.say("pattern.change_acute" if acute else "pattern.change_chronic"), rank=5),
        Line(words.say("pattern.acute") if acute else ""),
    )


def _capped(caps: list[Finding], words: Words) -> Line:
    told, brief = (words.say("pattern.capped", reasons=words.reasons(caps, most)) for most in (2, 1))
    return Line(told, rank=1, brief=brief)


def course_of(found: Assessment) -> Seen | None:
    """What the pattern card tells: the counted increases, else the founding definition's run."""
    return seen.of_pattern(found) or seen.of_levels(found)


def _title(found: Assessment, words: Words) -> str:
    return capital(words.catalogue.grades[found.grade.name].words)


def _title_line(found: Assessment, words: Words) -> str:
    support = [finding for finding in found.findings if finding.rule in _SUPPORT]
    if found.grade.supported and support:
        return words.say("pattern.title_supported", grade=_title(found, words), support=words.reason(support[0]))
    return words.say("pattern.title", grade=_title(found, words))


def _steps(found: Assessment, course: Seen | None, words: Words) -> str:
    beta = found.trend.statistics.beta
    if course is None or course.steps is None or course.rising is None or beta is None:
        return ""
    return words.say("seen.steps", rising=course.rising, steps=course.steps, beta=number(beta))


def _dechallenge(found: Assessment, words: Words) -> str:
    if found.grade.name != "strong-pattern":
        return ""
    counted = [
        fall for fall in found.trend.dechallenges if fall.void is None and fall.change is not None and fall.change < 0
    ]
    if not counted:
        return ""
    fall: Dechallenge = min(counted, key=lambda each: each.change or 0)
    return words.say(
        "seen.dechallenge",
        day=words.day(fall.at.date()),
        before=number(fall.before),
        after=number(fall.after),
        fall=number(-(fall.change or 0)),
        unit=words.say("seen.unit_chronic"),
    )


def _options(gentle: bool, words: Words) -> str:
    if gentle:
        return words.say("pattern.options_rotation_first")
    return words.say("pattern.options", taper=words.claim("slow-taper"))
