"""Where nothing at all could be read of what was sent: mostly a client whose FHIR version or codes are set wrongly."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from cds.cards.missing import within_look_back
from cds.clinical import Assessment, Uncounted

_PAIN, _OTHERS = "prefetch.pain", ("prefetch.vitals", "prefetch.labs")

# As cds/dose/drug.py words them: a site's own drug codes, or Medications that were not sent.
_UNCLEAR = frozenset({"drug-not-clear", "conflicting-codes", "medication-not-sent"})
_COUNT = re.compile(r"pain: (\d{1,6}) of ")  # as cds/facts/unknown_codes.py words it


def wholly_unread(found: Assessment) -> Mapping[str, int]:
    """ "opioids" or "pain" -> how many came, where not one of them could be read; empty where one of each could.

    A resource that may be an opioid counts as one, also where it was read but its drug is not clear. Scores count only
    beside an opioid: without one nothing is judged.
    """
    orders = sum(
        each.opens_high and not each.draft and within_look_back(each.dates and each.dates[1], found)
        for each in found.dose.unread
    )
    unclear = {each.reference for each in _unclear(found)}
    orders += len({each.reference for each in _unclear(found) if within_look_back(each.last, found)})
    read = bool(found.dose.opioid_references - unclear)
    scores = _unread_scores(found) if (orders or read) and not found.pain.scores else 0
    told = {"opioids": 0 if read else orders, "pain": scores}
    return {part: count for part, count in told.items() if count}


def _unclear(found: Assessment) -> Iterator[Uncounted]:
    """What was read, and may be an opioid, but nobody here knows which drug it is."""
    return (each for each in found.dose.uncounted if each.opens_high and each.code in _UNCLEAR)


def _unread_scores(found: Assessment) -> int:
    """Scores that were refused, by the FHIR models or as scores, and those under codes that nobody here knows."""
    names = set(_names(found))
    refused = {reference for reference, _ in found.pain.rejected}
    unread = {
        each.reference
        for each in found.record.unread
        if each.kind == "Observation" and not (each.partial or each.draft or each.silent) and each.reference in names
    }
    gaps = (_COUNT.match(gap.text) for gap in found.case.gaps if gap.kind == "not known")
    return len(refused | unread) + sum(int(count[1]) for count in gaps if count)


def _names(found: Assessment) -> Iterator[str]:
    """What the record may call the Observations that may be scores: those under `pain`, else those under no other search."""
    entries = [each for each in found.case.entries if not each.draft and isinstance(each.resource, dict)]
    asked = [each for each in entries if each.position.startswith(_PAIN)]
    for entry in asked or [each for each in entries if not each.position.startswith(_OTHERS)]:
        yield f"Observation/{entry.resource.get('id')}"  # type: ignore[attr-defined]
        yield entry.full_url or entry.position
        yield entry.position
