"""The knowledge as one site has extended it: its own pain codes, its crosswalk of drug codes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cds.knowledge import Knowledge, drugs, scales


def extended(known: Knowledge, pain_codes: Path | None, ndc_codes: Path | None) -> Knowledge:
    """Raises KnowledgeError naming file and line."""
    found = known
    if pain_codes is not None:
        found = replace(found, scales=scales.load(known.rules.root, pain_codes))
    if ndc_codes is not None:
        found = replace(found, drugs=drugs.load(known.rules.root, ndc_codes))
    return found
