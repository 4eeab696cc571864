"""Times on the patient's own wall clock, and the evaluation date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import IntEnum

from msgspec import Struct


class Precision(IntEnum):
    """How exactly a FHIR date or dateTime was written."""

    YEAR = 0
    MONTH = 1
    DAY = 2
    TIME = 3


class Moment(Struct, frozen=True):
    """A FHIR date, dateTime or instant, on the wall clock of its own offset.

    start      first local instant that the text covers (naive)
    end        first local instant after it (naive); equals start for Precision.TIME
    precision  how much was written
    offset     UTC offset as written (or that of the configured zone); None for dates
    """

    start: datetime
    end: datetime
    precision: Precision
    offset: timedelta | None = None

    @property
    def day(self) -> date:
        """First local calendar day that the text covers."""
        return self.start.date()

    @property
    def last_day(self) -> date:
        """Last local calendar day that the text covers."""
        return self.start.date() if self.precision is Precision.TIME else (self.end - timedelta(days=1)).date()

    @property
    def utc(self) -> datetime | None:
        """Naive UTC of the start, None where no offset is known."""
        return None if self.offset is None else self.start - self.offset


class Span(Struct, frozen=True):
    """A period; an open side is None."""

    start: Moment | None
    end: Moment | None


@dataclass(frozen=True, slots=True)
class AsOf:
    """The evaluation date: nothing after it is known.

    text  as given, echoed in the output
    at    local wall-clock instant up to which the record counts (a date: the end of that day, exclusive)
    day   the local calendar day that "current" means
    """

    text: str
    at: datetime
    day: date
    offset: timedelta | None = None

    def clock(self, moment: Moment) -> datetime:
        """A moment's start on the clock of `at` where both offsets are known, else as written.

        For spans of hours only: a monitor may write UTC beside a local chart. Calendar days stay as written.
        """
        if moment.utc is None or self.offset is None:
            return moment.start
        return moment.utc + self.offset
