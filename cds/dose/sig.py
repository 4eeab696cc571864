"""English sigs, such as "Take 1-2 tablets by mouth every 4-6 hours as needed for pain, max 8/day".

Hand-written patterns, anchored where the reading stands: every word must be understood or known to be harmless, else the
sig is refused. A wrong dose from a clever guess is worse than a dose that is declared as unread.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from cds.dose.schedule import Schedule
from cds.dose.sig_words import (
    ADDED,
    ADDED_AS_NEEDED,
    AMOUNT,
    AT_CLOCK,
    BARE,
    BETWEEN,
    DAY_NAME,
    EVERY,
    FOR_TIME,
    HARMLESS,
    HOLD,
    LINKED,
    MASS_FIRST,
    MAX,
    MAX_DAILY,
    MAX_PLAIN,
    MDD,
    ON_DAYS,
    ONCE,
    PARTNER_LIMIT,
    PER_DAY,
    PLUS,
    PRN,
    ROUTE,
    ROUTINE,
    SEPARATOR,
    SIMPLE,
    SLOT,
    SLOT_WORDS,
    THEN,
    TIMES,
    UP_TO,
    VERB,
    WEEKLY,
    X_DAILY,
    number,
)
from cds.dose.units import unit_of
from cds.dose.values import HOURS, ONE, ZERO, Range


class Cap(Struct, frozen=True):
    """The most in a day that a text permits, in `unit` ("" for "max 8/day": what the dose is counted in).

    up_to  said as "up to 4 tablets daily", which may be the whole instruction
    """

    amount: Decimal
    unit: str
    up_to: bool = False


class Part(Struct, frozen=True):
    """One instruction of a sig.

    low, high  amount each time, None where the text names none
    unit       as written: tablet, mg, ml, ...
    total_mg   "(10 mg total)" behind the amount
    times      the most doses in a day, where "daily, up to 4 times daily" permits more than it schedules
    """

    low: Decimal | None
    high: Decimal | None
    unit: str
    schedule: Schedule
    total_mg: Decimal | None = None
    cap: Cap | None = None
    times: Decimal | None = None
    route: str = ""
    phase: int = 0


Reading = Callable[[str], tuple[Part, ...] | None]

_WIDEST = 5
# A dose in every hour of a day: nobody writes more of them to be taken side by side.
_MOST_DOSES = 24
# E-prescribing (NCPDP SCRIPT) has room for a sig of 1,000 characters (from memory): what is longer is no sig.
LONGEST = 1000
PERMITTED = "the text permits more a day than is scheduled: the high value is what it permits"


@dataclass(slots=True)
class _State:
    """What has been read of the part at hand."""

    low: Decimal | None = None
    high: Decimal | None = None
    unit: str = ""
    total_mg: Decimal | None = None
    rates: list[Range] = field(default_factory=list)
    slots: set[str] = field(default_factory=set)
    once: bool = False
    prn: bool = False
    days: Decimal | None = None
    cap: Cap | None = None
    times: Decimal | None = None
    route: str = ""
    later: bool = False


def read(text: str) -> tuple[Part, ...] | None:
    """The parts of a sig, None if any of it is not understood, or if it is longer than LONGEST.

    Parts of one phase are taken side by side; a later phase follows an earlier one ("then").
    """
    if len(text) > LONGEST:
        return None
    parts: list[Part] = []
    for phase, piece in enumerate(THEN.split(_normal(text))):
        found = _phase(piece.strip(), phase)
        if found is None:
            return None
        parts += found
    return tuple(parts) if parts else None


def frequency(text: str) -> Schedule | None:
    """How often, from a text that names no amount ("every 4 hours as needed", "BID") and is no longer than LONGEST."""
    if len(text) > LONGEST:
        return None
    parts = _phase(_normal(text), 0)
    if parts is None or len(parts) != 1 or parts[0].low is not None:
        return None
    schedule, times = parts[0].schedule, parts[0].times
    if schedule.per_day is not None and times is not None:
        return replace(schedule, per_day=Range(schedule.per_day.low, times)).flagged(PERMITTED)
    return schedule if schedule.per_day is not None or schedule.once else None


def _normal(text: str) -> str:
    lowered = text.lower().replace("–", "-").replace("—", "-").replace("’", "'").replace("×", "x")
    spaced = re.sub(r"\s+", " ", lowered.replace("(s)", "s").replace("(es)", "es")).rstrip(" .;,")
    spaced = re.sub(r"^(?:[ ;,]|\.(?!\d))+", "", spaced)  # ".5 tablet" keeps its point
    spaced = re.sub(r"^(?:and )?then ", "", spaced)  # the second line of a taper
    spaced = re.sub(r"once every (?!day)", "every ", spaced)
    spaced = re.sub(r"every (?:third|3rd) day", "every 3 days", spaced)
    spaced = MASS_FIRST.sub(r"\3 \4 (\1 \2 total)", spaced)
    # Said twice, meant once.
    return re.sub(
        r"(?:nightly|every night) at bedtime|at bedtime (?:nightly|every night)|every bedtime", "at bedtime", spaced
    )


def _phase(text: str, phase: int) -> list[Part] | None:
    states = [_State()]
    at = 0
    while at < len(text):
        between = BETWEEN.match(text, at)
        if between is not None:
            at = between.end()
            continue
        end = _step(text, at, states)
        if end is None or end == at:
            return None
        at = end
    # "as needed", a cap and a length of time at the end belong to the whole sentence.
    last = states[-1]
    if any(state.days is not None or (state.cap and last.cap) for state in states[:-1]):
        return None  # "1 daily for 7 days, 2 daily": a taper, or side by side? Of two limits, is the last the whole's?
    parts: list[Part] = []
    for state in states:
        part = _part(state, last, phase)
        if part is None:
            return None
        parts.append(part)
    return parts


def _step(text: str, at: int, states: list[_State]) -> int | None:
    """Reads one element at `at`; the end of it, or None where nothing is understood."""
    state = states[-1]
    for pattern, take in _READERS:
        match = pattern.match(text, at)
        if match is None:
            continue
        if pattern in (AMOUNT, BARE):
            if state.low is not None:
                if len(states) == _MOST_DOSES:
                    return None
                state = _State(unit=state.unit if pattern is BARE else "", later=True)
                states.append(state)
            elif state.cap is not None and state.cap.up_to and ADDED.search(text, 0, at):
                return None  # "up to 4 tablets daily and 2 at night": is the 2 among the 4?
        if pattern in (MAX, PER_DAY) and state.low is not None and _adds_a_limit(match, state):
            return None  # "2 tablets bid plus up to 2 daily as needed": beside the two, or with them?
        if take(match, state):
            return match.end()
    return None


def _amount(match: re.Match[str], state: _State) -> bool:
    first, second, strength, strength_unit, unit, total, total_high, total_unit = match.groups()
    state.low = number(first)
    state.high = number(second) if second else state.low
    if state.low <= 0 or not state.low <= state.high <= _WIDEST * state.low:
        return False  # "5-325 mg" is a combination, not a range
    state.unit = unit.replace("(s)", "").replace("(es)", "")
    scale = {"mg": ONE, "mcg": Decimal("0.001")}
    if total:
        # "(5-10 mg total)" is the total of the upper end too; only a plain total is compared with the strength.
        state.total_mg = None if total_high else Decimal(total) * scale[total_unit] / state.high
    if strength:
        state.total_mg = Decimal(strength) * scale[strength_unit]
    return True


def _bare(match: re.Match[str], state: _State) -> bool:
    state.low = number(match.group(1))
    state.high = number(match.group(2)) if match.group(2) else state.low
    return 0 < state.low <= state.high


def _every(match: re.Match[str], state: _State) -> bool:
    first, second, unit = match.groups()
    low = number(first)
    high = number(second) if second else low
    hours = {"h": ONE, "d": HOURS, "w": HOURS * 7}.get(unit[0], ONE / 60)
    if low <= 0 or high < low:
        return False
    state.rates.append(Range(HOURS / (high * hours), HOURS / (low * hours)))
    return True


def _per_day(match: re.Match[str], state: _State) -> bool:
    up_to, first, second, unit = match.groups()
    low = number(first)
    high = number(second) if second else low
    if not 0 < low <= high:
        return False
    days = Decimal(7) if unit.startswith("week") else ONE
    state.rates.append(Range(ZERO if up_to else low / days, high / days))
    if up_to:
        state.times = high / days
    return True


def _x_daily(match: re.Match[str], state: _State) -> bool:
    state.rates.append(Range.exact(number(match.group(1))))
    return state.rates[-1].low > 0


def _simple(match: re.Match[str], state: _State) -> bool:
    state.rates.append(Range.exact(Decimal(TIMES[match.group(0)])))
    return True


def _weekly(_match: re.Match[str], state: _State) -> bool:
    state.rates.append(Range.exact(ONE / 7))
    return True


def _slot(match: re.Match[str], state: _State) -> bool:
    word = match.group(0)
    if word in LINKED and not (state.slots or state.rates):
        return False  # "morning" alone; only "in the morning and evening" may shorten it
    state.slots.add(SLOT_WORDS[word])
    return True


def _clock(match: re.Match[str], state: _State) -> bool:
    hour, minute, half = match.groups()
    of_day = int(hour) % 12 + (12 if half.startswith("p") else 0)
    if int(hour) > 12 or int(minute or 0) > 59:
        return False
    state.slots.add(f"{of_day:02d}:{int(minute or 0):02d}:00")
    return True


def _once(_match: re.Match[str], state: _State) -> bool:
    state.once = True
    return True


def _prn(_match: re.Match[str], state: _State) -> bool:
    state.prn = True
    return True


def _max(match: re.Match[str], state: _State) -> bool:
    amount, unit, _ = match.groups()
    up_to = _says_up_to(match)
    if number(amount) <= 0:
        return False
    if unit and unit.startswith(("dose", "time")):
        state.rates.append(Range(ZERO, number(amount)))
        if up_to:
            state.times = number(amount)
        return True
    if state.cap is not None:
        return False
    state.cap = Cap(number(amount), unit or "", up_to)
    return True


def _says_up_to(match: re.Match[str]) -> bool:
    return match.group(0).startswith("up to") and "max" not in match.group(0)


def _adds_a_limit(match: re.Match[str], state: _State) -> bool:
    """Whether a limit seems to be one of its own, and not that of the dose before it."""
    text, at = match.string, match.start()
    if PLUS.search(text, 0, at):
        return True
    return _says_up_to(match) and bool(
        ADDED_AS_NEEDED.search(text, 0, at) or (not state.prn and ADDED.search(text, 0, at))
    )


def _max_plain(match: re.Match[str], state: _State) -> bool:
    """Without a period it is the most of a day at the least: unless it may be the most of one dose."""
    amount, unit = match.groups()
    if state.cap is not None or state.high is None or state.later or (unit and unit_of(unit) != unit_of(state.unit)):
        return False
    state.cap = Cap(number(amount), state.unit)
    return state.cap.amount > state.high


def _max_daily(match: re.Match[str], state: _State) -> bool:
    if state.cap is not None:
        return False
    state.cap = Cap(number(match.group(1)), match.group(2) or "")
    return state.cap.amount > 0


def _up_to(_match: re.Match[str], state: _State) -> bool:
    state.prn = True  # any amount below it is as good, none included
    return state.low is None


def _on_days(match: re.Match[str], state: _State) -> bool:
    days = {day[:3] for day in DAY_NAME.findall(match.group(1))}
    state.rates.append(Range.exact(Decimal(len(days)) / 7))
    return True


def _for_time(match: re.Match[str], state: _State) -> bool:
    length, unit = match.groups()
    if state.days is not None:
        return False
    state.days = number(length) * {"d": 1, "w": 7, "m": 30}[unit[0]]
    return state.days > 0


def _note_route(match: re.Match[str], state: _State) -> bool:
    if state.route and state.route != match.group(0):
        return False  # "PO or IV"
    state.route = match.group(0)
    return True


def _skip(_match: re.Match[str], _state: _State) -> bool:
    return True


_READERS = (
    (PARTNER_LIMIT, _skip),
    (MAX_DAILY, _max_daily),
    (MAX, _max),
    (MDD, _max_daily),
    (MAX_PLAIN, _max_plain),
    (UP_TO, _up_to),
    (EVERY, _every),
    (PER_DAY, _per_day),
    (X_DAILY, _x_daily),
    (WEEKLY, _weekly),
    (ON_DAYS, _on_days),
    (FOR_TIME, _for_time),
    (AT_CLOCK, _clock),
    (AMOUNT, _amount),
    (SIMPLE, _simple),
    (SLOT, _slot),
    (ONCE, _once),
    (PRN, _prn),
    (VERB, _skip),
    (ROUTE, _note_route),
    (HOLD, _skip),
    (HARMLESS, _skip),
    (ROUTINE, _skip),
    (SEPARATOR, _skip),
    (BARE, _bare),
)


def _part(state: _State, last: _State, phase: int) -> Part | None:
    schedule = _schedule(state)
    if schedule is None:
        return None
    more = state.times is not None and schedule.per_day is not None and state.times > schedule.per_day.high
    return Part(
        low=state.low,
        high=state.high,
        unit=state.unit,
        schedule=replace(
            schedule,
            prn=state.prn or (last.prn and not state.rates and not _apart(state, last)),
            days=state.days if state.days is not None else last.days,
        ),
        total_mg=state.total_mg,
        cap=state.cap,
        times=state.times if more else None,
        route=state.route or last.route,
        phase=phase,
    )


def _apart(state: _State, last: _State) -> bool:
    """Whether a dose at named times, or a first one, stands before one as needed that has no named time."""
    return bool(state.slots or state.once) and not last.slots


def _schedule(state: _State) -> Schedule | None:
    """One frequency from everything that was said about it, None where it contradicts itself."""
    slots = frozenset(state.slots)
    limits = [rate for rate in state.rates if rate.low == 0]
    rates = [rate for rate in state.rates if rate.low > 0]
    if len(set(rates)) > 1 or len(limits) > 1:
        return None
    if state.once:
        # "once daily" is read as a whole; a lone "once" beside a frequency is a first dose and another story.
        return None if rates or limits or slots else Schedule(once=True)
    if slots and rates:
        if rates[0] != Range.exact(Decimal(len(slots))) and rates[0] != Range.exact(ONE):
            return None
        if rates[0] == Range.exact(ONE) and len(slots) > 1 and state.rates:
            rates = [Range.exact(Decimal(len(slots)))]
    per_day = rates[0] if rates else Range.exact(Decimal(len(slots))) if slots else limits[0] if limits else None
    if per_day is not None and rates and limits:
        per_day = per_day.at_most(limits[0].high)
    return Schedule(per_day=per_day, slots=slots)
