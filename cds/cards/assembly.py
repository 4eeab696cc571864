"""What every card carries besides its words: identity, source, topic, links, override reasons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID, uuid5

from cds.cards.detail import Line, detail, summary, whole
from cds.cards.options import CardOptions
from cds.cards.words import Words
from cds.clinical import Assessment, Card, CardLink, Coding, Suggestion
from cds.knowledge.evidence import Report

# Ours; a card's uuid is made of it and of contract.md's five parts, so a replay is byte-equal.
NAMESPACE = UUID("9e2b6f0c-5a0e-5d3c-8f51-6f69682d6364")


def card(
    found: Assessment,
    words: Words,
    options: CardOptions,
    *,
    kind: str,
    rule: str,
    headline: str,
    lines: Sequence[Line],
    indicator: str = "info",
    links: Iterable[CardLink] = (),
    suggestions: Iterable[Suggestion] = (),
    evidence: Sequence[str] = (),
) -> Card:
    """A finished card; its page link comes first, as a reader's next step."""
    page = page_link(words, options)
    offered = tuple(suggestions)
    return Card(
        uuid=card_uuid(found, kind, rule),
        kind=kind,
        rule=rule,
        summary=summary(headline),
        indicator=indicator,
        detail=detail(lines, words.say("page.more") if page else ""),
        source_label=words.say("source.label"),
        source_url=options.source_url,
        topic=Coding(words.catalogue.topic_system, words.say("source.topic_code"), words.say("source.topic_display")),
        links=(*((page,) if page else ()), *links),
        suggestions=offered,
        selection_behavior="any" if offered else None,
        override_reasons=tuple(override.coding for override in words.catalogue.overrides),
        evidence=tuple(evidence),
        whole=whole(lines),
    )


def card_uuid(found: Assessment, kind: str, rule: str) -> str:
    """contract.md: service id | hookInstance or input digest | patient | card kind | rule id."""
    parts = (found.case.service, found.case.instance, found.record.patient.id, kind, rule)
    return str(uuid5(NAMESPACE, "|".join(parts)))


def page_link(words: Words, options: CardOptions) -> CardLink | None:
    """The one link to the patient's page, None where links are off or a signed address was not made."""
    if options.link_mode == "smart":
        return CardLink(words.say("page.link"), options.page_url or f"{options.base_url.rstrip('/')}/launch", "smart")
    if options.link_mode == "absolute" and options.page_url:
        return CardLink(words.say("page.link"), options.page_url)
    return None


def report_link(report: Report, words: Words) -> CardLink:
    return CardLink(words.say("links.report", label=report.label, design=report.design, n=report.n), report.url)
