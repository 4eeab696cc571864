"""An order or statement that began after the supply or statement that outranks it: the day is a range, and it is said."""

import pytest
from dosing import (
    BID,
    DAILY,
    MORPHINE_15,
    ONE_BID,
    OXYCODONE_10,
    TWO_BID,
    administration,
    day,
    dispense,
    dosage,
    doses,
    mme,
    qty,
    request,
    statement,
    tablets,
)  # fmt: skip

SUPPLY = dispense(OXYCODONE_10, ONE_BID, on="2024-02-20", quantity=tablets(60), days=30)
LATER = "2024-03-05"
ONE_DAILY = dosage(tablets(1), DAILY)


@pytest.mark.parametrize(
    ("sentence", "resources", "expected"),
    [
        ("an order for more", (SUPPLY, request(OXYCODONE_10, TWO_BID, authored=LATER)), (30, 60, 60)),
        ("an order for less", (SUPPLY, request(OXYCODONE_10, ONE_DAILY, authored=LATER)), (15, 30, 30)),
        ("a statement of more", (SUPPLY, statement(OXYCODONE_10, TWO_BID, start=LATER)), (30, 60, 60)),
        ("a statement that it is not taken", (SUPPLY, statement(OXYCODONE_10, status="not-taken", start=LATER)), (0, 30, 30)),
        ("an order after a statement", (statement(OXYCODONE_10, ONE_BID), request(OXYCODONE_10, TWO_BID, authored=LATER)), (30, 60, 60)),
        ("a statement of less and an order for more", (SUPPLY, statement(OXYCODONE_10, ONE_DAILY, start=LATER), request(OXYCODONE_10, TWO_BID, authored=LATER)), (15, 60, 60)),
    ],
)  # fmt: skip
def test_what_began_after_the_supply_widens_the_day(sentence, resources, expected):
    found = doses(*resources, on="2024-03-10")
    assert day(found, "2024-03-04") == (30, 30, 30)
    assert day(found, "2024-03-10") == expected
    assert any("began later and says" in flag for flag in found.flags)
    assert found.series[-1].mid == 30


def test_what_began_before_or_says_the_same_changes_nothing():
    for order in (
        request(OXYCODONE_10, TWO_BID, authored="2024-02-20"),
        request(OXYCODONE_10, ONE_BID, authored=LATER),
        request(OXYCODONE_10, authored=LATER),
    ):
        assert mme(SUPPLY, order) == (30, 30, 30)
    thirds = dispense(OXYCODONE_10, on="2024-02-20", quantity=tablets(100), days=60)
    refill = dispense(OXYCODONE_10, on="2024-02-20", quantity=tablets(50), days=30)
    same = request(
        OXYCODONE_10,
        authored=LATER,
        dispenseRequest={"quantity": tablets(50), "expectedSupplyDuration": qty(30, "d", "d")},
    )
    assert doses(thirds, same, on="2024-03-10").flags == doses(refill, same, on="2024-03-10").flags == ()
    assert mme(SUPPLY, request(OXYCODONE_10, TWO_BID, authored="2024-02-21")) == (30, 60, 60)


def test_an_administration_stays_a_fact_beside_a_later_order():
    given = administration(OXYCODONE_10, tablets(1), at="2024-03-10T08:00:00Z")
    order = request(OXYCODONE_10, TWO_BID, authored="2024-03-09")
    found = doses(SUPPLY, given, order, on="2024-03-11")
    assert (day(found, "2024-03-10"), day(found, "2024-03-11")) == ((15, 15, 15), (30, 60, 60))


def test_a_later_order_for_another_drug_is_no_later_dose_of_this_one():
    other = request(MORPHINE_15, dosage(tablets(1), BID), authored=LATER, id="m")
    assert mme(SUPPLY, other, request(OXYCODONE_10, TWO_BID, authored=LATER)) == (60, 90, 90)
