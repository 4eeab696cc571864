"""Without a configured time zone, now is read on the clock by which the patient's own records were written."""

from datetime import UTC, datetime, timedelta

import pytest
from served import path_of, request_of

from cds.clinical import Entry
from hooks.app import create_app
from hooks.settings import Settings
from hooks.wall_clock import on_the_records_clock

NOW = datetime(2026, 8, 30, 0, 30, tzinfo=UTC)
FIXTURE = "pattern/pain_rises_with_each_increase"


def written(*times, field="effectiveDateTime"):
    return [Entry({"resourceType": "Observation", field: each}, f"entry[{n}]") for n, each in enumerate(times)]


@pytest.mark.parametrize(
    ("times", "hours"),
    [
        (["2026-08-29T09:00:00+09:00"], 9),
        (["2026-08-29T09:00:00+09:00", "2026-08-29T23:00:00-05:00"], 9),  # the second is after now
        (["2026-01-01T09:00:00+09:00", "2026-08-01T09:00:00-05:00"], -5),  # the newest decides
        (["2026-08-29T09:00:00Z"], 0),
        (["2026-08-29", "2026-08-29T09:00:00", "soon", "2026-13-01T09:00:00+09:00"], 0),
        ([], 0),
    ],
)
def test_now_takes_the_offset_of_the_newest_record(times, hours):
    found = on_the_records_clock(NOW, written(*times))
    assert found == NOW
    assert found.utcoffset() == timedelta(hours=hours)


@pytest.mark.parametrize("field", ["effectiveDateTime", "authoredOn", "whenHandedOver", "effectivePeriod", "period"])
def test_a_time_counts_in_whatever_field_it_stands(field):
    at = "2026-08-29T09:00:00+09:00"
    found = on_the_records_clock(
        NOW, written({"start": at} if field.casefold().endswith("period") else at, field=field)
    )
    assert found.utcoffset() == timedelta(hours=9)


@pytest.mark.parametrize("resource", [None, 7, {}, {"period": {"start": 7}}, {"period": "x"}])
def test_any_resource_will_do(resource):
    assert on_the_records_clock(NOW, [Entry(resource, "entry[0]")]) == NOW


@pytest.mark.parametrize(("zone", "hours"), [(None, -5), ("Asia/Tokyo", 9)])
def test_the_service_evaluates_on_that_clock_unless_a_zone_is_configured(zone, hours, knowledge):
    request, seen = request_of(FIXTURE), []
    del request["extension"]

    def dispatch(evaluated):
        seen.append(evaluated.assessment.case.as_of)
        return ()

    settings = Settings(time_zone=zone)
    app = create_app(settings, known=knowledge, dispatch=dispatch, clock=lambda: datetime(2026, 8, 31, 2, tzinfo=UTC))
    assert app.test_client().post(path_of(request), json=request).status_code == 200
    assert [each.offset for each in seen] == [timedelta(hours=hours)]
    assert [each.at for each in seen] == [datetime(2026, 8, 31, 2) + timedelta(hours=hours)]
