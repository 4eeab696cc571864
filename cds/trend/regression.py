"""Pain regressed on delayed dose: beta, its uncertainty, the drift, and who came first (generalised least squares).

    pain(day) = level + drift x time + beta x delayed log2 dose + [one shift per void step] + error

The delayed dose follows the dose with a half-life of `lag_days`, for sensitisation builds up over days (clinical.md 1.4);
a score of a step day sees the dose before it. The error is what a pain chart is made of: the reading itself, days that
resemble their neighbours, and pain that wanders slowly for reasons of its own. The more it wanders, the less a slow
parallel rise of dose and pain proves, and the more the estimate rests on what happens close to the steps - which is the
windowed before-after contrast, only that no score is thrown away. How much a patient's pain wanders is weighed from his own
scores (restricted likelihood) against a prior that prefers little, and the estimate is averaged over the possibilities.

Sources: generalised least squares (Aitken 1936), restricted likelihood (Patterson and Thompson 1971), variances moderated
by a prior (Smyth 2004), penalised-complexity prior on the wander (Simpson 2017); all from memory. The choice among them
is a design choice, measured in docs/verification.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cds.knowledge.estimator import Estimator

Floats = NDArray[np.float64]

# Slow wander, as NRS^2 per day of its random walk relative to the scale of the error; the prior weighs them.
_WANDER = np.array([0.0, 0.002, 0.006, 0.02, 0.06])


@dataclass(frozen=True, slots=True)
class Data:
    """What the regression reads; one entry per day with scores, or per few days where there are very many.

    day      mean day number
    pain     mean score
    days     how many days were averaged
    delayed  delayed log2 dose
    ahead    how much higher the delayed dose will be `lead_days` later: pain that follows it came before the dose
    shifts   one column per void step: 0 before it, 1 after it
    jumps    one column per counted step: what a jump of its own at that step would look like
    """

    day: Floats
    pain: Floats
    days: Floats
    delayed: Floats
    ahead: Floats
    shifts: Floats
    jumps: Floats


@dataclass(frozen=True, slots=True)
class Fit:
    """beta in NRS points per dose doubling; z is the smaller of the ones with and without a drift; drift in NRS per day.

    lag_first  pain follows the dose more than it precedes it; None where that cannot be told
    without    beta and z with each counted step's own jump taken out, in the order of the steps
    """

    beta: float
    z: float
    drift: float
    lag_first: bool | None
    without: tuple[tuple[float, float], ...]


def delayed(log_dose: Floats, half_life: float) -> Floats:
    """First-order lag of a daily series; the value of a day knows the doses up to the day before. Starts settled."""
    keep = 0.5 ** (1.0 / half_life)
    out = np.empty_like(log_dose)
    state = float(log_dose[0])
    previous = state
    for place, value in enumerate(log_dose):
        state = keep * state + (1 - keep) * previous
        out[place] = state
        previous = float(value)
    return out


def fit(data: Data, limits: Estimator) -> Fit | None:
    """The regression, or None where the columns do not allow it (no contrast in dose, too few scores)."""
    n = len(data.pain)
    shifts = data.shifts.shape[1]
    jumps = data.jumps.shape[1]
    if n < 5 + shifts or np.ptp(data.delayed) < 1e-6:
        return None
    time = (data.day - data.day.mean()) / 30.0
    spread = data.delayed - data.delayed.mean()
    columns = np.column_stack([np.ones(n), data.shifts, spread, time, data.ahead, data.jumps, data.pain])
    covariance = _covariance(data, limits)
    try:
        factor = np.linalg.cholesky(covariance)
        white = np.linalg.solve(factor, np.broadcast_to(columns, (len(_WANDER), *columns.shape)))
    except np.linalg.LinAlgError:
        return None
    gram = np.swapaxes(white, 1, 2) @ white
    at = 1 + shifts  # place of the dose column
    base = [*range(at + 1)]
    models = _Models(gram, n, limits)
    main = models.solve([*base, at + 1], at)
    if main is None:
        return None
    log_det = 2 * np.log(np.diagonal(factor, axis1=1, axis2=2)).sum(axis=1)
    weight = _weights(main, log_det, n - at - 2, limits)
    beta, z = _pooled(main, weight)
    flat = models.solve(base, at)
    if flat is not None:
        z = min(z, _pooled(flat, weight)[1])
    lead = models.solve([*base, at + 1, at + 2], at) if np.ptp(data.ahead) > 1e-6 and n > at + 4 else None
    lag_first = None
    if lead is not None:
        lag_first = bool(weight @ lead.beta > weight @ lead.coefficients[:, at + 2])
    without = []
    for jump in range(jumps):
        left = models.solve([*base, at + 1, at + 3 + jump], at)
        # Without this step nothing of the dose is left to learn from.
        without.append((0.0, 0.0) if left is None else _pooled(left, weight))
    return Fit(
        beta=beta,
        z=z,
        drift=float(weight @ main.coefficients[:, at + 1]) / 30.0,
        lag_first=lag_first,
        without=tuple(without),
    )


@dataclass(frozen=True, slots=True)
class _Solved:
    """One model under every wander: arrays over the wander values."""

    beta: Floats
    variance: Floats  # of beta
    scale: Floats  # error variance as the data alone have it
    log_det: Floats
    coefficients: Floats
    freedom: float


class _Models:
    """Least squares on subsets of the whitened columns, from their products alone."""

    def __init__(self, gram: Floats, n: int, limits: Estimator) -> None:
        self._gram, self._n, self._limits = gram, n, limits

    def solve(self, columns: Sequence[int], dose: int) -> _Solved | None:
        """None where the columns do not determine the dose's coefficient."""
        left = self._gram[:, columns][:, :, columns]
        right = self._gram[:, columns, -1]
        freedom = self._n - len(columns)
        if freedom < 1:
            return None
        scale_of = np.sqrt(np.einsum("kii->ki", left))
        if not (scale_of > 1e-9).all():
            return None
        unit = left / (scale_of[:, :, None] * scale_of[:, None, :])
        if (np.linalg.eigvalsh(unit)[:, 0] < 1e-9).any():
            return None
        inverse = np.linalg.inv(unit) / (scale_of[:, :, None] * scale_of[:, None, :])
        coefficients = np.einsum("kij,kj->ki", inverse, right)
        rest = np.maximum(self._gram[:, -1, -1] - np.einsum("ki,ki->k", coefficients, right), 0.0)
        prior, weight = self._limits.noise_prior, self._limits.noise_prior_weight
        moderated = (weight * prior + rest) / (weight + freedom)
        place = list(columns).index(dose)
        return _Solved(
            beta=coefficients[:, place],
            variance=moderated * inverse[:, place, place],
            scale=(weight * prior + rest) / (weight + freedom),
            log_det=np.log(np.linalg.eigvalsh(unit)).sum(axis=1) + 2 * np.log(scale_of).sum(axis=1),
            coefficients=coefficients,
            freedom=freedom + weight,
        )


