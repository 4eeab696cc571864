"""The service as a client meets it, over a real socket: what is answered, with which status, and what never is."""

import copy
import json

import pytest
from served import issues_of, path_of, post, request_of, served

from hooks.app import create_app
from hooks.refusals import InvalidAnswer
from hooks.services import all_services
from hooks.settings import Settings
from hooks.web import Web

PATTERN = "pattern/pain_rises_with_each_increase"
SIGN = "orders/raised_again"
SELECT = "orders/raised_again_on_select"
SANDBOX = "https://sandbox.cds-hooks.org"


@pytest.fixture(scope="module")
def client(knowledge):
    web = Web()
    with served(create_app(Settings(cors_origins=(SANDBOX,)), known=knowledge, web=web)) as made:
        yield made
    web.close()


def changed(fixture, change):
    request = copy.deepcopy(request_of(fixture))
    change(request)
    return request


# ------------------------------------------------------------------------------------------- discovery


def test_discovery_lists_three_services_with_ids_of_their_own(client):
    answer = client.get("/cds-services")
    services = answer.json()["services"]
    assert answer.status_code == 200
    assert {each["id"]: each["hook"] for each in services} == {
        "oih-patient-view": "patient-view",
        "oih-order-select": "order-select",
        "oih-order-sign": "order-sign",
    }
    for each in services:
        assert each["title"]
        assert each["description"]
        assert each["version"] == "2.0.1"
        assert "silence is not clearance" in each["usageRequirements"]
        assert each["prefetch"]["patient"] == "Patient/{{context.patientId}}"


def test_every_discovered_id_answers_and_no_other_does(client):
    for service in client.get("/cds-services").json()["services"]:
        assert issues_of(client.post(f"/cds-services/{service['id']}", json={}))[0][0] == "required"
    for other in ("oih", "oih-patient-view-2", "OIH-PATIENT-VIEW", "..", "%00"):
        answer = client.post(f"/cds-services/{other}", json=request_of(PATTERN))
        assert answer.status_code in (404, 405)


def test_no_path_is_answered_by_a_redirect(client):
    for path in ("/cds-services/", "//cds-services", "/cds-services//", "/"):
        assert client.get(path).status_code == 404


# ------------------------------------------------------------------------------------------- answers


def test_a_pattern_is_answered_with_cards(client):
    answer = post(client, request_of(PATTERN))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert [each["indicator"] for each in answer.json()["cards"]]


def test_the_same_request_gives_the_same_bytes(client):
    assert post(client, request_of(PATTERN)).content == post(client, request_of(PATTERN)).content


def test_nothing_to_say_is_an_empty_list(client):
    assert post(client, request_of("too_little/never_had_an_opioid")).json() == {"cards": []}


@pytest.mark.parametrize("fixture", [PATTERN, SIGN, SELECT])
def test_no_element_of_an_answer_is_empty(fixture, client):
    def walk(value, path):
        assert value not in (None, "", [], {}), path
        for key, each in (
            value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ())
        ):
            walk(each, f"{path}.{key}")

    walk(post(client, request_of(fixture)).json(), "answer")
    walk(client.get("/cds-services").json(), "discovery")


def test_an_invalid_answer_of_ours_is_held_back(knowledge):
    def dispatch(_evaluated):
        raise InvalidAnswer("our own answer is invalid at cards.0.summary")

    with served(create_app(Settings(), known=knowledge, dispatch=dispatch)) as broken:
        answer = post(broken, request_of(PATTERN))
    assert answer.status_code == 500
    assert issues_of(answer) == [("exception", None)]


def test_a_fault_of_ours_is_no_empty_list_and_quotes_nothing(knowledge):
    def dispatch(evaluated):
        raise KeyError(f"about {evaluated.request.patient_id}")

    with served(create_app(Settings(), known=knowledge, dispatch=dispatch)) as broken:
        answer = post(broken, request_of(PATTERN))
    assert answer.status_code == 500
    assert issues_of(answer) == [("exception", None)]
    assert request_of(PATTERN)["context"]["patientId"] not in answer.text


# ------------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize("wrong", ["patient-view", "order-sign", "appointment-book", "Patient-View", ""])
def test_a_hook_that_the_id_does_not_serve_is_400(wrong, client):
    request = changed(SELECT, lambda body: body.update(hook=wrong))
    answer = client.post("/cds-services/oih-order-select", json=request)
    assert answer.status_code == 400
    assert issues_of(answer)[0][1] == "hook"


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"", {}, 400, "structure"),
        (b"{", {}, 400, "structure"),
        (b'{"hook": NaN}', {}, 400, "structure"),
        (b'{"hook": "a", "hook": "patient-view"}', {}, 400, "structure"),
        (b"[" * 100_000, {}, 400, "structure"),
        (b"[]", {}, 400, "structure"),
        (b"{}", {"Content-Type": "text/plain"}, 415, "not-supported"),
        (b"{}", {"Content-Type": "application/x-www-form-urlencoded"}, 415, "not-supported"),
        (b"{}", {"Content-Type": "application/json; charset=utf-16"}, 415, "not-supported"),
        (b"{}", {"Content-Encoding": "gzip"}, 415, "not-supported"),
        (b"{}", {"Content-Type": ""}, 415, "not-supported"),
        (b" " * 16_000_001, {}, 413, "too-long"),
    ],
    ids=["empty", "cut", "NaN", "key twice", "deep", "list", "text", "form", "utf-16", "gzip", "no type", "large"],
)
def test_what_is_no_request_is_refused(body, headers, status, code, client):
    sent = {"Content-Type": "application/json"} | headers
    answer = client.post("/cds-services/oih-patient-view", content=body, headers=sent)
    assert (answer.status_code, issues_of(answer)[0][0]) == (status, code)


