"""Recorded negatives: each FHIR version has its own element that says that a drug was not taken or not given."""

from __future__ import annotations

from collections.abc import Mapping


def negative_by(raw: Mapping[str, object]) -> str | None:
    """The element that says so, None where none does."""
    if raw.get("status") in ("not-taken", "not-done"):
        return "status"
    if raw.get("taken") == "n":  # STU3 statements
        return "taken"
    for name in ("notGiven", "notDone"):  # STU3 administrations and dispenses
        if raw.get(name) is True:
            return name
    return "adherence" if _not_taking(raw.get("adherence")) else None


def needs_no_dosage(kind: str, raw: Mapping[str, object]) -> bool:
    """Whether it is a recorded 0, whatever its dosage says."""
    return kind in ("MedicationStatement", "MedicationAdministration") and negative_by(raw) is not None


def _not_taking(adherence: object) -> bool:
    """R5 statements."""
    code = adherence.get("code") if isinstance(adherence, dict) else None
    codings = code.get("coding") if isinstance(code, dict) else None
    return isinstance(codings, list) and any(
        isinstance(each, dict) and each.get("code") == "not-taking" for each in codings
    )
