"""The assessments of all fixtures, each evaluated once for all tests that look at cards."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from cds import case
from cds.assess import assess
from cds.cards import CardOptions
from cds.clinical import Assessment
from cds.engine import Engine
from cds.knowledge import load

FIXTURES = Path(__file__).parents[1] / "fixtures"
ASKED = case.Asked(now=datetime(2026, 11, 20, tzinfo=UTC))


@cache
def every_fixture() -> tuple[Assessment, ...]:
    knowledge = load()
    engine = Engine(knowledge)
    options = CardOptions("https://cds.example", "smart")
    return tuple(assess(case.read(json.loads(text), ASKED), knowledge, engine, options) for text in _requests())


def _requests() -> tuple[str, ...]:
    single = (path.read_text(encoding="utf-8") for path in sorted(FIXTURES.rglob("request.json")))
    many = (
        line
        for path in sorted(FIXTURES.rglob("request.ndjson"))
        for line in path.read_text(encoding="utf-8").splitlines()
    )
    return (*single, *(line for line in many if line.strip()))
