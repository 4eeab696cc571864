"""With issuers configured, every path asks for a token, and a refusal tells nothing."""

import json

import pytest
from fhir_server import TOKEN, FhirServer, by_server, resources_of, serving
from served import issues_of, path_of, post, request_of, served
from tokens import FORGED, ISS, KEYS, PUBLIC, token

from hooks.app import create_app
from hooks.settings import Settings
from hooks.store import open_store
from hooks.store.tokens import UsedTokens

PATTERN = "pattern/pain_rises_with_each_increase"


@pytest.fixture(scope="module")
def used(tmp_path_factory):
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('store') / 'tokens.sqlite3'}")
    yield UsedTokens(store)
    store.dispose()


@pytest.fixture(scope="module")
def started(used, knowledge, tmp_path_factory):
    """A function that builds the service with one issuer; `row` changes his line, the rest are settings."""
    folder = tmp_path_factory.mktemp("issuers")

    def start(row=None, **more):
        path = folder / "issuers.json"
        listed = {"iss": ISS, "jwks": KEYS, "fhir_servers": ["https://ehr.example.org/fhir"], "tenant": "north"}
        path.write_text(json.dumps({"issuer": [listed | (row or {})]}))
        settings = Settings(issuers=path, public_url=PUBLIC, **{"allow_as_of": True, "fetch_seconds": 20} | more)
        return create_app(settings, used_tokens=used, known=knowledge)

    return start


@pytest.fixture(scope="module")
def client(started):
    with served(started()) as made:
        yield made


def signed(path, **changed):
    return {"Authorization": f"Bearer {token(aud=PUBLIC + path, **{'tenant': 'north'} | changed)}"}


def test_a_verified_caller_gets_cards(client):
    request = request_of(PATTERN)
    answer = post(client, request, headers=signed(path_of(request)))
    assert answer.status_code == 200
    assert answer.json()["cards"]


# No client can send a header that ends in a blank: that case is test_trust_tokens' alone.
@pytest.mark.parametrize("name", [each for each in FORGED if each != "no words"])
def test_a_forger_gets_a_bare_401_before_anything_is_read(name, client):
    made = FORGED[name][1]()
    headers = {} if made is None else {"Authorization": made}
    for body in (b"{", json.dumps(request_of(PATTERN)).encode()):
        sent = {"Content-Type": "application/json", **headers}
        answer = client.post("/cds-services/oih-patient-view", content=body, headers=sent)
        assert (answer.status_code, answer.content) == (401, b"")
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.headers["Cache-Control"] == "no-store"


def test_one_token_is_one_call(client):
    request = request_of("too_little/never_had_an_opioid")
    headers = signed(path_of(request))
    assert [post(client, request, headers=headers).status_code for _ in range(3)] == [200, 401, 401]


def test_a_token_for_one_service_opens_no_other(client):
    request = request_of(PATTERN)
    for path in ("/cds-services", "/cds-services/oih-order-sign", f"{path_of(request)}/feedback"):
        assert post(client, request, headers=signed(path)).status_code == 401


def test_who_has_no_token_does_not_learn_which_services_exist(client):
    assert client.post("/cds-services/none", json={}).status_code == 401
    assert client.post("/cds-services/none", json={}, headers=signed("/cds-services/none")).status_code == 404


def test_discovery_asks_for_a_token_unless_it_is_opened(client, started):
    assert client.get("/cds-services").status_code == 401
    assert client.get("/cds-services", headers=signed("/cds-services")).status_code == 200
    with served(started(open_discovery=True)) as opened:
        assert opened.get("/cds-services").status_code == 200
        assert opened.post("/cds-services/oih-patient-view", json={}).status_code == 401


def test_a_browser_may_ask_before_it_has_a_token(started):
    origin = "https://ehr.example.org"
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    with served(started(cors_origins=(origin,))) as opened:
        answer = opened.options("/cds-services/oih-patient-view", headers=asked)
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, origin)


# ------------------------------------------------------------------------------------------- what an issuer may do


def test_the_evaluation_date_is_ours_where_the_setting_does_not_give_it_away(started):
    request = request_of(PATTERN)
    with served(started(allow_as_of=False)) as strict:
        answer = post(strict, request, headers=signed(path_of(request)))
    assert answer.status_code == 400
    assert issues_of(answer) == [("not-supported", "extension.org.oih-cds.asOf")]
    assert "OIH_CDS_ALLOW_AS_OF" in answer.text


def test_so_is_the_fhir_version(started, client):
    request = request_of(PATTERN)
    request["extension"]["org.oih-cds.fhirVersion"] = "R4"
    answer = post(client, request, headers=signed(path_of(request)))
    assert answer.status_code == 400
    assert issues_of(answer) == [("not-supported", "extension.org.oih-cds.fhirVersion")]
    assert "OIH_CDS_ALLOW_FHIR_VERSION" in answer.text
    with served(started(allow_fhir_version=True)) as allowing:
        assert post(allowing, request, headers=signed(path_of(request))).status_code == 200


@pytest.mark.parametrize("value", [7, None, "yesterday", "R7"])
def test_an_extension_of_ours_that_says_nothing_is_400(value, started):
    request = request_of(PATTERN)
    with served(started(allow_fhir_version=True)) as allowing:
        for name in ("org.oih-cds.asOf", "org.oih-cds.fhirVersion"):
            answer = post(allowing, {**request, "extension": {name: value}}, headers=signed(path_of(request)))
            assert answer.status_code == (200 if value is None else 400)


def test_the_token_of_a_request_goes_only_to_a_server_of_its_issuer(started):
    request = request_of(PATTERN)
    with serving(FhirServer(resources_of(request))) as server:
        with served(started()) as strict:
            asked = by_server(request, server)
            assert post(strict, asked, headers=signed(path_of(request))).status_code == 412
            assert server.calls == []
        with served(started({"fhir_servers": [server.base]})) as listing:
            answer = post(listing, by_server(request, server), headers=signed(path_of(request)))
            assert answer.status_code == 200
            assert answer.content == post(listing, request, headers=signed(path_of(request))).content
        assert {call.headers["Authorization"] for call in server.calls} == {f"Bearer {TOKEN}"}


def test_a_site_reads_its_own_pain_codes(started, tmp_path):
    """The same scores under a code of the site: unknown to the service, until the issuer's file names it."""
    site = tmp_path / "pain_codes.csv"
    site.write_text("system,code,instrument,scale\nurn:oid:1.2.3,PAIN,site-nrs,0-10\n")
    request = request_of(PATTERN)
    for entry in request["prefetch"]["pain"]["entry"]:
        entry["resource"]["code"] = {"coding": [{"system": "urn:oid:1.2.3", "code": "PAIN"}]}
    answers = {}
    for name, row in (("without", {}), ("with", {"pain_codes": str(site)})):
        with served(started(row)) as one:
            answers[name] = post(one, request, headers=signed(path_of(request))).json()["cards"]
            discovered = one.get("/cds-services", headers=signed("/cds-services")).json()["services"][0]
            assert ("urn:oid:1.2.3|PAIN" in discovered["prefetch"]["pain"]) is (name == "with")
    assert len(answers["with"]) == 2
    assert answers["with"] != answers["without"]


def test_a_refused_call_is_logged_by_reason_without_its_token(client, log):
    made = token(tenant="other")
    client.get("/cds-services", headers={"Authorization": f"Bearer {made}"})
    (line,) = (each for each in map(json.loads, log.getvalue().splitlines()) if each["event"] == "call refused")
    assert line["reason"] == "audience"
    assert made not in log.getvalue()
