"""A plan laid out over days: phases, bounds, counts, single doses, infusions."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations

from msgspec.structs import replace

from cds.clinical import AsOf, Moment, Precision, Source
from cds.dose import amount
from cds.dose.amount import Dose
from cds.dose.course import Course, Doubt, Plan, after
from cds.dose.days import DAY, by_day, last_of, midnight
from cds.dose.line import Line, daily, wear_hours
from cds.dose.slots import apart
from cds.dose.values import HOURS, NOTHING, ONE, ZERO, NotCounted, Piece, Range, plain
from cds.knowledge.drugs import Drugs


def lay_out(plan: Plan, drugs: Drugs, as_of: AsOf) -> Course:
    """The pieces of a plan, clipped to the evaluation date."""
    if plan.zero:
        last = as_of.day if plan.last is None else plan.last
        piece = Piece(plan.first, last, NOTHING, NOTHING, "recorded as not taken")
        return Course(plan, _clipped((piece,), as_of.day))
    pieces: list[Piece] = []
    plan = _side_by_side(plan)
    phases = sorted({line.phase for line in plan.lines})
    cursor = plan.first
    for phase in phases:
        lines = [line for line in plan.lines if line.phase == phase]
        if phase == phases[-1]:
            end = None
        else:
            lengths = [length for line in lines if (length := length_of(line)) is not None]
            ends = [last_of(cursor, length) for length in lengths]
            ends += [line.end.last_day for line in lines if line.end is not None]
            if not ends:
                # A phase without a length: from here on the dose is one of the remaining phases.
                later = [line for line in plan.lines if line.phase >= phase]
                pieces += _undated_phases(later, plan, cursor, drugs, as_of)
                break
            end = max(ends)
        for line in lines:
            pieces += _of_line(line, plan, cursor, end, drugs, as_of)
        if end is not None:
            cursor = end + DAY
    if plan.flags:
        pieces = [replace(piece, flags=(*piece.flags, *plan.flags)) for piece in pieces]
    if plan.doubt is not None:
        pieces = [part for piece in pieces for part in _perhaps_replaced(piece, plan.doubt)]
    until = max((piece.last for piece in pieces), default=None)
    return Course(plan, _clipped(pieces, as_of.day), until)


def _perhaps_replaced(piece: Piece, doubt: Doubt) -> list[Piece]:
    """What goes on after a later one has ended: nobody wrote whether that one was added for a while or took its place.

    The days between two supplies that follow one another are no days of the dose before them.
    """
    if piece.mg is None or piece.last < doubt.since:
        return [piece]
    said = "has no end, and a later one of the same product has ended: it may go on or have been replaced"
    parts = [replace(piece, last=doubt.since - DAY)] if piece.first < doubt.since else []
    first, last = max(piece.first, doubt.covered + DAY), min(piece.last, doubt.settled)
    if first <= last:
        parts.append(Piece(first, last, None, flags=piece.flags, gap=NotCounted("end-not-recorded", said)))
    if piece.last > doubt.settled:
        mg, scheduled = Range(ZERO, piece.mg.high), Range(ZERO, piece.scheduled.high)
        flags = (*piece.flags, f"{said}; the low value leaves it out")
        first = max(piece.first, doubt.settled + DAY)
        parts.append(replace(piece, first=first, mg=mg, scheduled=scheduled, flags=flags))
    return parts


def _side_by_side(plan: Plan) -> Plan:
    """Lines that are numbered one after the other but name different times of day and no length are taken every day."""
    if len(plan.lines) < 2 or any(length_of(line) is not None or line.start or line.end for line in plan.lines):
        return plan
    slots = [line.schedule.slots if line.schedule is not None else frozenset() for line in plan.lines]
    if not all(apart(one, other) for one, other in combinations(slots, 2)):
        return plan
    return replace(plan, lines=tuple(replace(line, phase=0) for line in plan.lines))


def length_of(line: Line) -> Decimal | None:
    """Days that a line lasts by its sig, None where the sig does not say."""
    if line.days is not None:
        return line.days
    if line.once:
        return ONE
    count = line.count_max or line.count
    if count is not None and line.schedule is not None and line.schedule.per_day is not None:
        high = line.schedule.per_day.high
        if high > 0:
            return Decimal(count) / high
    return None


def _of_line(line: Line, plan: Plan, cursor: date, phase_end: date | None, drugs: Drugs, as_of: AsOf) -> list[Piece]:
    first = line.start.day if line.start is not None else cursor
    ends = [end for end in (phase_end, plan.last, line.end.last_day if line.end else None) if end is not None]
    length = length_of(line)
    if length is not None:
        ends.append(last_of(first, length))
    if line.schedule is not None and line.schedule.events and line.dose is not None and line.gap is None:
        return _of_events(line.dose, line.schedule.events, line, plan, drugs, as_of)
    if line.once and line.gap is None and line.dose is not None:
        return [_single(line.dose, line, plan, first, drugs)] if not ends or first <= min(ends) else []
    past_open = plan.past and not ends
    last = min(ends) if ends else as_of.day
    if past_open:
        implied = _implied_end(line, plan, first, drugs)
        if implied is None:
            return _ended_unknown(line, plan, first, drugs)
        last = implied
    unclear = plan.stopped and last >= as_of.day
    if unclear:
        last = as_of.day - DAY
    if last < first:
        return []
    pieces = _constant(line, plan, first, last, drugs)
    return [_until_stopped(piece) for piece in pieces] if unclear else pieces


def _until_stopped(piece: Piece) -> Piece:
    """Stopped before its planned end, on a day that nobody wrote: each of its days may be after it."""
    if piece.mg is None:
        return piece
    flags = (*piece.flags, "stopped before its planned end, and no date says when: the low value leaves it out")
    mg, scheduled = Range(ZERO, piece.mg.high), Range(ZERO, piece.scheduled.high)
    return replace(piece, mg=mg, scheduled=scheduled, flags=flags)


def _constant(line: Line, plan: Plan, first: date, last: date, drugs: Drugs) -> list[Piece]:
    try:
        mg, scheduled, text = daily(line, plan.opioid, drugs)
    except NotCounted as gap:
        return [Piece(first, last, None, gap=gap, flags=line.flags)]
    if line.dose is not None and line.dose.rate and not plan.patch and line.schedule is None:
        return _infusion(line.dose, line, plan, first, last)
    full = Piece(first, last, mg, scheduled, text, line.flags)
    return _remainder(line, full)


def _remainder(line: Line, full: Piece) -> list[Piece]:
    """The last day of "20 doses, 3 a day" holds two."""
    count = line.count_max or line.count
    per_day = line.schedule.per_day if line.schedule is not None else None
    if count is None or per_day is None or per_day.high <= 1 or line.days is not None or full.mg is None:
        return [full]
    left = Decimal(count) % per_day.high
    length = length_of(line)
    if left == 0 or length is None or full.last != last_of(full.first, length):
        return [full]
    share = left / per_day.high
    tail = replace(
        full, first=full.last, mg=full.mg.scaled(share), scheduled=full.scheduled.scaled(share),
        arithmetic=f"{full.arithmetic}, the last {plain(left)} of {count} doses",
    )  # fmt: skip
    return [replace(full, last=full.last - DAY), tail] if full.first < full.last else [tail]


def _infusion(dose: Dose, line: Line, plan: Plan, first: date, last: date) -> list[Piece]:
    """An ordered infusion without a timing runs: the hours of its first and last day count, where they are written."""
    begin = line.start or (plan.use.effective.start if plan.use.effective else None) or plan.use.authored
    starts = begin.start if begin and begin.precision is Precision.TIME and begin.day == first else midnight(first)
    end = line.end or (plan.use.effective.end if plan.use.effective else None)
    stops = end.start if end and end.precision is Precision.TIME and end.day == last else midnight(last + DAY)
    pieces: list[Piece] = []
    for day_first, day_last, length in by_day(starts, stops):
        mg = dose.mg.scaled(length)
        low = Range(ZERO, mg.high) if line.prn else mg
        text = f"{dose.text} x {plain(length, 4)} h"
        pieces.append(Piece(day_first, day_last, low, NOTHING if line.prn else mg, text, line.flags))
    return pieces


def _single(dose: Dose, line: Line, plan: Plan, day: date, drugs: Drugs) -> Piece:
    if dose.rate:
        length = line.duration or (wear_hours(plan.opioid, drugs) if plan.patch else None)
        if length is None:
            return Piece(day, day, None, gap=NotCounted("no-duration", "an infusion without its length"))
        if plan.patch:
            mg, last = dose.mg.scaled(HOURS), last_of(day, length / HOURS)
            return replace(_once_on(day, mg, f"{dose.text} x 24 h/24 h, once", line), last=last)
        mg = dose.mg.scaled(length)
    else:
        mg = dose.mg
    mg = mg.at_most(line.cap)
    return _once_on(day, mg, f"{dose.text}, once", line)


def _of_events(
    dose: Dose, events: tuple[Moment, ...], line: Line, plan: Plan, drugs: Drugs, as_of: AsOf
) -> list[Piece]:
    """Each listed time holds one dose; a listed patch is worn until the next one or to the end of its wear time."""
    known = sorted((moment for moment in events if not after(moment, as_of)), key=lambda moment: moment.start)
    if not dose.rate:
        mg = dose.mg.at_most(line.cap)
        return [_once_on(moment.day, mg, dose.text, line) for moment in known]
    if not plan.patch:
        if line.duration is None:
            gap = NotCounted("no-duration", "an infusion without its length")
            return [Piece(moment.day, moment.day, None, gap=gap) for moment in known]
        text = f"{dose.text} x {plain(line.duration)} h"
        return [_once_on(moment.day, dose.mg.scaled(line.duration), text, line) for moment in known]
    wear = timedelta(hours=float(wear_hours(plan.opioid, drugs)))
    starts = [moment.start for moment in known]
    pieces: list[Piece] = []
    for start in starts:
        following = bisect_right(starts, start)
        for first, last, hours in by_day(start, min([start + wear, *starts[following : following + 1]])):
            worn = _once_on(first, dose.mg.scaled(hours), f"{dose.text} x {plain(hours, 4)} h/24 h", line)
            pieces.append(replace(worn, last=last))
    return pieces


def _once_on(day: date, mg: Range, text: str, line: Line) -> Piece:
    if line.prn:
        return Piece(day, day, Range(ZERO, mg.high), NOTHING, text, line.flags)
    return Piece(day, day, mg, mg, text, line.flags)


def _implied_end(line: Line, plan: Plan, first: date, drugs: Drugs) -> date | None:
    """A dispensed or ordered quantity lasts as long as the sig's highest dose allows."""
    if plan.use.quantity is None or plan.use.source not in (Source.DISPENSED, Source.ORDERED):
        return None
    try:
        total = amount.of_dose(plan.use.quantity, plan.opioid, plan.route, drugs)
        mg, _, _ = daily(line, plan.opioid, drugs)
    except NotCounted:
        return None
    if total.rate and plan.patch and plan.opioid.mg:
        days = total.mg.high / plan.opioid.mg * wear_hours(plan.opioid, drugs) / HOURS
    elif total.rate or mg.high <= 0:
        return None
    else:
        days = total.mg.high / mg.high
    return last_of(first, days)


