"""`oih-cds verify` measures, writes its page and figure, and says the same twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from cds.knowledge import simulator
from hooks.commands import verify

RULES = Path(__file__).parent.parent / "rules"
SCENARIO = "3 a week"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("verification")
    done = CliRunner().invoke(
        verify.command, ["--patients", "1", "--jobs", "1", "--scenario", SCENARIO, "--out", str(folder)]
    )
    assert done.exit_code == 0, done.output
    assert "Software verification, not clinical validation." in done.output
    # One patient in a cell: a target that is missed then says nothing about the detector.
    assert "1 patient in a cell tells that it runs, not what it reaches" in done.output
    assert "% not judged" in done.output
    assert not any(word in done.output for word in ("MISSED", " met"))
    return folder / verify.PAGE


def test_the_page_says_what_it_is_not(page):
    assert "Software verification, not clinical validation" in page.read_text()


def test_the_page_names_seeds_and_commit(page):
    text = page.read_text()
    assert f"chosen on seeds {', '.join(map(str, simulator.load(RULES).tuning_seeds))};" in text
    assert f"seed {verify.REPORTING_SEED}" in text
    assert "- Commit " in text


def test_the_page_holds_every_target_and_every_phenotype(page):
    text = page.read_text()
    simulated = simulator.load(RULES)
    assert all(f"| {target.meaning} |" in text for target in simulated.targets)
    assert f"### {SCENARIO} (270 d" in text
    for phenotype in simulated.phenotypes:
        assert f"| {'OIH' if phenotype.name == 'oih' else phenotype.name.replace('_', ' ')} | 1 |" in text


def test_targets_of_scenarios_that_did_not_run_are_not_measured_rather_than_met(page):
    assert "| one score a visit, pooled: sensitivity | >= 25.0 % | - | not measured |" in page.read_text()


def test_the_figure_stands_beside_the_page(page):
    assert (page.parent / verify.FIGURE).read_text().startswith("<?xml")


def test_the_default_seed_is_none_on_which_limits_were_chosen():
    assert verify.REPORTING_SEED not in simulator.load(RULES).tuning_seeds


def test_the_seed_on_which_limits_were_chosen_is_never_reported():
    done = CliRunner().invoke(verify.command, ["--seed", str(simulator.load(RULES).tuning_seeds[0])])
    assert done.exit_code == 2
    assert "report on another one" in " ".join(done.output.split())


def test_an_unknown_scenario_is_refused_with_the_known_ones():
    done = CliRunner().invoke(verify.command, ["--scenario", "5 a week"])
    assert done.exit_code == 2
    assert "no scenario '5 a week'; known are: 3 a week" in done.output


def test_every_patient_of_a_cell_is_planned_once():
    simulated = simulator.load(RULES)
    jobs = [job for job in verify.plan(simulated, 120, 5) if job.what == "report"]
    assert sum(job.limit for job in jobs) == 120 * len(simulated.phenotypes) * len(simulated.scenarios)
    assert len(set(jobs)) == len(jobs)
