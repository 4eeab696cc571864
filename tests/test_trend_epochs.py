"""Epochs of a stay: runs of equal ones say what each of them would, and a stay costs what was given in it."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from trend_charts import hour, limits

from cds.clinical import DoseEvent, Source
from cds.trend.epochs import Epoch, epochs, spread
from cds.trend.stretches import stretches

FOUR_HOURS = timedelta(hours=4)


def dose(start: float, length: float, mme: float | None, drug: str = "morphine") -> DoseEvent:
    amount = None if mme is None else Decimal(str(mme))
    return DoseEvent(hour(start), hour(start + length), amount, drug, "oral", f"A/{start}", Source.ADMINISTERED)


def one_by_one(found: list[Epoch]) -> list[Epoch]:
    """Each run as the epochs that it stands for."""
    return [
        Epoch(begun, min(begun + FOUR_HOURS, each.end), each.dose, each.given, each.open)
        for each in found
        for begun in (each.start + FOUR_HOURS * number for number in range(each.count))
    ]


def amount(events: list[DoseEvent], start: datetime, end: datetime) -> float:
    """MME per four hours, from what every event shares with the time."""
    given = sum(
        float(piece.mme) * max(timedelta(0), min(finish, end) - max(begin, start)) / (finish - begin)
        for begin, finish, piece in spread(events, limits())
        if piece.mme is not None
    )
    return given * (FOUR_HOURS / (end - start))


@given(
    st.lists(
        st.builds(
            dose,
            st.integers(-40, 400),
            st.sampled_from([0, 0, 1, 12, 72, 300]),
            st.sampled_from([None, 0, 2.5, 15, 60]),
            st.sampled_from(["morphine", "oxycodone"]),
        ),
        min_size=1,
        max_size=12,
    ),
    st.integers(1, 900),
)
def test_each_epoch_of_a_run_has_the_dose_that_was_given_in_it(events: list[DoseEvent], length: int) -> None:
    events.sort(key=lambda event: event.start)
    found = one_by_one(epochs(spread(events, limits()), hour(0), hour(length), limits()))
    assert all(earlier.end == later.start for earlier, later in pairwise(found))
    assert not found or found[-1].end == hour(length)
    for each in found:
        assert abs(each.dose - amount(events, each.start, each.end)) < 1e-5
        assert each.end - each.start == FOUR_HOURS or each is found[-1]
        begun = [e for begin, finish, e in spread(events, limits()) if begin < each.end and finish > each.start]
        assert each.open is any(event.mme is None for event in begun)


def test_a_run_of_equal_epochs_makes_the_stretch_that_they_make_one_by_one() -> None:
    pieces = spread([dose(0, 100, 250), dose(100, 40, 110), dose(400, 40, 400)], limits())
    found = epochs(pieces, hour(0), hour(600), limits())
    assert [each.count for each in found] == [25, 10, 65, 10, 40]
    assert stretches(found, limits()) == stretches(one_by_one(found), limits())


def test_a_stay_of_a_century_has_no_more_epochs_than_what_was_given_in_it() -> None:
    century = 24 * 36_525
    events = [dose(0, 0, 10), dose(5, 0, 10), dose(century / 2, century / 4, 1_000_000), dose(century - 8, 0, 10)]
    found = epochs(spread(events, limits()), hour(0), hour(century), limits())
    assert sum(each.count for each in found) == century / 4
    assert len(found) < 20
