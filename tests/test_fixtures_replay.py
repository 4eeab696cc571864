"""Every invented patient: built from its lines, expected in words, and answered as expected, in process and over HTTP."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from fixture_patients import PATIENTS, files
from page_service import service

from hooks import fixture
from hooks.cli import main
from hooks.commands.replay import compare, in_process

ROOT = Path(__file__).parent.parent / "fixtures"
FOLDERS = sorted(path.parent.relative_to(ROOT).as_posix() for path in ROOT.rglob("request.*json"))
GRADES = re.compile(
    "out-of-scope|alternative-first|insufficient-data|withdrawal-compatible|confounded|strong-pattern|possible-oih"
    "|progression-like|tolerance-like|no-signal"
)


def expected(folder):
    return next(fixture.find(ROOT / folder)).expected


def said(folder):
    """The "Expected:" part of why.md."""
    return (ROOT / folder / "why.md").read_text(encoding="utf-8").split("\nExpected: ")[1].split("\nNeighbour")[0]


@pytest.mark.parametrize("folder", PATIENTS)
def test_a_request_is_what_its_lines_build(folder):
    path, text = files(folder, PATIENTS[folder]())
    assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("folder", FOLDERS)
def test_nobody_is_real_and_everybody_has_a_reason(folder):
    assert re.search(r"The (patient is|people are) invented\.", (ROOT / folder / "why.md").read_text(encoding="utf-8"))
    for request in next(fixture.find(ROOT / folder)).requests:
        for resource in resources(request):
            tags = [tag["code"] for tag in resource.get("meta", {}).get("tag", ())]
            assert tags == ["SYNTHETIC"], resource.get("id")


def resources(request):
    for value in [*request["prefetch"].values(), request["context"].get("draftOrders")]:
        if value is not None:
            yield from (entry["resource"] for entry in value["entry"]) if "entry" in value else (value,)


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_grade_is_the_one_that_was_said_before(folder):
    grade = GRADES.search(said(folder))
    for one in expected(folder):
        assert grade is None or one["grade"] == grade[0]
        if match := re.search(r"co_rise (?:is )?(true|false)", said(folder)):
            assert one["co_rise"] is (match[1] == "true")


CARDS = {"two cards": 2, "pattern card and evidence card": 2, "one info card": 1, "one card only": 1, "no card": 0}


@pytest.mark.parametrize("folder", FOLDERS)
def test_there_are_as_many_cards_as_was_said_before(folder):
    text = " ".join(said(folder).lower().split())
    counts = {count for words, count in CARDS.items() if words in text}
    assert len(counts) <= 1, "why.md says two things"
    for one in expected(folder):
        assert {len(one["cards"])} == counts or not counts
        assert ("`warning`" in text) == any(card["indicator"] == "warning" for card in one["cards"])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("what_was_sent/strangers_scores", "pattern/pain_rises_with_each_increase"),
        ("what_was_sent/entered_in_error", "pattern/pain_rises_with_each_increase"),
        ("what_was_sent/everything_twice", "pattern/pain_rises_with_each_increase"),
        ("what_was_sent/monthly_renewals", "pattern/pain_rises_with_each_increase"),
        ("founding/liang_2017_reading_a_day_1_18h", "founding/liang_2017_reading_b_day_1_18h"),
    ],
)
def test_what_must_not_matter_changes_neither_dose_nor_statistics(one, other):
    (first,), (second,) = expected(one), expected(other)
    for key in ("co_rise", "grade", "supported", "statistics", "daily_mme", "current_mme", "reasons"):
        assert first[key] == second[key], key


@pytest.mark.parametrize("folder", FOLDERS)
def test_it_is_answered_as_expected_in_process(evaluator, folder):
    assert compare(next(fixture.find(ROOT / folder)), in_process(evaluator)).difference == ""


def test_all_are_answered_with_the_same_cards_over_http(server, tmp_path):
    report = tmp_path / "junit.xml"
    result = CliRunner().invoke(main, ["replay", "--url", server, "--junit", str(report)])
    assert result.exit_code == 0, result.output
    assert ElementTree.parse(report).getroot().get("tests") == str(len(FOLDERS))


def test_a_service_with_addresses_of_its_own_is_compared_without_them(free_port, tmp_path):
    with service(tmp_path, free_port()) as base:
        result = CliRunner().invoke(main, ["replay", "--url", base, str(ROOT / "pattern")])
    assert result.exit_code == 0, result.output
    assert "16 compared without the service's own addresses" in result.output


def test_a_difference_is_shown_and_fails(tmp_path):
    folder = tmp_path / "theme" / "changed"
    folder.mkdir(parents=True)
    source = ROOT / "pattern" / "pain_rises_with_each_increase"
    (folder / "request.json").write_bytes((source / "request.json").read_bytes())
    changed = json.loads((source / "expected.json").read_text(encoding="utf-8")) | {"grade": "no-signal"}
    (folder / "expected.json").write_text(fixture.text([changed]), encoding="utf-8")
    report = tmp_path / "junit.xml"
    result = CliRunner().invoke(main, ["replay", str(folder), "--junit", str(report)])
    assert result.exit_code == 1
    assert '-  "grade": "no-signal",' in result.output
    assert '+  "grade": "possible-oih",' in result.output
    assert ElementTree.parse(report).getroot().get("failures") == "1"


def test_an_expectation_that_nobody_wrote_fails_and_update_writes_it(tmp_path):
    folder = tmp_path / "theme" / "new"
    folder.mkdir(parents=True)
    (folder / "request.json").write_bytes((ROOT / "scope" / "hospice" / "request.json").read_bytes())
    assert "replay --update" in CliRunner().invoke(main, ["replay", str(folder)]).output
    assert CliRunner().invoke(main, ["replay", "--update", str(folder)]).exit_code == 0
    assert expected("scope/hospice") == next(fixture.find(folder)).expected
    assert CliRunner().invoke(main, ["replay", str(folder)]).exit_code == 0


def test_another_machine_gets_no_fixture_without_the_flag():
    result = CliRunner().invoke(main, ["replay", "--url", "https://cds.example.org"])
    assert result.exit_code == 2
    assert "--allow-remote" in result.output


def test_equal_days_are_one_line_and_a_day_without_a_record_is_a_gap():
    def days(*numbers, mme=60):
        return [{"date": f"2026-01-{n:02}", "low": mme, "mme": mme, "high": None} for n in numbers]

    assert fixture.shape({"daily_mme": days(1, 2, 4) + days(5, mme=90)})["daily_mme"] == [
        "2026-01-01 - 2026-01-02: 60 (60 to None)",
        "2026-01-04 - 2026-01-04: 60 (60 to None)",
        "2026-01-05 - 2026-01-05: 90 (90 to None)",
    ]