def test_a_charset_of_utf_8_is_taken(client):
    sent = {"Content-Type": "application/json; charset=UTF-8"}
    answer = client.post(path_of(request_of(PATTERN)), content=json.dumps(request_of(PATTERN)), headers=sent)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/cds-services", {"GET", "HEAD", "OPTIONS"}),
        ("GET", "/cds-services/oih-patient-view", {"POST", "OPTIONS"}),
        ("PUT", "/cds-services/oih-patient-view", {"POST", "OPTIONS"}),
        ("DELETE", "/cds-services", {"GET", "HEAD", "OPTIONS"}),
        ("PATCH", "/openapi.json", {"GET", "HEAD", "OPTIONS"}),
    ],
)
def test_another_method_is_405_with_those_that_are_allowed(method, path, allowed, client):
    answer = client.request(method, path)
    assert answer.status_code == 405
    assert issues_of(answer) == [("not-supported", None)]
    assert set(answer.headers["Allow"].split(", ")) == allowed


def test_every_issue_of_a_body_is_named_with_its_path(client):
    answer = client.post("/cds-services/oih-order-sign", json={"hook": "order-sign", "context": {"patientId": 7}})
    assert issues_of(answer) == [("required", "hookInstance")]
    body = {"hook": "order-sign", "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea", "context": {"patientId": 7}}
    answer = client.post("/cds-services/oih-order-sign", json=body)
    assert sorted(path for _, path in issues_of(answer)) == [
        "context.draftOrders",
        "context.patientId",
        "context.userId",
    ]


@pytest.mark.parametrize(
    ("change", "paths"),
    [
        (lambda body: body.pop("prefetch"), ["prefetch.patient", "prefetch.pain", "prefetch.medicationRequests"]),
        (lambda body: body["prefetch"].pop("pain"), ["prefetch.pain"]),
        (lambda body: body["prefetch"].pop("patient"), ["prefetch.patient"]),
        (lambda body: body["prefetch"].update(patient=None), ["prefetch.patient"]),
        (
            lambda body: [body["prefetch"].pop(key) for key in list(body["prefetch"]) if key.startswith("medication")],
            ["prefetch.medicationRequests", "prefetch.medicationStatements", "prefetch.medicationDispenses"],
        ),
        (
            lambda body: body["prefetch"].update(
                pain={"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "timeout"}]}
            ),
            ["prefetch.pain"],
        ),
    ],
    ids=["no prefetch", "no pain", "no patient", "patient null", "no medication", "pain failed"],
)
def test_a_required_part_that_cannot_be_had_is_412_naming_the_key(change, paths, client):
    answer = post(client, changed(PATTERN, change))
    assert answer.status_code == 412
    found = issues_of(answer)
    assert {code for code, _ in found} == {"required"}
    assert [path for _, path in found][: len(paths)] == paths


@pytest.mark.parametrize("empty", [None, {"resourceType": "Bundle", "type": "searchset"}], ids=["null", "empty Bundle"])
def test_a_search_without_a_result_is_evaluated(empty, client):
    answer = post(client, changed(PATTERN, lambda body: body["prefetch"].update(pain=empty)))
    assert answer.status_code == 200


def test_one_medication_key_is_enough(client):
    def only_requests(body):
        for key in ("medicationStatements", "medicationDispenses", "medicationAdministrations"):
            body["prefetch"].pop(key)

    assert post(client, changed(PATTERN, only_requests)).status_code == 200


def test_an_optional_part_that_failed_is_named_on_a_card(client):
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "timeout"}]}
    request = changed("too_little/never_had_an_opioid", lambda body: body["prefetch"].update(conditions=outcome))
    with_opioid = changed("alternatives/treated_flares", lambda body: body["prefetch"].update(conditions=outcome))
    assert post(client, request).status_code == 200
    cards = post(client, with_opioid).json()["cards"]
    assert [each["indicator"] for each in cards] == ["info"]
    assert "condition" in (cards[0]["summary"] + cards[0]["detail"]).lower()


@pytest.mark.parametrize("key", ["patient", "patientId"])
def test_another_patient_than_the_contexts_is_400(key, client):
    def swap(body):
        if key == "patient":
            body["prefetch"]["patient"]["id"] = "somebody-else"
        else:
            body["context"]["patientId"] = "somebody-else"

    answer = post(client, changed(PATTERN, swap))
    assert answer.status_code == 400
    assert issues_of(answer) == [("business-rule", "prefetch.patient")]


