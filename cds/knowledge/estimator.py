"""The constants of the detector, each with unit, meaning, source and review date (rules/estimator.toml)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path
from types import MappingProxyType

from cds.clinical import Limit
from cds.errors import KnowledgeError
from cds.knowledge.files import read_toml, take


@dataclass(frozen=True, slots=True)
class Estimator:
    """One field per table of estimator.toml; what each one means stands there, beside its source.

    limits             the same numbers with meaning and source, for the sheet and the page
    co_interventions   drug classes (words of rules/codes/other_drugs.csv) that make a reduction unreadable (R17)
    """

    look_back_days: float
    leave_percent: float
    leave_mme: float
    carry_days: float
    plateau_days: float
    co_rise_level_days: float
    co_rise_increases: float
    co_rise_points: float
    co_rise_percent: float
    pre_window_days: float
    decision_days: float
    post_start_days: float
    post_window_days: float
    placebo_start_days: float
    placebo_steps: float
    settle_days: float
    pair_days: float
    pair_most: float
    flare_days: float
    flare_percent: float
    flare_share: float
    flare_leave_percent: float
    flare_leave_mme: float
    flare_margin_days: float
    reduction_start_days: float
    reduction_end_days: float
    reduction_scores: float
    reduction_clear_points: float
    reduction_clear_percent: float
    co_intervention_days: float
    least_scores: float
    least_steps: float
    least_up_steps: float
    least_span_days: float
    least_known_dose: float
    ceiling_score: float
    ceiling_share: float
    lag_days: float
    lead_days: float
    reading_variance: float
    daily_variance: float
    daily_correlation_days: float
    noise_prior: float
    noise_prior_weight: float
    wander_penalty: float
    most_points: float
    most_shifts: float
    pattern_beta: float
    pattern_z: float
    pattern_points: float
    pattern_percent: float
    pattern_share: float
    acute_epoch_hours: float
    acute_window_hours: float
    acute_after_stay_days: float
    acute_step_percent: float
    acute_pre_hours: float
    acute_pre_scores: float
    acute_post_start_hours: float
    acute_post_end_hours: float
    acute_scores: float
    acute_steps: float
    acute_spread_hours: float
    acute_cessation_hours: float
    acute_noise: float
    variance_inflation: float
    co_interventions: frozenset[str]
    limits: Mapping[str, Limit] = field(repr=False, compare=False)


def load(root: Path) -> Estimator:
    """The constants of rules/estimator.toml.

    Raises KnowledgeError for a missing, unknown or unsourced constant.
    """
    path = root / "estimator.toml"
    tables = read_toml(path)
    reviewed = take(tables, "reviewed", date, path.name)
    classes = take(tables, "co_interventions", list, path.name)
    if not classes or not all(isinstance(name, str) and name for name in classes):
        raise KnowledgeError(f"{path.name}: 'co_interventions' must list drug classes")
    names = {f.name for f in fields(Estimator)} - {"co_interventions", "limits"}
    given = set(tables) - {"reviewed", "co_interventions"}
    if names != given:
        wrong = ", ".join(sorted(names ^ given))
        raise KnowledgeError(f"{path.name}: constants missing or unknown: {wrong}")
    limits = {name: _limit(root, tables[name], f"{path.name} [{name}]", reviewed) for name in sorted(names)}
    return Estimator(
        **{name: limit.value for name, limit in limits.items()},
        co_interventions=frozenset(classes),
        limits=MappingProxyType(limits),
    )


def _limit(root: Path, table: object, where: str, reviewed: date) -> Limit:
    """A constant of its own, or `same_as = "rule.limit"`: the number of a rule file, which stays in one place."""
    if not isinstance(table, dict):
        raise KnowledgeError(f"{where}: must be a table with value, unit, meaning and source")
    if set(table) == {"same_as"}:
        stem, _, name = take(table, "same_as", str, where).partition(".")
        rule = root / f"{stem}.toml"
        limits: dict[str, object] = take(read_toml(rule), "limits", dict, rule.name)
        return _limit(root, limits.get(name), f"{rule.name} [limits.{name}]", reviewed)
    unknown = set(table) - {"value", "unit", "meaning", "source", "reviewed"}
    if unknown:
        raise KnowledgeError(f"{where}: unknown key '{min(unknown)}'")
    texts = {key: take(table, key, str, where) for key in ("unit", "meaning", "source")}
    if not all(texts.values()):
        raise KnowledgeError(f"{where}: unit, meaning and source must not be empty")
    value = take(table, "value", float, where)
    if value < 0:
        raise KnowledgeError(f"{where}: {value} is below 0")
    when = take(table, "reviewed", date, where) if "reviewed" in table else reviewed
    return Limit(value=value, reviewed=when, **texts)
