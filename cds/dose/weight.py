"""Body weight for doses per kilogram."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property

from cds.clinical import AsOf, Observation, Quantity
from cds.dose.course import after
from cds.dose.values import Weight
from cds.knowledge.drugs import Drugs

_USABLE = ("final", "amended", "corrected", "preliminary")
_KG = {
    "kg": "1", "kilogram": "1", "kilograms": "1", "kgs": "1", "g": "0.001", "gram": "0.001", "grams": "0.001",
    "[lb_av]": "0.45359237", "lb": "0.45359237", "lbs": "0.45359237", "lb_av": "0.45359237", "pound": "0.45359237",
    "pounds": "0.45359237", "[oz_av]": "0.028349523125", "oz": "0.028349523125",
}  # fmt: skip


class Weights:
    """Body weights in kg; the observations are searched once, and only if a dose is per kilogram."""

    def __init__(self, observations: Sequence[Observation], drugs: Drugs, as_of: AsOf) -> None:
        self._observations = observations
        self._codes = drugs.weight_codes
        self._age = timedelta(days=int(drugs.limits["weight_age_days"]))
        self._as_of = as_of

    def at(self, when: datetime | None) -> Weight | None:
        """The last weight before the dose, else the first after it; None if there is none. No time: the latest of all."""
        if not self._found:
            return None
        when = self._as_of.at if when is None else when
        after_it = bisect_right(self._found, when, key=lambda pair: pair[0])
        taken, kg = self._found[max(0, after_it - 1)]
        return Weight(kg, taken.date(), far=abs(when - taken) > self._age)

    @cached_property
    def _found(self) -> list[tuple[datetime, Decimal]]:
        return sorted(weight for each in self._observations if (weight := self._weight(each)) is not None)

    def _weight(self, observation: Observation) -> tuple[datetime, Decimal] | None:
        codings = observation.concept.codings if observation.concept else ()
        if not any(coding.code in self._codes for coding in codings) or observation.status not in _USABLE:
            return None
        span = observation.effective
        start = (span.start or span.end) if span else observation.issued
        if start is None or after(start, self._as_of) or not isinstance(observation.value, Quantity):
            return None
        kg = _kg(observation.value)
        return None if kg is None else (start.start, kg)


def _kg(quantity: Quantity) -> Decimal | None:
    if quantity.value is None or quantity.value <= 0 or quantity.comparator:
        return None
    scales = {scale for text in (quantity.code, quantity.unit) if text and (scale := _KG.get(text.lower().strip()))}
    return quantity.value * Decimal(scales.pop()) if len(scales) == 1 else None
