"""What an unread resource that is no medication can have said: on which days, or nothing whatever stands in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, tzinfo

from cds.fhir.about import tells
from cds.fhir.dates import LAST_YEAR
from cds.fhir.negatives import negative_by
from cds.fhir.node import Node, Refused
from cds.fhir.quantities import concept
from cds.fhir.raw import Days, Raw, days_of, dig, word
from cds.fhir.references import Sent

OPEN = date(LAST_YEAR, 12, 31)

_TIMES = {
    "Observation": "effectiveDateTime effectiveInstant effectivePeriod.start effectivePeriod.end issued",
    "Condition": "onsetDateTime onsetPeriod.start recordedDate assertedDate abatementDateTime abatementPeriod.end",
    "Procedure": """
        performedDateTime performedPeriod.start performedPeriod.end
        occurrenceDateTime occurrencePeriod.start occurrencePeriod.end""",
    "Encounter": "period.start period.end actualPeriod.start actualPeriod.end",
}
# A repetition lies on days that stand in none of these fields.
_REPEATED = frozenset({"effectiveTiming", "occurrenceTiming"})
_OVER = frozenset({"inactive", "remission", "resolved"})
_ENDED = frozenset({"finished", "completed", "discharged"})
_NOT_SO = frozenset({"refuted", "entered-in-error"})
# Under these no rule and no series counts the resource (cds/facts/coded.py, cds/pain.py, cds/dose/stay.py).
_VOID = {
    "Observation": frozenset({"cancelled", "entered-in-error", "registered"}),
    "Procedure": frozenset({"preparation", "entered-in-error"}),
    "Encounter": frozenset({"planned", "cancelled", "entered-in-error"}),
}
# Visits; whatever else an encounter may be is perhaps a stay.
_VISITS = frozenset({"amb", "fld", "hh", "vr"})
# Without one of these a resource of a type that FHIR does not know carries no score and no finding.
_TELLING = ("value", "component", "code", "class")


def days(sent: Sent, zone: tzinfo | None) -> Days | None:
    """The days on which it may hold; None where they cannot all be told."""
    paths = [path for path in _TIMES.get(sent.kind, "").split() if path.partition(".")[0] in sent.raw]
    found = {path: span for path in paths if (span := days_of(dig(sent.raw, path), zone))}
    whole = {path.partition(".")[0] for path in paths} == {path.partition(".")[0] for path in found}
    unclear = any(path not in found and dig(sent.raw, path) is not None for path in paths)
    if not found or not whole or unclear or sent.raw.keys() & _REPEATED:
        return None
    known = found.values()
    return min(first for first, _ in known), OPEN if _lasts(sent) else max(last for _, last in known)


def says_nothing(sent: Sent, refused: Sequence[str]) -> bool:
    """Whether no grade could change whatever could not be read of it.

    refused  paths of the refused fields: a negative among them is not believed
    """
    if word(sent.raw, "status") in _VOID.get(sent.kind, ()):
        return True
    if sent.kind == "Procedure":
        by = negative_by(sent.raw)
        return by is not None and by not in refused
    nothing = _NOTHING.get(sent.kind)
    return nothing is not None and nothing(sent.raw)


def _lasts(sent: Sent) -> bool:
    """A problem without an end, or a stay, goes on."""
    if sent.kind == "Condition":
        ended = any(name.startswith("abatement") and value for name, value in sent.raw.items())
        return not ended and not _codes(sent.raw.get("clinicalStatus")) & _OVER
    if sent.kind == "Encounter":
        ended = any(dig(sent.raw, path) is not None for path in ("period.end", "actualPeriod.end"))
        return not ended and word(sent.raw, "status") not in _ENDED
    return False


def _observation(raw: Raw) -> bool:
    """The heading of a panel, or a measurement without a result: its members and parts speak for themselves."""
    names = [name.casefold() for name in raw]
    if any(name.startswith("component") for name in names):
        return False
    if raw.get("dataAbsentReason"):
        return True
    return not any(name.startswith("value") for name in names) and _is_empty(raw.get("code"))


def _condition(raw: Raw) -> bool:
    verified = _codes(raw.get("verificationStatus"))
    return bool(verified) and verified <= _NOT_SO


def _encounter(raw: Raw) -> bool:
    written = raw.get("class")
    kinds = written if isinstance(written, list) else [written]
    codes = [_codes(each) for each in kinds]
    return bool(codes) and all(each and each <= _VISITS for each in codes)


def _of_no_type(raw: Raw) -> bool:
    """A name that is no type of FHIR, such as one of a later version or of a vendor's own; without any it may be anything."""
    return bool(word(raw, "resourceType").strip()) and not any(name.casefold().startswith(_TELLING) for name in raw)


_NOTHING: Mapping[str, Callable[[Raw], bool]] = {
    "Observation": _observation,
    "Condition": _condition,
    "Encounter": _encounter,
    "": _of_no_type,
}


def _codes(value: object) -> frozenset[str]:
    """The codes of a code, a Coding or a CodeableConcept, in small letters."""
    return frozenset(text.strip().casefold() for text in _written(value) if isinstance(text, str) and text.strip())


def _written(value: object) -> Iterator[object]:
    if not isinstance(value, dict):
        yield value
        return
    codings = value.get("coding")
    for each in codings if isinstance(codings, list) else [value]:
        yield each.get("code") if isinstance(each, dict) else None


def _is_empty(code: object) -> bool:
    """No code at all, or one without a code and a word; one that cannot be read may be anything."""
    if code is None:
        return True
    try:
        return isinstance(code, dict) and not tells(concept(Node(code, None)))
    except Refused:
        return False
