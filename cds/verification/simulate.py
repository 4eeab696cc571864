"""Draws cohorts of invented patients day by day; numpy carries all patients of a block at once.

    T' = ln2/7d (taken - T)                 tolerance state
    H' = ln2/tau (taken - H)                sensitisation state; tau 7 d rising, 5 d falling
    P  = N0 + drift t + injury + cycle + flare - A(D, T) + eta log2(max(1, H/50)) + w max(0, T - taken)/T + e

The equations and their constants are design choices of the prototype of 2026-11-20; the rat's 26 h half-life of
tolerance (Ekblom 1993) is stretched to a human week. The prescriber raises the dose because pain is high: confounding
by indication is the point of the exercise.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from cds.knowledge.simulator import Phenotype, Scenario

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

BLOCK = 50
"""Patients drawn from one stream: patient k of a cell stays the same however large the cohort is."""

GRAIN = 15.0
"""MME: every standing dose is a multiple of it, so that whole and half tablets of real products can make it up."""

FLARE_GRAIN = 30.0
"""MME: a temporary order is a multiple of one strong tablet a day."""

_STARTS = np.array([30.0, 45.0, 60.0, 75.0, 90.0, 120.0])
_MOST = 600.0
_LEAST = 15.0
_RAISES = np.array([1.25, 1.33, 1.5])
_CUTS = np.array([0.67, 0.75, 0.8])
_RAISE_CHANCE = 0.65
_PAIN_TO_RAISE = 5.0
_LATEST = 6


@dataclass(frozen=True, slots=True)
class Cohort:
    """One block of patients; arrays are (patients, days) unless their line says otherwise.

    eta        (patients,) true NRS rise per doubling of the sensitising dose
    scheduled  MME per day as the chart has it: base dose plus temporary orders
    base       MME per day of the standing orders; a change is written on the day of the visit
    taken      MME of the day as swallowed; a new dose starts the day after the visit
    nrs        the score that the patient would give, integer 0-10
    recorded   whether the chart holds it
    visit      whether the prescriber saw the patient
    """

    phenotype: Phenotype
    scenario: Scenario
    seed: int
    block: int
    eta: Floats
    scheduled: Floats
    base: Floats
    taken: Floats
    nrs: Floats
    recorded: Flags
    visit: Flags

    @property
    def patients(self) -> int:
        return int(self.eta.shape[0])


def simulate(phenotype: Phenotype, scenario: Scenario, *, seed: int, block: int = 0) -> Cohort:
    """BLOCK patients of one phenotype under one scenario; the same arguments give the same patients."""
    stream = [seed, crc32(phenotype.name.encode()), crc32(scenario.name.encode()), block]
    rng = np.random.default_rng(np.random.SeedSequence(stream))
    n, days = BLOCK, scenario.days
    eta = _eta(rng, phenotype, n)
    pain = _course(rng, phenotype, n, days)
    flare, extra = _flares(rng, phenotype, n, days)
    pain += flare
    visit = _visits(rng, n, days)
    missed = (rng.random((n, days)) < phenotype.missed_share) * rng.uniform(0.4, 0.8, (n, days))
    rounding = rng.normal(0.0, 0.5, (n, days))
    luck = rng.random((n, days))
    draw = rng.random((n, days, 3))

    dose = rng.choice(_STARTS, n)
    extra = np.where(extra > 0, FLARE_GRAIN * np.maximum(1, np.round(extra * dose[:, None] / FLARE_GRAIN)), 0.0)
    tolerance, sensitised, in_force = dose.copy(), dose.copy(), dose + extra[:, 0]
    latest = np.full((n, _LATEST), np.nan)
    told = np.full((n, _LATEST), np.nan)
    base, taken, nrs = np.empty((n, days)), np.empty((n, days)), np.empty((n, days))
    recorded = np.zeros((n, days), dtype=bool)
    for day in range(days):
        swallowed = in_force * (1 - missed[:, day])
        tolerance += log(2) / 7 * (swallowed - tolerance)
        tau = np.where(swallowed > sensitised, 7.0, 5.0)
        sensitised += log(2) / tau * (swallowed - sensitised)
        felt = (
            pain[:, day]
            - _relief(phenotype, swallowed, tolerance)
            + eta * np.log2(np.maximum(1.0, sensitised / 50))
            + phenotype.withdrawal_weight * np.maximum(0.0, tolerance - swallowed) / np.maximum(tolerance, 1.0)
        )
        score = np.clip(np.round(felt + rounding[:, day]), 0, 10)
        seen = visit[:, day]
        recorded[:, day] = _is_recorded(scenario, score, luck[:, day], seen)
        _remember(told, score, np.ones(n, dtype=bool))
        _remember(latest, score, recorded[:, day])
        # A chart with one score a visit tells the prescriber nothing; the patient does.
        known = told if scenario.scores_per_week == 0 else latest
        hurts = _mean(known) >= _PAIN_TO_RAISE
        if scenario.exogenous or phenotype.ignores_pain:
            hurts = np.ones(n, dtype=bool)
        dose = np.where(seen & (extra[:, day] == 0), _next_dose(dose, hurts, scenario.reduction, draw[:, day]), dose)
        base[:, day], taken[:, day], nrs[:, day] = dose, swallowed, score
        in_force = dose + extra[:, day]
    return Cohort(phenotype, scenario, seed, block, eta, base + extra, base, taken, nrs, recorded, visit)


def _eta(rng: np.random.Generator, phenotype: Phenotype, n: int) -> Floats:
    """Log-normal around the phenotype's median."""
    return phenotype.eta_median * np.exp(rng.normal(0.0, phenotype.eta_sigma, n))