# ------------------------------------------------------------------------------------------- order hooks


@pytest.mark.parametrize("fixture", [SIGN, SELECT])
def test_a_draft_without_any_opioid_is_answered_before_any_data_is_asked_for(fixture, client):
    def other_drug(body):
        body.pop("prefetch")
        draft = body["context"]["draftOrders"]["entry"][0]["resource"]
        coding = {
            "system": "http://www.nlm.nih.gov/research/umls/rxnorm",
            "code": "197361",
            "display": "amlodipine 5 mg",
        }
        draft["medicationCodeableConcept"] = {"coding": [coding], "text": "amlodipine 5 mg oral tablet"}

    assert post(client, changed(fixture, other_drug)).json() == {"cards": []}
    assert post(client, changed(fixture, lambda body: body.pop("prefetch"))).status_code == 412


def test_no_draft_at_all_is_no_opioid(client):
    request = changed(SIGN, lambda body: body["context"]["draftOrders"].update(entry=[]))
    assert post(client, request).json() == {"cards": []}


def test_a_draft_that_cannot_be_read_is_not_taken_for_another_drug(client):
    def unreadable(body):
        body.pop("prefetch")
        draft = body["context"]["draftOrders"]["entry"][0]["resource"]
        draft.pop("medicationCodeableConcept")
        draft["medicationReference"] = {"reference": "Medication/not-sent"}

    assert post(client, changed(SIGN, unreadable)).status_code == 412


def test_only_the_selected_draft_counts(client):
    def unselected(body):
        entries = body["context"]["draftOrders"]["entry"]
        other = copy.deepcopy(entries[0])
        other["resource"]["id"] = "draft-other"
        other["resource"]["medicationCodeableConcept"] = {"text": "amlodipine 5 mg oral tablet"}
        entries.append(other)
        body["context"]["selections"] = ["MedicationRequest/draft-other"]

    assert post(client, request_of(SELECT)).json()["cards"]
    assert post(client, changed(SELECT, unselected)).json() == {"cards": []}


def test_a_selection_of_no_draft_is_400_and_not_silence(client):
    request = changed(SELECT, lambda body: body["context"].update(selections=["MedicationRequest/not-there"]))
    answer = post(client, request)
    assert answer.status_code == 400
    assert issues_of(answer) == [("structure", "context.selections[0]")]


def test_an_order_that_is_signed_again_is_evaluated_like_a_draft(client):
    def signed(body):
        body["context"]["draftOrders"]["entry"][0]["resource"]["status"] = "active"

    assert post(client, changed(SIGN, signed)).json()["cards"]


# ------------------------------------------------------------------------------------------- headers, browsers, OpenAPI


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/cds-services"),
        ("OPTIONS", "/cds-services"),
        ("POST", "/cds-services/oih-patient-view"),
        ("POST", "/cds-services/none"),
        ("PUT", "/cds-services"),
        ("GET", "/openapi.json"),
        ("GET", "/nowhere"),
    ],
)
def test_every_answer_is_json_that_nobody_keeps(method, path, client):
    answer = client.request(method, path)
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in answer.headers


def preflight(client, path, origin):
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    return client.options(path, headers=asked)


@pytest.mark.parametrize("path", ["/cds-services", "/cds-services/oih-patient-view", "/cds-services/oih-order-sign"])
def test_a_listed_browser_client_may_call(path, client):
    answer = preflight(client, path, SANDBOX)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == SANDBOX
    assert {"authorization", "content-type"} <= {
        each.strip().lower() for each in answer.headers["Access-Control-Allow-Headers"].split(",")
    }
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert client.get("/cds-services", headers={"Origin": SANDBOX}).headers["Access-Control-Allow-Origin"] == SANDBOX


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", SANDBOX + ".evil.example", "http://sandbox.cds-hooks.org"]
)
def test_no_other_browser_client_may(origin, client):
    for answer in (
        preflight(client, "/cds-services/oih-patient-view", origin),
        client.get("/cds-services", headers={"Origin": origin}),
    ):
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_the_openapi_document_names_every_service(client):
    document = client.get("/openapi.json").json()
    assert set(document["paths"]) >= {"/cds-services", *(f"/cds-services/{each}" for each in all_services())}
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert "200" in operation["responses"], path


@pytest.mark.parametrize("base", ["", "/oih", "/a/b"])
def test_the_path_of_the_public_url_is_served_whether_the_proxy_strips_it_or_not(base, knowledge):
    settings = Settings(public_url=f"https://cds.example.org{base}")
    with served(create_app(settings, known=knowledge)) as behind:
        assert behind.get("/cds-services").status_code == 200
        assert behind.get(f"{base}/cds-services").status_code == 200
        assert behind.get(f"{base}x/cds-services").status_code == 404
        assert behind.post(f"{base}/cds-services").status_code == 405
