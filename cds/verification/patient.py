"""One invented patient out of a cohort: the truth about him, and the chart that a reader would see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zlib import crc32

import numpy as np

from cds.knowledge.simulator import Tablet
from cds.verification.orders import STYLES, Order, Stock, choose_style, standing_orders, temporary_orders
from cds.verification.simulate import Cohort

AS_OF = date(2026, 6, 30)
"""Last simulated day of every patient, and the evaluation date."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What no chart says.

    eta  NRS points per doubling of the sensitising dose; above 0 only with OIH
    """

    phenotype: str
    group: str
    eta: float

    @property
    def has_oih(self) -> bool:
        return self.group == "oih"


@dataclass(frozen=True, slots=True)
class Invented:
    """The chart of one patient.

    name       opaque: the request must not tell the truth
    first      day number 0
    scheduled  MME per day by the standing and temporary orders, one value a day
    scores     (local time, NRS)
    visits     day numbers on which the prescriber saw the patient
    changes    (day number, MME before, MME after) of the standing dose: the prescriber's actions
    style      what is prescribed, one of orders.STYLES
    """

    name: str
    truth: Truth
    scenario: str
    first: date
    scheduled: tuple[float, ...]
    scores: tuple[tuple[datetime, int], ...]
    visits: tuple[int, ...]
    changes: tuple[tuple[int, float, float], ...]
    orders: tuple[Order, ...]
    style: str
    birth: date
    gender: str
    utc_offset: int

    def day(self, number: int) -> date:
        return self.first + timedelta(days=number)


def patients(cohort: Cohort, tablets: tuple[Tablet, ...]) -> Iterator[Invented]:
    """Every patient of a block, always the same ones for the same block."""
    stock = Stock.of(tablets)
    for number in range(cohort.patients):
        yield _patient(cohort, stock, number)


def before_visit(patient: Invented, day: int) -> Invented:
    """The patient as the chart shows him when a visit begins: what is decided on that day is not yet written."""
    return replace(
        patient,
        scheduled=(*patient.scheduled[:day], patient.scheduled[day - 1]) if day else patient.scheduled[:1],
        scores=tuple(score for score in patient.scores if (score[0].date() - patient.first).days <= day),
        orders=tuple(
            replace(order, last=order.last if order.temporary or order.last is None or order.last < day - 1 else None)
            for order in patient.orders
            if order.first < day
        ),
    )


def _patient(cohort: Cohort, stock: Stock, number: int) -> Invented:
    phenotype, scenario = cohort.phenotype, cohort.scenario
    stream = [cohort.seed, crc32(phenotype.name.encode()), crc32(scenario.name.encode()), cohort.block, number, 1]
    rng = np.random.default_rng(np.random.SeedSequence(stream))
    first = AS_OF - timedelta(days=scenario.days - 1)
    scheduled = tuple(cohort.scheduled[number].tolist())
    base = tuple(cohort.base[number].tolist())
    visits = tuple(np.flatnonzero(cohort.visit[number]).tolist())
    style = choose_style(rng, base)
    # Some EHRs hold a flare's extra dose as a course with bounds, others as a change and a change back.
    bounded = style != STYLES[2] and bool(rng.random() < 0.6)
    if bounded:
        extra = tuple((cohort.scheduled[number] - cohort.base[number]).tolist())
        orders = (*standing_orders(stock, style, base, visits), *temporary_orders(stock, style, extra))
    else:
        orders = tuple(standing_orders(stock, style, scheduled, visits))
    hours, minutes = rng.integers(8, 21, scenario.days), rng.integers(0, 60, scenario.days)
    scores = tuple(
        (
            datetime.combine(first + timedelta(days=day), time(int(hours[day]), int(minutes[day]))),
            int(cohort.nrs[number, day]),
        )
        for day in np.flatnonzero(cohort.recorded[number]).tolist()
    )
    return Invented(
        name=f"synthetic-{crc32(repr(stream[:-2]).encode()):08x}-{number}",
        truth=Truth(phenotype.name, phenotype.group, float(cohort.eta[number])),
        scenario=scenario.name,
        first=first,
        scheduled=scheduled,
        scores=scores,
        visits=visits,
        changes=tuple((day, base[day - 1], base[day]) for day in range(1, scenario.days) if base[day] != base[day - 1]),
        orders=orders,
        style=style,
        birth=date(int(rng.integers(1946, 2000)), int(rng.integers(1, 13)), int(rng.integers(1, 29))),
        gender=str(rng.choice(np.array(["female", "male"]))),
        utc_offset=-int(rng.integers(5, 9)),
    )
