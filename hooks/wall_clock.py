"""Now, on the clock by which a patient's records were written, where no time zone is configured.

A record of 09:00+09:00 is not in the future of a server that reads 00:00 UTC: both are the same instant. Records keep the
wall clock of their own offset, so the evaluation date takes the offset of the newest of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from cds.clinical import Entry

# Fields that hold a time, and for a period the part of it that counts; most resources have one of them at most.
_TIMES = (
    ("effectiveDateTime", None),
    ("effectiveInstant", None),
    ("effectivePeriod", "start"),
    ("authoredOn", None),
    ("whenHandedOver", None),
    ("dateAsserted", None),
    ("occurrenceDateTime", None),
    ("occurenceDateTime", None),
    ("occurencePeriod", "start"),
    ("period", "start"),
)


def on_the_records_clock(now: datetime, entries: Iterable[Entry]) -> datetime:
    """`now` (aware) in the offset of the newest record that is not after it; as it is where no record has a time."""
    newest: datetime | None = None
    for entry in entries:
        resource = entry.resource
        if not isinstance(resource, dict):
            continue
        for field, part in _TIMES:
            if field not in resource:
                continue
            at = _instant(resource[field], part)
            if at is not None and at <= now and (newest is None or at > newest):
                newest = at
    return now if newest is None else now.astimezone(newest.tzinfo)


def _instant(value: object, part: str | None) -> datetime | None:
    if part is not None:
        value = value.get(part) if isinstance(value, dict) else None
    if not isinstance(value, str) or "T" not in value:
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None
