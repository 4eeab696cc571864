"""Classic exact statistics over steps and levels: reported on the page, never a gate (clinical.md 2.2, point 6).

With so few steps they cannot be significant; saying so is better than printing a p.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import comb, factorial, sqrt
from statistics import median


def theil_sen(points: Sequence[tuple[float, float]], least_apart: float) -> float | None:
    """Median slope over all pairs of (x, y) that lie at least `least_apart` apart in x; None without such a pair.

    Quadratic: the caller bounds the number of points.
    """
    slopes = [
        (y2 - y1) / (x2 - x1)
        for place, (x1, y1) in enumerate(points)
        for x2, y2 in points[place + 1 :]
        if x2 - x1 >= least_apart
    ]
    return median(slopes) if slopes else None


def sign_test(rises: Sequence[float]) -> float | None:
    """One-sided exact p that so many of the changes are rises; changes of 0 say nothing. None without any change."""
    changes = [r for r in rises if r != 0]
    if not changes:
        return None
    n, up = len(changes), sum(r > 0 for r in changes)
    return sum(comb(n, k) for k in range(up, n + 1)) / float(2**n)


def least_sign_p(rises: Sequence[float]) -> float:
    """Smallest p that the sign test can reach over these changes, were they all rises."""
    return 0.5 ** sum(r != 0 for r in rises)


def kendall(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Kendall's tau-b of (x, y) pairs; None where x or y never changes."""
    concordant = discordant = tied_x = tied_y = 0
    for place, (x1, y1) in enumerate(pairs):
        for x2, y2 in pairs[place + 1 :]:
            product = (x2 - x1) * (y2 - y1)
            concordant += product > 0
            discordant += product < 0
            tied_x += x1 == x2
            tied_y += y1 == y2
    total = len(pairs) * (len(pairs) - 1) // 2
    if total in (tied_x, tied_y):
        return None
    return (concordant - discordant) / sqrt((total - tied_x) * (total - tied_y))


def partial_tau(xy: float, xz: float, yz: float) -> float | None:
    """Kendall's partial tau of x and y given z; None where z alone orders one of them."""
    rest = (1 - xz**2) * (1 - yz**2)
    return (xy - xz * yz) / sqrt(rest) if rest > 1e-12 else None


def least_p(levels: int) -> float:
    """Smallest one-sided exact p that Kendall's tau can reach over that many levels: 1 / levels!."""
    return 1 / factorial(levels)