def _covariance(data: Data, limits: Estimator) -> Floats:
    """One covariance of the errors per wander value, in units of the error scale."""
    apart = np.abs(data.day[:, None] - data.day[None, :])
    near = np.exp(-1.0 / limits.daily_correlation_days)
    # Means of several days: neighbours resemble each other, so their mean varies more than 1 / days would say.
    share = np.array([_mean_variance(int(m), near) for m in data.days])
    short = limits.daily_variance * np.sqrt(share[:, None] * share[None, :])
    steady = short * np.exp(-apart / limits.daily_correlation_days) + np.diag(limits.reading_variance / data.days)
    start = data.day[0]
    walk = np.minimum(data.day[:, None], data.day[None, :]) - start
    return np.asarray(steady[None] + _WANDER[:, None, None] * walk[None], dtype=np.float64)


def _mean_variance(days: int, near: float) -> float:
    """Variance of the mean of `days` neighbouring days whose correlation falls by `near` a day, relative to one day."""
    return (days + 2 * sum((days - lag) * near**lag for lag in range(1, days))) / days**2


def _weights(main: _Solved, log_det: Floats, freedom: int, limits: Estimator) -> Floats:
    """How believable each wander is: restricted likelihood times a prior that falls with its standard deviation."""
    support = -0.5 * (log_det + main.log_det + freedom * np.log(main.scale)) - limits.wander_penalty * np.sqrt(_WANDER)
    weight = np.exp(support - support.max())
    return np.asarray(weight / weight.sum(), dtype=np.float64)


def _pooled(solved: _Solved, weight: Floats) -> tuple[float, float]:
    """beta averaged over the wanders, and its z: the t value with its degrees of freedom, read on the normal scale."""
    beta = float(weight @ solved.beta)
    variance = float(weight @ (solved.variance + (solved.beta - beta) ** 2))
    t = beta / variance**0.5
    freedom = solved.freedom
    return beta, t * (1 - 1 / (4 * freedom)) / (1 + t * t / (2 * freedom)) ** 0.5
