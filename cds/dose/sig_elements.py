"""The elements of a sig (an amount, a frequency, a limit, ...), and what each adds to the part at hand."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal

from msgspec import Struct

from cds.dose.sig_words import (
    ADDED,
    ADDED_AS_NEEDED,
    AMOUNT,
    AT_CLOCK,
    BARE,
    DAY_LIST,
    DAY_NAME,
    EVERY,
    FOR_TIME,
    HARMLESS,
    HOLD,
    LINKED,
    MAX,
    MAX_DAILY,
    MAX_PLAIN,
    MDD,
    MEALS,
    ON_DAYS,
    ONCE,
    PARTNER_LIMIT,
    PER_DAY,
    PLUS,
    PRN,
    RESTATED,
    ROUTE,
    ROUTINE,
    SAME_TIME,
    SEPARATOR,
    SIMPLE,
    SLOT,
    SLOT_WORDS,
    TIMES,
    UP_TO,
    VERB,
    WEEKLY,
    X_DAILY,
    number,
)
from cds.dose.slots import coarse
from cds.dose.units import unit_of
from cds.dose.values import HOURS, ONE, ZERO, Range


class Cap(Struct, frozen=True):
    """The most in a day that a text permits, in `unit` ("" for "max 8/day": what the dose is counted in).

    up_to  said as "up to 4 tablets daily", which may be the whole instruction
    """

    amount: Decimal
    unit: str
    up_to: bool = False


_WIDEST = 5


@dataclass(slots=True)
class State:
    """What has been read of the part at hand.

    once_daily  said in full: no more than one named time
    named       the last time of day, and where it or the last day of the week ended
    """

    low: Decimal | None = None
    high: Decimal | None = None
    unit: str = ""
    total_mg: Decimal | None = None
    rates: list[Range] = field(default_factory=list)
    slots: set[str] = field(default_factory=set)
    once: bool = False
    prn: bool = False
    meals: bool = False
    once_daily: bool = False
    weekdays: set[str] = field(default_factory=set)
    named: str = ""
    named_to: int = 0
    days: Decimal | None = None
    cap: Cap | None = None
    times: Decimal | None = None
    route: str = ""
    later: bool = False

    def frequencies(self) -> list[Range]:
        """Everything that was said of how often."""
        days = len(self.weekdays)
        return [*self.rates, Range.exact(Decimal(days) / 7)] if days else self.rates


def _amount(match: re.Match[str], state: State) -> bool:
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


def _bare(match: re.Match[str], state: State) -> bool:
    state.low = number(match.group(1))
    state.high = number(match.group(2)) if match.group(2) else state.low
    return 0 < state.low <= state.high


def _every(match: re.Match[str], state: State) -> bool:
    first, second, unit = match.groups()
    low = number(first)
    high = number(second) if second else low
    hours = {"h": ONE, "d": HOURS, "w": HOURS * 7}.get(unit[0], ONE / 60)
    if low <= 0 or high < low:
        return False
    state.rates.append(Range(HOURS / (high * hours), HOURS / (low * hours)))
    return True


def _per_day(match: re.Match[str], state: State) -> bool:
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


def _x_daily(match: re.Match[str], state: State) -> bool:
    state.rates.append(Range.exact(number(match.group(1))))
    return state.rates[-1].low > 0


def _simple(match: re.Match[str], state: State) -> bool:
    state.once_daily = state.once_daily or match.group(0).startswith("once")
    state.rates.append(Range.exact(Decimal(TIMES[match.group(0)])))
    return True


def _weekly(_match: re.Match[str], state: State) -> bool:
    state.rates.append(Range.exact(ONE / 7))
    return True


def _slot(match: re.Match[str], state: State) -> bool:
    word = match.group(0)
    if word in LINKED and not (state.slots or state.rates):
        return False  # "morning" alone; only "in the morning and evening" may shorten it
    return _name(match, SLOT_WORDS[word], state)


def _clock(match: re.Match[str], state: State) -> bool:
    hour, minute, half = match.groups()
    of_day = int(hour) % 12 + (12 if half.startswith("p") else 0)
    if int(hour) > 12 or int(minute or 0) > 59:
        return False
    return _name(match, f"{of_day:02d}:{int(minute or 0):02d}:00", state)


def _name(match: re.Match[str], slot: str, state: State) -> bool:
    """Adds a time of day, unless it says the one before it again: "in the morning with breakfast", "at bedtime (9 pm)".

    Where nobody can tell whether two names are one time, the sig is refused.
    """
    part, before = _part_of_day(slot), state.named
    beside = bool(before) and SAME_TIME.fullmatch(match.string, state.named_to, match.start()) is not None
    clocks = {_is_clock(other) for other in state.slots if other != slot and _part_of_day(other) == part}
    state.named, state.named_to = slot, match.end()
    if clocks and (clocks != {True} or not _is_clock(slot)):
        return beside
    if beside and slot not in state.slots:
        late = not _is_clock(slot) and {part, _part_of_day(before)} == {"evening", "night"}
        if late or _is_clock(slot) != _is_clock(before):
            return False
    state.slots.add(slot)
    return True


def _part_of_day(slot: str) -> str:
    return next(iter(coarse(frozenset((slot,)))))


def _is_clock(slot: str) -> bool:
    return ":" in slot


def _once(_match: re.Match[str], state: State) -> bool:
    state.once = True
    return True


def _prn(_match: re.Match[str], state: State) -> bool:
    state.prn = True
    return True


def _max(match: re.Match[str], state: State) -> bool:
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


def adds_a_limit(match: re.Match[str], state: State) -> bool:
    """Whether a limit seems to be one of its own, and not that of the dose before it."""
    text, at = match.string, match.start()
    if PLUS.search(text, 0, at):
        return True
    return _says_up_to(match) and bool(
        ADDED_AS_NEEDED.search(text, 0, at) or (not state.prn and ADDED.search(text, 0, at))
    )


def _max_plain(match: re.Match[str], state: State) -> bool:
    """Without a period it is the most of a day at the least: unless it may be the most of one dose."""
    amount, unit = match.groups()
    if state.cap is not None or state.high is None or state.later or (unit and unit_of(unit) != unit_of(state.unit)):
        return False
    state.cap = Cap(number(amount), state.unit)
    return state.cap.amount > state.high


def _max_daily(match: re.Match[str], state: State) -> bool:
    if state.cap is not None:
        return False
    state.cap = Cap(number(match.group(1)), match.group(2) or "")
    return state.cap.amount > 0


def _up_to(_match: re.Match[str], state: State) -> bool:
    state.prn = True  # any amount below it is as good, none included
    return state.low is None


def _on_days(match: re.Match[str], state: State) -> bool:
    listed = DAY_LIST.fullmatch(match.string, state.named_to, match.start()) is not None
    if state.weekdays and not listed:
        return False  # "Monday - Friday" is more than two days
    state.weekdays |= {day[:3] for day in DAY_NAME.findall(match.group(1))}
    state.named_to = match.end()
    return True


def _meals(_match: re.Match[str], state: State) -> bool:
    state.meals = True
    return True


def _for_time(match: re.Match[str], state: State) -> bool:
    length, unit = match.groups()
    if state.days is not None:
        return False
    state.days = number(length) * {"d": 1, "w": 7, "m": 30}[unit[0]]
    return state.days > 0


def _note_route(match: re.Match[str], state: State) -> bool:
    if state.route and state.route != match.group(0):
        return False  # "PO or IV"
    state.route = match.group(0)
    return True


def _skip(_match: re.Match[str], _state: State) -> bool:
    return True


READERS = (
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
    (RESTATED, _skip),
    (AMOUNT, _amount),
    (SIMPLE, _simple),
    (SLOT, _slot),
    (ONCE, _once),
    (PRN, _prn),
    (VERB, _skip),
    (ROUTE, _note_route),
    (HOLD, _skip),
    (MEALS, _meals),
    (HARMLESS, _skip),
    (ROUTINE, _skip),
    (SEPARATOR, _skip),
    (BARE, _bare),
)
