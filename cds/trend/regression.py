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

from dataclasses import dataclass
from math import exp, sqrt

import numpy as np
from numpy.typing import NDArray

from cds.knowledge.estimator import Estimator

Floats = NDArray[np.float64]

_FLAT = 1e-9  # below this a column of numbers between 0 and 10 has no contrast

# Slow wander, as NRS^2 per day of its random walk relative to the scale of the error; the prior weighs them.
_WANDER = np.array([0.0, 0.002, 0.006, 0.02, 0.06])
_HUGE = 1e100  # keeps a corner positive that nobody reads


@dataclass(frozen=True, slots=True)
class Data:
    """What the regression reads; one entry per day with scores, or per few days where there are very many.

    day      mean day since the first day that is read
    pain     mean score
    days     how many days were averaged
    delayed  delayed log2 dose
    ahead    how much higher the delayed dose will be `lead_days` later: pain that follows it came before the dose
    shifts   one row per void step: 0 before it, 1 after it
    jumps    one row per counted step: what a jump of its own at that step would look like
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
    pulls = (1 - keep) * np.concatenate([log_dose[:1], log_dose[:-1]])
    state = float(log_dose[0])
    return np.array([state := keep * state + pull for pull in pulls.tolist()])


def fit(data: Data, limits: Estimator) -> Fit | None:
    """The regression, or None where the columns do not allow it (no contrast in dose, too few scores).

    The covariances are factored once, and the model with all of level, shifts, dose and time is solved once. The others
    differ from it by one column - time away, the lead or a jump added - and follow from it (bordering).
    """
    n = len(data.pain)
    shifts = len(data.shifts)
    if n < 5 + shifts or np.ptp(data.delayed) < _FLAT:
        return None
    dose, drift = 1 + shifts, 2 + shifts  # places of their columns; the lead and the jumps follow, pain is the last
    rows = np.empty((drift + 3 + len(data.jumps), n))
    rows[0] = 1
    rows[1:dose] = data.shifts
    rows[dose] = data.delayed - data.delayed.mean()
    rows[drift] = (data.day - data.day.mean()) / 30.0
    rows[drift + 1] = data.ahead
    rows[drift + 2 : -1] = data.jumps
    rows[-1] = data.pain
    try:
        gram, log_det = _products(rows, data, limits)
    except np.linalg.LinAlgError:
        return None
    main = _solve(gram, drift + 1)
    if main is None:
        return None
    flat, added = _without_last(main, dose), _with_another(gram, main, dose)
    free = n - drift - 1
    weight = _weights(main, log_det, free, limits)
    (beta, *betas), (z, flat_z, *zs) = _pooled(
        np.concatenate([main.coefficients[:, dose, None], flat.dose, added.dose[:, 1:]], axis=1),
        np.concatenate([main.inverse[:, dose, dose, None], flat.variance, added.variance[:, 1:]], axis=1),
        np.concatenate([main.rest[:, None], flat.rest, added.rest[:, 1:]], axis=1),
        np.array([free, free + 1, *[free - 1] * len(data.jumps)]),
        weight,
        limits,
    )
    lag_first = None
    if np.ptp(data.ahead) > _FLAT and added.clear[0]:
        lag_first = bool(weight @ added.dose[:, 0] > weight @ added.own[:, 0])
    return Fit(
        beta=beta,
        z=min(z, flat_z),
        drift=float(weight @ main.coefficients[:, drift]) / 30.0,
        lag_first=lag_first,
        # Where nothing of the dose is left to learn from without a step, nothing is learnt.
        without=tuple(
            (b, z) if clear else (0.0, 0.0) for clear, b, z in zip(added.clear[1:], betas[1:], zs, strict=True)
        ),
    )


def _products(rows: Floats, data: Data, limits: Estimator) -> tuple[Floats, Floats]:
    """(products of the whitened rows with each other, log determinant of the covariance), per wander.

    The Cholesky factor of [[covariance, rows'], [rows, huge]] has the whitened rows below the factor of the covariance.
    Raises LinAlgError where a covariance is none.
    """
    steady, walk = _covariance(data, limits)
    n, size = len(walk), len(walk) + len(rows)
    bordered = np.zeros((size, size))
    bordered[n:, :n] = rows
    bordered.flat[n * (size + 1) :: size + 1] = _HUGE
    factors = np.empty((len(_WANDER), size, n))
    corner = bordered[:n, :n]
    for place, wander in enumerate(_WANDER):
        np.multiply(walk, wander, out=corner)
        corner += steady
        factors[place] = np.linalg.cholesky(bordered)[:, :n]
    white = factors[:, n:]
    diagonal = np.diagonal(factors, axis1=1, axis2=2)
    return white @ np.swapaxes(white, 1, 2), 2 * np.log(diagonal).sum(axis=1)


@dataclass(frozen=True, slots=True)
class _Solved:
    """Least squares on the first columns under every wander: arrays over (wander, column...)."""

    inverse: Floats
    coefficients: Floats
    rest: Floats
    log_det: Floats


@dataclass(frozen=True, slots=True)
class _Other:
    """A neighbouring model, or several: what it makes of the dose, arrays over (wander, model).

    own    the coefficient of the added column
    clear  the added column is none of the others in disguise
    """

    dose: Floats
    variance: Floats
    rest: Floats
    own: Floats
    clear: NDArray[np.bool_]


def _solve(gram: Floats, columns: int) -> _Solved | None:
    """The model of the first columns; None where it has no single solution."""
    left, right = gram[:, :columns, :columns], gram[:, :columns, -1]
    size = np.sqrt(left.diagonal(axis1=1, axis2=2))
    if not (size > _FLAT).all():
        return None
    outer = size[:, :, None] * size[:, None, :]
    unit = left / outer
    roots = np.linalg.eigvalsh(unit)
    if (roots[:, 0] < _FLAT).any():
        return None
    inverse = np.linalg.inv(unit) / outer
    coefficients = (inverse @ right[..., None])[..., 0]
    return _Solved(
        inverse=inverse,
        coefficients=coefficients,
        rest=gram[:, -1, -1] - (coefficients * right).sum(axis=-1),
        log_det=np.log(roots).sum(axis=-1) + 2 * np.log(size).sum(axis=-1),
    )


def _without_last(main: _Solved, dose: int) -> _Other:
    """The model without its last column."""
    own, variance, shared = main.coefficients[:, -1:], main.inverse[:, -1, -1:], main.inverse[:, dose, -1:]
    share = shared / variance
    return _Other(
        dose=main.coefficients[:, dose, None] - share * own,
        variance=main.inverse[:, dose, dose, None] - share * shared,
        rest=main.rest[:, None] + own * own / variance,
        own=own,
        clear=np.ones(1, dtype=np.bool_),
    )


def _with_another(gram: Floats, main: _Solved, dose: int) -> _Other:
    """The models with one more column each, for all that are left save pain."""
    columns = main.coefficients.shape[1]
    across = gram[:, columns:-1, :columns]
    share = across @ main.inverse
    size = gram.diagonal(axis1=1, axis2=2)[:, columns:-1]
    left = size - (share * across).sum(axis=-1)
    clear = (left > _FLAT * size).all(axis=0)
    left = np.where(clear, left, 1.0)
    own = (gram[:, columns:-1, -1] - (across @ main.coefficients[..., None])[..., 0]) / left
    return _Other(
        dose=main.coefficients[:, dose, None] - share[..., dose] * own,
        variance=main.inverse[:, dose, dose, None] + share[..., dose] ** 2 / left,
        rest=main.rest[:, None] - own * own * left,
        own=own,
        clear=clear,
    )


def _covariance(data: Data, limits: Estimator) -> tuple[Floats, Floats]:
    """Covariance of the errors without wander, in units of the error scale, and that of a wander of 1."""
    day, days = data.day, data.days
    near = exp(-1.0 / limits.daily_correlation_days)
    # Means of several days: neighbours resemble each other, so their mean varies more than 1 / days would say.
    spread = {size: sqrt(_mean_variance(int(size), near)) for size in set(days.tolist())}
    share = np.array([spread[size] for size in days.tolist()])
    apart = np.abs(day[:, None] - day)
    steady = limits.daily_variance * share[:, None] * share * np.exp(-apart / limits.daily_correlation_days)
    steady.flat[:: len(day) + 1] += limits.reading_variance / days
    return steady, np.minimum(day[:, None], day) - day[0]


def _mean_variance(days: int, near: float) -> float:
    """Variance of the mean of `days` neighbouring days whose correlation falls by `near` a day, relative to one day."""
    return (days + 2 * sum((days - lag) * near**lag for lag in range(1, days))) / days**2


def _weights(main: _Solved, log_det: Floats, free: int, limits: Estimator) -> Floats:
    """How believable each wander is: restricted likelihood times a prior that falls with its standard deviation."""
    support = -0.5 * (log_det + main.log_det + free * np.log(_scale(main.rest, free, limits)))
    support -= limits.wander_penalty * np.sqrt(_WANDER)
    weight = np.exp(support - support.max())
    return np.asarray(weight / weight.sum(), dtype=np.float64)


def _scale(rest: Floats, free: Floats | int, limits: Estimator) -> Floats:
    """Error variance, moderated by the prior."""
    prior, weight = limits.noise_prior, limits.noise_prior_weight
    return np.asarray((weight * prior + np.maximum(rest, 0.0)) / (weight + free), dtype=np.float64)


def _pooled(
    dose: Floats, variance: Floats, rest: Floats, free: Floats, weight: Floats, limits: Estimator
) -> tuple[list[float], list[float]]:
    """beta of each model averaged over the wanders, and its z: the t value with its degrees of freedom, read on the
    normal scale. Arrays over (wander, model)."""
    beta = weight @ dose
    spread = weight @ (_scale(rest, free, limits) * variance + (dose - beta) ** 2)
    return beta.tolist(), normal_scale(beta / np.sqrt(spread), free + limits.noise_prior_weight).tolist()


def normal_scale(t: Floats, freedom: Floats | float) -> Floats:
    """The standard normal value that is as unlikely as this t value (Wallace 1959, from memory)."""
    size = np.sqrt(freedom * np.log1p(t * t / freedom)) * (8 * freedom + 1) / (8 * freedom + 3)
    return np.asarray(np.copysign(size, t), dtype=np.float64)
