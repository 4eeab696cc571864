"""Everything that a clinician signs, read once at start from rules/: bad files are refused, by file and line."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cds.errors import KnowledgeError
from cds.knowledge import catalogue, conditions, drugs, estimator, evidence, measurements, rules, scales
from cds.knowledge.catalogue import Catalogue
from cds.knowledge.conditions import Conditions
from cds.knowledge.drugs import Drugs
from cds.knowledge.estimator import Estimator
from cds.knowledge.evidence import Evidence
from cds.knowledge.files import read_toml
from cds.knowledge.measurements import Measurement
from cds.knowledge.rules import Grades, Rules
from cds.knowledge.scales import Scales


@dataclass(frozen=True, slots=True)
class Knowledge:
    """The knowledge of one process; nothing of it changes while it runs."""

    drugs: Drugs
    scales: Scales
    estimator: Estimator
    conditions: Conditions
    measurements: Mapping[str, Measurement]
    rules: Rules
    grades: Grades
    evidence: Evidence
    catalogue: Catalogue


def load(root: Path | None = None) -> Knowledge:
    """Reads rules/, or another directory of that shape.

    Raises KnowledgeError when a file is missing, malformed or contradicts another one, and when `rules` is not ours:
    other distributions own that name on the public index, and a clash would be silent.
    """
    root = root or _installed()
    owner = root / "owner.toml"
    if not owner.is_file() or read_toml(owner).get("distribution") != "oih-cds":
        raise KnowledgeError(
            "the package 'rules' is another distribution's; install oih-cds into an environment of its own"
        )
    constants = estimator.load(root)
    found = rules.load_rules(root, {f"estimator.{name}": limit for name, limit in constants.limits.items()})
    words = catalogue.load(root)
    reports = evidence.load(root, words.claims)
    reports.check_names({name for rule in found for name in rule.evidence})
    return Knowledge(
        drugs=drugs.load(root),
        scales=scales.load(root),
        estimator=constants,
        conditions=conditions.load(root),
        measurements=measurements.load(root),
        rules=found,
        grades=rules.load_grades(root, found),
        evidence=reports,
        catalogue=words,
    )


def _installed() -> Path:
    """The directory of the package `rules`, found without importing it: only cds/engine runs rule files."""
    spec = importlib.util.find_spec("rules")
    if spec is None or spec.origin is None:
        raise KnowledgeError("the package 'rules' is not installed; install oih-cds")
    return Path(spec.origin).parent
