"""docs/conformance.md names every rule of the specification for a service, with tests that exist."""

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "conformance.md"
ROW = re.compile(r"^\| (\d+) \| (.+?) \| (.+) \|$", re.MULTILINE)
NAMED = re.compile(r"`(test_\w+\.py)::(test_\w+)`")
RULES = 94


def rows():
    return {int(number): proof for number, _, proof in ROW.findall(PAGE.read_text())}


def test_no_rule_is_missing():
    assert [int(number) for number, _, _ in ROW.findall(PAGE.read_text())] == list(range(1, RULES + 1))


@pytest.mark.parametrize("number", range(1, RULES + 1))
def test_each_rule_has_a_test_or_a_reason(number):
    proof = rows()[number]
    assert NAMED.search(proof) or proof.startswith(("Not ", "Measured, ")), proof


def test_every_test_that_is_named_exists():
    found = {
        (path.name, node.name)
        for path in TESTS.glob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef)
    }
    named = set(NAMED.findall(PAGE.read_text()))
    assert len(named) > 50
    assert named - found == set()
