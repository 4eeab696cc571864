"""Every rule is flagged for some invented patient and silent for another."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cds import assess, case
from hooks import fixture

ROOT = Path(__file__).parent.parent / "fixtures"
ASKED = case.Asked(now=datetime(2026, 11, 21, tzinfo=UTC))


@pytest.fixture(scope="module")
def flagged(evaluator):
    """Fixture -> ids of the rules that matched; palliative care also as a site sees it that has it evaluated."""
    found = {}
    for one in fixture.find(ROOT):
        read = case.read(one.requests[0], ASKED)
        for name, each in ((one.name, read), (f"{one.name}, evaluated", replace(read, evaluate_palliative=True))):
            walked = assess.assess(each, evaluator.knowledge, evaluator.engine, evaluator.options)
            found[name] = {finding.rule for finding in walked.findings}
    return found


def test_every_rule_flags_somebody(flagged, knowledge):
    assert {rule.id for rule in knowledge.rules} - set().union(*flagged.values()) == set()


def test_no_rule_flags_everybody(flagged):
    assert set.intersection(*flagged.values()) == set()
