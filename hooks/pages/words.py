"""Numbers and dates as a clinician reads them; "not known" where there is none."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from cds.clinical import AsOf, Assessment
from cds.knowledge import Knowledge

UNKNOWN = "not known"


def number(value: float | Decimal | None, places: int = 1) -> str:
    """Rounded for the eye, never "-0"."""
    if value is None:
        return UNKNOWN
    text = f"{value:.{places}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def signed(value: float | None, places: int = 1) -> str:
    """With its sign; what rounds to nothing has none."""
    if value is None:
        return UNKNOWN
    text = f"{value:+.{places}f}"
    return f"{0:.{places}f}" if not float(text) else text


def count(value: int | None) -> str:
    return UNKNOWN if value is None else str(value)


def day(moment: date | datetime) -> str:
    """12 Mar 2026."""
    return f"{moment.day} {moment:%b %Y}"


def minute(moment: datetime) -> str:
    """12 Mar 2026 18:00."""
    return f"{day(moment)} {moment:%H:%M}"


def as_of(asked: AsOf) -> str:
    """The evaluation date as it was asked for: a day, or a time of day."""
    return minute(asked.at) if "T" in asked.text else day(asked.day)


def dose_unit(found: Assessment, knowledge: Knowledge) -> str:
    """What the doses of levels and steps are measured in: a day, or an epoch of the acute mode."""
    if found.trend.mode != "acute":
        return "MME a day"
    return f"MME per {knowledge.estimator.acute_epoch_hours:g} h"
