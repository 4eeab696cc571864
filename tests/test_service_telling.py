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
DRUG = {"coding": [{"system": "urn:oid:1.2.3", "code": "4711"}]}  # no name: what it is, nobody here knows
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
        (damaged("MedicationRequest", lambda order: order.update(medicationCodeableConcept=DRUG)), {"opioids": 5}),
        (damaged("Observation", lambda score: score.update(status="done")), {"pain": 84}),
        (damaged("Observation", lambda score: score.update(code=LOCAL)), {"pain": 84}),
    ],
    ids=["as it is", "as STU3", "misspelt frequency", "local drug code", "unknown status", "local code"],
)
def test_a_record_of_which_nothing_could_be_read_is_a_number_and_a_warning(client, log, request_, parts):
    assert client.post(path_of(request_), json=request_).status_code == 200
    told = numbers(client, "oih_wholly_unread_total")
    assert told == {f'part="{part}",service="oih-patient-view"': 1 for part in parts}
    warned = lines(log, "nothing could be read")
    assert {line["key"]: line["count"] for line in warned} == parts
    assert {line["service"] for line in warned} <= {"oih-patient-view"}


def test_one_order_of_an_unclear_drug_among_read_ones_is_no_such_record(client):
    request = request_of(READ)
    request["prefetch"]["medicationRequests"]["entry"][0]["resource"]["medicationCodeableConcept"] = DRUG
    client.post(path_of(request), json=request)
    assert numbers(client, "oih_wholly_unread_total") == {}


def test_one_unread_order_among_read_ones_is_no_such_record(client):
    request = request_of(READ)
    misspelt(request["prefetch"]["medicationRequests"]["entry"][0]["resource"])
    client.post(path_of(request), json=request)
    assert numbers(client, "oih_wholly_unread_total") == {}
    assert numbers(client, "oih_unread_total") == {'kind="MedicationRequest",service="oih-patient-view"': 1}


# ------------------------------------------------------------------------------------------- one line a call

VIEW = "/cds-services/oih-patient-view"
INSTANCE = request_of(READ)["hookInstance"]


def without(*path):
    request = request_of(READ)
    place = request
    for step in path[:-1]:
        place = place[step]
    del place[path[-1]]
    return request


def test_a_line_names_the_service_and_joins_the_ehrs_own_log(client, log):
    for fixture in (READ, "co_rise/plain_on_order_sign"):
        request = request_of(fixture)
        client.post(path_of(request), json=request)
    told = [(line["service"], line["hook_instance"], line["status"]) for line in lines(log, "answered")]
    assert told == [
        ("oih-patient-view", INSTANCE, 200),
        ("oih-order-sign", request_of("co_rise/plain_on_order_sign")["hookInstance"], 200),
    ]


@pytest.mark.parametrize(
    ("sent", "status", "reason", "keys", "instance"),
    [
        (without("prefetch", "pain"), 412, "required", "pain", INSTANCE),
        (without("context", "userId"), 400, "structure", "context.userId", INSTANCE),
        (without("hookInstance"), 400, "structure", "hookInstance", None),
        (request_of(READ) | {"hookInstance": "Mary Smith 1950"}, 400, "structure", "hookInstance", None),
        (request_of(READ) | {"hookInstance": [INSTANCE]}, 400, "structure", "hookInstance", None),
        (request_of(READ) | {"prefetch": {"Mary Smith": 7}}, 400, "structure", "prefetch", INSTANCE),
        (request_of(READ) | {"extension": {"org.oih-cds.fhirVersion": "Mary"}}, 400, "not-supported", "org.oih-cds.fhirVersion", INSTANCE),
        (["Mary Smith"], 400, "structure", None, None),
    ],
)  # fmt: skip
def test_a_refused_call_is_told_by_key_and_reason_and_never_by_a_value(
    client, log, sent, status, reason, keys, instance
):
    assert client.post(VIEW, json=sent).status_code == status
    (line,) = lines(log, "answered")
    told = (line["service"], line["status"], line["reason"], line.get("keys"), line.get("hook_instance"))
    assert told == ("oih-patient-view", status, reason, keys, instance)
    assert "Mary" not in log.getvalue()
    assert "Mary" not in client.get("/metrics").text


def test_a_path_that_the_caller_made_up_is_in_no_line_and_no_label(client, log):
    for path in ("Mary-Smith", "Mary-Smith/feedback", "oih-patient-view/feedback"):
        client.post(f"/cds-services/{path}", json={"feedback": []})
    client.get("/Mary-Smith")
    client.post(VIEW, data=b"Mary", content_type="text/plain")
    told = [(line["service"], line["status"], line["reason"]) for line in lines(log, "answered")]
    assert told == [
        ("no service", 404, "not-found"),
        ("no service/feedback", 404, "not-found"),
        ("oih-patient-view/feedback", 400, "structure"),
        ("none", 404, "not-found"),
        ("oih-patient-view", 415, "not-supported"),
    ]
    assert "Mary" not in log.getvalue()
    counted = numbers(client, "oih_requests_total")
    assert counted['endpoint="no service",status="404"'] == 1
    assert counted['endpoint="oih-patient-view",status="415"'] == 1
    assert "Mary" not in str(counted)


def test_what_cannot_be_had_is_counted_by_service_and_key(client):
    client.post(VIEW, json=without("prefetch", "pain"))
    assert numbers(client, "oih_missing_data_total") == {'key="pain",service="oih-patient-view"': 1}
