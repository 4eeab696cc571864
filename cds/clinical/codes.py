"""Codes and quantities."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Coding:
    system: str | None
    code: str | None
    display: str | None = None


@dataclass(frozen=True, slots=True)
class Concept:
    """A CodeableConcept: any number of codings, and the text beside them."""

    codings: tuple[Coding, ...] = ()
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Quantity:
    value: Decimal | None
    unit: str | None = None
    system: str | None = None
    code: str | None = None
    comparator: str | None = None


@dataclass(frozen=True, slots=True)
class QuantityRange:
    low: Quantity | None
    high: Quantity | None


@dataclass(frozen=True, slots=True)
class Ratio:
    numerator: Quantity | None
    denominator: Quantity | None
