"""How often a dose is taken, wherever that was read."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from cds.clinical import Moment
from cds.dose.values import Range


class Schedule(Struct, frozen=True):
    """How often.

    per_day  doses a day, None for single doses and events
    once     a single dose
    slots    named times of day (when codes, clock times)
    days     length of a course that a text names
    """

    per_day: Range | None = None
    once: bool = False
    events: tuple[Moment, ...] = ()
    slots: frozenset[str] = frozenset()
    prn: bool = False
    days: Decimal | None = None
    flags: tuple[str, ...] = ()

    def with_prn(self) -> Schedule:
        return replace(self, prn=True)

    def flagged(self, flag: str) -> Schedule:
        return replace(self, flags=(*self.flags, flag))
