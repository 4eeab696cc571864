"""Writes a dose course as an EHR would: dated prescriptions of real tablets, renewed and changed at each visit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from cds.knowledge.simulator import Tablet

STYLES = ("morphine ER", "oxycodone ER", "oxycodone IR", "morphine ER beside oxycodone IR")
"""What one patient is prescribed throughout; changes of the dose are never a rotation here."""

_CONSTANT_OXYCODONE = 30.0  # MME per day of the fourth style: 5 mg every 6 h, never changed


@dataclass(frozen=True, slots=True)
class Order:
    """One prescription line.

    count       tablets each time, in halves
    times       intakes per period
    period      hours
    first, last day numbers, inclusive; last None: still open
    temporary   a course that carries its own bounds in the sig
    """

    tablet: Tablet
    count: float
    times: int
    period: int
    first: int
    last: int | None
    temporary: bool = False

    @property
    def daily_mme(self) -> float:
        return self.tablet.mme * self.count * self.times * 24 / self.period


@dataclass(frozen=True, slots=True)
class Stock:
    """The tablets of products.csv by (drug, release, mg)."""

    tablets: dict[tuple[str, str, float], Tablet]

    @classmethod
    def of(cls, tablets: Iterable[Tablet]) -> Stock:
        return cls({(tablet.drug, tablet.release, tablet.mg): tablet for tablet in tablets})

    def strengths(self, drug: str, release: str) -> list[Tablet]:
        """Strongest first."""
        found = [tablet for (name, form, _mg), tablet in self.tablets.items() if (name, form) == (drug, release)]
        return sorted(found, key=lambda tablet: -tablet.mg)


def choose_style(rng: np.random.Generator, standing: Sequence[float]) -> str:
    """One of STYLES; the fourth needs room for its constant part."""
    style = str(rng.choice(np.array(STYLES), p=[0.35, 0.25, 0.2, 0.2]))
    return STYLES[0] if style == STYLES[3] and min(standing) < _CONSTANT_OXYCODONE + 15 else style


def standing_orders(stock: Stock, style: str, doses: Sequence[float], visits: Iterable[int]) -> Iterator[Order]:
    """Renewals at every visit, and wherever the standing dose (MME per day, one value a day) changes.

    The last prescription of each line stays open.
    """
    starts = {0, *visits, *(day for day in range(1, len(doses)) if doses[day] != doses[day - 1])}
    ordered = sorted(starts)
    for first, following in zip(ordered, [*ordered[1:], None], strict=True):
        for tablet, count, times, period in _regimen(stock, style, doses[first]):
            yield Order(tablet, count, times, period, first, None if following is None else following - 1)


def temporary_orders(stock: Stock, style: str, extra: Sequence[float]) -> Iterator[Order]:
    """One bounded course of a short-acting tablet for each run of days with an extra dose (MME per day)."""
    tablet = stock.tablets["oxycodone", "IR", 10.0] if style == STYLES[1] else stock.tablets["morphine", "IR", 30.0]
    first = 0
    for day in range(1, len(extra) + 1):
        if day == len(extra) or extra[day] != extra[day - 1]:
            if extra[first] > 0:
                yield Order(tablet, 1.0, round(extra[first] / tablet.mme), 24, first, day - 1, temporary=True)
            first = day


Line = tuple[Tablet, float, int, int]


def _regimen(stock: Stock, style: str, dose: float) -> Iterator[Line]:
    """Lines (tablet, count, times, hours) that make up a dose in MME per day, a multiple of 15.

    Raises ValueError for a dose that the style cannot make.
    """
    if dose % 15 or dose <= 0:
        raise ValueError(f"a regimen needs a multiple of 15 MME per day, not {dose}")
    if style == STYLES[3]:
        yield stock.tablets["oxycodone", "IR", 5.0], 1.0, 1, 6
        yield from _regimen(stock, STYLES[0], dose - _CONSTANT_OXYCODONE)
    elif style == STYLES[2]:
        each = dose / 1.5 / 4
        strongest = next(
            t for t in stock.strengths("oxycodone", "IR") if each >= t.mg / 2 and (2 * each / t.mg) % 1 == 0
        )
        yield strongest, each / strongest.mg, 1, 6
    elif style == STYLES[1]:
        yield from _twice_daily(stock, "oxycodone", dose // 30 * 10)
        if dose % 30:
            yield stock.tablets["oxycodone", "IR", 5.0], 1.0, 2, 24
    else:
        yield from _twice_daily(stock, "morphine", dose // 30 * 15)
        if dose % 30:
            yield stock.tablets["morphine", "IR", 15.0], 1.0, 1, 24


def _twice_daily(stock: Stock, drug: str, each_mg: float) -> Iterator[Line]:
    """Extended-release tablets every 12 h, the strongest ones first."""
    for tablet in stock.strengths(drug, "ER"):
        count = each_mg // tablet.mg
        if count:
            yield tablet, float(count), 1, 12
        each_mg -= count * tablet.mg
