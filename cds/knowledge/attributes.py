"""Source attributes of the service (rules/attributes.toml): what HTI-1 wants a user to be able to look up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from cds.errors import KnowledgeError
from cds.knowledge.files import read_toml, take

EVIDENCE_BASED = 13  # 45 CFR 170.315(b)(11)(iv)(A)


@dataclass(frozen=True, slots=True)
class Attribute:
    """lists_citations  the value is followed by the records of rules/evidence."""

    name: str
    value: str
    lists_citations: bool = False


@dataclass(frozen=True, slots=True)
class Attributes:
    standard: str
    status: str
    reviewed: date
    evidence_based: tuple[Attribute, ...]
    further: tuple[Attribute, ...]


def load(root: Path) -> Attributes:
    """Raises KnowledgeError for a missing or unknown key, an empty value, or other than thirteen evidence-based ones."""
    where = "attributes.toml"
    table = read_toml(root / where)
    if set(table) != {"standard", "status", "reviewed", "evidence_based", "further"}:
        raise KnowledgeError(f"{where}: needs exactly standard, status, reviewed, evidence_based and further")
    evidence_based, further = (
        tuple(_attribute(row, f"{where} [[{key}]]") for row in take(table, key, list, where))
        for key in ("evidence_based", "further")
    )
    if len(evidence_based) != EVIDENCE_BASED:
        raise KnowledgeError(
            f"{where}: {len(evidence_based)} evidence-based attributes; the rule names {EVIDENCE_BASED}"
        )
    return Attributes(
        standard=take(table, "standard", str, where),
        status=take(table, "status", str, where),
        reviewed=take(table, "reviewed", date, where),
        evidence_based=evidence_based,
        further=further,
    )


def _attribute(row: object, where: str) -> Attribute:
    if not isinstance(row, dict) or not {"name", "value"} <= set(row) <= {"name", "value", "lists_citations"}:
        raise KnowledgeError(f"{where}: needs name and value")
    name, value = (take(row, key, str, where) for key in ("name", "value"))
    if not name or not value:
        raise KnowledgeError(f"{where}: name and value must not be empty")
    return Attribute(name, value, take({"lists_citations": False, **row}, "lists_citations", bool, where))