def _course(rng: np.random.Generator, phenotype: Phenotype, n: int, days: int) -> Floats:
    """Pain without any opioid: level, drift, injury, cycle and an AR(1) wander, in NRS points."""
    time = np.arange(days)
    level = rng.normal(phenotype.pain_without_opioid_mean, phenotype.pain_without_opioid_sd, n)[:, None]
    drift = rng.uniform(phenotype.drift_low, phenotype.drift_high, n)[:, None] * time
    injury = phenotype.injury * (time >= rng.uniform(0.3, 0.7, n)[:, None] * days)
    height = rng.uniform(phenotype.cycle_low, phenotype.cycle_high, n)[:, None]
    phase = time / rng.uniform(45, 120, n)[:, None] + rng.random(n)[:, None]
    shocks = rng.normal(0.0, phenotype.wander_sd, (n, days))
    shocks[:, 1:] *= np.sqrt(1 - phenotype.wander_phi**2)
    wander = np.empty((n, days))
    wander[:, 0] = shocks[:, 0]
    for day in range(1, days):
        wander[:, day] = phenotype.wander_phi * wander[:, day - 1] + shocks[:, day]
    return np.asarray(level + drift + injury + height * np.sin(2 * np.pi * phase) + wander, dtype=np.float64)


def _flares(rng: np.random.Generator, phenotype: Phenotype, n: int, days: int) -> tuple[Floats, Floats]:
    """Extra pain in NRS points, and the temporary order that treats it as a share of the patient's first dose.

    A flare lasts 3-5 weeks; its order starts 2-7 days after it and ends at most 4 days from its end, within 42 days.
    """
    pain, order = np.zeros((n, days)), np.zeros((n, days))
    if not phenotype.flares_per_270d:
        return pain, order
    expected = phenotype.flares_per_270d * days / 270
    for patient in range(n):
        count = int(expected) + int(rng.random() < expected % 1)
        room = days / count
        for flare in range(count):
            lasts = int(rng.integers(21, 36))
            start = int(flare * room + rng.uniform(0.05, 0.95) * max(1.0, room - lasts - 21))
            treated = start + int(rng.integers(2, 8))
            until = start + lasts + int(rng.integers(-4, 5))
            pain[patient, start : start + lasts] += rng.uniform(2.0, 3.0)
            order[patient, treated:until] = rng.uniform(0.4, 0.9)
    return pain, order


def _visits(rng: np.random.Generator, n: int, days: int) -> Flags:
    """Visits every 21-35 days, the first one within that time of the start."""
    visit = np.zeros((n, days + 36), dtype=bool)
    when = rng.integers(7, 36, n)
    while (when < days).any():
        visit[np.arange(n), np.minimum(when, days + 35)] = True
        when = when + rng.integers(21, 36, n)
    return visit[:, :days]


def _relief(phenotype: Phenotype, swallowed: Floats, tolerance: Floats) -> Floats:
    half = phenotype.analgesia_half_dose * (1 + phenotype.tolerance_gain * tolerance / 120)
    return np.asarray(phenotype.analgesia_max * swallowed / (half + swallowed), dtype=np.float64)


def _is_recorded(scenario: Scenario, score: Floats, luck: Floats, seen: Flags) -> Flags:
    """Missing not at random: a score is 5 % more likely to be written per NRS point above 5."""
    if scenario.scores_per_week == 0:
        return seen
    return np.asarray(luck < scenario.scores_per_week / 7 * (1 + 0.05 * (score - 5)), dtype=np.bool_)


def _remember(memory: Floats, score: Floats, new: Flags) -> None:
    memory[new, :-1] = memory[new, 1:]
    memory[new, -1] = score[new]


def _mean(memory: Floats) -> Floats:
    """Mean of what is remembered, in NRS points; -1 where nothing is."""
    known = ~np.isnan(memory)
    count = known.sum(axis=1)
    total = np.where(known, memory, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), -1.0)


def _next_dose(dose: Floats, hurts: Flags, reduction: float, draw: Floats) -> Floats:
    """The dose after a visit, in multiples of GRAIN; at least one grain away from the old one if it changes."""
    raised = dose * _RAISES[(draw[:, 2] * 3).astype(int)]
    cut = dose * _CUTS[(draw[:, 2] * 3).astype(int)]
    raised = np.minimum(_MOST, np.maximum(dose + GRAIN, GRAIN * np.round(raised / GRAIN)))
    cut = np.maximum(_LEAST, np.minimum(dose - GRAIN, GRAIN * np.round(cut / GRAIN)))
    up = hurts & (draw[:, 0] < _RAISE_CHANCE)
    down = ~up & (draw[:, 1] < reduction)
    return np.where(up, raised, np.where(down, cut, dose))
