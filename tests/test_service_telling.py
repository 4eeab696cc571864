"""What the operator can see of a call: in the numbers and in one log line, never a word of the body."""

import json
import re
from functools import partial

import pytest
from served import path_of, request_of

from hooks import logs
from hooks.service import create_service
from hooks.settings import Settings

READ = "pattern/pain_falls_after_the_reduction"
LOCAL = {"coding": [{"system": "urn:oid:1.2.3", "code": "301070"}]}
STU3 = {"org.oih-cds.fhirVersion": "STU3"}


@pytest.fixture
def client(tmp_path, log, monkeypatch):
    monkeypatch.setattr(logs, "configure", partial(logs.configure, stream=log))
    app = create_service(Settings(database_url=f"sqlite:///{tmp_path / 'store.sqlite3'}"))
    return app.test_client()


def numbers(client, name):
    """{labels: value} of one metric."""
    text = client.get("/metrics").text
    return {labels: float(value) for labels, value in re.findall(rf"^{name}\{{(.*?)\}} (\S+)$", text, re.MULTILINE)}


def lines(log, event):
    return [line for line in map(json.loads, log.getvalue().splitlines()) if line["event"] == event]


def damaged(kind, change, request=None):
    """The request with every resource of the type changed."""
    request = request or request_of(READ)
    for part in request["prefetch"].values():
        for entry in (part or {}).get("entry", ()):
            if entry["resource"]["resourceType"] == kind:
                change(entry["resource"])
    return request


def misspelt(order):
    repeat = order["dosageInstruction"][0]["timing"]["repeat"]
    repeat["frequencyy"] = repeat.pop("frequency")


def as_stu3():
    request = request_of(READ)
    request["extension"] |= STU3
    return request


@pytest.mark.parametrize(
    ("request_", "parts"),
    [
        (request_of(READ), {}),
        (as_stu3(), {"opioids": 5, "pain": 84}),
        (damaged("MedicationRequest", misspelt), {"opioids": 5}),
        (damaged("Observation", lambda score: score.update(status="done")), {"pain": 84}),
        (damaged("Observation", lambda score: score.update(code=LOCAL)), {"pain": 84}),
    ],
    ids=["as it is", "as STU3", "misspelt frequency", "unknown status", "local code"],
)
def test_a_record_of_which_nothing_could_be_read_is_a_number_and_a_warning(client, log, request_, parts):
    assert client.post(path_of(request_), json=request_).status_code == 200
    told = numbers(client, "oih_wholly_unread_total")
    assert told == {f'part="{part}",service="oih-patient-view"': 1 for part in parts}
    warned = lines(log, "nothing could be read")
    assert {line["key"]: line["count"] for line in warned} == parts
    assert {line["service"] for line in warned} <= {"oih-patient-view"}


def test_one_unread_order_among_read_ones_is_no_such_record(client):
    request = request_of(READ)
    misspelt(request["prefetch"]["medicationRequests"]["entry"][0]["resource"])
    client.post(path_of(request), json=request)
    assert numbers(client, "oih_wholly_unread_total") == {}
    assert numbers(client, "oih_unread_total") == {'kind="MedicationRequest",service="oih-patient-view"': 1}
