"""Reads rules/verification: the invented patients on whom the software is verified."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from cds.errors import KnowledgeError
from cds.knowledge.files import number, read_rows, read_toml, take

_GROUPS = ("oih", "hard", "easy")
_COLUMNS = ("rxcui", "drug", "name", "release", "mg", "mme", "source")


@dataclass(frozen=True, slots=True)
class Phenotype:
    """One kind of invented patient; units and sources stand beside each number in simulator.toml.

    group  "oih", "hard" (false alarms are likely) or "easy"
    """

    name: str
    group: str
    pain_without_opioid_mean: float
    pain_without_opioid_sd: float
    analgesia_max: float
    analgesia_half_dose: float
    tolerance_gain: float
    eta_median: float
    eta_sigma: float
    drift_low: float
    drift_high: float
    injury: float
    missed_share: float
    withdrawal_weight: float
    wander_phi: float
    wander_sd: float
    cycle_low: float
    cycle_high: float
    flares_per_270d: float
    ignores_pain: float

    def __post_init__(self) -> None:
        if self.group not in _GROUPS:
            raise ValueError(f"phenotype {self.name}: group '{self.group}' is none of {', '.join(_GROUPS)}")
        if not 0 <= self.wander_phi < 1 or not 0 <= self.missed_share <= 1:
            raise ValueError(f"phenotype {self.name}: wander_phi and missed_share are shares of 1")
        if self.drift_low > self.drift_high or self.cycle_low > self.cycle_high:
            raise ValueError(f"phenotype {self.name}: a range must start at its lower end")


@dataclass(frozen=True, slots=True)
class Scenario:
    """How the chart is kept and how the dose is changed.

    scores_per_week  mean number of recorded scores; 0 means one at each visit
    reduction        chance of a reduction at a visit
    exogenous        dose changes do not depend on pain
    dense            counted in the targets for the denser scenarios
    """

    name: str
    scores_per_week: float
    days: int
    reduction: float
    exogenous: bool
    dense: bool

    def __post_init__(self) -> None:
        if not 0 <= self.scores_per_week <= 7 or not 0 <= self.reduction <= 1 or self.days < 60:
            raise ValueError(f"scenario {self.name}: scores_per_week 0-7, reduction 0-1, days from 60")


@dataclass(frozen=True, slots=True)
class Tablet:
    """One product that the invented prescriber writes; `mme` is for one tablet."""

    rxcui: str
    drug: str
    name: str
    release: str
    mg: float
    mme: float


@dataclass(frozen=True, slots=True)
class Target:
    """What the verification has to reach; `meaning` says of what, `bound` is a share of 1."""

    name: str
    meaning: str
    bound: float
    at_least: bool

    def holds(self, value: float) -> bool:
        return value >= self.bound if self.at_least else value <= self.bound


@dataclass(frozen=True, slots=True)
class Simulator:
    """Everything of rules/verification.

    operating  operating point -> "rule.limit" -> value
    tuning_seeds  seeds on which limits were chosen; at least one
    changes    what was changed since the simulator was first committed, oldest first
    """

    phenotypes: tuple[Phenotype, ...]
    scenarios: tuple[Scenario, ...]
    tablets: tuple[Tablet, ...]
    targets: tuple[Target, ...]
    operating: Mapping[str, Mapping[str, float]]
    changes: tuple[str, ...]
    tuning_seeds: tuple[int, ...]

    def phenotype(self, name: str) -> Phenotype:
        """Raises KeyError for a name that simulator.toml does not have."""
        return {phenotype.name: phenotype for phenotype in self.phenotypes}[name]

    def scenario(self, name: str) -> Scenario:
        """Raises KeyError for a name that simulator.toml does not have."""
        return {scenario.name: scenario for scenario in self.scenarios}[name]


def load(root: Path) -> Simulator:
    """The simulator of rules/verification under `root`, the directory of rules.

    Raises KnowledgeError naming the file for a missing, unknown or impossible value.
    """
    folder = root / "verification"
    table = read_toml(folder / "simulator.toml")
    try:
        return Simulator(
            phenotypes=_phenotypes(table),
            scenarios=_scenarios(table),
            tablets=read_rows(folder / "products.csv", _COLUMNS, _tablet),
            targets=_targets(table),
            operating=_operating(table),
            changes=_changes(table),
            tuning_seeds=_seeds(table),
        )
    except (ValueError, TypeError) as error:
        raise KnowledgeError(f"simulator.toml: {error}") from None


def _tables(parent: Mapping[str, object], key: str) -> dict[str, Mapping[str, object]]:
    children: dict[str, object] = take(parent, key, dict, "simulator.toml")
    return {name: take(children, name, dict, "simulator.toml") for name in children}


def _phenotypes(table: Mapping[str, object]) -> tuple[Phenotype, ...]:
    common = {
        name: take(entry, "value", float, f"simulator.toml common.{name}")
        for name, entry in _tables(table, "common").items()
    }
    wanted = {field.name for field in fields(Phenotype)} - {"name", "group"}
    if common.keys() != wanted:
        raise KnowledgeError(f"simulator.toml: [common] has to define exactly {', '.join(sorted(wanted))}")
    phenotypes = []
    for name, entry in _tables(table, "phenotype").items():
        where = f"simulator.toml phenotype.{name}"
        take(entry, "source", str, where)
        own = {key: take(entry, key, float, where) for key in entry if key not in ("group", "source")}
        if not own.keys() <= wanted:
            raise KnowledgeError(f"{where}: unknown {', '.join(sorted(own.keys() - wanted))}")
        phenotypes.append(Phenotype(name=name, group=take(entry, "group", str, where), **(common | own)))
    return tuple(phenotypes)


def _scenarios(table: Mapping[str, object]) -> tuple[Scenario, ...]:
    scenarios = []
    for name, entry in _tables(table, "scenario").items():
        where = f"simulator.toml scenario.{name}"
        scenarios.append(
            Scenario(
                name=name,
                scores_per_week=take(entry, "scores_per_week", float, where),
                days=take(entry, "days", int, where),
                reduction=take(entry, "reduction", float, where),
                exogenous=take(entry, "exogenous", bool, where),
                dense=take(entry, "dense", bool, where),
            )
        )
    return tuple(scenarios)


def _targets(table: Mapping[str, object]) -> tuple[Target, ...]:
    targets = []
    for name, entry in _tables(table, "target").items():
        where = f"simulator.toml target.{name}"
        at_least = "at_least" in entry
        bound = take(entry, "at_least" if at_least else "at_most", float, where)
        targets.append(Target(name, take(entry, "meaning", str, where), bound, at_least))
    return tuple(targets)


def _operating(table: Mapping[str, object]) -> dict[str, dict[str, float]]:
    if "operating" not in table:
        return {}
    return {
        name: {limit: take(entry, limit, float, f"simulator.toml operating.{name}") for limit in entry}
        for name, entry in _tables(table, "operating").items()
    }


def _changes(table: Mapping[str, object]) -> tuple[str, ...]:
    listed: list[object] = take(table, "changes", list, "simulator.toml")
    if not all(isinstance(change, str) for change in listed):
        raise KnowledgeError("simulator.toml: 'changes' lists sentences")
    return tuple(str(change) for change in listed)


def _seeds(table: Mapping[str, object]) -> tuple[int, ...]:
    listed: list[object] = take(table, "tuning_seeds", list, "simulator.toml")
    seeds = tuple(seed for seed in listed if isinstance(seed, int) and not isinstance(seed, bool))
    if not seeds or len(seeds) != len(listed):
        raise KnowledgeError("simulator.toml: 'tuning_seeds' lists at least one whole number")
    return seeds


def _tablet(row: Mapping[str, str]) -> Tablet:
    if row["release"] not in ("IR", "ER"):
        raise ValueError(f"release '{row['release']}' is neither IR nor ER")
    if not row["source"]:
        raise ValueError("the source is empty")
    return Tablet(
        rxcui=row["rxcui"],
        drug=row["drug"],
        name=row["name"],
        release=row["release"],
        mg=float(number(row["mg"])),
        mme=float(number(row["mme"])),
    )
