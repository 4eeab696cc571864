"""Lines of a dosage over time: bounds, tapers, supplies, listed patches, and the text beside the structure."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from dosing import (
    BID,
    DAILY,
    FENTANYL_25,
    FENTANYL_50,
    MORPHINE_15,
    OXYCODONE,
    OXYCODONE_5,
    OXYCODONE_10,
    OXYCONTIN_10,
    as_of,
    dosage,
    doses,
    every,
    knowledge,
    mg,
    mme,
    qty,
    reasons,
    record,
    request,
    statement,
    tablets,
)  # fmt: skip

from cds.clinical import Moment, Precision
from cds.dose.amount import Dose
from cds.dose.course import Plan
from cds.dose.drug import Opioid
from cds.dose.layout import lay_out
from cds.dose.line import Line
from cds.dose.schedule import Schedule
from cds.dose.values import Range


@pytest.mark.parametrize(
    ("sentence", "more", "on", "expected"),
    [
        ("a date as the end includes its day", {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d", "boundsPeriod": {"start": "2024-03-01", "end": "2024-03-10"}}}, "2024-03-10", (30, 30, 30)),
        ("the day after it does not count", {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d", "boundsPeriod": {"start": "2024-03-01", "end": "2024-03-10"}}}, "2024-03-11", None),
        ("7 days are 7 days", {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d", "boundsDuration": qty(7, "d", "d")}}, "2024-03-07", (30, 30, 30)),
        ("not 8", {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d", "boundsDuration": qty(7, "d", "d")}}, "2024-03-08", None),
        ("2 weeks", {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d", "boundsDuration": qty(2, "wk", "wk")}}, "2024-03-14", (30, 30, 30)),
        ("10 doses, twice a day, last 5 days", {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d", "count": 10}}, "2024-03-05", (30, 30, 30)),
        ("not 6", {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d", "count": 10}}, "2024-03-06", None),
        ("the last day of 5 doses holds one", {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d", "count": 5}}, "2024-03-03", (15, 15, 15)),
        ("a single dose", {"repeat": {"count": 1}}, "2024-03-01", (15, 15, 15)),
        ("is no daily dose", {"repeat": {"count": 1}}, "2024-03-02", None),
        ("STAT", {"code": {"text": "STAT"}}, "2024-03-01", (15, 15, 15)),
        ("once", {"code": {"coding": [{"code": "ONCE"}]}}, "2024-03-02", None),
        ("events on their days", {"event": ["2024-03-02T08:00:00Z", "2024-03-02T20:00:00Z", "2024-03-04T08:00:00Z"]}, "2024-03-02", (30, 30, 30)),
        ("a day between events", {"event": ["2024-03-02T08:00:00Z", "2024-03-04T08:00:00Z"]}, "2024-03-03", None),
    ],
)  # fmt: skip
def test_bounds_counts_and_events(sentence, more, on, expected):
    assert mme(request(OXYCODONE_10, dosage(tablets(1), more)), on=on) == expected


def _phase(number, tabs, days):
    repeat = {"frequency": 2, "period": 1, "periodUnit": "d"} | (
        {"boundsDuration": qty(days, "d", "d")} if days else {}
    )
    return dosage(tablets(tabs), {"repeat": repeat}, sequence=number)


@pytest.mark.parametrize(
    ("on", "expected"),
    [("2024-03-07", 90), ("2024-03-08", 60), ("2024-03-14", 60), ("2024-03-15", 30), ("2024-03-31", 30)],
)
def test_a_taper_steps_down_phase_by_phase(on, expected):
    order = request(OXYCODONE_10, _phase(1, 3, 7), _phase(2, 2, 7), _phase(3, 1, None))
    assert mme(order, on=on) == (expected,) * 3


def test_a_taper_with_a_last_length_ends():
    order = request(OXYCODONE_10, _phase(1, 3, 7), _phase(2, 2, 7))
    assert mme(order, on="2024-03-15") is None


def test_a_taper_without_lengths_is_any_of_its_phases_and_says_so():
    found = doses(request(OXYCODONE_10, _phase(1, 3, None), _phase(2, 1, None)), on="2024-03-10")
    assert (float(found.daily[-1].low), float(found.daily[-1].mid)) == (30, 90)
    assert "phases of a taper" in found.flags[0]


def test_a_taper_in_periods_needs_no_lengths():
    phases = [
        dosage(
            tablets(2),
            {
                "repeat": {
                    "frequency": 2,
                    "period": 1,
                    "periodUnit": "d",
                    "boundsPeriod": {"start": "2024-03-01", "end": "2024-03-05"},
                }
            },
            sequence=1,
        ),
        dosage(
            tablets(1),
            {
                "repeat": {
                    "frequency": 2,
                    "period": 1,
                    "periodUnit": "d",
                    "boundsPeriod": {"start": "2024-03-06", "end": "2024-03-10"},
                }
            },
            sequence=2,
        ),
    ]
    order = request(OXYCODONE_10, *phases)
    assert [mme(order, on=day) for day in ("2024-03-05", "2024-03-06", "2024-03-11")] == [
        (60, 60, 60),
        (30, 30, 30),
        None,
    ]


def test_structure_wins_over_a_text_that_disagrees_and_says_so():
    found = doses(
        request(OXYCODONE_10, dosage(tablets(1), BID, text="Take 2 tablets three times daily")), on="2024-03-10"
    )
    assert float(found.daily[-1].mid) == 30
    assert found.daily[-1].contributors[0].certainty.startswith("low")


def test_a_text_that_agrees_changes_nothing():
    found = doses(
        request(OXYCODONE_10, dosage(tablets(1), BID, text="Take 1 tablet (10 mg) twice daily")), on="2024-03-10"
    )
    assert found.daily[-1].contributors[0].certainty == "coded"
    assert found.flags == ()


def test_an_as_needed_that_only_the_text_tells_lowers_low_only():
    assert mme(request(OXYCODONE_10, dosage(tablets(1), BID, text="1 tablet twice daily as needed for pain"))) == (
        0,
        30,
        30,
    )


def test_the_arithmetic_is_printed():
    found = doses(request(OXYCODONE_10, dosage(tablets(2), BID)), on="2024-03-10")
    assert found.daily[-1].contributors[0].arithmetic == "2 x 10 mg x 2/day x 1.5 = 60 MME"


def test_a_supply_without_a_sig_is_quantity_over_days():
    order = request(
        OXYCODONE_5, dispenseRequest={"quantity": tablets(120), "expectedSupplyDuration": qty(30, "days", "d")}
    )
    assert mme(order) == (30, 30, 30)


def test_a_supply_ends_after_its_days_and_refills():
    def order(**more):
        return request(
            OXYCODONE_5, dosage(tablets(1), BID), dispenseRequest={"expectedSupplyDuration": qty(10, "d", "d")} | more
        )

    assert mme(order(), on="2024-03-10") == (15, 15, 15)
    assert mme(order(), on="2024-03-11") is None
    assert mme(order(numberOfRepeatsAllowed=1), on="2024-03-20") == (15, 15, 15)


def test_a_supply_that_counts_nothing_else_opens_the_day():
    found = doses(statement(OXYCODONE_5), on="2024-03-10")
    assert reasons(found) == {"MedicationStatement/s1": "no-dose"}
    assert found.daily[-1].high is None


def test_extended_release_is_no_other_dose():
    assert mme(request(OXYCONTIN_10, dosage(tablets(1), every(1, 12, "h")))) == (30, 30, 30)


def test_two_patch_strengths_are_two_patches():
    orders = (request(FENTANYL_25, dosage(qty(1, "patch"), every(1, 72, "h")), id="a"),
              request(FENTANYL_50, dosage(qty(1, "patch"), every(1, 72, "h")), id="b"))  # fmt: skip
    assert mme(*orders) == (180, 180, 180)


def test_daily_is_daily():
    assert mme(request(MORPHINE_15, dosage(tablets(1), DAILY))) == (15, 15, 15)


def test_listed_patches_are_worn_until_the_next_one():
    def order(*events):
        return request(FENTANYL_25, dosage(qty(1, "patch"), {"event": list(events)}))

    listed = order("2024-03-01", "2024-03-03", "2024-03-07")
    assert [mme(listed, on=f"2024-03-0{number}") for number in (1, 4, 5, 6, 7)] == [
        (60, 60, 60),
        (60, 60, 60),
        (60, 60, 60),
        None,
        (60, 60, 60),
    ]
    assert mme(order("2024-03-01T12:00:00Z"), on="2024-03-01") == (30, 30, 30)


def test_of_many_listed_patches_each_looks_for_the_next_once():
    # Held against each other they would be looked at five thousand million times.
    begun = datetime(2024, 3, 1)
    listed = tuple(Moment(at, at, Precision.TIME) for at in (begun + timedelta(seconds=n) for n in range(100_000)))
    (use,) = record(request(FENTANYL_25, dosage(qty(1, "patch")))).medications
    patch = Opioid("fentanyl", Decimal("0.025"), "h", "patch", "transdermal")
    line = Line("transdermal", Dose(Range.exact(Decimal("0.025")), True, "1 x 25 mcg/h"), Schedule(events=listed))
    plan = Plan(use, patch, "transdermal", (line,), begun.date(), None, False, None)
    pieces = lay_out(plan, knowledge(), as_of("2024-03-10")).pieces
    worn = sum((piece.mg.high * ((piece.last - piece.first).days + 1) for piece in pieces), Decimal(0))
    assert round(worn, 4) == round(Decimal("0.025") * (72 + Decimal(99_999) / 3600), 4)


def test_numbered_lines_at_different_times_of_day_are_taken_every_day():
    lines = (
        dosage(tablets(1), {"repeat": {"when": ["MORN"]}}, sequence=1),
        dosage(tablets(2), {"repeat": {"when": ["HS"]}}, sequence=2),
    )
    assert mme(request(OXYCODONE_10, *lines)) == (45, 45, 45)


def test_a_statement_by_name_with_another_dose_may_be_the_order_s_therapy_or_its_own():
    resources = (request(OXYCODONE_10, dosage(tablets(1), BID)), statement(OXYCODONE, dosage(mg(15), BID)))
    found = doses(*resources, on="2024-03-10")
    assert (float(found.daily[-1].low), float(found.daily[-1].mid)) == (45, 75)
    assert any("without its strength" in flag for flag in found.flags)