def _ended_unknown(line: Line, plan: Plan, first: date, drugs: Drugs) -> list[Piece]:
    """Ended, and no date says when: the first day counts, the days of a usual supply after it are open."""
    gap = NotCounted("end-not-recorded", "it has ended, and no date says when: only its first day is counted")
    length = int(drugs.limits["unknown_end_days"])
    tail = Piece(first + DAY, first + length * DAY, None, gap=gap, flags=line.flags)
    return [*_constant(line, plan, first, first, drugs), tail]


def _undated_phases(lines: list[Line], plan: Plan, first: date, drugs: Drugs, as_of: AsOf) -> list[Piece]:
    last = as_of.day if plan.last is None else plan.last
    ranges: list[Range] = []
    texts: list[str] = []
    for phase in sorted({line.phase for line in lines}):
        total = NOTHING
        for line in (line for line in lines if line.phase == phase):
            try:
                mg, _, text = daily(line, plan.opioid, drugs)
            except NotCounted as gap:
                return [Piece(first, last, None, gap=gap)]
            total += mg
            texts.append(text)
        ranges.append(total)
    mg = Range(min(each.low for each in ranges), max(each.high for each in ranges))
    flags = ("the phases of a taper have no lengths: any of them may be in force",)
    return [Piece(first, last, mg, mg, " or ".join(texts), flags)]


def _clipped(pieces: Iterable[Piece], last: date) -> tuple[Piece, ...]:
    return tuple(
        piece if piece.last <= last else replace(piece, last=last)
        for piece in pieces
        if piece.first <= min(piece.last, last)
    )
