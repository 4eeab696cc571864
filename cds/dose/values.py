"""What the dose modules hand to each other: ranges, days, reasons. Amounts are milligrams of the opioid."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from msgspec import Struct

from cds.errors import UnitError


class Weight(Struct, frozen=True):
    """A body weight for one dose; `far`: it was taken so long before or after the dose that it has to be named."""

    kg: Decimal
    day: date
    far: bool = False


# None where no weight is on record; looked for only where a dose is per kilogram.
Weigh = Callable[[], Weight | None]


def unweighed() -> None:
    """For doses that no body weight can scale."""


ZERO = Decimal(0)
ONE = Decimal(1)
HOURS = Decimal(24)

# A flag that begins so explains a reading; it stands beside the contributor, not on page and card.
NOTE = "note: "


class NotCounted(UnitError):
    """Why an opioid has no number; caught where a resource is read, and told as Uncounted.

    code  stable word, one per reason
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Range(Struct, frozen=True):
    """A value known to lie between two bounds; low equals high where it is known exactly."""

    low: Decimal
    high: Decimal

    @classmethod
    def exact(cls, value: Decimal) -> Range:
        return cls(value, value)

    def __add__(self, other: Range) -> Range:
        return Range(self.low + other.low, self.high + other.high)

    def times(self, other: Range) -> Range:
        return Range(self.low * other.low, self.high * other.high)

    def scaled(self, factor: Decimal) -> Range:
        return Range(self.low * factor, self.high * factor)

    def at_most(self, limit: Decimal | None) -> Range:
        return self if limit is None else Range(min(self.low, limit), min(self.high, limit))


NOTHING = Range(ZERO, ZERO)


class Piece(Struct, frozen=True):
    """A run of days with one and the same amount of one opioid, from one dosage line or administration.

    first, last   both days included
    mg            of a day, PRN at the most that is permitted; None where it could not be computed, then `gap` says why
    scheduled     of a day without PRN
    """

    first: date
    last: date
    mg: Range | None
    scheduled: Range = NOTHING
    arithmetic: str = ""
    flags: tuple[str, ...] = ()
    gap: NotCounted | None = None


def plain(value: Decimal, places: int = 6) -> str:
    """A number as people write it: 4.8, 60, 0.285714. One beyond any dose keeps its exponent."""
    if value.adjusted() > 15:  # decimal refuses to round what needs more digits than its precision has
        return format(value, ".3E")
    whole = int(value)
    if whole == value:
        return str(whole)
    text = format(round(value, places), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def refuse_absurd(value: Decimal) -> None:
    """Raises NotCounted for a number that can only be a slip: decimal arithmetic itself gives up beyond its precision."""
    if value.adjusted() > 5:  # a million: a kilogram a day, where the unit is mg
        raise NotCounted("absurd", "the number is beyond any dose")


def spread(value: Range) -> str:
    """'60', or '30-60' for a range."""
    low, high = plain(value.low), plain(value.high)
    return low if low == high else f"{low}-{high}"
