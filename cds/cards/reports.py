"""The evidence card: the ketamine reports matched to this patient, beside what speaks against them."""

from __future__ import annotations

from cds.cards.assembly import card, report_link
from cds.cards.detail import Line
from cds.cards.options import CardOptions
from cds.cards.pattern import main_rule
from cds.cards.safety import crisis_line
from cds.cards.situation import has, no_taper
from cds.cards.words import Words
from cds.clinical import Assessment, Card, CardLink

# report, the claim that it supports, and the rule that makes it direct for this patient
_REPORTS = (
    ("liang_2017", "ketamine-oih-one-case", "M-amputation"),
    ("elyn_2024", "ketamine-taper-cohort", "M-opioid-use-disorder"),
    ("ocker_2020", "ketamine-taper-one-case", "M-crps"),
)
_AGAINST = (
    (("koppert_2003",), "counter-ratings-unchanged"),
    (("nielsen_2017", "avidan_2017"), "counter-surgical-pain-unchanged"),
    (("cohen_2018",), "guideline-chronic-pain"),
)
NAMES = tuple(name for name, _, _ in _REPORTS)


def evidence_card(found: Assessment, words: Words, options: CardOptions) -> Card:
    """Always beside the pattern card. A listed contraindication takes ketamine out of the options, not out of sight."""
    contraindicated = contraindications(found, words)
    if contraindicated:
        headline = words.say("evidence.summary_contraindicated", reasons=contraindicated)
    else:
        headline = words.say("evidence.summary", designs=_designs(words))
    abrupt, label = words.evidence["fda_2019"], words.evidence["fda_2023"]
    return card(
        found,
        words,
        options,
        kind="evidence",
        rule=main_rule(found),
        headline=headline,
        lines=_lines(found, words, contraindicated),
        links=(
            *(report_link(words.evidence[name], words) for name in NAMES),
            CardLink(words.say("links.label_warning"), label.url),
            CardLink(words.say("links.abrupt_stop"), abrupt.url),
        ),
        evidence=(
            *NAMES,
            *(name for names, _ in _AGAINST for name in names),
            "fda_2023",
            "fda_2019",
            "hhs_2019",
            "fda_ketamine_2023",
        ),
    )


def contraindications(found: Assessment, words: Words, most: int = 2) -> str:
    """What on record speaks against ketamine, "" where nothing does. Unknown is not in it, and is not "nothing"."""
    return words.some([words.gate(gate) for gate in found.gates if gate.effect == "suppress"], most)


def reports_line(found: Assessment, words: Words, most: int = 2) -> str:
    """The three reports in one line with design and n, for the info card."""
    each = [
        words.say("info.report", label=report.label, design=report.design, n=report.n)
        for report in (words.evidence[name] for name in NAMES)
    ]
    line = words.say("info.reports", reports=", ".join(each))
    against = contraindications(found, words, most)
    return f"{line} {words.say('info.contraindicated', reasons=against)}" if against else line


def _lines(found: Assessment, words: Words, contraindicated: str) -> tuple[Line, ...]:
    gentle = no_taper(found)
    title = Line(words.say("evidence.title"))
    if contraindicated:
        one = contraindications(found, words, 1)
        title = Line(
            words.say("evidence.title_contraindicated", reasons=contraindicated),
            brief=words.say("evidence.title_contraindicated", reasons=one),
        )
    unknown = [words.gate(gate) for gate in found.gates if gate.effect == "not assessable"]
    against = [
        words.say(
            "evidence.against_item",
            label=", ".join(words.evidence[name].label for name in names),
            claim=words.claim(claim),
        )
        for names, claim in _AGAINST
    ]
    return (
        Line(crisis_line(found, words, "crisis")),
        title,
        *(Line(_report(found, words, *row), bullet=True) for row in _REPORTS),
        Line(words.say("evidence.against", items="; ".join(against)), rank=1),
        Line(words.claim("label-rotate" if gentle else "label-lower-or-rotate"), rank=2),
        Line(_exposures(found, words), rank=1),
        Line(
            words.say("evidence.not_assessable", items=words.some(unknown, 6)) if unknown else "",
            brief=words.say("evidence.not_assessable_count", count=len(unknown)),
        ),
        Line(_cautions(found, words), rank=2),
        Line(words.claim("off-label")),
        Line(words.claim("no-abrupt-stop")),
    )


def _report(found: Assessment, words: Words, name: str, claim: str, match: str) -> str:
    report = words.evidence[name]
    return words.say(
        "evidence.report",
        label=report.label,
        design=report.design,
        n=report.n,
        match=words.say("evidence.direct" if has(found, match) else "evidence.indirect"),
        claim=words.claim(claim),
    )


def _designs(words: Words) -> str:
    """ "case report (n=1), uncontrolled cohort (n=59), ...", from the registry."""
    return ", ".join(f"{words.evidence[name].design} (n={words.evidence[name].n})" for name in NAMES)


def _cautions(found: Assessment, words: Words) -> str:
    items = [words.gate(gate) for gate in found.gates if gate.effect == "caution"]
    return words.say("evidence.cautions", items=words.some(items, 2)) if items else ""


def _exposures(found: Assessment, words: Words) -> str:
    """This patient's own ketamine, the latest first, by date and never by amount."""
    uses = sorted(
        (use for use in found.dose.exposures if use.drug_class == "ketamine"), key=lambda use: use.last, reverse=True
    )
    dates = [
        words.day(use.first) if use.first == use.last else f"{words.day(use.first)} - {words.day(use.last)}"
        for use in uses
    ]
    return words.say("evidence.exposure", dates=words.some(dates, 2)) if dates else ""
