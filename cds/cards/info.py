"""The info card: the founding definition, a raise without relief, another cause first, or what could not be judged."""

from __future__ import annotations

from cds.cards import missing, seen
from cds.cards.assembly import card, report_link
from cds.cards.detail import Line
from cds.cards.options import CardOptions
from cds.cards.reports import NAMES, reports_line
from cds.cards.safety import crisis_line
from cds.cards.situation import ALTERNATIVES, Situation
from cds.cards.suggestions import for_info
from cds.cards.words import Words, capital, number, short
from cds.clinical import Assessment, Card, Finding

_FOUNDING = ("co-rise", "raise-without-relief")
# Families of rules that decide a grade; beside them the reasons hold what the pattern rests on.
_DECIDES = {
    "alternative-first": ("R18", "R2"),
    "withdrawal-compatible": ("R3",),
    "confounded": ("R7",),
    "insufficient-data": ("R1", "R14", "R7"),
    "progression-like": ("R8",),
    "tolerance-like": ("R9",),
    "no-signal": ("R16", "D"),
}
_LOOK_AT = (
    (("R18",), "alternatives_neurotoxicity"),
    (("R2",), "alternatives_red_flag"),
    (("R3",), "alternatives_withdrawal"),
    (("R7",), "alternatives_order"),
)


def info_card(found: Assessment, situation: Situation, words: Words, options: CardOptions, rule: str) -> Card:
    """One card for `rule`: co-rise, raise-without-relief, R1, or the rule of the alternative that comes first."""
    founding = rule in _FOUNDING
    return card(
        found,
        words,
        options,
        kind="info",
        rule=rule,
        headline=_headline(found, words, rule),
        lines=_lines(found, situation, words, rule),
        links=tuple(report_link(words.evidence[name], words) for name in NAMES) if founding else (),
        suggestions=for_info(found, situation, words, rule) if founding else (),
        evidence=(*(NAMES if founding else ()), *(("hayes_2020",) if rule == "raise-without-relief" else ())),
    )


def gap_card(found: Assessment, situation: Situation, words: Words, options: CardOptions) -> Card:
    """Nothing else to show, but something was not fetched, not read, not counted or is hard to believe."""
    cause = missing.cause(found)
    lines = (
        Line(crisis_line(found, words, "crisis")),
        *missing.lines(found, words),
        Line(seen.order_line(found, situation, words), rank=1),
        Line(_grade(found, words)),
    )
    return card(
        found,
        words,
        options,
        kind="info",
        rule=cause,
        headline=words.say(f"info.summary_{cause}"),
        lines=lines,
    )


def silence_card(found: Assessment, words: Words, options: CardOptions) -> Card:
    """For testers, by setting: why there is no card."""
    grade = words.catalogue.grades[found.grade.name]
    return card(
        found,
        words,
        options,
        kind="info",
        rule="silence",
        headline=words.say("info.summary_silent", grade=grade.words),
        lines=(Line(words.say("info.silent", grade=grade.words, meaning=grade.meaning)), *missing.lines(found, words)),
    )


def _headline(found: Assessment, words: Words, rule: str) -> str:
    return co_rise_headline(found, words) if rule == "co-rise" else _crisis(found, words) + _plain(found, words, rule)


def co_rise_headline(found: Assessment, words: Words) -> str:
    """The founding definition in one sentence, on the card and on the page."""
    crisis = _crisis(found, words)
    # The numbers give way to the warning, so that the hedge is not cut off.
    return crisis + words.say("info.summary_co_rise_plain") if crisis else _co_rise(found, words)


def _crisis(found: Assessment, words: Words) -> str:
    return crisis_line(found, words, "crisis_summary")


def _plain(found: Assessment, words: Words, rule: str) -> str:
    if rule == "raise-without-relief":
        return words.say("info.summary_raise", count=_increases(found))
    if rule == "R1":
        # Where no score is left, why is the news: it is not a patient without scores.
        unused = [] if found.pain.scores else missing.scores_not_used(found, words)[:1]
        return words.say("info.summary_insufficient", missing="; ".join(unused) or _missing(found, words, most=1))
    grade = words.catalogue.grades[found.grade.name]
    reasons = words.reasons(own_reasons(found)) or grade.meaning.rstrip(".")
    return words.say("info.summary_alternative", grade=capital(grade.words), reasons=reasons)


