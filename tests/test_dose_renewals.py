"""An order without an end and what comes after it: replaced for good, for some days, or nobody knows."""

import pytest
from dosing import (
    FENTANYL_25,
    ONE_BID,
    OXYCODONE_10,
    OXYCONTIN_10,
    TWO_BID,
    day,
    dispense,
    dosage,
    doses,
    every,
    mme,
    qty,
    request,
    statement,
    stay,
    tablets,
)  # fmt: skip

THREE_BID = dosage(tablets(3), every(2))  # 90 MME
UNKNOWN = (None, None, None)
ONCE = dosage(tablets(1), {"code": {"text": "Once"}})
MAY_GO_ON = "a later one of the same product has ended"


def home(drug=OXYCODONE_10, sig=TWO_BID, authored="2024-01-01", **more):
    return request(drug, sig, id="home", authored=authored, **more)


def supplied(start, days, id="b", sig=THREE_BID, **more):
    supply = {"dispenseRequest": {"expectedSupplyDuration": qty(days, "days", "d")}}
    return request(OXYCODONE_10, sig, id=id, authored=start, **supply, **more)


def days_of(count, tablet=3):
    return dosage(tablets(tablet), every(2, boundsDuration=qty(count, "d", "d")))


VALID = {"dispenseRequest": {"validityPeriod": {"start": "2024-03-04", "end": "2024-03-06"}}}


@pytest.mark.parametrize(
    ("sentence", "resources"),
    [
        ("one dose in the emergency department", (home(), request(OXYCODONE_10, ONCE, id="ed", authored="2024-03-05", status="completed"))),
        ("the same, still active", (home(), request(OXYCODONE_10, ONCE, id="ed", authored="2024-03-05"))),
        ("a stay", (home(), request(OXYCODONE_10, ONE_BID, id="ward", authored="2024-03-01", category=[{"text": "inpatient"}]), stay("2024-03-01", "2024-03-04"))),
        ("three days by the sig", (home(), request(OXYCODONE_10, days_of(3), id="b", authored="2024-03-05"))),
        ("a period of validity", (home(), request(OXYCODONE_10, TWO_BID, id="b", authored="2024-03-04", **VALID))),
        ("five days of supply", (home(), supplied("2024-03-04", 5))),
        ("two doses of one visit each, ten days apart", (home(), *(request(OXYCODONE_10, ONCE, id=on, authored=on) for on in ("2024-02-20", "2024-03-01")))),
        ("extended release", (home(OXYCONTIN_10), request(OXYCONTIN_10, days_of(3), id="b", authored="2024-03-05"))),
        ("patches", (home(FENTANYL_25, dosage(qty(1, "patch"))), request(FENTANYL_25, dosage(qty(2, "patch"), every(1, 3, boundsDuration=qty(3, "d", "d"))), id="b", authored="2024-03-05"))),
        ("statements", (statement(OXYCODONE_10, TWO_BID, start="2024-01-01"), statement(OXYCODONE_10, TWO_BID, start="2024-03-04", end="2024-03-06", id="b"))),
        ("linked by the order that it is based on", (home(), request(OXYCONTIN_10, days_of(3), id="x"), request(OXYCODONE_10, days_of(3), id="b", authored="2024-03-05", basedOn=[{"reference": "MedicationRequest/home"}]))),
    ],
)  # fmt: skip
def test_an_order_without_an_end_goes_on_after_a_short_course(sentence, resources):
    found = doses(*resources, on="2024-03-12")
    assert day(found, "2024-03-12") == (60, 60, 60)
    assert not any(MAY_GO_ON in flag for flag in found.flags)


def test_the_short_course_has_its_own_days():
    course = request(OXYCODONE_10, days_of(3), id="b", authored="2024-03-05")
    assert [mme(home(), course, on=f"2024-03-0{on}") for on in (4, 5, 7, 8)] == [
        (60, 60, 60), (90, 90, 90), (90, 90, 90), (60, 60, 60)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("days", "expected"), [(7, (60, 60, 60)), (8, (0, 60, 60)), (19, (0, 60, 60)), (21, UNKNOWN), (30, UNKNOWN)]
)
def test_after_a_longer_course_nobody_knows_whether_the_first_order_goes_on(days, expected):
    found = doses(home(), supplied("2024-01-20", days), on="2024-03-10")
    assert day(found, "2024-01-20") == (90, 90, 90)
    assert day(found, "2024-03-10") == expected
    assert any(MAY_GO_ON in flag for flag in found.flags) is (expected == (0, 60, 60))


