"""The way a drug enters the body, as the factor tables know it."""

from __future__ import annotations

import re

from cds.clinical import Concept
from cds.knowledge.drugs import Drugs

_SYSTEMS = {
    "http://snomed.info/sct": "snomed",
    "http://terminology.hl7.org/codesystem/v3-routeofadministration": "v3",
    "http://hl7.org/fhir/v3/routeofadministration": "v3",
    "urn:oid:2.16.840.1.113883.5.112": "v3",
    "http://terminology.hl7.org/codesystem/v2-0162": "v2",
    "http://hl7.org/fhir/v2/0162": "v2",
    "http://hl7.org/fhir/route-codes": "snomed",
}

# First match wins: "epidural injection" is neuraxial, "oral transmucosal" is transmucosal.
_TEXTS = tuple(
    (route, re.compile(pattern))
    for route, pattern in (
        ("neuraxial", r"\b(epidural(ly)?|peridural|intrathecal(ly)?|spinal|intraspinal|caudal|neuraxial|intraventricular)\b"),
        ("other", r"\b(nebuli[sz]\w*|inhal\w*|perineural|intra-?articular|intradermal(ly)?|nerve block|vaginal(ly)?|intraperitoneal|wound)\b"),
        ("parenteral", r"\b(iv|i\.v\.|intravenous(ly)?|intraven|ivp|iv push|pca|sc|s\.c\.|sq|subq|sub-?q|subcut\w*|sub-cutaneous|im|i\.m\.|intramuscular(ly)?|parenteral|intraosseous|inject\w*|infus\w*)\b"),
        ("transmucosal", r"\b(sublingual(ly)?|under (the|your) tongue|buccal(ly)?|transmucosal|oromucosal|sl|inside the cheek)\b"),
        ("transdermal", r"\b(transdermal(ly)?|td|to (the |your )?skin|onto (the |your )?skin|on (the |your )?skin|percutaneous)\b"),
        ("topical", r"\b(topical(ly)?|cutaneous)\b"),
        ("nasal", r"\b(nasal(ly)?|intranasal(ly)?|in(to)? (each |the |one )?nostrils?)\b"),
        ("rectal", r"\b(rectal(ly)?|per rectum|by rectum|pr)\b"),
        ("oral", r"\b(po|p\.o\.|oral(ly)?|by mouth|per os|peroral|mouth|enteral(ly)?|nasogastric|ng tube|g-?tube|peg tube|feeding tube|gastrostomy|jejunostomy|oral use|swallow(ed)?)\b"),
    )
)  # fmt: skip


# "For spinal stenosis" is no route.
_NEURAXIAL = re.compile(
    r"\b(?:(?:epi|peri)dural(?:ly)?|intrathecal(?:ly)?|intraspinal|caudal|neuraxial|intraventricular"
    r"|spinal(?:ly)?(?! (?:stenosis|cord|fusion|surgery|fracture|pain|headache|disc|disease|injury|tumou?r|metasta\w+)))\b"
)


def neuraxial(text: str | None) -> bool:
    """Whether a text puts the drug beside the spinal cord."""
    return bool(text) and _NEURAXIAL.search((text or "").lower()) is not None


def route_of_text(text: str | None) -> str | None:
    """The route that a text names, None if it names none."""
    if not text:
        return None
    lower = text.lower()
    return next((route for route, pattern in _TEXTS if pattern.search(lower)), None)


def route_of(concept: Concept | None, drugs: Drugs) -> str | None:
    """oral, parenteral, transmucosal, transdermal, topical, nasal, rectal, neuraxial or other; None if none is named.

    A route that is written but not recognised is "other": the product's own route must not stand in for it.
    """
    if concept is None:
        return None
    for coding in concept.codings:
        system = _SYSTEMS.get((coding.system or "").lower())
        found = drugs.routes.get((system, (coding.code or "").upper())) if system else None
        if found:
            return found
    texts = [coding.display for coding in concept.codings] + [concept.text]
    for text in texts:
        if found := route_of_text(text):
            return found
    for coding in concept.codings:
        found = drugs.routes.get(("v3", (coding.code or "").upper())) or route_of_text(coding.code)
        if found:
            return found
    return "other" if any(texts) or any(coding.code for coding in concept.codings) else None
