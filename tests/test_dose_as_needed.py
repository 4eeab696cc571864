"""What is taken as needed beside a schedule of the same product: instead of it, or added."""

from itertools import permutations

from dosing import (
    DAILY,
    ONE_BID,
    OXYCODONE_10,
    TWO_BID,
    day,
    dispense,
    dosage,
    doses,
    qty,
    request,
    statement,
    tablets,
)

PRN = dosage(tablets(1), DAILY, asNeededBoolean=True)  # up to 15 MME
ADDED = "instead of it or added"


def scheduled(authored="2024-01-01", sig=TWO_BID, id="a"):
    return request(OXYCODONE_10, sig, authored=authored, id=id)


def as_needed(authored="2024-03-01", id="p"):
    return request(OXYCODONE_10, PRN, authored=authored, id=id)


def test_a_later_order_as_needed_may_be_added_to_the_schedule():
    found = doses(scheduled(), as_needed(), on="2024-03-10")
    assert [day(found, on) for on in ("2024-02-29", "2024-03-01", "2024-03-10")] == [
        (60, 60, 60), (0, 75, 75), (0, 75, 75)
    ]  # fmt: skip
    assert any(ADDED in flag for flag in found.flags)


def test_so_may_one_of_the_same_day_and_a_renewed_one():
    for others in ((as_needed("2024-01-01"),), (as_needed("2024-02-01"), as_needed(id="p2"))):
        found = doses(scheduled(), *others, on="2024-03-10")
        assert day(found, "2024-03-10") == (0, 75, 75)
        assert any(ADDED in flag for flag in found.flags)


def test_so_may_statements_and_dispenses():
    told = (statement(OXYCODONE_10, TWO_BID), statement(OXYCODONE_10, PRN, start="2024-03-05", id="b"))
    fills = (
        dispense(OXYCODONE_10, TWO_BID, days=30),
        dispense(OXYCODONE_10, PRN, on="2024-03-05", days=30, id="b"),
    )
    for pair in (told, fills):
        assert day(doses(*pair, on="2024-03-10"), "2024-03-10") == (0, 75, 75)


def test_a_schedule_after_it_replaces_both():
    orders = (scheduled(), as_needed("2024-02-01"), scheduled("2024-03-05", ONE_BID, "c"))
    found = doses(*orders, on="2024-03-10")
    assert [day(found, on) for on in ("2024-03-04", "2024-03-05")] == [(0, 75, 75), (30, 30, 30)]


def test_the_schedule_stays_scheduled_beside_what_is_as_needed():
    course = request(
        OXYCODONE_10, PRN, authored="2024-03-01", id="p", dispenseRequest={"expectedSupplyDuration": qty(5, "d", "d")}
    )
    found = doses(scheduled(), course, on="2024-03-10")
    assert [day(found, on) for on in ("2024-03-03", "2024-03-10")] == [(0, 75, 75), (60, 60, 60)]
    assert {float(each.mid) for each in found.series} == {60}
    assert not any(each.prn_only for each in found.series)


def test_schedules_exclude_each_other_whatever_stands_as_needed_between_them():
    for ids in permutations("abc"):
        orders = (
            scheduled("2024-01-01", ONE_BID, ids[0]),
            as_needed("2024-01-01", ids[1]),
            scheduled("2024-01-01", TWO_BID, ids[2]),
        )
        found = doses(*orders, on="2024-03-10")
        assert day(found, "2024-03-10") == (0, 75, 75)
        assert {float(each.mid) for each in found.series} == {60}


def test_an_order_as_needed_adds_to_a_schedule_of_another_source():
    found = doses(statement(OXYCODONE_10, TWO_BID, start="2024-01-01"), as_needed(), on="2024-03-10")
    assert day(found, "2024-03-10") == (60, 75, 75)
