"""Spans of time on calendar days."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, Decimal

from cds.dose.values import HOURS

DAY = timedelta(days=1)


# Lengths beyond any life are as good as this one, and stay inside the calendar.
_LONGEST = 150_000


def last_of(first: date, length: int | Decimal) -> date:
    """Last day of a run of `length` days, a begun day counted; at least one day."""
    days = _LONGEST if length > _LONGEST else max(1, int(Decimal(length).to_integral_value(ROUND_CEILING)))
    return first + (days - 1) * DAY


def by_day(start: datetime, end: datetime) -> list[tuple[date, date, Decimal]]:
    """The hours of a span on each calendar day; whole days in between come as one run."""
    if end <= start:
        return []
    if start.date() == (end - timedelta(microseconds=1)).date():
        return [(start.date(), start.date(), hours_of(end - start))]
    days: list[tuple[date, date, Decimal]] = []
    first_full = start.date()
    if start != midnight(start.date()):
        days.append((start.date(), start.date(), hours_of(midnight(start.date() + DAY) - start)))
        first_full = start.date() + DAY
    last_full = end.date() - DAY
    if first_full <= last_full:
        days.append((first_full, last_full, HOURS))
    if end != midnight(end.date()):
        days.append((end.date(), end.date(), hours_of(end - midnight(end.date()))))
    return days


def hours_of(length: timedelta) -> Decimal:
    microseconds = (length.days * 86400 + length.seconds) * 1_000_000 + length.microseconds
    return Decimal(microseconds) / Decimal(3_600_000_000)


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)
