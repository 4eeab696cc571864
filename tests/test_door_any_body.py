"""Whatever a client sends, the answer is one of nine statuses and never a fault of ours; nothing of it reaches a log."""

import copy
import json
import uuid

import pytest
from fhir_server import TOKEN, FhirServer, serving
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from served import path_of, post, request_of, served

from hooks.app import create_app
from hooks.settings import Settings

ALLOWED = {200, 400, 401, 404, 405, 412, 413, 415}
FIXTURES = ["co_rise/plain_on_patient_view", "co_rise/plain_on_order_sign", "co_rise/plain_on_order_select"]
ACUTE = "founding/liang_2017_reading_a_day_1_18h"
SERVICES = ["oih-patient-view", "oih-order-select", "oih-order-sign", "none"]


@pytest.fixture(scope="module")
def app(knowledge):
    return create_app(Settings(), known=knowledge)


def check(answer):
    assert answer.status_code in ALLOWED, answer.text
    body = answer.get_json()
    if answer.status_code == 200:
        assert isinstance(body["cards"], list)
    else:
        assert body["resourceType"] == "OperationOutcome"
        assert body["issue"]


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    | st.sampled_from(["", "2026-08-30", "Patient/1", "Bundle", "MedicationRequest", "9" * 400, "1e999", "0001-01-01"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(
    service=st.sampled_from(SERVICES),
    body=st.binary(max_size=200) | _JSON.map(lambda value: json.dumps(value).encode()),
)
def test_any_bytes(service, body, app):
    check(app.test_client().post(f"/cds-services/{service}", data=body, content_type="application/json"))


@settings(max_examples=80, deadline=None)
@given(
    service=st.sampled_from(SERVICES[:3]),
    context=st.dictionaries(
        st.sampled_from(["userId", "patientId", "selections", "draftOrders", "encounterId"]), _JSON
    ),
    prefetch=st.dictionaries(st.sampled_from(["patient", "pain", "medicationRequests", "other"]), _JSON),
    extension=st.dictionaries(st.sampled_from(["org.oih-cds.asOf", "org.oih-cds.fhirVersion"]), _JSON),
)
def test_any_envelope(service, context, prefetch, extension, app):
    body = {
        "hook": service.removeprefix("oih-"),
        "hookInstance": str(uuid.UUID(int=1)),
        "context": {"userId": "Practitioner/1", "patientId": "1"} | context,
        "prefetch": prefetch,
        "extension": extension,
    }
    check(app.test_client().post(f"/cds-services/{service}", json=body))


def places(value, path=()):
    """Every place in a document, as the keys that lead to it."""
    for key, each in value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ()):
        yield (*path, key)
        yield from places(each, (*path, key))


_PLACES = {fixture: sorted(places(request_of(fixture)), key=str) for fixture in FIXTURES}


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    fixture=st.sampled_from(FIXTURES),
    changes=st.lists(st.tuples(st.integers(0, 10**6), st.none() | _JSON), min_size=1, max_size=4),
)
def test_any_damage_to_a_real_request(fixture, changes, app):
    request = copy.deepcopy(request_of(fixture))
    for where, value in changes:
        *path, last = _PLACES[fixture][where % len(_PLACES[fixture])]
        inner = request
        try:
            for key in path:
                inner = inner[key]
            inner[last] = value
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change has taken this place away
    check(app.test_client().post(path_of(request_of(fixture)), json=request))


@settings(max_examples=30, deadline=None)
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "BREW"]),
    path=st.sampled_from(
        ["/cds-services", "/cds-services/oih-patient-view", "/cds-services/x", "/openapi.json", "/x", "/"]
    ),
    kind=st.sampled_from(["application/json", "text/plain", "", "application/json; charset=latin-1", "a/b/c", ";"]),
)
def test_any_method_path_and_type(method, path, kind, app):
    answer = app.test_client().open(path, method=method, data=b"{}", content_type=kind)
    assert answer.status_code in ALLOWED


