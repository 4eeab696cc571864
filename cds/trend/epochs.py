"""In-patient doses in hours: which stay is looked at, and its dose as MME per 4-hour epoch (clinical.md 2.5, acute mode)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from cds.clinical import AsOf, DoseEvent, DoseTimeline, Encounter, PainScore, PatientRecord, Source
from cds.knowledge.estimator import Estimator

_IN_PATIENT = frozenset({"IMP", "ACUTE", "INPATIENT"})
_NO_STAY = frozenset({"planned", "cancelled", "entered-in-error"})


@dataclass(frozen=True, slots=True)
class Stay:
    """recorded: an Encounter says so; otherwise it is inferred from timed doses and scores, and `end` is the last dose."""

    start: datetime
    end: datetime
    recorded: bool


@dataclass(frozen=True, slots=True)
class Epoch:
    """An epoch, or a run of equal ones.

    dose: MME per epoch length, 0 where none was given; given: drug and route pairs; open: some had no number; count: how
    many epochs the run has.
    """

    start: datetime
    end: datetime
    dose: float
    given: frozenset[tuple[str, str]]
    open: bool
    count: int = 1


def stay(
    record: PatientRecord, timeline: DoseTimeline, scores: Sequence[PainScore], limits: Estimator, *, as_of: AsOf
) -> Stay | None:
    """The latest in-patient stay that is open, or ended within 30 days of `as_of`, with at least one timed dose in it.

    In-patient is an Encounter of class IMP or ACUTE; without one, a spell of doses and scores timed in hours: as many of
    both within 72 h as the acute mode needs. A stay whose doses carry no times can only be evaluated in days: None.
    """
    events = timed(timeline, as_of.at)
    if not events:
        return None
    # Of a date the day counts, not its end: a discharge at noon thirty days before is within thirty days of it.
    now = as_of.at if as_of.at.date() == as_of.day else datetime.combine(as_of.day, time())
    earliest = now - timedelta(days=limits.acute_after_stay_days)
    stays = [s for s in _stays(record.encounters, as_of.at) if s.end >= earliest]
    for found in reversed(stays):
        if any(found.start <= e.start <= found.end for e in events):
            return found
    if stays:
        return None
    return _spell(events, [s.at for s in scores if s.timed], earliest, limits)


def timed(timeline: DoseTimeline, until: datetime) -> list[DoseEvent]:
    """Doses that were given or stated at a time, up to `until`, in order."""
    return sorted(
        (e for e in timeline.events if e.start <= until and e.source in (Source.ADMINISTERED, Source.STATED)),
        key=lambda e: (e.start, e.end, e.reference),
    )


def _stays(encounters: Iterable[Encounter], until: datetime) -> list[Stay]:
    """In-patient periods in order; those that touch or lie within a day of each other (a transfer) are one."""
    spans: list[tuple[datetime, datetime]] = []
    for encounter in encounters:
        if encounter.status in _NO_STAY or encounter.period is None or encounter.period.start is None:
            continue
        if not any((c.code or "").upper() in _IN_PATIENT for c in encounter.classes):
            continue
        start = encounter.period.start.start.replace(hour=0, minute=0, second=0, microsecond=0)
        end = encounter.period.end.end if encounter.period.end else until
        if start <= until:
            spans.append((start, min(max(start, end), until)))
    joined: list[Stay] = []
    for start, end in sorted(spans):
        if joined and start - joined[-1].end <= timedelta(days=1):
            joined[-1] = Stay(joined[-1].start, max(joined[-1].end, end), True)
        else:
            joined.append(Stay(start, end, True))
    return joined


def _spell(
    events: Sequence[DoseEvent], scores: Sequence[datetime], earliest: datetime, limits: Estimator
) -> Stay | None:
    """Doses and scores in hours without an Encounter: the last spell of doses without a longer break than 72 h."""
    window = timedelta(hours=limits.acute_window_hours)
    spells: list[list[DoseEvent]] = []
    for event in events:
        if spells and event.start - spells[-1][-1].start <= window:
            spells[-1].append(event)
        else:
            spells.append([event])
    for spell in reversed(spells):
        start, end = spell[0].start, max(e.end for e in spell)
        if end < earliest:
            return None
        # Months of doses with a clock time are a diary at home, not a stay.
        if end - start > timedelta(days=limits.acute_after_stay_days):
            continue
        at = sorted(s for s in scores if start - window <= s <= end + window)
        if len(spell) > limits.acute_steps and any(
            at[i + int(limits.acute_scores) - 1] - at[i] <= window
            for i in range(len(at) - int(limits.acute_scores) + 1)
        ):
            return Stay(start, end, False)
    return None


def spread(events: Sequence[DoseEvent], limits: Estimator) -> list[tuple[datetime, datetime, DoseEvent]]:
    """Each dose over the time that it is meant to last, so that a booked tablet is no step.

    A dose with a duration keeps it. Any other lasts until the next one of its drug and route; where that comes only after
    `acute_spread_hours`, or not at all, as long as the dose before it did (one epoch for the first).
    """
    most = timedelta(hours=limits.acute_spread_hours)
    by_drug: dict[tuple[str, str], list[DoseEvent]] = {}
    for event in events:
        by_drug.setdefault((event.drug, event.route), []).append(event)
    found = []
    for group in by_drug.values():
        lasts = timedelta(hours=limits.acute_spread_hours if group[0].long else limits.acute_epoch_hours)
        for event, later in zip(group, [*group[1:], None], strict=True):
            if event.end > event.start:
                found.append((event.start, event.end, event))
                continue
            if later is not None and event.start < later.start <= event.start + most:
                lasts = later.start - event.start
            found.append((event.start, event.start + lasts, event))
    return found


def epochs(
    pieces: Sequence[tuple[datetime, datetime, DoseEvent]], start: datetime, end: datetime, limits: Estimator
) -> list[Epoch]:
    """Epochs from `start` to `end` on a grid that runs through the last dose; an incomplete last one counts by its rate.

    Where nothing begins or ends the epochs are equal, and told as one run: a stay of years costs what was given in it.
    """
    length = timedelta(hours=limits.acute_epoch_hours)
    inside = [(place, *p) for place, p in enumerate(pieces) if p[0] < end and p[1] > start]
    if not inside:
        return []
    anchor = max(begin for _, begin, _, _ in inside)
    at = anchor - length * ((anchor - max(start, min(begin for _, begin, _, _ in inside))) // length)
    waiting = sorted(inside, key=lambda piece: piece[1], reverse=True)
    here: list[tuple[int, datetime, datetime, DoseEvent]] = []
    found = []
    while at < end:
        until = min(at + length, end)
        here = [piece for piece in here if piece[2] > at]
        while waiting and waiting[-1][1] < until:
            here.append(waiting.pop())
        here.sort()
        dose, given, is_open = _given(here, at, until, limits)
        count = 1
        if all(begin <= at and finish >= until for _, begin, finish, _ in here):
            same = min([end, *(finish for _, _, finish, _ in here), *(begin for _, begin, _, _ in waiting[-1:])])
            if same - at > length:
                count = (same - at) // length
                until = at + length * count
        found.append(Epoch(at, until, dose, given, is_open, count))
        at = until
    return found


def _given(
    here: Sequence[tuple[int, datetime, datetime, DoseEvent]], at: datetime, until: datetime, limits: Estimator
) -> tuple[float, frozenset[tuple[str, str]], bool]:
    """The dose of one epoch, with what it is made of, and whether some of it had no number."""
    amount, given, is_open = 0.0, set(), False
    for _, begin, finish, event in here:
        shared = (min(finish, until) - max(begin, at)) / timedelta(hours=1)
        if shared <= 0:
            continue
        if event.mme is None:
            is_open = True
            continue
        amount += float(event.mme) * shared / ((finish - begin) / timedelta(hours=1))
        given.add((event.drug, event.route))
    hours = (until - at) / timedelta(hours=1)
    return round(amount / hours * limits.acute_epoch_hours, 6), frozenset(given), is_open
