"""Writes the requests of the invented patients: `python tests/fixture_patients.py`.

A patient who is easier to write by hand needs no entry here: any folder with a request.json is a fixture. What each
patient shows, and what is expected, stands in the folder's why.md.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

from chart import Resource, text_of
from patients_alternatives import ALTERNATIVES
from patients_as_sent import AS_SENT
from patients_escalated import ESCALATED
from patients_founding import FOUNDING
from patients_hazards import HAZARDS
from patients_rules import RULES
from patients_versions import twins

ROOT = Path(__file__).parent.parent / "fixtures"
R4_PATIENTS: dict[str, Callable[[], Resource | list[Resource]]] = (
    FOUNDING | ESCALATED | ALTERNATIVES | HAZARDS | RULES | AS_SENT
)
PATIENTS = R4_PATIENTS | twins(R4_PATIENTS)


def files(folder: str, built: Resource | list[Resource]) -> tuple[Path, str]:
    """Path and text of a request: one patient as request.json, several as request.ndjson."""
    if isinstance(built, list):
        return ROOT / folder / "request.ndjson", "".join(f"{json.dumps(one)}\n" for one in built)
    return ROOT / folder / "request.json", f"{text_of(built)}\n"


if __name__ == "__main__":
    for folder, build in PATIENTS.items():
        path, text = files(folder, build())
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{len(PATIENTS)} requests written\n")
