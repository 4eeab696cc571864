"""Where nothing at all could be read of what was sent: mostly a client whose FHIR version or codes are set wrongly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cds.cards.missing import within_look_back
from cds.clinical import Assessment, Uncounted
from cds.facts.unknown_codes import maybe_scores

# As cds/dose/drug.py words them: a site's own drug codes, or Medications that were not sent.
_UNCLEAR = frozenset({"drug-not-clear", "conflicting-codes", "medication-not-sent"})


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
    names, _ = maybe_scores(found.case)
    refused = {reference for reference, _ in found.pain.rejected}
    unread = {
        each.reference
        for each in found.record.unread
        if each.kind == "Observation" and not (each.partial or each.draft or each.silent) and each.reference in names
    }
    return len(refused | unread) + sum(gap.count for gap in found.case.gaps if gap.key == "pain")
