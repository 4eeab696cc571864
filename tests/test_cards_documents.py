"""docs/clinicians.md, docs/hazards.md and docs/acceptance.md say what the code does, and name tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from assessments import RULES, known

from cds.cards.attributes import as_markdown
from cds.knowledge import attributes

ROOT = Path(__file__).parents[1]
TESTS = set(
    re.findall(
        r"^def (test_\w+)",
        "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").glob("test_*.py")),
        re.MULTILINE,
    )
)


def text(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def test_the_glossary_of_grade_words_is_the_catalogues():
    for name, grade in known().catalogue.grades.items():
        assert f"| {grade.words} | `{name}` | {grade.meaning} |" in text("clinicians.md")


@pytest.mark.parametrize("document", ["hazards.md", "acceptance.md"])
def test_every_proof_that_is_named_exists(document):
    named = set(re.findall(r"`(test_\w+)`", text(document)))
    assert named
    assert named <= TESTS, named - TESTS


def test_every_hazard_has_a_control_a_test_and_what_remains():
    rows = [row.strip("|").split("|") for row in text("hazards.md").splitlines() if re.match(r"\| \d+ ", row)]
    assert len(rows) >= 20
    for row in rows:
        assert len(row) == 5, row
        assert "`test_" in row[3], row


def test_the_simulator_is_never_called_validation():
    for document in (text("clinicians.md"), as_markdown(attributes.load(RULES), known().evidence)):
        assert re.search(r"simulat", document)
        assert re.search(r"not been validated|not clinical validation", document)
