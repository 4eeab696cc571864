"""Timing -> how often a day, at which times of day, or once."""

from __future__ import annotations

from decimal import Decimal

from cds.clinical import Concept, Repeat, Timing
from cds.dose import sig
from cds.dose.schedule import Schedule
from cds.dose.units import unit_of
from cds.dose.values import HOURS, ONE, NotCounted, Range

# v3-GTSAbbreviation, and the words that EHRs put in its place: doses a day.
_CODES = {
    "QD": "1", "BID": "2", "TID": "3", "QID": "4", "QOD": "0.5", "Q1H": "24", "Q2H": "12", "Q3H": "8", "Q4H": "6",
    "Q6H": "4", "Q8H": "3", "Q12H": "2", "Q24H": "1", "Q48H": "0.5", "Q72H": "24/72", "AM": "1", "PM": "1", "BED": "1",
    "HS": "1", "QHS": "1", "QAM": "1", "QPM": "1", "WK": "1/7", "QWK": "1/7", "MO": "1/30", "DAILY": "1",
}  # fmt: skip
_CODE_SLOTS = {
    "AM": "MORN", "QAM": "MORN", "PM": "AFT", "QPM": "AFT", "BED": "HS", "HS": "HS", "QHS": "HS",
}  # fmt: skip
# SNOMED CT, from memory: once, twice, three and four times daily.
_SNOMED = {"229797004": "QD", "229799001": "BID", "229798009": "TID", "307439001": "QID"}
_ONCE = ("STAT", "ONCE", "NOW", "1TIME", "ONE-TIME", "ONETIME", "X1")
_MEALS = ("C", "AC", "PC")  # every meal


def read(timing: Timing | None) -> Schedule | None:
    """How often a dose is taken, None where the structure does not say.

    Raises NotCounted where it contradicts itself or cannot be read.
    """
    if timing is None:
        return None
    repeat = timing.repeat
    found = _of_repeat(repeat) if repeat else None
    coded = _of_code(timing.code)
    if timing.events and found is None and (coded is None or coded.once):
        return Schedule(events=timing.events, prn=coded.prn if coded else False)
    if found is None:
        return coded
    if coded is not None and coded.prn and not found.prn:
        found = found.with_prn()
    if coded is not None and coded.per_day is not None and found.per_day is not None and coded.per_day != found.per_day:
        return found.flagged("timing code and timing structure differ; the structure is used")
    return found


def _of_repeat(repeat: Repeat) -> Schedule | None:
    named = _named_times(repeat)
    slots = frozenset((*repeat.when, *repeat.time_of_day))
    rate = _rate(repeat)
    flags: tuple[str, ...] = ()
    if repeat.count == 1 and repeat.count_max in (None, 1) and rate is None and not named and not repeat.day_of_week:
        return Schedule(once=True)
    if named:
        per_day = Range.exact(Decimal(named))
        days = _days_between(repeat)
        if days is not None and days > 1:
            per_day = per_day.scaled(1 / days)
        if rate is not None and rate != per_day and not _is_one_a_period(repeat):
            per_day = Range(min(rate.low, per_day.low), max(rate.high, per_day.high))
            flags = ("frequency and times of day differ",)
    elif rate is not None:
        per_day = rate
    elif repeat.day_of_week:
        per_day = Range.exact(ONE)
    else:
        return None
    if repeat.day_of_week:
        share = Decimal(len(set(repeat.day_of_week))) / 7
        if _weekly(repeat):
            counted = Range.exact(share * (named or 1))
            if counted != per_day:
                flags = (*flags, "frequency per week and days of the week differ")
            per_day = Range(min(per_day.low, counted.low), max(per_day.high, counted.high))
        else:
            per_day = per_day.scaled(share)
    return Schedule(per_day=per_day, slots=slots, flags=flags)


def _named_times(repeat: Repeat) -> int:
    """Doses a day that `when` and `timeOfDay` name."""
    times = sum(3 if word in _MEALS else 1 for word in set(repeat.when))
    return max(times, len(set(repeat.time_of_day)))


def _rate(repeat: Repeat) -> Range | None:
    """frequency..frequencyMax per period..periodMax, as doses a day; None where no frequency is written."""
    if repeat.period is None and repeat.frequency is None and repeat.frequency_max is None:
        return None
    if repeat.period_unit is None:
        if (
            repeat.period is None
            and repeat.frequency == 1
            and (repeat.when or repeat.time_of_day or repeat.day_of_week)
        ):
            return None
        if repeat.period is None and repeat.frequency == 1 and repeat.count == 1:
            return None
        raise NotCounted("no-timing", "a frequency without a period")
    found = unit_of(repeat.period_unit)
    if found is None or found.kind != "time" or found.per_h:
        raise NotCounted("no-timing", "the period has no unit of time")
    period = ONE if repeat.period is None else repeat.period
    longest = repeat.period_max if repeat.period_max is not None else period
    low = repeat.frequency if repeat.frequency is not None else 1
    high = repeat.frequency_max if repeat.frequency_max is not None else low
    if repeat.frequency is None and repeat.frequency_max is not None:
        low = 0  # "up to 4 times a day"
    if period <= 0 or longest < period or low < 0 or high < max(low, 1) or repeat.frequency == 0:
        raise NotCounted("no-timing", "frequency or period is empty or reversed")
    # Multiply before dividing: 1 per 7 days must not be rounded twice.
    return Range(HOURS * low / (longest * found.scale), HOURS * high / (period * found.scale))


def _days_between(repeat: Repeat) -> Decimal | None:
    found = unit_of(repeat.period_unit) if repeat.period_unit else None
    if found is None or repeat.period is None:
        return None
    return repeat.period * found.scale / HOURS


def _is_one_a_period(repeat: Repeat) -> bool:
    """frequency 1 per n days beside named times: the times say how often on such a day."""
    days = _days_between(repeat)
    single = (repeat.frequency in (None, 1)) and repeat.frequency_max in (None, 1) and repeat.period_max is None
    return single and (days is None or days >= 1)


def _weekly(repeat: Repeat) -> bool:
    days = _days_between(repeat)
    if days is not None:
        return days >= 7
    found = unit_of(repeat.period_unit) if repeat.period_unit else None
    return found is not None and found.scale >= 168


def _of_code(code: Concept | None) -> Schedule | None:
    if code is None:
        return None
    for coding in code.codings:
        word = _SNOMED.get(coding.code or "", (coding.code or "").upper().strip())
        if word in _CODES:
            return Schedule(per_day=Range.exact(_fraction(_CODES[word])), slots=_slots(word))
        if word in _ONCE:
            return Schedule(once=True)
    for text in (code.text, *(coding.display for coding in code.codings), *(coding.code for coding in code.codings)):
        found = sig.frequency(text) if text else None
        if found is not None:
            return found
    return None


def _fraction(text: str) -> Decimal:
    top, _, bottom = text.partition("/")
    return Decimal(top) / Decimal(bottom) if bottom else Decimal(top)


def _slots(word: str) -> frozenset[str]:
    return frozenset({_CODE_SLOTS[word]}) if word in _CODE_SLOTS else frozenset()