def _lines(found: Assessment, situation: Situation, words: Words, rule: str) -> tuple[Line, ...]:
    founding = rule in _FOUNDING
    first = found.grade.name in ALTERNATIVES
    return (
        Line(crisis_line(found, words, "crisis")),
        *(_alternative(found, words) if first else ()),
        *((Line(seen.levels(found, words), rank=1, brief=_course(found, words)),) if founding else ()),
        Line(seen.order_line(found, situation, words), rank=2),
        Line(words.say("info.cannot_tell") if founding else ""),
        *_why(found, words),
        *missing.lines(found, words),
        *((Line(words.say("info.collect"), brief=words.say("info.collect_brief")),) if founding or not first else ()),
        Line(words.claim("raise-no-better") if rule == "raise-without-relief" else "", rank=3),
        *((Line(reports_line(found, words), brief=reports_line(found, words, 1)),) if founding else ()),
    )


def _why(found: Assessment, words: Words) -> tuple[Line, ...]:
    """Why there is no better grade; the alternatives have said it already."""
    if found.grade.name in ALTERNATIVES:
        return ()
    if found.grade.name == "insufficient-data":
        return (Line(words.say("info.missing", missing=_missing(found, words)), rank=1),)
    return (Line(_grade(found, words), rank=2),)


def _alternative(found: Assessment, words: Words) -> tuple[Line, ...]:
    reasons = own_reasons(found)
    grade = words.catalogue.grades[found.grade.name]
    named, brief = (capital(words.reasons(reasons, most) or grade.words) for most in (2, 1))
    advice = next(
        (key for rules, key in _LOOK_AT if any(finding.rule.split("-")[0] in rules for finding in reasons)), None
    )
    return (
        Line(words.say("info.first", reasons=named), brief=words.say("info.first", reasons=brief)),
        Line(words.say(f"info.{advice}") if advice else grade.meaning),
    )


def own_reasons(found: Assessment) -> tuple[Finding, ...]:
    """What decided the grade, without what only accompanied it."""
    families = _DECIDES.get(found.grade.name, ())
    return tuple(finding for finding in found.grade.reasons if finding.rule.split("-")[0] in families)


def _grade(found: Assessment, words: Words) -> str:
    grade = words.catalogue.grades[found.grade.name].words
    reasons = words.reasons(own_reasons(found))
    return (
        words.say("info.grade_because", grade=grade, reasons=reasons)
        if reasons
        else words.say("info.grade", grade=grade)
    )


def _missing(found: Assessment, words: Words, most: int = 2) -> str:
    """What a grade would have needed, in the detector's own words."""
    reasons = own_reasons(found)
    if found.trend.insufficient and any(finding.rule == "R1" for finding in reasons):
        return words.some([short(text, 15) for text in found.trend.insufficient], most)
    return words.reasons(reasons) or words.say("missing.few_scores")


def _co_rise(found: Assessment, words: Words) -> str:
    course = seen.of_levels(found)
    if course is None or course.pain_from is None or course.pain_to is None:
        return words.say("info.cannot_tell")
    rise = found.trend.co_rise.rise
    return words.say(
        "info.summary_co_rise",
        rise=number(course.pain_to - course.pain_from if rise is None else rise),
        low=number(course.low or 0),
        high=number(course.high or 0),
        unit=seen.unit(found, words),
        **{"from": number(course.pain_from), "to": number(course.pain_to)},
    )


def _course(found: Assessment, words: Words) -> str:
    course = seen.of_levels(found)
    return seen.line(course, found, words) if course else ""


def _increases(found: Assessment) -> int:
    counted = next(
        (finding.fact.get("increases") for finding in found.findings if finding.rule == "raise-without-relief"), None
    )
    return int(counted) if isinstance(counted, int | float) else found.trend.co_rise.increases
