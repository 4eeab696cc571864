"""The same patient by prefetch or by FHIR server gets the same cards, and nobody else's record changes them."""

import copy
import json
import random

import pytest
from fhir_server import FhirServer, by_server, resources_of, serving
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from served import issues_of, post, request_of, served

from hooks.app import create_app
from hooks.settings import Settings
from hooks.web import Web

PATTERN = "pattern/pain_rises_with_each_increase"
SIGN = "orders/raised_again"
FIXTURES = [
    PATTERN,
    SIGN,
    "co_rise/plain_on_patient_view",
    "founding/liang_2017_reading_a_day_1_18h",
    "alternatives/broken_hip",
    "safety/breathing_slows",
    "what_was_sent/cannot_be_read",
]


@pytest.fixture(scope="module")
def web():
    made = Web()
    yield made
    made.close()


@pytest.fixture(scope="module")
def client(knowledge, web):
    with served(create_app(Settings(fetch_seconds=20), known=knowledge, web=web)) as made:
        yield made


@pytest.mark.parametrize("page", [200, 7])
@pytest.mark.parametrize("fixture", FIXTURES)
def test_both_doors_give_the_same_bytes(fixture, page, client):
    request = request_of(fixture)
    expected = post(client, request)
    assert expected.status_code == 200
    with serving(FhirServer(resources_of(request), page=page)) as server:
        assert post(client, by_server(request, server)).content == expected.content
        assert post(client, by_server(request, server, "pain", "conditions")).content == expected.content
    assert server.calls


def test_without_a_token_nothing_is_fetched(client):
    request = request_of(PATTERN)
    with serving(FhirServer(resources_of(request))) as server:
        asked = by_server(request, server, "pain")
        asked.pop("fhirAuthorization")
        assert post(client, asked).status_code == 412
    assert server.calls == []


def test_a_complete_request_is_not_fetched_again(client):
    request = request_of(PATTERN)
    with serving(FhirServer(resources_of(request))) as server:
        asked = {**by_server(request, server), "prefetch": request["prefetch"]}
        assert post(client, asked).content == post(client, request).content
    assert server.calls == []


def test_a_token_for_another_patient_is_not_used(client):
    request = request_of(PATTERN)
    with serving(FhirServer(resources_of(request))) as server:
        asked = by_server(request, server)
        asked["fhirAuthorization"]["patient"] = "somebody-else"
        answer = post(client, asked)
    assert answer.status_code == 412
    assert "another patient" in answer.text
    assert server.calls == []


@pytest.mark.parametrize("status", [401, 429, 500, 503])
def test_a_required_part_that_the_server_does_not_give_is_412(status, client):
    request = request_of(PATTERN)
    fault = {"Observation": lambda call: call.json({}, status)}
    with serving(FhirServer(resources_of(request), faults=fault)) as server:
        answer = post(client, by_server(request, server))
    assert answer.status_code == 412
    assert issues_of(answer) == [("required", "prefetch.pain")]
    assert str(status) in answer.text


def test_an_optional_part_that_the_server_does_not_give_is_named(client):
    request = request_of("co_rise/plain_on_patient_view")
    fault = {"Procedure": lambda call: call.json({}, 500)}
    with serving(FhirServer(resources_of(request), faults=fault)) as server:
        answer = post(client, by_server(request, server))
    assert answer.status_code == 200
    assert "procedure" in answer.text.lower()
    assert answer.content != post(client, request).content


def test_pain_cut_at_a_page_that_cannot_be_read_is_said(client):
    request = request_of(PATTERN)
    fault = {"Observation": lambda call: call.method == "GET" and call.json({}, 500)}
    with serving(FhirServer(resources_of(request), page=20, faults=fault)) as server:
        answer = post(client, by_server(request, server))
    assert answer.status_code == 200
    assert "pain" in answer.text
    assert answer.content != post(client, request).content


@pytest.mark.parametrize(
    "server",
    [
        "https://evil.example/fhir",
        "http://127.1:{port}/fhir",
        "http://2130706433:{port}/fhir",
        "http://0:{port}/fhir",
        "http://[::ffff:127.0.0.1]:{port}/fhir",
        "http://169.254.169.254/latest/meta-data",
    ],
)
def test_the_token_goes_to_no_server_that_is_not_listed(server, client):
    request = request_of(PATTERN)
    with serving(FhirServer(resources_of(request))) as canary:
        asked = by_server(request, canary)
        asked["fhirServer"] = server.format(port=canary.base.rpartition(":")[2].partition("/")[0])
        answer = post(client, asked)
    assert answer.status_code == 412
    assert "list of servers" in answer.text
    assert canary.calls == []


# ------------------------------------------------------------------------------------------- the lean profile


@pytest.fixture(scope="module")
def lean(knowledge, web):
    with served(create_app(Settings(prefetch="lean", fetch_seconds=20), known=knowledge, web=web)) as made:
        yield made


LEAN = ("patient", "encounters", "medicationRequests")
REST = (
    "medicationStatements", "medicationDispenses", "medicationAdministrations",
    "pain", "vitals", "labs", "conditions", "allergies", "procedures",
)  # fmt: skip


def test_the_lean_profile_fetches_the_rest_once_an_opioid_is_found(lean, client):
    for fixture in (PATTERN, SIGN):
        request = request_of(fixture)
        with serving(FhirServer(resources_of(request))) as server:
            assert post(lean, by_server(request, server, *REST)).content == post(client, request).content
        assert server.asked("Observation")


def test_the_lean_profile_fetches_nothing_for_a_patient_without_opioids(lean):
    request = request_of("too_little/never_had_an_opioid")
    with serving(FhirServer(resources_of(request))) as server:
        assert post(lean, by_server(request, server, *REST)).json() == {"cards": []}
    assert server.calls == []


def test_the_lean_profile_does_not_take_missing_orders_for_none(lean):
    request = request_of("too_little/never_had_an_opioid")
    request["prefetch"] = {key: request["prefetch"][key] for key in ("patient", "encounters")}
    assert post(lean, request).status_code == 412


# ------------------------------------------------------------------------------------------- other patients


def stranger(resource, number):
    """The same resource, of somebody else."""
    other = json.loads(json.dumps(resource))
    other["id"] = f"stranger-{number}"
    for name in ("subject", "patient"):
        if name in other:
            other[name] = {"reference": "Patient/somebody-else"}
    return other


@pytest.fixture(scope="module")
def expected(client):
    return {fixture: post(client, request_of(fixture)).content for fixture in (PATTERN, SIGN)}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fixture=st.sampled_from([PATTERN, SIGN]), seed=st.integers(0, 2**32), count=st.integers(1, 30))
def test_other_patients_resources_change_nothing(fixture, seed, count, client, expected):
    request, chance = copy.deepcopy(request_of(fixture)), random.Random(seed)
    keys = [key for key, value in request["prefetch"].items() if value and value.get("entry")]
    for number in range(count):
        entries = request["prefetch"][chance.choice(keys)]["entry"]
        chosen = chance.choice(entries)["resource"]
        entries.insert(chance.randrange(len(entries) + 1), {"resource": stranger(chosen, number)})
    assert post(client, request).content == expected[fixture]


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_the_order_of_entries_and_keys_changes_nothing(seed, client, expected):
    request, chance = copy.deepcopy(request_of(PATTERN)), random.Random(seed)
    keys = list(request["prefetch"])
    chance.shuffle(keys)
    request["prefetch"] = {key: request["prefetch"][key] for key in keys}
    for value in request["prefetch"].values():
        if value and "entry" in value:
            chance.shuffle(value["entry"])
    assert post(client, request).content == expected[PATTERN]
