"""One therapy counts once: precedence of its resources, renewals, supplies."""

import pytest
from dosing import (
    BID,
    DAILY,
    FENTANYL_25,
    MORPHINE_15,
    ONE_BID,
    OXYCODONE,
    OXYCODONE_5,
    OXYCODONE_10,
    OXYCONTIN_10,
    TWO_BID,
    administration,
    day,
    dispense,
    dosage,
    doses,
    mg,
    mme,
    qty,
    reasons,
    request,
    statement,
    tablets,
)  # fmt: skip


@pytest.mark.parametrize(
    ("sentence", "resources", "expected"),
    [
        ("an order and its dispense", (request(OXYCODONE_10, TWO_BID), dispense(OXYCODONE_10, quantity=tablets(60), days=30)), 30),
        ("an order and a statement", (request(OXYCODONE_10, TWO_BID), statement(OXYCODONE_10, ONE_BID)), 30),
        ("a statement and a dispense", (statement(OXYCODONE_10, TWO_BID), dispense(OXYCODONE_10, quantity=tablets(60), days=30)), 30),
        ("order, statement and dispense", (request(OXYCODONE_10, TWO_BID), statement(OXYCODONE_10, dosage(tablets(3), BID)), dispense(OXYCODONE_10, quantity=tablets(60), days=30)), 30),
        ("an administration outranks all of them on its day", (request(OXYCODONE_10, TWO_BID), statement(OXYCODONE_10, TWO_BID), administration(OXYCODONE_10, tablets(1), at="2024-03-10T08:00:00Z")), 15),
        ("linked resources are one therapy whatever the strength", (request(OXYCODONE_10, ONE_BID), dispense(OXYCODONE_5, dosage(tablets(2), BID), days=30, authorizingPrescription=[{"reference": "MedicationRequest/r1"}])), 30),
        ("unlinked strengths with different daily doses add", (request(OXYCODONE_10, ONE_BID), request(OXYCODONE_5, ONE_BID, id="b")), 45),
        ("ER and IR of one drug add", (request(OXYCONTIN_10, ONE_BID), request(OXYCODONE_10, ONE_BID, id="b")), 60),
        ("two drugs add", (request(OXYCODONE_10, ONE_BID), request(MORPHINE_15, ONE_BID, id="b")), 60),
        ("two equal orders are one therapy", (request(OXYCODONE_10, ONE_BID), request(OXYCODONE_10, ONE_BID, id="b")), 30),
        ("a combination and the plain tablet are two products", (request("1049623", ONE_BID), request("1049221", ONE_BID, id="b")), 30),
        ("brand and generic are one product", (request("1049621", ONE_BID), request("1049623", ONE_BID, id="b")), 15),
        ("the brand's dispense of a generic order", (request(OXYCODONE_5, TWO_BID), dispense("1049623", quantity=tablets(60), days=30)), 15),
        ("a statement by ingredient with the order's dose is the order's therapy", (request(OXYCODONE_10, ONE_BID), statement(OXYCODONE, dosage(mg(10), BID))), 30),
        ("an administration by ingredient is of the ordered therapy", (request(OXYCODONE_10, ONE_BID), administration(OXYCODONE, mg(10), at="2024-03-10T08:00:00Z", route="PO")), 15),
    ],
)  # fmt: skip
def test_one_therapy_counts_once(sentence, resources, expected):
    assert mme(*resources) == (expected,) * 3


@pytest.mark.parametrize(
    ("sentence", "resources", "expected"),
    [
        ("two strengths with one daily dose: one or both", (request(OXYCODONE_10, ONE_BID), request(OXYCODONE_5, TWO_BID, id="b")), (30, 60, 60)),
        ("three of them", (request(OXYCODONE_10, TWO_BID), request(OXYCODONE_5, dosage(tablets(4), BID), id="b"), request("1049611", dosage(mg(40), DAILY), id="c")), (60, 180, 180)),
        ("the same of different kinds", (request(OXYCODONE_10, ONE_BID), dispense(OXYCODONE_5, quantity=tablets(120), days=30)), (30, 60, 60)),
    ],
)  # fmt: skip
def test_an_ambiguous_pair_is_a_range_and_said(sentence, resources, expected):
    found = doses(*resources, on="2024-03-10")
    assert day(found, "2024-03-10") == expected
    assert any("different strengths" in flag for flag in found.flags)


def test_times_of_day_are_parts_of_one_therapy():
    morning = request(OXYCODONE_10, dosage(tablets(1), {"repeat": {"when": ["MORN"]}}), id="a")
    night = request(OXYCODONE_10, dosage(tablets(2), {"repeat": {"when": ["HS"]}}), id="b", authored="2024-03-05")
    assert mme(morning, night) == (45, 45, 45)


def test_the_same_time_of_day_is_a_renewal():
    old = request(OXYCODONE_10, dosage(tablets(1), {"repeat": {"timeOfDay": ["08:00:00"]}}), id="a")
    new = request(
        OXYCODONE_10, dosage(tablets(2), {"repeat": {"timeOfDay": ["08:00:00"]}}), id="b", authored="2024-03-05"
    )
    assert mme(old, new) == (30, 30, 30)


