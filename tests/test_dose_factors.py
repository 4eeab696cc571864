"""Every factor row, table by table, against arithmetic done by hand; and what has no factor."""

import csv
from decimal import Decimal
from pathlib import Path

import pytest
from dosing import (
    BID,
    administration,
    day,
    dosage,
    doses,
    every,
    knowledge,
    mg,
    mme,
    qty,
    reasons,
    request,
    rx,
    tablets,
)

from cds.knowledge import drugs

ORAL = {"text": "PO"}
INGREDIENTS = {product.opioid: code for code, product in drugs.load().products.items() if product.tty == "IN"}
FILE = Path(drugs.__file__).parents[2] / "rules/codes/mme_factors.csv"


@pytest.mark.parametrize(
    ("table", "opioid", "milligrams", "expected"),
    [
        ("CDC-2022", "codeine", 60, 9), ("CDC-2022", "hydrocodone", 20, 20), ("CDC-2022", "hydromorphone", 8, 40),
        ("CDC-2022", "methadone", 20, 94), ("CDC-2022", "methadone", 70, 329), ("CDC-2022", "morphine", 30, 30),
        ("CDC-2022", "oxycodone", 20, 30), ("CDC-2022", "oxymorphone", 10, 30), ("CDC-2022", "tapentadol", 100, 40),
        ("CDC-2022", "tramadol", 100, 20),
        ("CDC-2016", "codeine", 60, 9), ("CDC-2016", "hydrocodone", 20, 20), ("CDC-2016", "hydromorphone", 8, 32),
        ("CDC-2016", "morphine", 30, 30), ("CDC-2016", "oxycodone", 20, 30), ("CDC-2016", "oxymorphone", 10, 30),
        ("CDC-2016", "tapentadol", 100, 40),
        ("CDC-2016", "methadone", 20, 80), ("CDC-2016", "methadone", 20.5, 164), ("CDC-2016", "methadone", 40, 320),
        ("CDC-2016", "methadone", 41, 410), ("CDC-2016", "methadone", 60, 600), ("CDC-2016", "methadone", 60.1, 721.2),
    ],
)  # fmt: skip
def test_oral_factors(table, opioid, milligrams, expected):
    order = request(INGREDIENTS[opioid], dosage(mg(milligrams), every(1), route=ORAL))
    assert mme(order, table=table) == (expected, expected, expected)


@pytest.mark.parametrize("table", ["CDC-2022", "CDC-2016"])
def test_a_fentanyl_patch_has_one_factor(table):
    assert mme(request("245134", dosage(qty(1, "patch"), every(1, 72, "h"))), table=table) == (60, 60, 60)


@pytest.mark.parametrize("table", ["CDC-2022", "CDC-2016"])
@pytest.mark.parametrize(
    ("opioid", "dose", "expected"),
    [("morphine", mg(10), 30), ("hydromorphone", mg(1.5), 30), ("fentanyl", qty(100, "ug", "ug"), 30)],
)
def test_the_iv_convention_is_the_same_under_both_tables_and_labelled(table, opioid, dose, expected):
    found = doses(administration(INGREDIENTS[opioid], dose, route="IV"), on="2024-03-01", table=table)
    assert float(found.daily[0].mid) == expected
    assert found.daily[0].contributors[0].table == "IV convention v1 (not CDC)"


