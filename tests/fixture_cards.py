"""The assessments of all fixtures, each evaluated once for all tests that look at cards."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

from cds import case
from cds.assess import assess
from cds.cards import CardOptions
from cds.clinical import Assessment
from cds.engine import Engine
from cds.knowledge import load

FIXTURES = Path(__file__).parents[1] / "fixtures"
ASKED = case.Asked(now=datetime(2026, 11, 20, tzinfo=UTC))


class Found(NamedTuple):
    """One patient of a fixture folder, evaluated."""

    folder: str
    assessment: Assessment


@cache
def every_fixture() -> tuple[Found, ...]:
    """Every patient of every folder; inputs that cannot be evaluated have no cards to look at."""
    knowledge = load()
    engine = Engine(knowledge)
    options = CardOptions("https://cds.example", "smart")
    found = []
    for path in sorted(FIXTURES.rglob("request.*json")):
        text = path.read_text(encoding="utf-8")
        for one in text.splitlines() if path.suffix == ".ndjson" else [text]:
            case_ = case.read(json.loads(one), ASKED)
            found.append(Found(str(path.parent), assess(case_, knowledge, engine, options)))
    return tuple(found)
