"""A resource known by its name alone beside a coded one: one therapy, or perhaps one, never a sure sum."""

import pytest
from dosing import (
    HYDROCODONE_5,
    ONE_BID,
    OXYCODONE_10,
    OXYCONTIN_10,
    TWO_BID,
    administration,
    day,
    dispense,
    doses,
    mme,
    request,
    statement,
    tablets,
)  # fmt: skip


def named(text):
    return {"text": text}


@pytest.mark.parametrize(
    ("text", "code", "expected"),
    [
        ("Oxycodone 10 mg", OXYCODONE_10, 30),
        ("Oxycodone 10 mg", OXYCONTIN_10, 30),
        ("OxyContin 10 mg", OXYCONTIN_10, 30),
        ("Norco 5-325 mg tablet", HYDROCODONE_5, 10),
        ("Hydrocodone-acetaminophen 5-325 mg", HYDROCODONE_5, 10),
    ],
)
def test_a_statement_by_name_is_of_the_coded_order_s_therapy(text, code, expected):
    assert mme(request(code, ONE_BID), statement(named(text), ONE_BID)) == (expected,) * 3
    assert mme(request(named(text), ONE_BID), statement(code, ONE_BID)) == (expected,) * 3


def test_what_a_name_says_otherwise_is_another_product():
    assert mme(request(OXYCONTIN_10, ONE_BID), statement(named("OxyContin 10 mg"), ONE_BID)) == (30, 30, 30)
    assert mme(request(OXYCODONE_10, ONE_BID), statement(named("OxyContin 10 mg"), ONE_BID)) == (60, 60, 60)
    assert mme(request(OXYCONTIN_10, ONE_BID), statement(named("Oxycodone 10 mg tablet"), ONE_BID)) == (60, 60, 60)
    assert mme(request(OXYCODONE_10, ONE_BID), statement(named("Oxycodone 5 mg"), ONE_BID)) == (45, 45, 45)


@pytest.mark.parametrize(
    ("sentence", "resources", "expected"),
    [
        ("another amount", (request(OXYCODONE_10, ONE_BID), statement(named("Oxycodone 10 mg"), TWO_BID)), (60, 90, 90)),
        ("the coded one is the larger", (request(OXYCODONE_10, TWO_BID), statement(named("Oxycodone 10 mg"), ONE_BID)), (60, 90, 90)),
        ("two orders", (request(OXYCODONE_10, ONE_BID), request(named("Oxycodone 10 mg"), ONE_BID, id="b")), (30, 60, 60)),
        ("another strength with the same milligrams", (request(OXYCODONE_10, ONE_BID), statement(named("Oxycodone 5 mg"), TWO_BID)), (30, 60, 60)),
        ("two products that it may be", (request(OXYCODONE_10, ONE_BID), request(OXYCONTIN_10, ONE_BID, id="b"), statement(named("Oxycodone 10 mg"), ONE_BID)), (60, 90, 90)),
        ("the larger of two products that it may be", (request(OXYCODONE_10, ONE_BID), request(OXYCONTIN_10, TWO_BID, id="b"), statement(named("Oxycodone 10 mg"), ONE_BID), dispense(named("oxycodone 10 mg"), TWO_BID, days=30)), (90, 150, 150)),
        ("names alone, of which one says more", (request(named("OxyContin 10 mg"), ONE_BID), request(named("Oxycodone 10 mg"), TWO_BID, id="b")), (60, 90, 90)),
    ],
)  # fmt: skip
def test_a_name_that_may_be_the_coded_product_or_another_is_a_range_and_said(sentence, resources, expected):
    found = doses(*resources, on="2024-03-10")
    assert day(found, "2024-03-10") == expected
    assert any("by its name alone" in flag for flag in found.flags)


def test_a_name_that_joined_a_coded_order_is_no_other_product_any_more():
    orders = (request(OXYCODONE_10, ONE_BID), request(OXYCONTIN_10, TWO_BID, id="b"))
    assert mme(*orders, statement(named("Oxycodone 10 mg"), ONE_BID)) == (90, 90, 90)


def test_names_alone_join_one_another_too():
    assert mme(request(named("OxyContin 10 mg"), ONE_BID), statement(named("Oxycodone 10 mg"), ONE_BID)) == (30, 30, 30)


def test_an_administration_is_of_the_therapy_that_is_ordered_by_name_and_the_other_way_round():
    at = "2024-03-10T08:00:00Z"
    assert mme(request(named("Oxycodone 10 mg"), ONE_BID), administration(OXYCODONE_10, tablets(1), at=at)) == (15,) * 3
    assert mme(request(OXYCODONE_10, ONE_BID), administration(named("Oxycodone 10 mg"), tablets(1), at=at)) == (15,) * 3


def test_a_not_taken_by_name_is_of_the_coded_order():
    assert mme(request(OXYCODONE_10, ONE_BID), statement(named("Oxycodone 10 mg"), status="not-taken")) == (0, 0, 0)
