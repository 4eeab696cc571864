"""`oih-cds explain`: what a pharmacist sees, and what a machine gets."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from dosing import BID, ONE_BID, OXYCODONE_10, SUBOXONE_8, dosage, request, tablets

from hooks.cli import main


@pytest.fixture
def explain(tmp_path):
    def run(*resources, options=("--as-of", "2024-03-10")):
        path = tmp_path / "bundle.json"
        patient = {"resourceType": "Patient", "id": "1"}
        bundle = {
            "resourceType": "Bundle",
            "type": "collection",
            "entry": [{"resource": raw} for raw in (patient, *resources)],
        }
        path.write_text(json.dumps(bundle, default=float))
        return CliRunner(env={"COLUMNS": "200"}).invoke(main, ["explain", str(path), *options])

    return run


def test_the_arithmetic_of_a_run_of_days_is_shown_once(explain):
    result = explain(request(OXYCODONE_10, ONE_BID))
    assert result.exit_code == 0
    assert result.output.count("1 x 10 mg x 2/day x 1.5 = 30 MME") == 1
    assert "2024-03-01 to 2024-03-10" in result.output
    assert "ordered: MedicationRequest/r1" in result.output
    assert "1.5 CDC-2022" in result.output


def test_what_was_not_counted_is_named_with_its_reason(explain):
    result = explain(request(SUBOXONE_8, ONE_BID))
    assert "buprenorphine has no MME factor and is never added" in result.output
    assert "not known" in result.output


def test_a_change_of_dose_begins_a_new_row(explain):
    result = explain(
        request(OXYCODONE_10, ONE_BID), request(OXYCODONE_10, dosage(tablets(2), BID), id="b", authored="2024-03-05")
    )
    assert "2024-03-01 to 2024-03-04" in result.output
    assert "2024-03-05 to 2024-03-10" in result.output


def test_json_holds_the_same_for_machines(explain):
    result = explain(
        request(OXYCODONE_10, ONE_BID),
        request(SUBOXONE_8, ONE_BID, id="b"),
        options=("--as-of", "2024-03-10", "--json"),
    )
    found = json.loads(result.output)
    assert found["days"][0] | {"contributors": None} == {
        "from": "2024-03-01", "to": "2024-03-10", "low": 30, "mme": 30, "high": None, "contributors": None,
    }  # fmt: skip
    assert found["days"][0]["contributors"][0]["factor"] == "1.5"
    assert found["uncounted"][0]["code"] == "never-summed"


def test_another_table_is_used_where_it_is_asked_for(explain):
    result = explain(request("897696", ONE_BID), options=("--as-of", "2024-03-10", "--mme-table", "CDC-2016"))
    assert "1 x 2 mg x 2/day x 4 = 16 MME" in result.output


def test_an_unknown_table_is_named_and_the_status_says_so(explain):
    result = explain(request(OXYCODONE_10, ONE_BID), options=("--as-of", "2024-03-10", "--mme-table", "CDC-1999"))
    assert result.exit_code == 3
    assert "CDC-1999" in result.output


def test_an_input_that_cannot_be_read_is_named(tmp_path):
    path = tmp_path / "bad.json"
    path.write_text("{")
    result = CliRunner().invoke(main, ["explain", str(path)])
    assert result.exit_code == 3


def test_markup_in_a_record_stays_text(explain):
    result = explain(request({"text": "[red]oxycodone[/red] 10 mg tablet"}, ONE_BID))
    assert result.exit_code == 0
    assert "low: name only" in result.output


def test_every_reason_for_not_counting_is_explained_to_the_pharmacist():
    root = Path(__file__).parent.parent
    codes = {
        code
        for path in (root / "cds/dose").glob("*.py")
        for code in re.findall(r'NotCounted\("([a-z-]+)"', path.read_text())
    }
    page = (root / "docs/dose.md").read_text()
    assert len(codes) > 20
    assert {code for code in codes if f"`{code}`" not in page} == set()


def test_the_setting_that_sends_everything_through_the_models_holds_here_too(tmp_path):
    (tmp_path / "bundle.json").write_text('{"resourceType": "Bundle", "type": "collection"}')
    asked = CliRunner(env={"OIH_CDS_MODELS_ONLY": "perhaps"}).invoke(main, ["explain", str(tmp_path / "bundle.json")])
    assert "OIH_CDS_MODELS_ONLY" in asked.output