@pytest.mark.parametrize(
    ("table", "drug", "route"),
    [
        ("CDC-2016", "tramadol", "PO"), ("CDC-2022", "dihydrocodeine", "PO"), ("CDC-2022", "levorphanol", "PO"),
        ("CDC-2022", "meperidine", "PO"), ("CDC-2022", "pentazocine", "PO"), ("CDC-2022", "butorphanol", "nasal"),
        ("CDC-2022", "opium", "PO"), ("CDC-2022", "propoxyphene", "PO"), ("CDC-2022", "levomethadyl", "PO"),
        ("CDC-2022", "fentanyl", "buccal"), ("CDC-2022", "fentanyl", "nasal"), ("CDC-2022", "fentanyl", "PO"),
        ("CDC-2022", "morphine", "rectal"), ("CDC-2022", "hydromorphone", "rectal"), ("CDC-2022", "oxymorphone", "rectal"),
        ("CDC-2022", "oxymorphone", "IV"), ("CDC-2022", "meperidine", "IV"), ("CDC-2022", "codeine", "IM"),
        ("CDC-2022", "oxycodone", "IV"), ("CDC-2022", "levorphanol", "IV"), ("CDC-2022", "methadone", "IV"),
        ("CDC-2022", "tramadol", "IV"), ("CDC-2022", "nalbuphine", "IV"), ("CDC-2022", "butorphanol", "IV"),
        ("CDC-2022", "pentazocine", "IM"), ("CDC-2022", "remifentanil", "IV"), ("CDC-2022", "sufentanil", "IV"),
        ("CDC-2022", "alfentanil", "IV"), ("CDC-2022", "oliceridine", "IV"),
    ],
)  # fmt: skip
def test_rows_without_a_factor_are_declared_not_guessed(table, drug, route):
    found = doses(request(INGREDIENTS[drug], dosage(mg(10), BID, route={"text": route})), on="2024-03-10", table=table)
    assert reasons(found) == {"MedicationRequest/r1": "no-factor"}
    assert (found.daily[-1].mid, found.daily[-1].high) == (None, None)


@pytest.mark.parametrize("route", ["PO", "IV", "sublingual", "transdermal"])
def test_buprenorphine_is_never_summed_by_any_route(route):
    found = doses(request(INGREDIENTS["buprenorphine"], dosage(mg(8), BID, route={"text": route})), on="2024-03-10")
    assert reasons(found) == {"MedicationRequest/r1": "never-summed"}


def test_an_iontophoretic_system_is_no_patch():
    found = doses(request("1666831", dosage(qty(20, "{actuat}"), every(1))), on="2024-03-10")
    assert reasons(found) == {"MedicationRequest/r1": "no-factor"}


def test_the_methadone_tier_is_that_of_the_patient_s_whole_day():
    morning = request("864706", dosage(tablets(3), {"repeat": {"when": ["MORN"]}}), id="a")
    night = request("864706", dosage(tablets(3), {"repeat": {"when": ["HS"]}}), id="b")
    other = request("864718", dosage(tablets(1), BID), id="c")
    assert mme(morning, night, table="CDC-2016") == (600, 600, 600)
    assert mme(morning, night, other, table="CDC-2016") == (840, 840, 840)


def test_a_methadone_range_is_tiered_at_each_end():
    order = request("864706", dosage({"low": tablets(2), "high": tablets(5)}, every(1)))
    assert mme(order, table="CDC-2016") == (80, 500, 500)


def test_every_row_of_the_file_is_applied():
    """Each line, times 10 mg (or 10 mcg/h), gives ten factors."""
    with FILE.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        amount = Decimal(row["above_mg"]) + 10
        tiers = knowledge().factor(
            "CDC-2022" if row["table"].startswith("IV") else row["table"], row["opioid"], row["route"]
        )
        tier = next(each for each in tiers if each.to is None or amount <= each.to)
        assert str(tier.value) == row["factor"]
        table = "CDC-2022" if row["table"].startswith("IV") else row["table"]
        if row["route"] == "transdermal":
            order, expected = request(rx("245134"), dosage(qty(10, "ug/h", "ug/h"))), 24
        else:
            route = {"oral": "PO", "parenteral": "IV"}[row["route"]]
            order = request(INGREDIENTS[row["opioid"]], dosage(mg(amount), every(1), route={"text": route}))
            expected = float(amount * Decimal(row["factor"]))
        assert day(doses(order, on="2024-03-10", table=table), "2024-03-10") == (expected, expected, expected), row


def test_unrounded_until_printed():
    found = doses(request("245134", dosage(qty(1, "patch"), every(1, 72, "h"))), on="2024-03-10")
    assert found.daily[-1].mid == Decimal(60)
