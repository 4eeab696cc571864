"""Doses and scores of a stay on one clock: a monitor may write UTC beside a medication chart in local time.

For spans of hours only. Calendar days stay as written, and a record on one clock is left as it is.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from msgspec import structs

from cds.clinical import DoseTimeline, PainSeries, PatientRecord


def on_one_clock(dose: DoseTimeline, pain: PainSeries, record: PatientRecord) -> tuple[DoseTimeline, PainSeries]:
    """Both on the clock of the latest dose; what has no offset of its own stays where it is."""
    if not dose.events:
        return dose, pain
    offsets = _offsets(record)
    latest = max((e for e in dose.events if e.reference in offsets), key=lambda e: e.start, default=None)
    if latest is None:
        return dose, pain
    base = offsets[latest.reference]
    shifts = {reference: base - offset for reference, offset in offsets.items() if offset != base}
    if not shifts:
        return dose, pain
    none = timedelta()
    events = tuple(
        replace(e, start=e.start + shift, end=e.end + shift) if (shift := shifts.get(e.reference, none)) else e
        for e in dose.events
    )
    scores = [
        structs.replace(s, at=s.at + shift) if s.timed and (shift := shifts.get(s.reference, none)) else s
        for s in pain.scores
    ]
    return replace(dose, events=events), replace(pain, scores=tuple(sorted(scores, key=lambda s: (s.at, s.reference))))


def _offsets(record: PatientRecord) -> dict[str, timedelta]:
    """reference -> offset in which the resource tells its time."""
    told = [(each.reference, each.effective) for each in record.medications]
    told += [(each.reference, each.effective) for each in record.observations]
    return {
        reference: span.start.offset
        for reference, span in told
        if span is not None and span.start is not None and span.start.offset is not None
    }
