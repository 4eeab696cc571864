"""A site's own pain codes and its NDC crosswalk change the same patient's answer at the command line and over HTTP."""

import json
import os
import subprocess
import sys

import pytest
from served import FIXTURES, post, request_of, served

from cds.errors import OihError
from hooks.app import create_app
from hooks.settings import Settings

PATTERN = "pattern/pain_rises_with_each_increase"
PAIN = ("urn:site:flowsheet", "301030")


def command_line(tmp_path, request, **site):
    """(the line that `oih-cds assess` prints, its exit status)."""
    file = tmp_path / "request.json"
    file.write_text(json.dumps(request))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OIH_CDS_")}
    environment |= {f"OIH_CDS_{name.upper()}": str(value) for name, value in site.items()}
    done = subprocess.run(
        [sys.executable, "-m", "hooks.cli", "assess", str(file)],
        env=environment, capture_output=True, timeout=120, cwd=FIXTURES.parent,
    )  # fmt: skip
    return json.loads(done.stdout), done.returncode


def over_http(request, **site):
    """(discovery, the cards' summaries) of a service with these settings."""
    with served(create_app(Settings(**site))) as client:
        answer = post(client, request)
        assert answer.status_code == 200, answer.text
        return client.get("/cds-services").text, [card["summary"] for card in answer.json()["cards"]]


@pytest.fixture
def local_pain(tmp_path):
    """The fixture with its scores under a code that only this site knows, and the site's file."""
    request = request_of(PATTERN)
    for entry in request["prefetch"]["pain"]["entry"]:
        if "valueQuantity" in entry["resource"] or "valueInteger" in entry["resource"]:
            entry["resource"]["code"] = {"coding": [{"system": PAIN[0], "code": PAIN[1]}]}
    codes = tmp_path / "pain_codes.csv"
    codes.write_text(f"system,code,instrument,scale\n{PAIN[0]},{PAIN[1]},NRS now,0-10\n")
    return request, codes


@pytest.fixture
def local_drug(tmp_path):
    """The fixture with its orders under NDCs that no list of ours holds, and the site's crosswalk."""
    request = request_of(PATTERN)
    crosswalk: dict[str, str] = {}
    for entry in request["prefetch"]["medicationRequests"]["entry"]:
        concept = entry["resource"]["medicationCodeableConcept"]
        rxcui = concept["coding"][0]["code"]
        ndc = crosswalk.setdefault(rxcui, f"99999-0001-{len(crosswalk):02d}")
        concept["coding"] = [{"system": "http://hl7.org/fhir/sid/ndc", "code": ndc}]
        del concept["text"]
    codes = tmp_path / "ndc.csv"
    codes.write_text("ndc,rxcui\n" + "".join(f"{ndc},{rxcui}\n" for rxcui, ndc in crosswalk.items()))
    return request, codes


def test_pain_codes_of_the_site_are_read_at_the_command_line_and_over_http(tmp_path, local_pain):
    request, codes = local_pain
    plain, _ = command_line(tmp_path, request_of(PATTERN))
    without, _ = command_line(tmp_path, request)
    known, status = command_line(tmp_path, request, pain_codes=codes)
    assert (status, known["grade"], known["statistics"]) == (0, plain["grade"], plain["statistics"])
    assert without["grade"] == "insufficient-data"
    discovery, summaries = over_http(request, pain_codes=codes)
    assert f"{PAIN[0]}|{PAIN[1]}" in discovery
    assert summaries == [card["summary"] for card in known["cards"]]
    assert over_http(request)[1] != summaries


def test_the_ndc_crosswalk_of_the_site_is_read_at_the_command_line_and_over_http(tmp_path, local_drug):
    request, codes = local_drug
    plain, _ = command_line(tmp_path, request_of(PATTERN))
    without, _ = command_line(tmp_path, request)
    known, status = command_line(tmp_path, request, ndc_codes=codes)
    assert (status, known["grade"], known["daily_mme"]) == (0, plain["grade"], plain["daily_mme"])
    assert without["daily_mme"] != known["daily_mme"]
    assert {each["reason"] for each in without["uncounted"]} != set()
    assert known["uncounted"] == []
    _, summaries = over_http(request, ndc_codes=codes)
    assert summaries == [card["summary"] for card in known["cards"]]
    assert over_http(request)[1] != summaries


@pytest.mark.parametrize("name", ["pain_codes", "ndc_codes"])
def test_a_sites_file_that_is_not_there_stops_both_and_is_named(tmp_path, name):
    missing = tmp_path / "nowhere.csv"
    done = subprocess.run(
        [sys.executable, "-m", "hooks.cli", "assess", str(FIXTURES / PATTERN)],
        env={**os.environ, f"OIH_CDS_{name.upper()}": str(missing)}, capture_output=True, timeout=120,
    )  # fmt: skip
    assert done.returncode not in (0, 3)
    assert b"nowhere.csv" in done.stderr
    with pytest.raises(OihError, match=r"nowhere\.csv"):
        create_app(Settings(**{name: missing}))
