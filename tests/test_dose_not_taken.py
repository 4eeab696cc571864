"""A statement that the drug is not taken is a recorded 0, until something later says otherwise."""

from dosing import ONE_BID, OXYCODONE_10, TWO_BID, day, dispense, doses, mme, reasons, request, statement


def not_taken(start="2024-01-01", **more):
    return statement(OXYCODONE_10, id="not", status="not-taken", start=start, **more)


def flags(*resources):
    return [flag for flag in doses(*resources, on="2024-03-10").flags if "not taken" in flag]


def test_a_later_statement_outweighs_an_earlier_not_taken():
    later = statement(OXYCODONE_10, TWO_BID, start="2024-03-01", id="b")
    found = doses(not_taken(), later, on="2024-03-10")
    assert [day(found, on) for on in ("2024-02-29", "2024-03-01")] == [(0, 0, 0), (60, 60, 60)]
    assert mme(later, not_taken("2024-03-05")) == (0, 0, 0)
    assert mme(later, not_taken("2024-03-01")) == (0, 0, 0)


def test_a_not_taken_that_was_written_down_later_is_the_later_one():
    later = statement(OXYCODONE_10, TWO_BID, start="2024-03-01", id="b")
    assert mme(later, not_taken(dateAsserted="2024-03-05")) == (0, 0, 0)
    assert mme(later, not_taken(dateAsserted="2024-02-05")) == (60, 60, 60)


def test_an_order_that_began_after_a_not_taken_counts_and_it_is_said():
    order = request(OXYCODONE_10, TWO_BID)
    assert mme(not_taken(), order) == (60, 60, 60)
    assert len(flags(not_taken(), order)) == 1
    for start in ("2024-03-01", "2024-03-05"):
        assert mme(not_taken(start), order) == (0, 0, 0)
        assert flags(not_taken(start), order) == []


def test_a_not_taken_with_an_end_holds_to_its_end_against_an_order():
    order = request(OXYCODONE_10, TWO_BID)
    assert mme(not_taken(end="2024-03-10"), order) == (0, 0, 0)
    assert mme(not_taken(), order) == mme(not_taken(end="2024-03-09"), order) == (60, 60, 60)


def test_a_later_order_without_a_dose_opens_the_day_that_was_not_taken():
    found = doses(not_taken(), request(OXYCODONE_10), on="2024-03-10")
    assert day(found, "2024-03-10") == (None, None, None)
    assert reasons(found) == {"MedicationRequest/r1": "no-dose"}


def test_the_renewal_of_an_order_that_is_not_taken_counts():
    old, new = request(OXYCODONE_10, ONE_BID, id="old", authored="2023-12-01"), request(OXYCODONE_10, TWO_BID)
    found = doses(old, not_taken(), new, on="2024-03-10")
    assert [day(found, on) for on in ("2024-02-29", "2024-03-01")] == [(0, 0, 0), (60, 60, 60)]


def test_a_dispense_without_a_dose_does_not_outweigh_a_not_taken_but_a_later_statement_does():
    handed_over = dispense(OXYCODONE_10, on="2024-02-20", days=30)
    later = statement(OXYCODONE_10, TWO_BID, start="2024-03-01", id="b")
    assert mme(handed_over, not_taken()) == (0, 0, 0)
    assert mme(handed_over, not_taken(), later) == (60, 60, 60)
