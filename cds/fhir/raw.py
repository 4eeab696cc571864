"""Fields of a resource that could not be read, looked at as they were sent: nobody has judged them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, tzinfo

from cds.fhir.dates import leading_day, moment

Raw = Mapping[str, object]
Days = tuple[date, date]
"""First and last day, both included."""


def dig(raw: Raw, path: str) -> object:
    """What stands at "dispenseRequest.validityPeriod.start"; None where nothing does, or a list is in the way."""
    value: object = raw
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def word(raw: Raw, name: str) -> str:
    """A code in small letters, "" where there is no text."""
    value = raw.get(name)
    return value.casefold() if isinstance(value, str) else ""


def days_of(text: object, zone: tzinfo | None) -> Days | None:
    """The days that a FHIR time covers, a year all of its own; None where not even a day can be read."""
    if not isinstance(text, str):
        return None
    try:
        at = moment(text.strip(), zone)
    except ValueError:
        day = leading_day(text)
        return (day, day) if day else None
    return at.day, at.last_day
