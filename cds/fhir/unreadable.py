"""What can still be said of a resource that could not be read, so that a lost dose is never silent."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import date, timedelta, tzinfo

from cds.clinical import Concept, Unread
from cds.fhir.dates import LAST_YEAR, leading_day, moment
from cds.fhir.medicines import readable_concept
from cds.fhir.references import Sent

MEDICATIONS = frozenset(("MedicationRequest", "MedicationStatement", "MedicationDispense", "MedicationAdministration"))
_OPEN = date(LAST_YEAR, 12, 31)

# Under these an order or statement counts nothing (mme.md conventions 5.6), whatever else it says.
_WITHOUT_DOSE = frozenset(["cancelled", "declined", "draft", "on-hold", "entered-in-error", "not-done", "not-taken"])
_NO_ORDER = frozenset(["proposal", "plan", "option"])

_STARTS = {
    "MedicationRequest": "authoredOn effectiveDosePeriod.start dispenseRequest.validityPeriod.start",
    "MedicationStatement": "effectivePeriod.start effectiveDateTime",
    "MedicationDispense": "whenHandedOver whenPrepared",
    "MedicationAdministration": "effectiveDateTime effectivePeriod.start occurenceDateTime occurencePeriod.start",
}
_ENDS = {
    "MedicationRequest": "effectiveDosePeriod.end dispenseRequest.validityPeriod.end",
    "MedicationStatement": "effectivePeriod.end",
    "MedicationDispense": "",
    "MedicationAdministration": "effectiveDateTime effectivePeriod.end occurenceDateTime occurencePeriod.end",
}


def unread(
    copies: Sequence[Sent],
    reason: str,
    *,
    zone: tzinfo | None,
    refused: Iterable[str] = (),
    named: Concept | None = None,
) -> Unread:
    """The Unread of one resource, or of copies of it that contradict each other.

    refused  paths of the refused fields: a drug that is among them is not read
    named    the drug, where it was found elsewhere
    """
    first = copies[0]
    if first.kind not in MEDICATIONS:
        return Unread(first.reference, reason, first.kind)
    concepts = {named or _drug(each) for each in copies}
    whole = len(concepts) == 1 and not any(path.startswith("medication") for path in refused)
    return Unread(
        first.reference,
        reason,
        first.kind,
        opens_high=any(_may_be_a_dose(each) for each in copies),
        dates=_hull([_days(each, zone) for each in copies]),
        concept=concepts.pop() if whole else None,
    )


def _may_be_a_dose(sent: Sent) -> bool:
    return sent.raw.get("status") not in _WITHOUT_DOSE and sent.raw.get("intent") not in _NO_ORDER


def _drug(sent: Sent) -> Concept | None:
    inline = sent.raw.get("medicationCodeableConcept")
    reference = sent.raw.get("medication")
    if inline is None and isinstance(reference, dict):
        inline = reference.get("concept")
    return readable_concept(inline)


def _days(sent: Sent, zone: tzinfo | None) -> tuple[date, date] | None:
    """First and last day on which it may have been a dose; an end that is not written is open."""
    starts = [span for path in _STARTS[sent.kind].split() if (span := _day(_dig(sent, path), zone))]
    if not starts:
        return None
    start = min(first for first, _ in starts)
    ends = [span for path in _ENDS[sent.kind].split() if (span := _day(_dig(sent, path), zone))]
    supplied = _dig(sent, "daysSupply.value") if sent.kind == "MedicationDispense" else None
    if isinstance(supplied, int | float) and not isinstance(supplied, bool) and 0 <= supplied < 10_000:
        last = max(last for _, last in starts) + timedelta(days=math.ceil(supplied))
    else:
        last = max((last for _, last in ends), default=_OPEN)
    return start, max(start, last)


def _hull(spans: Sequence[tuple[date, date] | None]) -> tuple[date, date] | None:
    known = [span for span in spans if span is not None]
    if len(known) < len(spans):
        return None
    return min(first for first, _ in known), max(last for _, last in known)


def _day(text: object, zone: tzinfo | None) -> tuple[date, date] | None:
    if not isinstance(text, str):
        return None
    try:
        at = moment(text.strip(), zone)
    except ValueError:
        day = leading_day(text)
        return (day, day) if day else None
    return at.day, at.last_day


def _dig(sent: Sent, path: str) -> object:
    value: object = sent.raw
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value
