"""Charts that were spoilt on purpose: what the detector still sees in them, it does not see in the pain.

Each function takes a patient and gives another patient; the truth that it names no longer holds in the chart.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby

import numpy as np

from cds.verification.orders import Stock, standing_orders
from cds.verification.patient import Invented


def permuted(patient: Invented, seed: int) -> Invented:
    """The same scores on shuffled dates: the link between dose and pain is gone, both margins stay."""
    rng = np.random.default_rng(seed)
    shuffled = rng.permutation([score for _at, score in patient.scores]).tolist()
    return replace(
        patient, scores=tuple((at, score) for (at, _old), score in zip(patient.scores, shuffled, strict=True))
    )


def reversed_doses(patient: Invented, stock: Stock) -> Invented:
    """The same levels in reverse order with steps on the same days, under the same pain: beta has to change its sign."""
    runs = [(dose, len(list(days))) for dose, days in groupby(patient.scheduled)]
    turned = zip(reversed(runs), runs, strict=True)
    scheduled = tuple(dose for (dose, _), (_, days) in turned for _ in range(days))
    return replace(
        patient,
        scheduled=scheduled,
        orders=tuple(standing_orders(stock, patient.style, scheduled, ())),
        visits=(),
        changes=(),
    )


def data_poor(patient: Invented, scores: int = 5) -> Invented:
    """Only the latest few scores: too few for any grade of a pattern."""
    return replace(patient, scores=patient.scores[-scores:])


def at_the_ceiling(patient: Invented) -> Invented:
    """Every score 9 or 10: pain cannot be seen to rise."""
    return replace(patient, scores=tuple((at, max(9, score)) for at, score in patient.scores))


def shifted(patient: Invented, points: int) -> Invented:
    """A constant added to every score; only for patients whose scores leave room for it."""
    return replace(patient, scores=tuple((at, score + points) for at, score in patient.scores))