@pytest.mark.parametrize(
    ("sentence", "later"),
    [
        ("a taper", request(OXYCODONE_10, {"text": "Take 1 tablet daily for 7 days"}, id="b", authored="2024-03-01")),
        ("less for three days", request(OXYCODONE_10, days_of(3, 1), id="b", authored="2024-03-01")),
        (
            "a renewal that was stopped",
            request(
                OXYCODONE_10,
                TWO_BID,
                id="b",
                authored="2024-03-01",
                status="stopped",
                dispenseRequest={"validityPeriod": {"start": "2024-03-01", "end": "2024-03-04"}},
            ),
        ),
    ],
)
def test_a_dose_that_was_stopped_or_lowered_does_not_come_back_for_certain(sentence, later):
    found = doses(home(), later, on="2024-05-10")
    assert day(found, "2024-03-20") == UNKNOWN
    assert day(found, "2024-05-10") == (0, 60, 60)


def test_monthly_supplies_after_an_order_without_an_end_may_be_its_renewals():
    found = doses(home(), supplied("2024-01-10", 28), supplied("2024-02-09", 28, id="c"), on="2024-03-20")
    assert [day(found, on) for on in ("2024-01-09", "2024-01-10", "2024-02-08", "2024-02-09", "2024-03-08")] == [
        (60, 60, 60), (90, 90, 90), None, (90, 90, 90), UNKNOWN
    ]  # fmt: skip


def test_the_days_between_two_supplies_are_no_days_of_the_dose_before_them():
    supplies = [supplied(on, 28, id=on) for on in ("2024-01-10", "2024-02-09", "2024-03-10")]
    alone = doses(*supplies, on="2024-03-31")
    found = doses(home(), *supplies, on="2024-03-31")
    assert [each for each in found.series if each.day >= alone.series[0].day] == list(alone.series)


def test_weekly_supplies_in_a_row_may_be_renewals_too():
    weekly = [supplied(f"2024-02-{on:02}", 7, id=f"w{on}") for on in (1, 9, 17)]
    assert mme(home(), *weekly) == UNKNOWN
    assert mme(home(), *weekly[:1]) == (60, 60, 60)


def test_an_order_that_ended_on_a_day_nobody_wrote_may_have_been_a_renewal():
    ended = request(OXYCODONE_10, ONE_BID, id="b", authored="2024-01-20", status="completed")
    found = doses(home(), ended, on="2024-03-10")
    assert [day(found, on) for on in ("2024-01-20", "2024-01-21", "2024-03-10")] == [
        (30, 30, 30), UNKNOWN, UNKNOWN
    ]  # fmt: skip


def test_a_renewal_that_goes_on_ends_the_doubt():
    later = request(OXYCODONE_10, ONE_BID, id="c", authored="2024-03-01")
    found = doses(home(), supplied("2024-01-20", 30), later, on="2024-03-10")
    assert [day(found, on) for on in ("2024-02-29", "2024-03-01")] == [UNKNOWN, (30, 30, 30)]


def test_a_completed_order_without_an_end_lasts_until_its_next_supply():
    first = home(status="completed")
    found = doses(first, supplied("2024-02-01", 30), on="2024-03-10")
    assert [day(found, on) for on in ("2024-01-31", "2024-02-01", "2024-03-10")] == [(60, 60, 60), (90, 90, 90), None]
    short = doses(first, supplied("2024-01-20", 3), on="2024-03-10")
    assert [day(short, on) for on in ("2024-01-19", "2024-01-20")] == [UNKNOWN, (90, 90, 90)]


def test_a_ward_order_that_was_stopped_leaves_the_home_order_as_it_is():
    ward = request(
        OXYCODONE_10, ONE_BID, id="w", authored="2024-03-01", category=[{"text": "inpatient"}], status="stopped"
    )
    assert mme(home(), ward, stay("2024-03-01", "2024-03-04")) == (60, 60, 60)


def test_a_short_course_within_a_chronic_order_is_no_time_limited_one():
    course = request(OXYCODONE_10, days_of(3), id="b", authored="2024-03-01")
    found = doses(home(), course, on="2024-03-31")
    assert day(found, "2024-03-31") == (60, 60, 60)
    assert not any(each.time_limited for each in found.series)


def test_dispenses_of_a_few_days_do_not_end_an_earlier_one_of_unknown_length():
    first = dispense(OXYCODONE_10, ONE_BID, on="2024-02-20", quantity=tablets(60), id="a")
    short = dispense(OXYCODONE_10, ONE_BID, on="2024-03-01", quantity=tablets(6), days=3, id="b")
    assert mme(first, short) == (30, 30, 30)
