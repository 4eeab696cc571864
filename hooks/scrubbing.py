"""A real request without the person in it: what is not on a list here does not survive.

Kept: the shape, numbers, FHIR's own code words, codes of public code systems, units. Replaced, the same by the same: ids,
references, local codes, every text. Moved by one number of weeks for the whole request: every date, so that intervals,
week days and times of day remain. Dropped: every element that no decision reads, names, addresses, notes, extensions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from cds.case import AS_OF, FHIR_VERSION
from hooks.scrub_lists import CODE_SHAPES, ELEMENTS, PHRASES, PREFETCH_KEYS, TYPES, UCUM, UNITS, WORDS

_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(T[0-9:.]+(?:Z|[+-]\d\d:\d\d)?)?)?)?", re.ASCII)
_TIME = re.compile(r"\d\d:\d\d(:\d\d)?", re.ASCII)
_UUID = "00000000-0000-4000-8000-{:012}"
_SERVER = "https://scrubbed.invalid/fhir"
_IDS = frozenset({"id", "patientId", "encounterId"})
_REFERENCES = frozenset({"reference", "fullUrl", "userId", "selections"})
_OLDEST = 90  # years; above it an age alone can name a person
_LARGEST = 1_000_000  # no dose, score or count; may be a number of a person


@dataclass(slots=True)
class Scrubber:
    """One request's replacements.

    weeks  by which every date moves, whole weeks
    today  the evaluation date; ages are counted at it
    """

    weeks: int
    today: date
    _replaced: dict[str, dict[str, int]] = field(default_factory=dict)

    def request(self, document: Mapping[str, object]) -> dict[str, object]:
        """The request or Bundle without the person. It says itself when it is to be evaluated."""
        made = self._object(document)
        if document.get("resourceType") != "Bundle":
            given = document.get("extension")
            extension = given if isinstance(given, dict) else {}
            kept = {AS_OF: self._date(str(extension.get(AS_OF, self.today.isoformat())))}
            if extension.get(FHIR_VERSION) in WORDS:
                kept[FHIR_VERSION] = extension[FHIR_VERSION]
            made["extension"] = kept
        return made

    def _object(self, source: Mapping[str, object]) -> dict[str, object]:
        made: dict[str, object] = {}
        for key, value in source.items():
            if key == "prefetch" and isinstance(value, dict):
                made[key] = {self._prefetch_key(name): self._value("", one, {}) for name, one in value.items()}
            elif key in ELEMENTS and not (key == "text" and isinstance(value, dict)):
                made[key] = self._value(key, value, source)
        if "birthDate" in made:
            made["birthDate"] = self._birth(str(source["birthDate"]))
        return made

    def _value(self, key: str, value: object, parent: Mapping[str, object]) -> object:
        if isinstance(value, dict):
            return self._object(value)
        if isinstance(value, list):
            return [self._value(key, one, parent) for one in value]
        if isinstance(value, str):
            return self._text(key, value, parent)
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) >= _LARGEST:
            return 0
        return value

    def _text(self, key: str, value: str, parent: Mapping[str, object]) -> str:
        if key in _IDS:
            return self._id(value)
        if key == "hookInstance":
            return _UUID.format(self._number("uuid", value))
        if key in _REFERENCES:
            return self._reference(value)
        if key == "system":
            return value if value == UCUM or value in CODE_SHAPES else f"urn:scrubbed:system-{self._number(key, value)}"
        if key == "code" and "system" in parent and self._public(parent["system"], value):
            return value
        if _DATE.fullmatch(value):
            return self._date(value)
        if value in WORDS or _TIME.fullmatch(value):
            return value
        if key in ("unit", "code") and value.lower() in UNITS:
            return value
        if key == "text" and value.strip().lower() in PHRASES:
            return value
        return f"scrubbed-{key or 'text'}-{self._number(key, value)}"

    @staticmethod
    def _public(system: object, code: str) -> bool:
        shape = CODE_SHAPES.get(system) if isinstance(system, str) else None
        return shape is not None and bool(shape.fullmatch(code))

    def _id(self, value: str) -> str:
        kind, slash, name = value.rpartition("/")
        if slash and kind in TYPES:
            return f"{kind}/id-{self._number('id', name)}"
        return f"id-{self._number('id', value)}"

    def _reference(self, value: str) -> str:
        """ "Type/id", an absolute URL, urn:uuid or "#contained"; the id that it names gets the same new name as elsewhere."""
        if value.startswith("#"):
            return f"#{self._id(value[1:])}"
        if value.startswith("urn:"):
            return f"urn:uuid:{_UUID.format(self._number('uuid', value))}"
        parts = value.partition("/_history/")[0].rstrip("/").split("/")
        if len(parts) < 2 or parts[-2] not in TYPES:
            return f"Basic/id-{self._number('id', value)}"
        local = f"{parts[-2]}/{self._id(parts[-1])}"
        return f"{_SERVER}/{local}" if len(parts) > 2 else local

    def _prefetch_key(self, name: str) -> str:
        return name if name in PREFETCH_KEYS else f"key-{self._number('key', name)}"

    def _number(self, kind: str, value: str) -> int:
        known = self._replaced.setdefault(kind, {})
        return known.setdefault(value, len(known) + 1)

    def _date(self, text: str) -> str:
        """The same precision, moved; a date that is in no calendar becomes a text."""
        found = _DATE.fullmatch(text)
        if found is None:
            return f"scrubbed-date-{self._number('date', text)}"
        year, month, day, time = found.groups()
        try:
            # A month or a year is moved by its middle, so that it moves by about as much as the days around it.
            moved = date(int(year), int(month or 7), int(day or (15 if month else 1))) + timedelta(weeks=self.weeks)
        except (ValueError, OverflowError):
            return f"scrubbed-date-{self._number('date', text)}"
        written = moved.isoformat()
        return written + (time or "") if day else written[: 7 if month else 4]

    def _birth(self, text: str) -> str:
        """The year only, and for the oldest one that tells no more than "90 or older"."""
        year = self._date(text)[:4]
        oldest = (self.today + timedelta(weeks=self.weeks)).year - _OLDEST
        return year if not year.isdigit() else f"{max(int(year), oldest):04}"