def with_numbers(value, number):
    """The document with this number in the place of every number."""
    if isinstance(value, dict):
        return {key: with_numbers(each, number) for key, each in value.items()}
    if isinstance(value, list):
        return [with_numbers(each, number) for each in value]
    return number if isinstance(value, int | float) and not isinstance(value, bool) else value


@pytest.mark.parametrize("number", [0, -1, -1e300, 1e-300, 0.1, 1e5, 999_999, 1e9, 1e16, 1e22, 1e300, 2**64 - 1])
@pytest.mark.parametrize("part", ["medicationRequests", "medicationAdministrations", "pain", "vitals", "draftOrders"])
def test_absurd_numbers(part, number, app):
    request = copy.deepcopy(request_of(ACUTE if part == "medicationAdministrations" else FIXTURES[1]))
    place = request["context"] if part == "draftOrders" else request["prefetch"]
    place[part] = with_numbers(place[part], number)
    check(app.test_client().post(path_of(request), json=request))


# ------------------------------------------------------------------------------------------- logs


def planted(value, canary, keep):
    """The document with the canary in every text that is not one of `keep`."""
    if isinstance(value, dict):
        return {key: planted(each, canary, keep) for key, each in value.items()}
    if isinstance(value, list):
        return [planted(each, canary, keep) for each in value]
    return f"{value} {canary}" if isinstance(value, str) and value not in keep else value


def test_no_text_of_a_body_and_no_token_reaches_a_log(log, knowledge):
    canary, request = "CANARY-7f3a", request_of("co_rise/plain_on_order_sign")
    keep = {
        "order-sign",
        request["hookInstance"],
        request["context"]["userId"],
        "Bundle",
        "MedicationRequest",
        "Patient",
    }
    keep |= {request["context"]["patientId"], "org.oih-cds.asOf", request["extension"]["org.oih-cds.asOf"], "searchset"}
    statuses = set()
    fault = {"Observation": lambda call: call.json({"resourceType": "OperationOutcome", "text": canary}, 500)}
    with serving(FhirServer([], faults=fault)) as server, served(create_app(Settings(), known=knowledge)) as client:
        authorization = {
            "access_token": TOKEN,
            "token_type": "Bearer",
            "expires_in": 9,
            "scope": "patient/*.read",
            "subject": "us",
        }
        fetching = {"fhirServer": server.base, "fhirAuthorization": authorization, "prefetch": {}}
        for sent in (
            planted(request, canary, keep),
            planted(request, canary, keep) | fetching,
            {**request, **fetching},
            {**request, "hookInstance": canary},
            {**request, "context": canary},
            {**request, canary: canary},
            {**request, "extension": {"org.oih-cds.asOf": canary}},
        ):
            statuses.add(
                post(client, {**sent, "hook": "order-sign"}, headers={"Authorization": f"Bearer {canary}"}).status_code
            )
        client.post(f"/cds-services/{canary}", json=request)
        client.post(
            "/cds-services/oih-order-sign",
            content=f'{{"{canary}": 1, "{canary}": 1}}',
            headers={"Content-Type": "application/json"},
        )
    assert statuses <= ALLOWED
    assert {400, 412} <= statuses
    assert '"event": "fetched"' in log.getvalue()
    for secret in (canary, TOKEN, request["context"]["patientId"]):
        assert secret not in log.getvalue()


def test_a_fault_of_ours_is_logged_by_place_and_not_by_value(log, knowledge):
    def dispatch(evaluated):
        raise ValueError(f"CANARY {evaluated.request.patient_id}")

    with served(create_app(Settings(), known=knowledge, dispatch=dispatch)) as client:
        assert post(client, request_of(FIXTURES[0])).status_code == 500
    line = json.loads(log.getvalue().strip().splitlines()[-1])
    assert (line["event"], line["error"], line["line"].partition(":")[0]) == (
        "unexpected error",
        "ValueError",
        "dispatch",
    )
    assert "CANARY" not in log.getvalue()
