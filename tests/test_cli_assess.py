"""`oih-cds assess`: one object a line, in input order, whatever arrives (contract.md)."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
import time_machine
from click.testing import CliRunner

from hooks.cli import main
from hooks.inputs import documents

FIXTURES = Path(__file__).parent.parent / "fixtures"
RISES = FIXTURES / "pattern" / "pain_rises_with_each_increase"
KEYS = "patient as_of fhir_version co_rise grade supported reasons statistics mme_table daily_mme current_mme uncounted unread foreign cards"
STATISTICS = "beta z cumulative_rise share_rising up_steps down_steps drift_per_30d placebo_rise scores span_days"
PATIENT = {
    "resourceType": "Bundle",
    "type": "collection",
    "entry": [{"resource": {"resourceType": "Patient", "id": "p"}}],
}


def assess(*arguments, stdin=None):
    result = CliRunner().invoke(main, ["assess", *map(str, arguments)], input=stdin)
    return result, [json.loads(line) for line in result.stdout.splitlines()]


def test_the_keys_and_their_order_are_the_contract_s():
    _, (found,) = assess(RISES)
    assert list(found) == KEYS.split()
    assert list(found["statistics"]) == STATISTICS.split()
    assert list(found["daily_mme"][0]) == ["date", "low", "mme", "high"]
    assert list(found["reasons"][0]) == ["rule", "version", "text"]


def test_statistics_have_the_same_keys_in_acute_mode_and_null_where_nothing_can_be_computed():
    _, (acute, empty) = assess(
        FIXTURES / "founding" / "liang_2017_reading_a", FIXTURES / "too_little" / "never_had_an_opioid"
    )
    assert list(acute["statistics"]) == list(empty["statistics"]) == STATISTICS.split()
    assert empty["statistics"]["beta"] is None
    assert (empty["daily_mme"], empty["current_mme"]) == ([], None)


def test_a_date_stays_a_date_and_current_is_its_day():
    _, (found,) = assess("--as-of", "2026-03-01", RISES)
    assert found["as_of"] == "2026-03-01"
    assert found["current_mme"] == {"date": "2026-03-01", "low": 60, "mme": 60, "high": 60}
    assert found["daily_mme"][-1] == found["current_mme"]


def test_what_cannot_be_evaluated_stands_in_its_place_and_the_status_is_3(tmp_path):
    broken = tmp_path / "broken.json"
    broken.write_text('{"prefetch": ')
    result, found = assess(broken, RISES, tmp_path / "missing.json")
    assert result.exit_code == 3
    assert [next(iter(one)) for one in found] == ["error", "patient", "error"]
    assert set(found[0]["error"]) == {"code", "message"}


def test_all_evaluated_is_status_0():
    assert assess(RISES)[0].exit_code == 0


def test_a_folder_stands_for_the_fixtures_below_it():
    _, found = assess(FIXTURES / "scope")
    assert [one["patient"] for one in found] == ["birth-date-missing", "hospice", "sixteen-years-old"]


def test_ndjson_keeps_its_order_over_several_processes(tmp_path):
    lines = [
        json.dumps(PATIENT | {"entry": [{"resource": {"resourceType": "Patient", "id": f"p{n}"}}]}) for n in range(150)
    ]
    lines[70] = "not json"
    path = tmp_path / "many.ndjson"
    path.write_text("\n".join(lines))
    for jobs in ("1", "2"):
        # A process of its own: a fork would copy the threads of this one.
        command = [sys.executable, "-m", "hooks.cli", "assess", "--jobs", jobs, path]
        done = subprocess.run(command, capture_output=True, timeout=120)
        assert done.returncode == 3
        found = [json.loads(line) for line in done.stdout.splitlines()]
        assert [one.get("patient") for one in found] == [f"p{n}" if n != 70 else None for n in range(150)]


def test_the_cohort_is_59_patients_without_a_grade():
    _, found = assess(FIXTURES / "founding" / "elyn_2024_cohort")
    assert [(one["grade"], one["co_rise"], one["cards"]) for one in found] == [("insufficient-data", False, [])] * 59


@pytest.mark.parametrize("option", [("--as-of", "2026-03"), ("--as-of", "soon"), ("--fhir-version", "DSTU2")])
def test_a_wrong_option_is_told_once_before_anything_is_evaluated(option):
    result, found = assess(*option, RISES)
    assert (result.exit_code, found) == (2, [])


def test_an_unknown_table_names_the_known_ones():
    _, (found,) = assess("--mme-table", "CDC-1999", RISES)
    assert found["error"]["code"] == "not-supported"
    assert "CDC-2022" in found["error"]["message"]


def test_an_error_never_quotes_the_patient(tmp_path):
    path = tmp_path / "two.json"
    people = [
        {"resource": {"resourceType": "Patient", "id": name, "name": [{"family": "Silva"}]}} for name in ("a", "b")
    ]
    path.write_text(json.dumps(PATIENT | {"entry": people}))
    _, (found,) = assess(path)
    assert found["error"]["code"] == "patient"
    assert "Silva" not in found["error"]["message"]


@time_machine.travel("2026-03-11T02:00:00Z", tick=False)
def test_now_is_told_on_the_wall_clock_of_the_record(tmp_path):
    request = json.loads((FIXTURES / "founding" / "liang_2017_reading_a" / "request.json").read_text(encoding="utf-8"))
    del request["extension"]
    path = tmp_path / "now.json"
    path.write_text(json.dumps(request))
    _, (found,) = assess(path)
    assert found["as_of"] == "2026-03-10T21:00:00-05:00"
    assert found["current_mme"]["date"] == "2026-03-10"


def test_a_site_s_pain_codes_are_read_here_too(tmp_path, monkeypatch):
    request = (RISES / "request.json").read_text(encoding="utf-8")
    local = request.replace('"http://loinc.org", "code": "72514-3"', '"urn:ehr", "code": "PAIN"')
    (tmp_path / "request.json").write_text(local, encoding="utf-8")
    codes = tmp_path / "codes.csv"
    _, (without,) = assess(tmp_path)
    codes.write_text("system,code,instrument,scale\nurn:ehr,PAIN,nrs,0-10\n")
    monkeypatch.setenv("OIH_CDS_PAIN_CODES", str(codes))
    _, (found,) = assess(tmp_path)
    assert (without["statistics"]["scores"], found["statistics"]["scores"]) == (0, 68)


# ------------------------------------------------------------------------------------------- inputs

ONE, TWO = b'{"prefetch": {"a": null}}', b'{"prefetch": {"b": null}}'


def read(stdin):
    return list(documents(["-"], io.BytesIO(stdin)))


@pytest.mark.parametrize(
    ("stdin", "inputs"),
    [
        (ONE, [ONE]),
        (ONE + b"\n", [ONE + b"\n"]),
        (ONE + b"\n" + TWO + b"\n", [ONE + b"\n", TWO + b"\n"]),
        (ONE + b"\n\n" + TWO, [ONE + b"\n", TWO]),
        (b"nonsense\n" + TWO, [b"nonsense", TWO]),
        (b'{\n"prefetch": {}\n}', [b'{\n"prefetch": {}\n}']),
        (b"", [b""]),
    ],
)
def test_standard_input_is_ndjson_if_it_has_more_than_one_line(stdin, inputs):
    assert read(stdin) == inputs


def test_a_folder_without_a_request_is_named(tmp_path):
    (found,) = documents([str(tmp_path)], io.BytesIO())
    assert "request.json" in str(found)
