"""English sigs, such as "Take 1-2 tablets by mouth every 4-6 hours as needed for pain, max 8/day".

Hand-written patterns, anchored where the reading stands: every word must be understood or known to be harmless, else the
sig is refused. A wrong dose from a clever guess is worse than a dose that is declared as unread.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from decimal import Decimal

from cds.clinical import Moment
from cds.dose.values import HOURS, ONE, ZERO, Range


@dataclass(frozen=True, slots=True)
class Schedule:
    """How often.

    per_day  doses a day, None for single doses and events
    once     a single dose
    slots    named times of day (when codes, clock times)
    days     length of a course that a text names
    """

    per_day: Range | None = None
    once: bool = False
    events: tuple[Moment, ...] = ()
    slots: frozenset[str] = frozenset()
    prn: bool = False
    days: Decimal | None = None
    flags: tuple[str, ...] = ()

    def with_prn(self) -> Schedule:
        return replace(self, prn=True)

    def flagged(self, flag: str) -> Schedule:
        return replace(self, flags=(*self.flags, flag))


@dataclass(frozen=True, slots=True)
class Cap:
    """The most in a day that a text permits, in `unit` ("" for "max 8/day": what the dose is counted in)."""

    amount: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Part:
    """One instruction of a sig.

    low, high  amount each time, None where the text names none
    unit       as written: tablet, mg, ml, ...
    total_mg   "(10 mg total)" behind the amount
    """

    low: Decimal | None
    high: Decimal | None
    unit: str
    schedule: Schedule
    total_mg: Decimal | None = None
    cap: Cap | None = None
    route: str = ""
    phase: int = 0


_WORDS = {
    "one-half": "0.5", "one half": "0.5", "half": "0.5", "a half": "0.5", "½": "0.5", "one and one-half": "1.5",
    "one and a half": "1.5", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7",
    "eight": "8", "nine": "9", "ten": "10", "twelve": "12", "a": "1", "an": "1", "single": "1",
}  # fmt: skip
_NUM = (
    r"(?:\d+\s+\d/\d|\d+/\d+|\d+(?:\.\d+)?½?|\.\d+|one and one-half|one and a half|one[- ]half|a half|half|½|one|two|three"
    r"|four|five|six|seven|eight|nine|ten|twelve)"
)
_UNIT = (
    r"(?:tablets?|tabs?|tab\(s\)|tablet\(s\)|caplets?|pills?|capsules?|caps?|cap\(s\)|capsule\(s\)|mgs?|milligrams?|mcg|ug"
    r"|micrograms?|ml|mls|milliliters?|cc|teaspoon(?:ful)?s?|tsp|tablespoon(?:ful)?s?|tbsp|patch(?:es)?|patch\(es\)|films?"
    r"|strips?|lozenges?|suppositor(?:y|ies)|sprays?|puffs?|mcg/hr?|mcg/hour)"
)
_TIMES = {
    "daily": "1", "every day": "1", "each day": "1", "once daily": "1", "once a day": "1", "once per day": "1",
    "once every day": "1", "qd": "1", "q day": "1", "qday": "1", "per day": "1", "a day": "1", "od": "1",
    "twice daily": "2", "twice a day": "2", "twice per day": "2", "two times daily": "2", "bid": "2", "b.i.d.": "2",
    "bd": "2", "tid": "3", "t.i.d.": "3", "tds": "3", "thrice daily": "3", "qid": "4", "q.i.d.": "4", "qds": "4",
    "every other day": "0.5", "qod": "0.5", "on alternate days": "0.5", "every second day": "0.5",
    "hourly": "24", "every hour": "24",
}  # fmt: skip
_SLOT_WORDS = {
    "every morning": "MORN", "each morning": "MORN", "qam": "MORN", "q am": "MORN", "in the morning": "MORN", "in am": "MORN",
    "in the am": "MORN", "every am": "MORN", "mornings": "MORN", "in morning": "MORN", "a.m.": "MORN", "am": "MORN",
    "at noon": "NOON", "at midday": "NOON", "at lunch": "NOON", "with lunch": "NOON", "noon": "NOON", "midday": "NOON",
    "in the afternoon": "AFT", "every afternoon": "AFT", "afternoon": "AFT", "with breakfast": "CM", "at breakfast": "CM",
    "with dinner": "CV", "at dinner": "CV", "with supper": "CV", "every evening": "EVE", "in the evening": "EVE",
    "each evening": "EVE", "qpm": "EVE", "q pm": "EVE", "in the pm": "EVE", "in pm": "EVE", "evening": "EVE", "pm": "EVE",
    "at bedtime": "HS", "qhs": "HS", "q hs": "HS", "hs": "HS", "before bed": "HS", "before bedtime": "HS", "bedtime": "HS",
    "every bedtime": "HS", "nightly": "NIGHT", "at night": "NIGHT", "every night": "NIGHT", "each night": "NIGHT",
    "qnight": "NIGHT", "night": "NIGHT", "morning": "MORN",
}  # fmt: skip
_LINKED = ("am", "a.m.", "pm", "noon", "midday", "afternoon", "evening", "bedtime", "night", "morning")


def _choice(words: dict[str, str] | tuple[str, ...]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_PARENTHESIS = r"(?:\s*\(\s*[a-z0-9.\-/½ ]+\s*\))?"
_EVERY = re.compile(
    rf"(?:every|q\.?|each)\s*({_NUM})\s*{_PARENTHESIS}(?:\s*(?:-|to|or|–)\s*({_NUM}){_PARENTHESIS})?\s*"
    r"(hours?|hrs?|h|days?|d|weeks?|wks?|minutes?|min)(?![a-z])"
)
_PER_DAY = re.compile(
    rf"(up to\s+)?({_NUM})\s*{_PARENTHESIS}(?:\s*(?:-|to|or|–)\s*({_NUM}){_PARENTHESIS})?\s*(?:times?|x)\s*"
    r"(?:/|per|a|each|every)?\s*(day|daily|24 ?h(?:ou)?rs?|d|week|weekly)(?![a-z])"
)
_WEEKLY = re.compile(r"(?:once (?:a|per|every) week|once weekly|weekly|every week|qwk|q week)(?![a-z])")
_SIMPLE = re.compile(rf"(?:{_choice(_TIMES)})(?![a-z])")
_SLOT = re.compile(rf"(?:{_choice(_SLOT_WORDS)})(?![a-z])")
_AT_CLOCK = re.compile(r"(?:at |@ ?)?(\d{1,2})(?::(\d\d))?\s*(am|pm|a\.m\.|p\.m\.)(?![a-z])")
_ONCE = re.compile(
    r"(?:stat|once only|one time only|one time|one-time|now|x ?1(?: dose)?|single dose|for (?:1|one) dose|once)(?![a-z0-9])"
)
_PRN = re.compile(
    r"(?:prn|p\.r\.n\.|as needed|if needed|when needed|as required|if required|when required|as necessary)(?![a-z])"
)
_MAX = re.compile(
    r"(?:up to(?: a)? max(?:imum)? of|max(?:imum)?\.?(?: daily)?(?: dos(?:e|age)| amount)?(?: of)?(?: is)?:?|not to exceed|nte|do not exceed|"
    r"don't exceed|no more than|do not take more than|not more than|up to)\s*"
    rf"({_NUM})\s*{_PARENTHESIS}\s*({_UNIT}|doses?|times?)?\s*(?:/|per|a|an|in(?: a)?|each|every|within)?\s*"
    r"(day|daily|24 ?h(?:ou)?rs?|24-?hour(?: period)?|24 ?h|d)(?![a-z])(?:\s*period)?"
)
_MAX_DAILY = re.compile(rf"max(?:imum)?\.? daily (?:dose|amount|dosage)\s*(?:of|is|:)?\s*({_NUM})\s*({_UNIT})(?![a-z])")
_FOR_TIME = re.compile(
    rf"(?:for|x|times)\s*(?:up to\s+)?({_NUM})\s*{_PARENTHESIS}\s*(?:more\s+)?(days?|weeks?|wks?|months?)(?![a-z])"
)
_AMOUNT = re.compile(
    rf"({_NUM})\s*(?:\(\s*[a-z0-9./½]+\s*\))?(?:\s*(?:-|–|to|or)\s*({_NUM})(?:\s*\(\s*[a-z0-9./½]+\s*\))?)?\s*"
    rf"(?:x\s*)?(?:(\d+(?:\.\d+)?)\s*-?\s*(mg|mcg)\s+(?=tab|cap|film|loz|supp))?({_UNIT})(?![a-z])"
    r"(?:\s*\(\s*(?:=\s*)?(\d+(?:\.\d+)?)(?:\s*-\s*(\d+(?:\.\d+)?))?\s*(mg|mcg)(?:\s*total)?\s*\))?(?:\s*total)?"
)
_VERB = re.compile(
    r"(?:take|give|apply|place|use|inject|administer|insert|dissolve|chew|swallow|put|infuse|let|instill|sig|patient to take)"
    r"(?![a-z]):?"
)
_ROUTE = re.compile(
    r"(?:by mouth|orally|oral|po|p\.o\.|per os|iv push|iv|intravenous(?:ly)?|im|intramuscular(?:ly)?|sc|subq|sq|subcut(?:aneous(?:ly)?)?"
    r"|sl|sublingual(?:ly)?|under the tongue|buccal(?:ly)?|rectal(?:ly)?|per rectum|pr|transdermal(?:ly)?|topically|"
    r"(?:on|on to|onto|to) (?:the )?skin|intranasal(?:ly)?|epidural(?:ly)?|intrathecal(?:ly)?|(?:per|via|by) (?:ng|g|peg|feeding) ?tube)(?![a-z])"
)
_HARMLESS = re.compile(
    r"(?:with (?:food|water|milk|or without food|a full glass of water)|with food or milk|as directed|as instructed|whole|the|of|"
    r"new|please|for (?:moderate to severe |mild to moderate |severe |moderate |mild |chronic |acute |breakthrough |back |cancer |"
    r"post-?operative |surgical |neck |knee |leg |hip |joint |abdominal |uncontrolled |your |the )*(?:pain|cough|aches?|discomfort|headaches?|dyspnea|"
    r"shortness of breath|sickle cell crisis)(?: control| management| relief)?(?: \([^)0-9]*\))?|around the clock|scheduled|and remove old patch|then remove|"
    r"after removing the old (?:one|patch)|rotate sites?|do not crush(?:,? or chew| or chew)?|swallow whole|may cause drowsiness|immediate release|"
    r"extended release|er|ir|sr|total)(?![a-z])"
)
_SEPARATOR = re.compile(r"(?:,|;|\.(?!\d)|-(?=\s)|–|and|plus|\+|&|:|\))")
_THEN = re.compile(
    r"(?:,?\s*(?:and )?then(?! remove)|followed by|;\s*then|\. then)\s+(?:decrease to|reduce to|increase to)?"
)
_AND_PAIR = re.compile(r"(?:and|&|,)\s*")
_ROUTINE = re.compile(r"(?:continuous(?:ly)?)(?![a-z])")


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
    route: str = ""
    fixed: bool = False

    @property
    def timed(self) -> bool:
        return bool(self.rates or self.slots or self.once)


def read(text: str) -> tuple[Part, ...] | None:
    """The parts of a sig, None if any of it is not understood.

    Parts of one phase are taken side by side; a later phase follows an earlier one ("then").
    """
    parts: list[Part] = []
    for phase, piece in enumerate(_THEN.split(_normal(text))):
        found = _phase(piece.strip(), phase)
        if found is None:
            return None
        parts += found
    return tuple(parts) if parts else None


def frequency(text: str) -> Schedule | None:
    """How often, from a text that names no amount ("every 4 hours as needed", "BID")."""
    parts = _phase(_normal(text), 0)
    if parts is None or len(parts) != 1 or parts[0].low is not None:
        return None
    schedule = parts[0].schedule
    return schedule if schedule.per_day is not None or schedule.once else None


def _normal(text: str) -> str:
    lowered = text.lower().replace("–", "-").replace("—", "-").replace("’", "'").replace("×", "x")
    return re.sub(r"\s+", " ", lowered).strip(" .;,")


def _phase(text: str, phase: int) -> list[Part] | None:
    states = [_State()]
    at = 0
    while at < len(text):
        if text[at] == " ":
            at += 1
            continue
        end = _step(text, at, states)
        if end is None or end == at:
            return None
        at = end
    # "as needed", a cap and a length of time at the end belong to the whole sentence.
    last = states[-1]
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
        if pattern is _AMOUNT and state.low is not None:
            state = _State()
            states.append(state)
        if take(match, state):
            return match.end()
    return None


def _amount(match: re.Match[str], state: _State) -> bool:
    first, second, strength, strength_unit, unit, total, total_high, total_unit = match.groups()
    state.low = _number(first)
    state.high = _number(second) if second else state.low
    if state.high < state.low:
        return False
    state.unit = unit.replace("(s)", "").replace("(es)", "")
    scale = {"mg": ONE, "mcg": Decimal("0.001")}
    if total:
        # "(5-10 mg total)" is the total of the upper end too; only a plain total is compared with the strength.
        state.total_mg = None if total_high else Decimal(total) * scale[total_unit] / state.high
    if strength:
        state.total_mg = Decimal(strength) * scale[strength_unit]
    return True


def _every(match: re.Match[str], state: _State) -> bool:
    first, second, unit = match.groups()
    low = _number(first)
    high = _number(second) if second else low
    hours = {"h": ONE, "d": HOURS, "w": HOURS * 7}.get(unit[0], ONE / 60)
    if low <= 0 or high < low:
        return False
    state.rates.append(Range(HOURS / (high * hours), HOURS / (low * hours)))
    return True


def _per_day(match: re.Match[str], state: _State) -> bool:
    up_to, first, second, unit = match.groups()
    low = _number(first)
    high = _number(second) if second else low
    days = Decimal(7) if unit.startswith("week") else ONE
    state.rates.append(Range(ZERO if up_to else low / days, high / days))
    return True


def _simple(match: re.Match[str], state: _State) -> bool:
    state.rates.append(Range.exact(Decimal(_TIMES[match.group(0)])))
    return True


def _weekly(_match: re.Match[str], state: _State) -> bool:
    state.rates.append(Range.exact(ONE / 7))
    return True


def _slot(match: re.Match[str], state: _State) -> bool:
    word = match.group(0)
    if word in _LINKED and not state.slots:
        return False  # "morning" alone; only "in the morning and evening" may shorten it
    state.slots.add(_SLOT_WORDS[word])
    return True


def _clock(match: re.Match[str], state: _State) -> bool:
    hour, minute, half = match.groups()
    number = int(hour) % 12 + (12 if half.startswith("p") else 0)
    if int(hour) > 12 or int(minute or 0) > 59:
        return False
    state.slots.add(f"{number:02d}:{int(minute or 0):02d}:00")
    return True


def _once(_match: re.Match[str], state: _State) -> bool:
    state.once = True
    return True


def _prn(_match: re.Match[str], state: _State) -> bool:
    state.prn = True
    return True


def _max(match: re.Match[str], state: _State) -> bool:
    amount, unit, _ = match.groups()
    if unit and unit.startswith(("dose", "time")):
        state.rates.append(Range(ZERO, _number(amount)))
        return True
    if state.cap is not None:
        return False
    state.cap = Cap(_number(amount), unit or "")
    return True


def _max_daily(match: re.Match[str], state: _State) -> bool:
    if state.cap is not None:
        return False
    state.cap = Cap(_number(match.group(1)), match.group(2))
    return True


def _for_time(match: re.Match[str], state: _State) -> bool:
    number, unit = match.groups()
    if state.days is not None:
        return False
    state.days = _number(number) * {"d": 1, "w": 7, "m": 30}[unit[0]]
    return True


def _note_route(match: re.Match[str], state: _State) -> bool:
    if state.route and state.route != match.group(0):
        return False  # "PO or IV"
    state.route = match.group(0)
    return True


def _skip(_match: re.Match[str], _state: _State) -> bool:
    return True


_READERS = (
    (_MAX_DAILY, _max_daily),
    (_MAX, _max),
    (_EVERY, _every),
    (_PER_DAY, _per_day),
    (_WEEKLY, _weekly),
    (_FOR_TIME, _for_time),
    (_AT_CLOCK, _clock),
    (_AMOUNT, _amount),
    (_SIMPLE, _simple),
    (_SLOT, _slot),
    (_ONCE, _once),
    (_PRN, _prn),
    (_VERB, _skip),
    (_ROUTE, _note_route),
    (_HARMLESS, _skip),
    (_ROUTINE, _skip),
    (_SEPARATOR, _skip),
)


def _part(state: _State, last: _State, phase: int) -> Part | None:
    schedule = _schedule(state)
    if schedule is None:
        return None
    return Part(
        low=state.low,
        high=state.high,
        unit=state.unit,
        schedule=replace(schedule, prn=state.prn or last.prn, days=state.days if state.days is not None else last.days),
        total_mg=state.total_mg,
        cap=state.cap or (last.cap if state is not last else None),
        route=state.route or last.route,
        phase=phase,
    )


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


def _number(text: str) -> Decimal:
    text = text.strip()
    if text in _WORDS:
        return Decimal(_WORDS[text])
    if text.endswith("½"):
        return Decimal(text[:-1]) + Decimal("0.5")
    whole, _, fraction = text.partition(" ")
    if fraction:
        return Decimal(whole) + _number(fraction)
    top, _, bottom = text.partition("/")
    if bottom:
        return Decimal(top) / Decimal(bottom) if Decimal(bottom) else ZERO
    return Decimal(_WORDS.get(text.replace("-", " "), text))
