"""One instruction of a dosage, and what it gives in a day."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from cds.clinical import Moment
from cds.dose.amount import Dose
from cds.dose.drug import Opioid
from cds.dose.schedule import Schedule
from cds.dose.values import HOURS, ONE, ZERO, NotCounted, Range, plain, refuse_absurd, spread
from cds.knowledge.drugs import Drugs


class Line(Struct, frozen=True):
    """One instruction.

    gap       why it has no number; then `dose` is None
    cap       most mg in a day
    phase     taper phase; lines of one phase run side by side
    days      length of the line in days, counted from its start
    duration  hours of one infusion
    timeless  no frequency is written anywhere (a patch is then worn continuously, an infusion runs)
    """

    route: str | None
    dose: Dose | None = None
    schedule: Schedule | None = None
    prn: bool = False
    cap: Decimal | None = None
    phase: int = 0
    start: Moment | None = None
    end: Moment | None = None
    days: Decimal | None = None
    count: int | None = None
    count_max: int | None = None
    duration: Decimal | None = None
    flags: tuple[str, ...] = ()
    gap: NotCounted | None = None

    @property
    def once(self) -> bool:
        return self.schedule is not None and self.schedule.once

    @property
    def timeless(self) -> bool:
        return self.schedule is None or (
            self.schedule.per_day is None and not self.schedule.once and not self.schedule.events
        )


def daily(line: Line, opioid: Opioid, drugs: Drugs) -> tuple[Range, Range, str]:
    """mg a day (PRN at the most permitted), the same without PRN, and the arithmetic.

    Raises NotCounted where the line has no dose or no frequency.
    """
    dose, schedule = line.dose, line.schedule
    if line.gap is not None:
        raise line.gap
    if dose is None:
        raise NotCounted("no-dose", "no dose is written")
    per_day = schedule.per_day if schedule is not None else None
    if (opioid.patch or line.route == "transdermal") and dose.rate:
        mg, text = _worn(dose, per_day, opioid, drugs)
    elif dose.rate:
        mg, text = _infused(line, dose, per_day)
    elif per_day is None:
        if not (line.prn and line.cap is not None):
            raise NotCounted("no-timing", "neither a frequency nor a supply is written")
        mg, text = Range(ZERO, line.cap), f"{dose.text} as needed, at most {plain(line.cap)} mg/day"
    else:
        mg, text = dose.mg.times(per_day), f"{dose.text} x {spread(per_day)}/day"
    if line.cap is not None and line.cap < mg.high:
        mg, text = mg.at_most(line.cap), f"{text}, at most {plain(line.cap)} mg/day"
    refuse_absurd(mg.high)
    if line.prn:
        return Range(ZERO, mg.high), Range(ZERO, ZERO), f"{text}, as needed"
    return mg, mg, text


def _worn(dose: Dose, per_day: Range | None, opioid: Opioid, drugs: Drugs) -> tuple[Range, str]:
    """mcg/h on the skin; an application is worn for its wear time, or until the next one."""
    share = Range.exact(ONE)
    if per_day is not None:
        wear = wear_hours(opioid, drugs)
        share = Range(min(ONE, per_day.low * wear / HOURS), min(ONE, per_day.high * wear / HOURS))
    worn = share.scaled(HOURS)
    return dose.mg.times(worn), f"{dose.text} x {spread(worn)} h/24 h"


def wear_hours(opioid: Opioid, drugs: Drugs) -> Decimal:
    if opioid.release_hours is not None:
        return opioid.release_hours
    return drugs.limits["fentanyl_patch_hours" if opioid.name == "fentanyl" else "other_patch_hours"]


def _infused(line: Line, dose: Dose, per_day: Range | None) -> tuple[Range, str]:
    if line.duration is not None and per_day is not None:
        mg = dose.mg.times(per_day).scaled(line.duration)
        return mg, f"{dose.text} x {plain(line.duration)} h x {spread(per_day)}/day"
    if per_day is not None and per_day.high > 1:
        raise NotCounted("no-duration", "an infusion several times a day without its length")
    return dose.mg.scaled(HOURS), f"{dose.text} x 24 h"
