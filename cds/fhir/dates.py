"""FHIR date, dateTime and instant texts to the patient's wall clock.

Read from the JSON text itself: the models of fhir.resources hand times back as str, date or datetime and rewrite the
offset, so what was written can no longer be told from them.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

from cds.clinical import Moment, Precision

# The FHIR grammar for dateTime: a time needs seconds and an offset; 24:00 and offsets beyond 14:00 do not exist.
_TEXT = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)"
    r"(?:T(?P<hour>[01]\d|2[0-3]):(?P<minute>[0-5]\d):(?P<second>[0-5]\d|60)(?:\.(?P<fraction>\d+))?"
    r"(?P<zone>Z|[+-](?:0\d|1[0-3]):[0-5]\d|[+-]14:00))?)?)?",
    re.ASCII,
)
# Days and times of years that are no placeholder, to the second or a fraction of it.
_COMMON = re.compile(
    r"(?:19|20|21)\d\d-\d\d-\d\d"
    r"(?:T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?(Z|[+-](?:0\d|1[0-3]):[0-5]\d))?",
    re.ASCII,
)
_A_DAY = timedelta(days=1)
_LEADING_DAY = re.compile(r"\s*(\d{4})-(\d\d)-(\d\d)(?!\d)", re.ASCII)

# Placeholders such as 0001-01-01 mean "unknown" in real systems: nobody alive has a date before FIRST_YEAR.
# Placeholders such as 9999-12-31 mean "no end": LAST_YEAR keeps them in the future and away from datetime's edge.
FIRST_YEAR = 1850
LAST_YEAR = 2999


def moment(text: str, zone: tzinfo | None) -> Moment:
    """The wall-clock time that a FHIR text covers: a year, a month, a day or an instant.

    zone  times are converted to it; None keeps the offset that was written. Dates have no offset either way.

    A leap second stays within its minute, so that it cannot move a dose to the next day. Digits beyond microseconds
    are cut. Years after 2999 are read as the last day of 2999.

    Raises ValueError, without the text, for anything else and for years before 1850.
    """
    found = common(text, zone)
    if found is not None:
        return found
    match = _TEXT.fullmatch(text)
    if match is None:
        raise ValueError("not a FHIR date or dateTime")
    year, month, day = int(match["year"]), int(match["month"] or 1), int(match["day"] or 1)
    if year < FIRST_YEAR:
        raise ValueError(f"a year before {FIRST_YEAR}")
    if year > LAST_YEAR:
        year, month, day = LAST_YEAR, 12, 31
    try:
        start = datetime(year, month, day)
    except ValueError:
        raise ValueError("no such day in the calendar") from None
    if match["day"] is None:
        if match["month"] is None:
            return Moment(start, datetime(year + 1, 1, 1), Precision.YEAR)
        return Moment(start, datetime(year + month // 12, month % 12 + 1, 1), Precision.MONTH)
    if match["hour"] is None:
        return Moment(start, start + timedelta(days=1), Precision.DAY)

    leap = match["second"] == "60"
    local = start.replace(
        hour=int(match["hour"]),
        minute=int(match["minute"]),
        second=59 if leap else int(match["second"]),
        microsecond=999_999 if leap else int((match["fraction"] or "0")[:6].ljust(6, "0")),
    )
    offset = _offset(match["zone"])
    if zone is not None:
        local, offset = _there(local, offset, zone)
    return Moment(local, local, Precision.TIME, offset)


def common(text: str, zone: tzinfo | None) -> Moment | None:
    """The same for nearly all that is written, which datetime reads itself; None for another form or other years.

    Raises ValueError for a day that is not in the calendar.
    """
    match = _COMMON.fullmatch(text)
    if match is None:
        return None
    written = match[1]
    try:
        local = datetime.fromisoformat(text if written is None else text[: -len(written)])
    except ValueError:
        raise ValueError("no such day in the calendar") from None
    if written is None:
        return Moment(local, local + _A_DAY, Precision.DAY)
    offset = _offset(written)
    if zone is not None:
        local, offset = _there(local, offset, zone)
    return Moment(local, local, Precision.TIME, offset)


def leading_day(text: object) -> date | None:
    """The day that a text begins with, even where the rest is no FHIR time; None if there is none.

    Only for saying on which days an unread resource matters.
    """
    match = _LEADING_DAY.match(text) if isinstance(text, str) else None
    if match is None:
        return None
    try:
        return date(min(int(match[1]), LAST_YEAR), int(match[2]), int(match[3]))
    except ValueError:
        return None


def _there(local: datetime, offset: timedelta, zone: tzinfo) -> tuple[datetime, timedelta]:
    there = local.replace(tzinfo=timezone(offset)).astimezone(zone)
    return there.replace(tzinfo=None, fold=0), there.utcoffset() or timedelta(0)


@lru_cache(maxsize=2048)
def _offset(text: str) -> timedelta:
    if text == "Z":
        return timedelta(0)
    size = timedelta(hours=int(text[1:3]), minutes=int(text[4:6]))
    return -size if text[0] == "-" else size
