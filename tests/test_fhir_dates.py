from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.clinical import Precision
from cds.fhir.dates import leading_day, moment

NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("text", "start", "end", "precision"),
    [
        ("2026", datetime(2026, 1, 1), datetime(2027, 1, 1), Precision.YEAR),
        ("2026-12", datetime(2026, 12, 1), datetime(2027, 1, 1), Precision.MONTH),
        ("2024-02-29", datetime(2024, 2, 29), datetime(2024, 3, 1), Precision.DAY),
    ],
)
def test_a_partial_date_covers_all_that_it_may_mean(text, start, end, precision):
    at = moment(text, None)
    assert (at.start, at.end, at.precision, at.offset) == (start, end, precision, None)


def test_a_time_stays_on_the_wall_clock_of_its_own_offset():
    at = moment("2026-03-01T23:30:00-08:00", None)
    assert (at.start, at.end) == (datetime(2026, 3, 1, 23, 30), datetime(2026, 3, 1, 23, 30))
    assert at.offset == timedelta(hours=-8)
    assert at.utc == datetime(2026, 3, 2, 7, 30)


def test_a_configured_zone_moves_times_but_no_dates():
    assert moment("2026-03-02T04:30:00Z", NEW_YORK).start == datetime(2026, 3, 1, 23, 30)
    assert moment("2026-07-02T04:30:00Z", NEW_YORK).offset == timedelta(hours=-4)
    assert moment("2026-03-02", NEW_YORK) == moment("2026-03-02", None)


def test_fractions_are_kept_to_the_microsecond():
    assert moment("2026-03-01T08:00:00.5Z", None).start.microsecond == 500_000
    assert moment("2026-03-01T08:00:00.1234567891Z", None).start.microsecond == 123_456


def test_a_leap_second_does_not_reach_the_next_day():
    assert moment("2016-12-31T23:59:60Z", None).day == date(2016, 12, 31)
    assert moment("2016-12-31T23:59:60.7Z", None).start > moment("2016-12-31T23:59:59Z", None).start


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01T08:00:00",
        "2026-03-01T08:00Z",
        "2026-03-01T24:00:00Z",
        "2026-03-01 08:00:00Z",
        "2026-03-01T08:00:00+14:30",
        "2026-02-30",
        "2026-13",
        "2026-3-1",
        "26-03-01",
        "",
        "2026-03-01\n",
        "２０２６-03-01",
        "0001-01-01T00:00:00Z",
    ],
)
def test_what_fhir_does_not_allow_is_refused_without_repeating_it(text):
    with pytest.raises(
        ValueError, match=r"^(not a FHIR date or dateTime|no such day in the calendar|a year before 1850)$"
    ):
        moment(text, None)


def test_placeholders_for_never_stay_in_the_future_and_placeholders_for_unknown_are_refused():
    assert moment("9999-12-31", None).last_day == date(2999, 12, 31)
    assert moment("9999-12-31T23:59:59Z", NEW_YORK).day.year == 2999
    assert moment("1850", None).day == date(1850, 1, 1)
    with pytest.raises(ValueError, match="before 1850"):
        moment("1849-12-31", None)


def test_the_day_of_an_invalid_time_can_still_be_said():
    assert leading_day("2026-03-01T08:00") == date(2026, 3, 1)
    assert leading_day("2026-03") is None
    assert leading_day("2026-02-30T08:00") is None
    assert leading_day(20260301) is None


@given(
    st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)),
    st.integers(-14 * 60, 14 * 60),
)
def test_what_python_writes_is_read_back(local, minutes):
    sign, size = ("-" if minutes < 0 else "+"), abs(minutes)
    text = f"{local.isoformat(timespec='microseconds')}{sign}{size // 60:02}:{size % 60:02}"
    at = moment(text, None)
    assert (at.start, at.offset) == (local, timedelta(minutes=minutes))
    assert moment(text, UTC).start == local - timedelta(minutes=minutes)
