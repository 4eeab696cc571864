"""Shares with their uncertainty, counted over every patient of a cell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

from cds.verification.walk import Outcome, is_flagged

NOT_EVALUABLE = ("insufficient-data", "out-of-scope")
ETA_EDGES = (0.0, 1.75, 2.25, 2.75, 3.5, float("inf"))
"""NRS per doubling: bins of the true effect in which sensitivity is told."""

_Z95 = 1.959964


@dataclass(frozen=True, slots=True)
class Share:
    """k of n, with Wilson's 95 % interval; all None for an empty cell."""

    k: int
    n: int

    @property
    def value(self) -> float | None:
        return self.k / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson 1927, without continuity correction."""
        if not self.n:
            return None
        p, n, z2 = self.k / self.n, self.n, _Z95**2
        centre = (p + z2 / (2 * n)) / (1 + z2 / n)
        half = _Z95 / (1 + z2 / n) * sqrt(p * (1 - p) / n + z2 / (4 * n * n))
        return max(0.0, centre - half), min(1.0, centre + half)

    @property
    def complement(self) -> Share:
        return Share(self.n - self.k, self.n)


def share(outcomes: Iterable[Outcome], holds: Callable[[Outcome], bool]) -> Share:
    """How many of the outcomes hold, every one of them in the denominator."""
    answers = [holds(outcome) for outcome in outcomes]
    return Share(sum(answers), len(answers))


def is_strong(outcome: Outcome) -> bool:
    return outcome.grade == "strong-pattern"


def is_evaluable(outcome: Outcome) -> bool:
    return outcome.grade not in NOT_EVALUABLE


def select(
    outcomes: Iterable[Outcome],
    *,
    phenotypes: Sequence[str] | None = None,
    scenarios: Sequence[str] | None = None,
) -> list[Outcome]:
    """The outcomes of these phenotypes and scenarios; None stands for all."""
    return [
        outcome
        for outcome in outcomes
        if (phenotypes is None or outcome.phenotype in phenotypes)
        and (scenarios is None or outcome.scenario in scenarios)
    ]


def mean(values: Iterable[float | None]) -> float | None:
    """Mean of the known values; None if there is none."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def ppv(sensitivity: float | None, specificity: float | None, prevalence: float) -> float | None:
    """Positive predictive value by Bayes; None where nobody would be flagged or a part is not known."""
    if sensitivity is None or specificity is None:
        return None
    true, false = sensitivity * prevalence, (1 - specificity) * (1 - prevalence)
    return true / (true + false) if true + false else None


def by_effect(outcomes: Sequence[Outcome]) -> list[tuple[float, float, Share]]:
    """(from, to, flagged) for each bin of the true effect."""
    rows = []
    for low, high in pairwise(ETA_EDGES):
        rows.append((low, high, share([o for o in outcomes if low <= o.eta < high], is_flagged)))
    return rows


def grades(outcomes: Iterable[Outcome]) -> Counter[str]:
    return Counter(outcome.grade for outcome in outcomes)
