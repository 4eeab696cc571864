"""Body weight for doses per kilogram."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from cds.clinical import AsOf, PatientRecord, Quantity
from cds.dose.course import after
from cds.knowledge.drugs import Drugs

_USABLE = ("final", "amended", "corrected", "preliminary")
_KG = {
    "kg": "1", "kilogram": "1", "kilograms": "1", "kgs": "1", "g": "0.001", "gram": "0.001", "grams": "0.001",
    "[lb_av]": "0.45359237", "lb": "0.45359237", "lbs": "0.45359237", "lb_av": "0.45359237", "pound": "0.45359237",
    "pounds": "0.45359237", "[oz_av]": "0.028349523125", "oz": "0.028349523125",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights in kg, sorted by time."""

    found: tuple[tuple[datetime, Decimal], ...]

    def at(self, when: datetime | None) -> Decimal | None:
        """The last weight before the dose, else the first after it; None if there is none."""
        if not self.found:
            return None
        if when is None:
            return self.found[-1][1]
        after_it = bisect_right(self.found, when, key=lambda pair: pair[0])
        return self.found[max(0, after_it - 1)][1]


def weights(record: PatientRecord, drugs: Drugs, as_of: AsOf) -> Weights:
    found: list[tuple[datetime, Decimal]] = []
    for observation in record.observations:
        codes = {coding.code for coding in observation.concept.codings} if observation.concept else set()
        span = observation.effective
        start = (span.start or span.end) if span else observation.issued
        if not codes & drugs.weight_codes or observation.status not in _USABLE or start is None or after(start, as_of):
            continue
        kg = _kg(observation.value) if isinstance(observation.value, Quantity) else None
        if kg is not None:
            found.append((start.start, kg))
    return Weights(tuple(sorted(found)))


def _kg(quantity: Quantity) -> Decimal | None:
    if quantity.value is None or quantity.value <= 0 or quantity.comparator:
        return None
    scales = {scale for text in (quantity.code, quantity.unit) if text and (scale := _KG.get(text.lower().strip()))}
    return quantity.value * Decimal(scales.pop()) if len(scales) == 1 else None
