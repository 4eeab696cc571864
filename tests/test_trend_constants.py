"""The detector's constants: each has a source, and a wrong file stops the start."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

import pytest
from trend_charts import RULES, limits

from cds.errors import KnowledgeError
from cds.knowledge import estimator, scales


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(RULES, tmp_path / "rules")
    return tmp_path / "rules"


def changed(root: Path, old: str, new: str) -> Path:
    path = root / "estimator.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return root


def test_every_constant_names_unit_meaning_source_and_review() -> None:
    for name, limit in limits().limits.items():
        assert all((limit.unit, limit.meaning, limit.source, limit.reviewed)), name


@pytest.mark.parametrize(
    ("constant", "rule", "limit"),
    [
        ("pattern_beta", "dose_response", "beta"),
        ("pattern_z", "dose_response", "z"),
        ("pattern_points", "cumulative_rise_points", "points"),
        ("pattern_percent", "cumulative_rise_percent", "percent"),
        ("pattern_share", "rising_steps", "share"),
    ],
)
def test_the_pattern_limits_are_those_of_the_rules(constant: str, rule: str, limit: str) -> None:
    with (RULES / f"{rule}.toml").open("rb") as file:
        assert getattr(limits(), constant) == tomllib.load(file)["limits"][limit]["value"]


def test_the_founding_definition_is_as_the_user_gave_it() -> None:
    found = limits()
    assert (found.co_rise_points, found.co_rise_percent, found.co_rise_increases) == (2, 30, 2)
    assert (found.co_rise_level_days, found.look_back_days) == (3, 540)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("[lag_days]", "[lag_dais]", "missing or unknown: lag_dais, lag_days"),
        ("value   = 540", "value   = '540'", "'value' must be of type float"),
        ("value   = 540", "value   = -1", "below 0"),
        ('unit    = "days"', 'unit    = ""', "must not be empty"),
        ('unit    = "days"', 'unit    = "days"\nnote = "x"', "unknown key 'note'"),
        ("dose_response.beta", "dose_response.betta", "must be a table"),
        ("co_interventions = [", "co_interventions = [1, ", "must list drug classes"),
    ],
)
def test_a_wrong_constant_stops_the_start(copy: Path, old: str, new: str, complaint: str) -> None:
    with pytest.raises(KnowledgeError, match=complaint):
        estimator.load(changed(copy, old, new))


def test_every_pain_code_has_a_source_and_appears_once() -> None:
    found = scales.load(RULES)
    assert all(row.source for row in found.rows)
    assert len(found.by_code) == len(found.rows)


def test_the_code_that_could_not_be_verified_is_not_shipped() -> None:
    codes = {row.code for row in scales.load(RULES).rows}
    assert not codes & {"72094-6", "54632-5"}
    assert {"72514-3", "38214-3", "38208-5", "75893-8", "38221-8", "57696-7", "38215-0"} <= codes