def test_a_higher_rank_without_a_dose_takes_the_dose_of_the_lower():
    assert mme(statement(OXYCODONE_10), request(OXYCODONE_10, ONE_BID)) == (30, 30, 30)
    assert mme(dispense(OXYCODONE_10, days=30), request(OXYCODONE_10, ONE_BID)) == (30, 30, 30)


# ------------------------------------------------------------------------------------------- renewals


def test_a_renewal_replaces_from_its_start_whatever_the_sig():
    orders = (request(OXYCODONE_10, ONE_BID, id="a", authored="2024-01-01"),
              request(OXYCODONE_10, TWO_BID, id="b", authored="2024-02-01"),
              request(OXYCODONE_10, ONE_BID, id="c", authored="2024-03-01"))  # fmt: skip
    found = doses(*orders, on="2024-03-10")
    assert [day(found, on) for on in ("2024-01-31", "2024-02-01", "2024-02-29", "2024-03-01")] == [
        (30, 30, 30), (60, 60, 60), (60, 60, 60), (30, 30, 30)
    ]  # fmt: skip


def test_a_renewed_statement_replaces_too():
    statements = (
        statement(OXYCODONE_10, ONE_BID, id="a"),
        statement(OXYCODONE_10, TWO_BID, id="b", start="2024-03-05"),
    )
    assert mme(*statements) == (60, 60, 60)


def test_prior_prescription_ends_another_strength():
    old = request(OXYCODONE_5, ONE_BID, id="old")
    new = request(
        OXYCODONE_10, ONE_BID, id="new", authored="2024-03-05", priorPrescription={"reference": "MedicationRequest/old"}
    )
    assert [mme(old, new, on=on) for on in ("2024-03-04", "2024-03-05")] == [(15, 15, 15), (30, 30, 30)]


def test_prior_prescription_ends_another_drug():
    old = request(MORPHINE_15, ONE_BID, id="old")
    new = request(
        OXYCODONE_10, ONE_BID, id="new", authored="2024-03-05", priorPrescription={"reference": "MedicationRequest/old"}
    )
    assert mme(old, new) == (30, 30, 30)


def test_a_short_course_does_not_end_what_went_before():
    flare = dosage(
        tablets(3), {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d", "boundsDuration": qty(3, "d", "d")}}
    )
    orders = (request(OXYCODONE_10, dosage(tablets(1), {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d", "boundsPeriod": {"start": "2024-03-01", "end": "2024-03-31"}}}), id="a"),
              request(OXYCODONE_10, flare, id="b", authored="2024-03-05"))  # fmt: skip
    assert [mme(*orders, on=on) for on in ("2024-03-04", "2024-03-07", "2024-03-08")] == [
        (30, 30, 30),
        (90, 90, 90),
        (30, 30, 30),
    ]


def test_an_early_refill_is_never_a_sum():
    fills = (dispense(OXYCODONE_10, quantity=tablets(60), days=30, on="2024-02-15", id="a"),
             dispense(OXYCODONE_10, quantity=tablets(60), days=30, on="2024-03-01", id="b"))  # fmt: skip
    found = doses(*fills, on="2024-03-31")
    assert {float(each.high) for each in found.daily} == {30}
    assert any("overlaps" in flag for flag in found.flags)


def test_an_overlap_of_a_week_is_not_named():
    fills = (dispense(OXYCODONE_10, quantity=tablets(60), days=30, on="2024-02-01", id="a"),
             dispense(OXYCODONE_10, quantity=tablets(60), days=30, on="2024-02-24", id="b"))  # fmt: skip
    assert doses(*fills, on="2024-03-31").flags == ()


def test_a_completed_order_ends_where_its_renewal_begins():
    orders = (request(OXYCODONE_10, ONE_BID, id="a", authored="2024-01-01", status="completed"),
              request(OXYCODONE_10, TWO_BID, id="b", authored="2024-02-01"))  # fmt: skip
    found = doses(*orders, on="2024-02-01")
    assert len(found.daily) == 32
    assert found.uncounted == ()


def test_a_completed_order_without_an_end_counts_its_first_day_and_leaves_a_month_open():
    found = doses(request(OXYCODONE_10, ONE_BID, status="completed"), on="2024-05-31")
    assert day(found, "2024-03-01") == (30, 30, 30)
    assert day(found, "2024-03-02") == (None, None, None)
    assert day(found, "2024-05-31") is None
    assert reasons(found) == {"MedicationRequest/r1": "end-not-recorded"}


def test_a_dispensed_quantity_lasts_as_long_as_its_sig_allows():
    found = doses(dispense(OXYCODONE_10, ONE_BID, quantity=tablets(20)), on="2024-03-31")
    assert len(found.daily) == 10


def test_a_supply_of_patches_is_three_days_each():
    found = doses(dispense(FENTANYL_25, quantity=qty(10, "patch"), days=30), on="2024-03-10")
    assert float(found.daily[-1].mid) == 60
