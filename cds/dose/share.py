"""What one resource contributes to one day."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from cds.clinical import Source
from cds.dose.course import Plan
from cds.dose.values import NOTHING, ZERO, NotCounted, Piece, Range


class Active(Struct, frozen=True):
    """A resource and its pieces that cover the day."""

    plan: Plan
    pieces: tuple[Piece, ...]

    @property
    def numbers(self) -> tuple[tuple[Piece, Range], ...]:
        return tuple((piece, piece.mg) for piece in self.pieces if piece.mg is not None and piece.gap is None)

    @property
    def gaps(self) -> tuple[NotCounted, ...]:
        return tuple(piece.gap for piece in self.pieces if piece.gap is not None)


class Share(Struct, frozen=True):
    """What one resource contributes to the day, in mg of its opioid.

    coded  a resource of the same therapy that tells the product where this one does not, None where none does
    """

    plan: Plan
    mg: Range
    scheduled: Range
    arithmetic: str
    flags: tuple[str, ...]
    zero: bool = False
    coded: Plan | None = None

    @property
    def product(self) -> Plan:
        return self.coded or self.plan

    @property
    def given(self) -> bool:
        return self.plan.use.source is Source.ADMINISTERED


def perhaps_none(share: Share, flag: str) -> Share:
    """The same with a least of nothing, and why."""
    mg, scheduled = Range(ZERO, share.mg.high), Range(ZERO, share.scheduled.high)
    return replace(share, mg=mg, scheduled=scheduled, flags=(*share.flags, flag))


def total(active: Active) -> Range:
    total = NOTHING
    for _, mg in active.numbers:
        total += mg
    return Range(round(total.low, 6), round(total.high, 6))


def share_of(each: Active) -> Share | None:
    numbers = each.numbers
    if not numbers:
        return None
    mg, scheduled = NOTHING, NOTHING
    for piece, amount in numbers:
        mg += amount
        scheduled += piece.scheduled
    text = " + ".join(f"({piece.arithmetic})" if len(numbers) > 1 else piece.arithmetic for piece, _ in numbers)
    flags = tuple(dict.fromkeys(flag for piece, _ in numbers for flag in piece.flags))
    return Share(each.plan, mg, scheduled, text, flags, zero=each.plan.zero)
