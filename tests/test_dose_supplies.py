"""Quantity and days of supply as a dose: what was handed over for use as needed need not be taken."""

import pytest
from dosing import (
    DAILY,
    ONE_BID,
    OXYCODONE_5,
    OXYCODONE_10,
    day,
    dispense,
    dosage,
    doses,
    every,
    mme,
    request,
    tablets,
)  # fmt: skip

PRN = dosage(tablets(1), every(1, 6, "h"), asNeededBoolean=True)
OF_ORDER = {"authorizingPrescription": [{"reference": "MedicationRequest/r1"}]}


def supply(*sigs, **more):
    return dispense(OXYCODONE_10, *sigs, quantity=tablets(10), days=2, on="2024-03-01", **more)


@pytest.mark.parametrize(
    ("sentence", "resources"),
    [
        ("the order of the same product", (supply(), request(OXYCODONE_10, PRN))),
        ("the order that it names", (supply(**OF_ORDER), request(OXYCODONE_5, PRN))),
        ("an order that has ended by then", (supply(**OF_ORDER), request(OXYCODONE_10, PRN, authored="2023-12-01", status="completed", dispenseRequest={"validityPeriod": {"end": "2024-02-01"}}))),
        ("an order as needed without a frequency", (supply(), request(OXYCODONE_10, dosage(tablets(1), asNeededBoolean=True)))),
        ("its own sig", (supply(dosage(tablets(1), asNeededBoolean=True)),)),
        ("its own sig in words that cannot be read otherwise", (supply(dosage(text="use sparingly PRN with the blue pump")),)),
    ],
)  # fmt: skip
def test_a_supply_for_use_as_needed_is_from_nothing_to_all_of_it(sentence, resources):
    found = doses(*resources, on="2024-03-02")
    assert day(found, "2024-03-02") == (0, 75, 75)
    assert found.series[-1].mid == 0


def test_any_other_supply_is_its_dose():
    beside = request(OXYCODONE_10, PRN, dosage(tablets(1), DAILY))
    for resources in ((), (request(OXYCODONE_10, ONE_BID),), (beside,)):
        assert mme(supply(**OF_ORDER), *resources, on="2024-03-02") == (75, 75, 75)
    assert mme(supply(**OF_ORDER), request(OXYCODONE_10, PRN), on="2024-03-02") == (0, 75, 75)
