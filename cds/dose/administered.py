"""Administrations are facts: doses at their instant, infusions between rate changes, patches while they are worn."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from cds.clinical import AsOf, Moment, Precision, Span
from cds.dose.course import Course, Plan, after
from cds.dose.days import by_day, hours_of
from cds.dose.drug import Opioid
from cds.dose.line import Line, wear_hours
from cds.dose.sig import PERMITTED
from cds.dose.status import Standing
from cds.dose.values import NOTHING, ONE, ZERO, NotCounted, Piece, Range, plain
from cds.knowledge.drugs import Drugs

_REMOVED = re.compile(r"\bremov(?:e|ed|al)\b", re.IGNORECASE)
_APPLIED = re.compile(r"\b(appl(?:y|ied)|place[d]?)\b", re.IGNORECASE)


class Given(Struct, frozen=True):
    """One administered amount, spread evenly from start to end.

    mg     of the whole; None where it is not known, then `gap` says why
    rate   mg/h where it was given as a rate; then `open_end` may be True until the next rate is known
    patch  worn, not taken
    vague  only a month or a year is written
    """

    plan: Plan
    start: datetime
    end: datetime
    mg: Range | None
    text: str
    rate: Range | None = None
    open_end: bool = False
    patch: bool = False
    removal: bool = False
    vague: bool = False
    flags: tuple[str, ...] = ()
    gap: NotCounted | None = None


def given(plan: Plan, standing: Standing, drugs: Drugs, as_of: AsOf) -> list[Given]:
    """What one MedicationAdministration says was given."""
    moments = plan.use.timing_events
    spans = [Span(moment, moment) for moment in moments] or [plan.use.effective or Span(None, None)]
    found: list[Given] = []
    for span in spans:
        start = span.start or span.end
        if start is None or after(start, as_of):
            continue
        found += [_one(plan, line, start, span, standing, drugs, as_of) for line in plan.lines]
    return found


def _one(plan: Plan, line: Line, start: Moment, span: Span, standing: Standing, drugs: Drugs, as_of: AsOf) -> Given:
    begin, end = _bounds(start, span)
    vague = start.precision < Precision.DAY
    # What an order permits changes nothing of what was given.
    flags = tuple(flag for flag in line.flags if flag != PERMITTED)
    base = Given(plan, begin, end, None, "", vague=vague, flags=flags)
    if plan.patch:
        texts = " ".join(f"{each.text or ''} {_words(each.method)}" for each in plan.use.dosages)
        if _REMOVED.search(texts) and not _APPLIED.search(texts):
            return replace(base, removal=True, patch=True, mg=NOTHING)
    if line.gap is not None or line.dose is None:
        return replace(base, gap=line.gap or NotCounted("no-dose", "no dose is written"))
    dose = line.dose
    if not dose.rate:
        return replace(base, mg=dose.mg, text=dose.text)
    if plan.patch:
        worn_until = end if span.end is not None and span.end != span.start else begin + _length(plan.opioid, drugs)
        return replace(base, end=worn_until, rate=dose.mg, mg=NOTHING, text=dose.text, patch=True)
    ended = span.end is not None and span.end != span.start
    if not ended and standing is Standing.CURRENT:
        end = max(begin, as_of.at)
    rate = dose.mg.scaled(_stretch(start, span.end, begin, end)) if ended else dose.mg
    return replace(base, end=end, rate=rate, mg=NOTHING, text=dose.text, open_end=not ended)


def _stretch(start: Moment, stop: Moment | None, begin: datetime, end: datetime) -> Decimal:
    """Hours that passed for one hour of the wall clock: a change to summer time inside an infusion takes one away."""
    if stop is None or start.utc is None or stop.utc is None or start.offset == stop.offset or end <= begin:
        return ONE
    return hours_of(stop.utc - start.utc) / hours_of(end - begin)


def _bounds(start: Moment, span: Span) -> tuple[datetime, datetime]:
    """First and last instant; a date without a time is its whole day."""
    if span.end is not None and span.end != span.start:
        return start.start, max(span.end.end, start.start)
    return start.start, start.start if start.precision is Precision.TIME else start.end


def _length(opioid: Opioid, drugs: Drugs) -> timedelta:
    return timedelta(hours=float(wear_hours(opioid, drugs)))


def _words(concept: object) -> str:
    return str(getattr(concept, "text", "") or "")


def settle(found: Iterable[Given], drugs: Drugs, as_of: AsOf) -> list[Given]:
    """Ends what the next record ends: a rate by the next rate, a patch by its removal or the next patch."""
    together = timedelta(hours=float(drugs.limits["patches_together_hours"]))
    settled: list[Given] = []
    for lane in _lanes(found).values():
        ordered = sorted(lane, key=lambda each: (each.start, each.plan.use.reference))
        following = _following(ordered, together)
        settled += [_ended(each, end, as_of) for each, end in zip(ordered, following, strict=True) if not each.removal]
    return settled


def _lanes(found: Iterable[Given]) -> dict[tuple[object, ...], list[Given]]:
    """Records that may end each other: one therapy's patches, one therapy's rates; single doses stand alone."""
    lanes: dict[tuple[object, ...], list[Given]] = {}
    for number, each in enumerate(found):
        plan = each.plan
        key: tuple[object, ...]
        if each.patch:
            key = ("patch", plan.therapy or plan.signature)
        elif each.rate is not None:
            key = ("rate", plan.therapy or (plan.opioid.name, plan.route))
        else:
            key = ("single", number)
        lanes.setdefault(key, []).append(each)
    return lanes


def _following(ordered: Sequence[Given], together: timedelta) -> list[datetime | None]:
    """When another record ends each. Patches put on together are worn side by side; a later one replaces the earlier."""
    starts = [each.start for each in ordered]
    found: list[datetime | None] = []
    removed = len(ordered)  # place of the next removal
    for place in range(len(ordered) - 1, -1, -1):
        here = ordered[place]
        until = here.start + together if here.patch else here.start
        ending = min(removed, bisect_right(starts, until, lo=place + 1))
        found.append(starts[ending] if ending < len(ordered) else None)
        if here.removal:
            removed = place
    return found[::-1]


def _ended(each: Given, following: datetime | None, as_of: AsOf) -> Given:
    if each.gap is not None or each.rate is None:
        return each
    end = each.end
    if each.patch:
        end = min(end, following) if following is not None else end
    elif each.open_end:
        if following is not None:
            end = min(following, as_of.at) if end <= each.start else min(end, following)
        elif end <= each.start and each.rate.high > 0:
            gap = NotCounted("no-end", "an infusion whose end is not written")
            return replace(each, gap=gap, mg=None)
        if end <= each.start:
            end = each.start
    if not each.patch:
        end = min(end, max(each.start, as_of.at))
    length = sum((part for _, _, part in by_day(each.start, end)), ZERO)
    return replace(each, end=end, mg=each.rate.scaled(length), text=each.text)


def course(each: Given) -> Course:
    """One administered amount on its days."""
    plan = each.plan
    day = each.start.date()
    if each.gap is not None or each.mg is None:
        last = (each.end - timedelta(microseconds=1)).date() if each.end > each.start else day
        return Course(plan, (Piece(day, last, None, gap=each.gap, flags=each.flags),))
    if each.vague:
        # Some day of the month: on each of them it may have been given, on none of them it must.
        flags = (*each.flags, "only the month or year of the administration is written")
        last = (each.end - timedelta(days=1)).date()
        amount = Range(ZERO, each.mg.high)
        return Course(plan, (Piece(day, last, amount, amount, each.text, flags),))
    if each.end <= each.start:
        if each.rate is not None:
            return Course(plan, ())
        return Course(plan, (Piece(day, day, each.mg, each.mg, each.text, each.flags),))
    parts = by_day(each.start, each.end)
    total = sum((hours * ((last - first).days + 1) for first, last, hours in parts), ZERO)
    pieces: list[Piece] = []
    for first, last, hours in parts:
        if each.rate is not None:
            mg = each.rate.scaled(hours)
            text = f"{each.text} x {plain(hours, 4)} h" + ("/24 h" if each.patch else "")
        else:
            mg = each.mg.scaled(hours / total)
            text = (
                each.text
                if len(parts) == 1 and first == last
                else f"{each.text} x {plain(hours, 4)} h/{plain(total, 4)} h"
            )
        pieces.append(Piece(first, last, mg, mg, text, each.flags))
    return Course(plan, tuple(pieces))


def not_given(plan: Plan, as_of: AsOf) -> Course | None:
    """A recorded 0 on the day on which the dose was not given."""
    span = plan.use.effective
    start = (span.start or span.end) if span else next(iter(plan.use.timing_events), None)
    if start is None or after(start, as_of):
        return None
    end = (span.end if span else None) or start
    piece = Piece(start.day, min(max(end.last_day, start.day), as_of.day), NOTHING, NOTHING, "recorded as not given")
    return Course(replace(plan, zero=True), (piece,))
