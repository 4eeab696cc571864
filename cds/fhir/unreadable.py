"""What can still be said of a resource that could not be read, so that a lost dose is never silent."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta, tzinfo

from cds.clinical import Concept, Unread
from cds.fhir.medicines import WORDS, readable_concept, readable_medicine
from cds.fhir.negatives import negative_by
from cds.fhir.raw import Days, days_of, dig, word
from cds.fhir.references import Sent
from cds.fhir.said import OPEN, days, says_nothing
from cds.fhir.spare import DECIDING

MEDICATIONS = frozenset(("MedicationRequest", "MedicationStatement", "MedicationDispense", "MedicationAdministration"))

# Under these an order or statement counts nothing (mme.md conventions 5.6), whatever else it says.
_WITHOUT_DOSE = frozenset(["cancelled", "declined", "draft", "on-hold", "entered-in-error", "not-done", "not-taken"])
_NO_ORDER = frozenset(["proposal", "plan", "option"])

# The beginnings of fields that only a medication resource has.
_OF_A_DRUG = ("medication", "dosage", "dispenserequest", "dayssupply")

# A field of the CodeableConcept that names the drug, or of one of its codings.
_IN_A_CODE = re.compile(r"medication(?:CodeableConcept|\.concept)(?:\.coding\[\d+\])?\.(?P<name>\w+)")

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
    code_of: Callable[[str], Concept | None],
    refused: Iterable[str] = (),
) -> Unread:
    """The Unread of one resource, or of copies of it that contradict each other.

    code_of  the code and ingredients of the Medication that a reference names
    refused  paths of the refused fields: a drug that is among them is not read
    """
    refused = tuple(refused)
    first = copies[0]
    if first.kind not in MEDICATIONS:
        return Unread(
            first.reference,
            reason,
            first.kind or None,
            opens_high=first.entry.selected if first.draft else _may_name_a_drug(first.raw),
            dates=(OPEN, OPEN) if first.draft else _hull([days(each, zone) for each in copies]),
            draft=first.draft,
            silent=all(says_nothing(each, refused) for each in copies),
        )
    concepts = {_drug(each, code_of) for each in copies}
    whole = len(concepts) == 1 and not any(map(_of_the_drug, refused))
    return Unread(
        first.reference,
        reason,
        first.kind,
        opens_high=any(_may_be_a_dose(each, refused) for each in copies),
        dates=_hull([_days(each, zone) for each in copies]),
        concept=concepts.pop() if whole else None,
        draft=first.draft,
    )


def _of_the_drug(path: str) -> bool:
    """Whether a refused field may say which drug it is. A vendor's addition beside a code or text that was read does not,
    and of words that were refused the codes remain.
    """
    beside = _IN_A_CODE.fullmatch(path)
    if beside is not None:
        return beside["name"] not in WORDS and beside["name"].casefold() in DECIDING
    return path.startswith(("medication", "contained"))


def _may_name_a_drug(raw: Mapping[str, object]) -> bool:
    """Of an object without a known type, or a medication order of another FHIR version."""
    kind = raw.get("resourceType")
    named = isinstance(kind, str) and "medic" in kind.casefold()
    return named or any(name.casefold().startswith(_OF_A_DRUG) for name in raw)


def _may_be_a_dose(sent: Sent, refused: Sequence[str]) -> bool:
    """A draft of an order hook always may: whether it raises the dose is what was asked, if it is one of those asked of.

    A negative is believed unless the element that says so was refused itself, such as notGiven in R4.
    """
    if sent.draft:
        return sent.entry.selected
    by = negative_by(sent.raw)
    if by is not None and not any(path.split(".")[0].split("[")[0] == by for path in refused):
        return False
    return not (word(sent.raw, "status") in _WITHOUT_DOSE or word(sent.raw, "intent") in _NO_ORDER)


def _drug(sent: Sent, code_of: Callable[[str], Concept | None]) -> Concept | None:
    if "medicationCodeableConcept" in sent.raw and "medicationReference" in sent.raw:
        return None  # two drugs, and either may be the opioid
    inline = dig(sent.raw, "medicationCodeableConcept") or dig(sent.raw, "medication.concept")
    if inline is not None:
        return readable_concept(inline)
    reference = dig(sent.raw, "medicationReference.reference") or dig(sent.raw, "medication.reference.reference")
    if not isinstance(reference, str):
        return None
    if not reference.startswith("#"):
        return code_of(reference)
    inside = sent.raw.get("contained")
    for each in inside if isinstance(inside, list) else ():
        if isinstance(each, dict) and each.get("id") == reference[1:]:
            return readable_medicine(each)
    return None


def _days(sent: Sent, zone: tzinfo | None) -> Days | None:
    """First and last day on which it may have been a dose; an end that is not written is open.

    A draft is taken on no day of the record, whatever its dates: it lies in the future, after the last day of all.
    """
    if sent.draft:
        return OPEN, OPEN
    starts = [span for path in _STARTS[sent.kind].split() if (span := days_of(dig(sent.raw, path), zone))]
    bounds = [days_of(start, zone) for start in _bounds(sent.raw)]
    if None in bounds or not starts:
        return None
    starts += filter(None, bounds)
    start = min(first for first, _ in starts)
    ends = [span for path in _ENDS[sent.kind].split() if (span := days_of(dig(sent.raw, path), zone))]
    supplied = dig(sent.raw, "daysSupply.value") if sent.kind == "MedicationDispense" else None
    if isinstance(supplied, int | float) and not isinstance(supplied, bool) and 0 <= supplied < 10_000:
        last = max(last for _, last in starts) + timedelta(days=math.ceil(supplied))
    else:
        last = max((last for _, last in ends), default=OPEN)
    return start, max(start, last)


def _bounds(raw: Mapping[str, object]) -> Iterator[object]:
    """When each dosage begins: perhaps before its order was written."""
    for name in ("dosageInstruction", "dosage"):
        lines = raw.get(name)
        for each in lines if isinstance(lines, list) else ():
            start = dig(each, "timing.repeat.boundsPeriod.start") if isinstance(each, dict) else None
            if start is not None:
                yield start


def _hull(spans: Sequence[Days | None]) -> Days | None:
    known = [span for span in spans if span is not None]
    if len(known) < len(spans):
        return None
    return min(first for first, _ in known), max(last for _, last in known)
