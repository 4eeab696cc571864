"""English sigs, such as "Take 1-2 tablets by mouth every 4-6 hours as needed for pain, max 8/day".

Hand-written patterns, anchored where the reading stands: every word must be understood or known to be harmless, else the
sig is refused. A wrong dose from a clever guess is worse than a dose that is declared as unread.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from cds.dose.schedule import Schedule
from cds.dose.sig_elements import READERS, Cap, State, adds_a_limit
from cds.dose.sig_words import (
    ADDED,
    AMOUNT,
    BARE,
    BETWEEN,
    ECHO,
    MASS_FIRST,
    MAX,
    PER_DAY,
    RESTATED,
    THEN,
    TOTALLED,
    number,
)
from cds.dose.units import unit_of
from cds.dose.values import ONE, Range


class Part(Struct, frozen=True):
    """One instruction of a sig.

    low, high  amount each time, None where the text names none
    unit       as written: tablet, mg, ml, ...
    total_mg   "(10 mg total)" behind the amount
    cap        said of this part; of the last part of a phase it may be that of all of them together
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

# A dose in every hour of a day: nobody writes more of them to be taken side by side.
_MOST_DOSES = 24
# E-prescribing (NCPDP SCRIPT) has room for a sig of 1,000 characters (from memory): what is longer is no sig.
LONGEST = 1000
PERMITTED = "the text permits more a day than is scheduled: the high value is what it permits"


def read(text: str) -> tuple[Part, ...] | None:
    """The parts of a sig, None if any of it is not understood, or if it is longer than LONGEST.

    Parts of one phase are taken side by side; a later phase follows an earlier one ("then").
    """
    if len(text) > LONGEST:
        return None
    parts: list[Part] = []
    phase = 0
    for piece in THEN.split(_normal(text)):
        found = _phase(piece.strip(), phase)
        if found is None:
            return None
        parts += found
        if not all(part.schedule.once for part in found):
            phase += 1  # a first dose does not take the day from what follows it
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


def amounts(text: str) -> list[str]:
    """The amounts in a text that was not understood as a whole, as written."""
    return [match.group(0) for match in AMOUNT.finditer(text)]


def _normal(text: str) -> str:
    lowered = text.lower().replace("–", "-").replace("—", "-").replace("’", "'").replace("×", "x")
    spaced = re.sub(r"\s+", " ", lowered.replace("(s)", "s").replace("(es)", "es")).rstrip(" .;,")
    spaced = re.sub(r"^(?:[ ;,]|\.(?!\d))+", "", spaced)  # ".5 tablet" keeps its point
    spaced = re.sub(r"^(?:and )?then ", "", spaced)  # the second line of a taper
    spaced = re.sub(r"once every (?!day)", "every ", spaced)
    spaced = re.sub(r"every (?:third|3rd) day", "every 3 days", spaced)
    spaced = spaced.replace("to be taken ", "").replace("5 ml spoonful", "teaspoon").replace("5ml spoonful", "teaspoon")
    spaced = ECHO.sub(_echoed, spaced)
    spaced = MASS_FIRST.sub(_counted_first, spaced)
    # Said twice, meant once.
    return re.sub(
        r"(?:nightly|every night) at bedtime|at bedtime (?:nightly|every night)|every bedtime", "at bedtime", spaced
    )


def _echoed(match: re.Match[str]) -> str:
    """ "4 (four)" is 4; "4 (six)" stays, with a sign that nothing understands."""
    first, second = match.groups()
    return first if number(first) == number(second) else f"{match.group(0)}!"


def _counted_first(match: re.Match[str]) -> str:
    mass, unit, bracketed, bracketed_unit, equal, equal_unit = match.groups()
    return f"{bracketed or equal} {bracketed_unit or equal_unit} ({mass} {unit} total)"


def _phase(text: str, phase: int) -> list[Part] | None:
    states = [State()]
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
    if len(states) > 1 and any(state.unit.startswith("mcg/h") for state in states):
        return None  # "1 patch, 25 mcg/h" is one patch
    parts: list[Part] = []
    for state in states:
        part = _part(state, last, phase)
        if part is None:
            return None
        parts.append(part)
    return parts


def _step(text: str, at: int, states: list[State]) -> int | None:
    """Reads one element at `at`; the end of it, or None where nothing is understood."""
    state = states[-1]
    for pattern, take in READERS:
        match = pattern.match(text, at)
        if match is None:
            continue
        if pattern is RESTATED:
            if state.low is None or state.once or ADDED.search(text, 0, at):
                continue
            return match.end() if TOTALLED.search(text, 0, at) and _restates(match, state) else None
        if pattern in (AMOUNT, BARE):
            if state.low is not None:
                if len(states) == _MOST_DOSES:
                    return None
                state = State(unit=state.unit if pattern is BARE else "", later=True)
                states.append(state)
            elif state.cap is not None and state.cap.up_to and ADDED.search(text, 0, at):
                return None  # "up to 4 tablets daily and 2 at night": is the 2 among the 4?
        if pattern in (MAX, PER_DAY) and state.low is not None and adds_a_limit(match, state):
            return None  # "2 tablets bid plus up to 2 daily as needed": beside the two, or with them?
        if take(match, state):
            return match.end()
    return None


def _restates(match: re.Match[str], state: State) -> bool:
    """Whether a total of the day is what the dose and its frequency make, in the same unit."""
    schedule = _schedule(state)
    if schedule is None or schedule.per_day is None or state.low is None or state.high is None or state.days:
        return False
    same = unit_of(match.group(2)) == unit_of(state.unit)
    least, most = state.low * schedule.per_day.low, state.high * schedule.per_day.high
    return same and least <= most == number(match.group(1))


def _part(state: State, last: State, phase: int) -> Part | None:
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
            prn=state.prn or (last.prn and not state.frequencies() and not _apart(state, last)),
            days=state.days if state.days is not None else last.days,
        ),
        total_mg=state.total_mg,
        cap=state.cap,
        times=state.times if more else None,
        route=state.route or last.route,
        phase=phase,
    )


def _apart(state: State, last: State) -> bool:
    """Whether a dose at named times, or a first one, stands before one as needed that has no named time."""
    return bool(state.slots or state.once) and not last.slots


def _schedule(state: State) -> Schedule | None:
    """One frequency from everything that was said about it, None where it contradicts itself."""
    slots = frozenset(state.slots)
    limits = [rate for rate in state.rates if rate.low == 0]
    rates = [rate for rate in state.frequencies() if rate.low > 0]
    if len(set(rates)) > 1 or len(limits) > 1:
        return None
    if (state.meals and slots) or (state.once_daily and len(slots) > 1):
        return None  # "with meals and at bedtime" is more than once, "once daily" no more
    if state.once:
        # "once daily" is read as a whole; a lone "once" beside a frequency is a first dose and another story.
        return None if rates or limits or slots else Schedule(once=True)
    if slots and rates:
        if rates[0] != Range.exact(Decimal(len(slots))) and rates[0] != Range.exact(ONE):
            return None
        if rates[0] == Range.exact(ONE) and len(slots) > 1:
            rates = [Range.exact(Decimal(len(slots)))]
    per_day = rates[0] if rates else Range.exact(Decimal(len(slots))) if slots else limits[0] if limits else None
    if per_day is not None and rates and limits:
        per_day = per_day.at_most(limits[0].high)
    return Schedule(per_day=per_day, slots=slots)
