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

_FLAT = 1e-9  # below this a column of numbers between 0 and 10 has no contrast

# Slow wander, as NRS^2 per day of its random walk relative to the scale of the error; the prior weighs them.
_WANDER = np.array([0.0, 0.002, 0.006, 0.02, 0.06])


@dataclass(frozen=True, slots=True)
class Data:
    """What the regression reads; one entry per day with scores, or per few days where there are very many.

    day      mean day since the first day that is read
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
    if n < 5 + shifts or np.ptp(data.delayed) < _FLAT:
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
    models = _Models(np.swapaxes(white, 1, 2) @ white, n, limits)
    at = 1 + shifts  # place of the dose column; drift, lead and jumps follow it
    drift, lead, jump = at + 1, at + 2, at + 3
    main = models.solve([[*range(drift + 1)]])
    if main is None:
        return None
    log_det = 2 * np.log(np.diagonal(factor, axis1=1, axis2=2)).sum(axis=1)
    weight = _weights(main, log_det, n - drift - 1, limits)
    (beta,), (z,) = _pooled(main, at, weight)
    flat = models.solve([[*range(at + 1)]])
    if flat is not None:
        z = min(z, _pooled(flat, at, weight)[1][0])
    lag_first = None
    if np.ptp(data.ahead) > _FLAT and (both := models.solve([[*range(lead + 1)]])) is not None:
        lag_first = bool(weight @ both.coefficients[0, :, at] > weight @ both.coefficients[0, :, lead])
    return Fit(
        beta=float(beta),
        z=float(z),
        drift=float(weight @ main.coefficients[0, :, drift]) / 30.0,
        lag_first=lag_first,
        without=_without(models, [[*range(drift + 1), jump + k] for k in range(data.jumps.shape[1])], at, weight),
    )


def _without(
    models: _Models, columns: Sequence[Sequence[int]], dose: int, weight: Floats
) -> tuple[tuple[float, float], ...]:
    """beta and z without each step; where nothing of the dose is left to learn from, nothing is learnt."""
    if not columns:
        return ()
    solved = models.solve(columns)
    if solved is not None:
        betas, zs = _pooled(solved, dose, weight)
        return tuple((float(b), float(z)) for b, z in zip(betas, zs, strict=True))
    singles = [models.solve([one]) for one in columns]
    found = [None if one is None else _pooled(one, dose, weight) for one in singles]
    return tuple((0.0, 0.0) if one is None else (float(one[0][0]), float(one[1][0])) for one in found)


@dataclass(frozen=True, slots=True)
class _Solved:
    """Several models of equal size under every wander: arrays over (model, wander)."""

    coefficients: Floats
    variances: Floats
    scale: Floats  # moderated error variance
    log_det: Floats
    freedom: float


class _Models:
    """Least squares on subsets of the whitened columns, from their products alone."""

    def __init__(self, gram: Floats, n: int, limits: Estimator) -> None:
        self._gram, self._n, self._limits = gram, n, limits

    def solve(self, columns: Sequence[Sequence[int]]) -> _Solved | None:
        """One model per list of columns (all of one length); None where one of them has no single solution."""
        use = np.array(columns)
        freedom = self._n - use.shape[1]
        if freedom < 1:
            return None
        left = self._gram[:, use[:, :, None], use[:, None, :]].swapaxes(0, 1)
        right = self._gram[:, use, -1].swapaxes(0, 1)
        size = np.sqrt(left.diagonal(axis1=2, axis2=3))
        if not (size > _FLAT).all():
            return None
        unit = left / (size[..., :, None] * size[..., None, :])
        roots = np.linalg.eigvalsh(unit)
        if (roots[..., 0] < _FLAT).any():
            return None
        inverse = np.linalg.inv(unit) / (size[..., :, None] * size[..., None, :])
        coefficients = (inverse @ right[..., None])[..., 0]
        rest = np.maximum(self._gram[:, -1, -1] - (coefficients * right).sum(axis=-1), 0.0)
        prior, weight = self._limits.noise_prior, self._limits.noise_prior_weight
        scale = (weight * prior + rest) / (weight + freedom)
        return _Solved(
            coefficients=coefficients,
            variances=scale[..., None] * inverse.diagonal(axis1=2, axis2=3),
            scale=scale,
            log_det=np.log(roots).sum(axis=-1) + 2 * np.log(size).sum(axis=-1),
            freedom=freedom + weight,
        )


def _covariance(data: Data, limits: Estimator) -> Floats:
    """One covariance of the errors per wander value, in units of the error scale."""
    apart = np.abs(data.day[:, None] - data.day[None, :])
    near = np.exp(-1.0 / limits.daily_correlation_days)
    # Means of several days: neighbours resemble each other, so their mean varies more than 1 / days would say.
    sizes, place = np.unique(data.days, return_inverse=True)
    share = np.sqrt([_mean_variance(int(m), near) for m in sizes])[place]
    short = limits.daily_variance * share[:, None] * share[None, :]
    steady = short * np.exp(-apart / limits.daily_correlation_days) + np.diag(limits.reading_variance / data.days)
    start = data.day[0]
    walk = np.minimum(data.day[:, None], data.day[None, :]) - start
    return np.asarray(steady[None] + _WANDER[:, None, None] * walk[None], dtype=np.float64)


def _mean_variance(days: int, near: float) -> float:
    """Variance of the mean of `days` neighbouring days whose correlation falls by `near` a day, relative to one day."""
    return (days + 2 * sum((days - lag) * near**lag for lag in range(1, days))) / days**2


def _weights(main: _Solved, log_det: Floats, freedom: int, limits: Estimator) -> Floats:
    """How believable each wander is: restricted likelihood times a prior that falls with its standard deviation."""
    support = -0.5 * (log_det + main.log_det[0] + freedom * np.log(main.scale[0]))
    support -= limits.wander_penalty * np.sqrt(_WANDER)
    weight = np.exp(support - support.max())
    return np.asarray(weight / weight.sum(), dtype=np.float64)


def _pooled(solved: _Solved, dose: int, weight: Floats) -> tuple[Floats, Floats]:
    """beta averaged over the wanders, and its z: the t value with its degrees of freedom, read on the normal scale."""
    each = solved.coefficients[:, :, dose]
    beta = each @ weight
    variance = (solved.variances[:, :, dose] + (each - beta[:, None]) ** 2) @ weight
    return beta, normal_scale(beta / np.sqrt(variance), solved.freedom)


def normal_scale(t: Floats, freedom: float) -> Floats:
    """The standard normal value that is as unlikely as this t value (Wallace 1959, from memory)."""
    size = np.sqrt(freedom * np.log1p(t * t / freedom)) * (8 * freedom + 1) / (8 * freedom + 3)
    return np.asarray(np.copysign(size, t), dtype=np.float64)
