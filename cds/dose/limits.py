"""The most of a day that a dosage permits, in its structured fields and in its text; all of it in mg of the opioid."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from msgspec.structs import replace

from cds.clinical import Dosage, Quantity, Ratio
from cds.dose import amount, sig
from cds.dose.amount import Dose
from cds.dose.drug import Opioid
from cds.dose.line import Line
from cds.dose.parts import counts, strengthened
from cds.dose.units import hours
from cds.dose.values import HOURS, ZERO, NotCounted, Range
from cds.knowledge.drugs import Drugs


def least(*limits: Decimal | None) -> Decimal | None:
    return min((limit for limit in limits if limit is not None), default=None)


def told(part: sig.Part | None, opioid: Opioid, route: str | None, drugs: Drugs) -> Decimal | None:
    """What a text names, None where it names none. Raises NotCounted where it cannot be read.

    "Max 1 patch a day" is none: a patch gives milligrams an hour.
    """
    if part is None or part.cap is None:
        return None
    if not (part.cap.unit or counts(part)):
        raise NotCounted("sig-not-read", "a maximum in the text whose unit is not clear")
    limit = Quantity(part.cap.amount, part.cap.unit or part.unit or None)
    most = amount.of_dose(limit, strengthened(part, opioid), route, drugs)
    return None if most.rate else most.mg.high


def structured(dosage: Dosage, dose: Dose, opioid: Opioid, drugs: Drugs) -> tuple[Decimal | None, tuple[str, ...]]:
    """The least of the structured maxima; one that cannot be read is named and leaves the dose as it is."""
    limits = [_per_day(ratio, dose, opioid, drugs) for ratio in dosage.max_per_period]
    read = [limit for limit in limits if limit is not None]
    flags = ("a maximum per period could not be read",) if len(read) < len(limits) else ()
    return min(read, default=None), flags


def within(lines: Sequence[Line], limit: Decimal) -> list[Line]:
    """Lines side by side whose days together stay below the limit: what is scheduled comes first, its least before all.

    A single dose is no dose of each day and takes nothing from the others. Raises NotCounted where the schedule alone
    uses the limit up: it may be meant for what is as needed.
    """
    capped = [replace(line, cap=least(line.cap, limit)) for line in lines]
    daily = sorted((at for at, line in enumerate(capped) if not line.once), key=lambda at: capped[at].prn)
    days = {at: _day(capped[at]) or Range(ZERO, limit) for at in daily}
    left, first = limit, dict[int, Decimal]()
    for at in daily:
        first[at] = min(left, days[at].low)
        left -= first[at]
    if left <= 0 and any(capped[at].prn for at in daily):
        raise NotCounted("sig-not-read", "the maximum in the text leaves nothing for the dose that is as needed")
    for at in daily:
        capped[at] = replace(capped[at], cap=least(capped[at].cap, first[at] + left))
        left -= min(left, days[at].high - first[at])
    return capped


def reaching(lines: list[Line], part: sig.Part | None, most: Decimal | None) -> list[Line]:
    """ "1 tablet daily, up to 4 tablets daily" schedules one and permits four: high is what is permitted.

    lines  taken side by side; together they reach what is permitted, and no more
    part   the part of the text that speaks of a limit
    most   what it names
    """
    last = lines[-1]
    if part is None or last.dose is None or last.schedule is None or last.dose.mg.high <= 0:
        return lines
    permitted = least(
        most if part.cap is not None and part.cap.up_to else None,
        None if part.times is None else part.times * last.dose.mg.high,
    )
    days = [_day(line) for line in lines]
    known = [day.high for day in days if day is not None]
    if permitted is None or len(known) < len(days):
        return lines
    reached = least(permitted - sum(known[:-1]), last.cap)
    if reached is None or reached <= known[-1] or last.schedule.per_day is None:
        return lines
    schedule = replace(last.schedule, per_day=Range(last.schedule.per_day.low, reached / last.dose.mg.high))
    return [*lines[:-1], replace(last, schedule=schedule, flags=(*last.flags, sig.PERMITTED))]


def _day(line: Line) -> Range | None:
    """What a line alone gives in a day; None where it gives an amount an hour, or says no frequency."""
    per_day = line.schedule.per_day if line.schedule is not None else None
    if line.dose is None or line.dose.rate or per_day is None:
        return None
    mg = line.dose.mg.times(per_day).at_most(line.cap)
    return Range(ZERO, mg.high) if line.prn else mg


def _per_day(ratio: Ratio, dose: Dose, opioid: Opioid, drugs: Drugs) -> Decimal | None:
    if ratio.numerator is None or ratio.numerator.value is None or dose.rate:
        return None
    length = HOURS if ratio.denominator is None else hours(ratio.denominator)
    if length is None or length <= 0:
        return None
    words = {(ratio.numerator.unit or "").lower().strip("{} "), (ratio.numerator.code or "").lower().strip("{} ")}
    if words & {"dose", "doses", "dose(s)"}:
        return ratio.numerator.value * dose.mg.high * HOURS / length
    try:
        limit = amount.of_dose(ratio.numerator, opioid, None, drugs)
    except NotCounted:
        return None
    return None if limit.rate else limit.mg.high * HOURS / length
