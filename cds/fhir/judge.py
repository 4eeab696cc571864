"""Asks the models of fhir.resources whether a resource is valid, and whether it is without what nobody reads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from cds.fhir.spare import KINDS, Step, says_by_absence, spare_part, without

# A second round meets what the first one hid: models check choices and required fields only after the fields.
_ROUNDS = 3
_NAMED = 5
# The models go down by recursion in C: some 200 levels end a thread of 2 MB with a segmentation fault, on some Pythons
# before any RecursionError. What FHIR writes is hardly 15 levels deep.
DEEPEST = 64
_HARMLESS_NAME = re.compile(r"[A-Za-z0-9_.:-]{1,60}", re.ASCII)

_UNKNOWN = "unknown field"
_UNKNOWN_TYPE = "unknown resource type"
_INVALID = "not valid"
_NULL = "null, which is no value in FHIR"
_WORDS = {
    "extra_forbidden": _UNKNOWN,
    "missing": "missing",
    "model_field_validation.missing": "missing",
    "list_type": "not a list of values",
    "string_type": "not a text",
    "fhir-validation-wrong-resource-type": "wrong resource type",
}


_MESSAGES = {
    "Value error, DateTime value": "not a FHIR time; one with hours needs seconds and an offset",
    "Value error, Instant value": "not a FHIR instant; it needs a day, seconds and an offset",
    "Value error, Date value": "not a FHIR date",
    "Value error, Any of one field value": "two values where FHIR allows one",
    "Value error, Expect any of field value": "one of the values that FHIR demands is missing",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the models say.

    raw      the resource that they accept, None where there is none
    without  paths that had to be left out for it
    refused  why there is none: "path: words", never a value
    where    the refused paths themselves
    """

    raw: Mapping[str, object] | None
    without: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    where: tuple[str, ...] = ()


def judge(kind: str, raw: Mapping[str, object], model: type[BaseModel]) -> Verdict:
    """Validates one resource, at most three times: each time without the spare parts that were refused before.

    Contained resources are judged with it; those of a type that nothing reads are spare. The models take null for a
    field that is not there, and so do the clients that write it; the resource is read without the field, which is
    named. Only where that would say something of its own, null is refused.
    """
    if _deeper(raw, DEEPEST):
        return Verdict(None, refused=("nested too deeply",))
    current: Mapping[str, object] = raw
    left_out: list[str] = []
    for _ in range(_ROUNDS):
        places: list[tuple[tuple[Step, ...], str]] = []
        try:
            model.model_validate(current)
        except ValidationError as error:
            places = _places(error)
        except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError, AssertionError):
            # The models look up the class of a contained resource by a name that need not exist.
            places = [(("contained", index), _UNKNOWN_TYPE) for index in _foreign_contained(current)]
            places = places or [((), _INVALID)]
        told = {place for place, _ in places}
        places += [(place, _NULL) for place in _nulls(current) if place not in told]
        if not places:
            return Verdict(current, tuple(left_out))
        parts = [
            place
            if reason == _NULL and not says_by_absence(current, place)
            else _spare(kind, current, place, unknown=reason == _UNKNOWN)
            for place, reason in places
        ]
        stuck = [place for place, part in zip(places, parts, strict=True) if part is None]
        if stuck:
            return _refusal(stuck)
        spare = list(dict.fromkeys(part for part in parts if part is not None))
        left_out += [path(part) for part in spare]
        reduced = without(current, spare)
        assert isinstance(reduced, dict)  # noqa: S101  a dict less some keys
        current = reduced
    return _refusal(places)


def _deeper(value: object, most: int) -> bool:
    level: list[Any] = [value]
    for _ in range(most):
        level = [
            child
            for each in level
            for child in (each.values() if isinstance(each, Mapping) else each)
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True


def _places(error: ValidationError) -> list[tuple[tuple[Step, ...], str]]:
    """Where the models complain, and of what in our words."""
    try:
        found = error.errors(include_input=False, include_url=False, include_context=False)
    except UnicodeEncodeError:  # the complaint quotes half a surrogate pair
        return [((), "text that is no Unicode")]
    return [(_place(each["loc"]), _reason(each["type"], each["msg"])) for each in found]


def _nulls(raw: Mapping[str, object]) -> list[tuple[Step, ...]]:
    """Where an object has null for a field. In a list it may stand for an item that is an extension only."""
    found: list[tuple[Step, ...]] = []
    inside: list[tuple[tuple[Step, ...], object]] = [((), raw)]
    while inside:
        place, value = inside.pop()
        steps: Iterable[tuple[Step, object]] = ()
        if isinstance(value, Mapping):
            found += [(*place, name) for name, item in value.items() if item is None]
            steps = value.items()
        elif isinstance(value, list):
            steps = enumerate(value)
        inside += [((*place, step), item) for step, item in steps if isinstance(item, dict | list)]
    return sorted(found, key=path)


def path(steps: Iterable[Step]) -> str:
    """ "dosageInstruction[0].text"; a field name that could carry something else is not repeated."""
    text = ""
    for step in steps:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += ("." if text else "") + (step if _HARMLESS_NAME.fullmatch(step) else "(unprintable name)")
    return text


def listed(items: Sequence[str]) -> str:
    """The first few, and how many more there are."""
    more = len(items) - _NAMED
    return ", ".join(items[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _refusal(places: Sequence[tuple[tuple[Step, ...], str]]) -> Verdict:
    # Sorted: not in the order in which the fields were written.
    told = sorted((path(place), reason) for place, reason in places)
    where = tuple(dict.fromkeys(place for place, _ in told))
    reasons = (f"{place or 'the resource'}: {reason}" for place, reason in told)
    return Verdict(None, refused=tuple(dict.fromkeys(reasons)), where=where)


def _reason(type_: str, message: str) -> str:
    """Our words for a model's complaint; of its own only the beginning is looked at, since it may quote the value."""
    for beginning, words in _MESSAGES.items():
        if message.startswith(beginning):
            return words
    return _WORDS.get(type_, _INVALID)


def _place(loc: Sequence[Step]) -> tuple[Step, ...]:
    """The models add "root" where a whole value is wrong, and call resourceType by its Python name."""
    steps = tuple("resourceType" if step == "resource_type" else step for step in loc)
    return steps[:-1] if len(steps) > 1 and steps[-1] == "root" else steps


def _spare(kind: str, raw: Mapping[str, object], place: tuple[Step, ...], *, unknown: bool) -> tuple[Step, ...] | None:
    value = _at(raw, place)
    if place[:1] != ("contained",):
        return spare_part(kind, raw, place, unknown=unknown, value=value)
    if len(place) < 2 or not isinstance(place[1], int):
        return place[:1]
    inner = _kind_of(_at(raw, place[:2]))
    if inner not in ("Medication", "Substance"):
        return place[:2]
    part = spare_part(inner, {}, place[2:], unknown=unknown, value=value) if len(place) > 2 else None
    return None if part is None else (*place[:2], *part)


def _foreign_contained(raw: Mapping[str, object]) -> list[int]:
    contained = raw.get("contained")
    if not isinstance(contained, list):
        return []
    return [index for index, each in enumerate(contained) if _kind_of(each) not in (*KINDS, "Substance")]


def _kind_of(value: object) -> str | None:
    kind = value.get("resourceType") if isinstance(value, dict) else None
    return kind if isinstance(kind, str) else None


def _at(value: object, place: Sequence[Step]) -> object:
    for step in place:
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
            value = value[step]
        else:
            return None
    return value
