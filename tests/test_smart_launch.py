"""The SMART launch against a real record system of the tests' own: both ways in, both kinds of client, every forgery."""

import httpx
import pytest
from page_service import launched_service
from served import post, request_of

LAUNCH = {"launch": "from-the-chart"}
OPENID = "openid fhirUser patient/*.rs"


@pytest.fixture
def port(free_port):
    return free_port()


def browser(base):
    return httpx.Client(base_url=base, follow_redirects=True, timeout=60, trust_env=False)


def launch(client, system, **more):
    return client.get("/launch", params={"iss": system.base, **LAUNCH, **more})


@pytest.mark.parametrize("confidential", [False, True], ids=["public", "private_key_jwt"])
def test_a_launch_from_the_chart_shows_the_patients_page(tmp_path, port, confidential):
    with launched_service(tmp_path, port, confidential=confidential) as (base, system), browser(base) as client:
        page = launch(client, system)
    assert page.status_code == 200, page.text
    assert "Possible OIH pattern" in page.text
    assert "60 to 180 MME/day" in page.text
    assert system.asked_to_authorise[0]["launch"] == "from-the-chart"
    assert "launch" in system.asked_to_authorise[0]["scope"].split()


def test_a_standalone_launch_asks_for_a_patient_to_be_chosen(tmp_path, port):
    with launched_service(tmp_path, port) as (base, system), browser(base) as client:
        chosen = client.get("/launch")
        page = client.get("/launch", params={"iss": system.base})
    assert system.base in chosen.text
    assert "Possible OIH pattern" in page.text
    assert "launch" not in system.asked_to_authorise[0]


def test_with_openid_the_identity_is_checked_and_the_page_shown(tmp_path, port):
    with launched_service(tmp_path, port, scopes=OPENID) as (base, system), browser(base) as client:
        page = launch(client, system)
    assert page.status_code == 200
    assert system.asked_to_authorise[0]["nonce"]


@pytest.mark.parametrize(
    "identity",
    [{"nonce": "of another launch"}, {"aud": "somebody else"}, {"iss": "https://other.example"}, {"exp": 1}],
    ids=lambda twisted: next(iter(twisted)),
)
def test_a_false_identity_ends_the_launch(tmp_path, port, identity):
    with (
        launched_service(tmp_path, port, scopes=OPENID, twist={"identity": identity}) as (base, system),
        browser(base) as client,
    ):
        page = launch(client, system)
    refused(page, 502)
    assert system.asked("Observation") == []


@pytest.mark.parametrize(
    "token",
    [
        {"patient": None},
        {"patient": "../Patient/2"},
        {"access_token": "a\nb"},
        {"token_type": "mac"},
        {"id_token": None},
    ],
    ids=["no patient", "a path for a patient", "a line break", "no bearer", "no identity"],
)
def test_a_token_answer_that_cannot_be_relied_on_ends_the_launch(tmp_path, port, token):
    with (
        launched_service(tmp_path, port, scopes=OPENID, twist={"token": token}) as (base, system),
        browser(base) as client,
    ):
        refused(launch(client, system), 502)
    assert system.asked("Patient") == []


@pytest.mark.parametrize(
    "iss", ["https://evil.example/fhir", "http://127.0.0.1:1/fhir", "nonsense", "", "http://user@x/"]
)
def test_a_system_that_is_not_registered_gets_no_request(tmp_path, port, iss):
    with launched_service(tmp_path, port) as (base, system), browser(base) as client:
        refused(client.get("/launch", params={"iss": iss, **LAUNCH}), 403)
        # Neither under another spelling of its own address.
        refused(client.get("/launch", params={"iss": f"{system.base}/../fhir2", **LAUNCH}), 403)
    assert system.calls == []


def test_a_forged_state_and_another_browser_are_refused(tmp_path, port):
    with launched_service(tmp_path, port) as (base, system), browser(base) as victim, browser(base) as attacker:
        victim.follow_redirects = False
        leaving = launch(victim, system).headers["Location"]
        arriving = httpx.get(leaving, trust_env=False).headers["Location"]
        refused(attacker.get(arriving), 400)
        name = arriving.partition("state=")[2].partition(".")[0]
        refused(victim.get(f"/smart/callback?code=x&state={name}.forged"), 400)
        # The forged answer used the launch up: the right one comes too late, and no token was asked for.
        refused(victim.get(arriving), 400)
        assert not [call for call in system.calls if call.path == "/token"]


def test_an_answer_is_taken_once(tmp_path, port):
    with launched_service(tmp_path, port) as (base, system), browser(base) as client:
        client.follow_redirects = False
        arriving = httpx.get(launch(client, system).headers["Location"], trust_env=False).headers["Location"]
        assert client.get(arriving).status_code == 303
        refused(client.get(arriving), 400)


def test_a_replayed_code_is_refused_by_the_record_system_and_told(tmp_path, port):
    with launched_service(tmp_path, port) as (base, system), browser(base) as client:
        client.follow_redirects = False
        arriving = httpx.get(launch(client, system).headers["Location"], trust_env=False).headers["Location"]
        system.codes.clear()
        refused(client.get(arriving), 502)


def test_the_answer_of_another_authorisation_server_is_refused(tmp_path, port):
    twist = {"back": {"iss": "https://other.example"}}
    with launched_service(tmp_path, port, twist=twist) as (base, system), browser(base) as client:
        refused(launch(client, system), 502)
        assert not [call for call in system.calls if call.path == "/token"]


@pytest.mark.parametrize(
    "configuration",
    [
        {"code_challenge_methods_supported": ["plain"]},
        {"token_endpoint": "http://evil.example/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": None},
    ],
    ids=["no S256", "no TLS", "no address", "no endpoint"],
)
def test_an_unusable_configuration_is_told_before_anybody_leaves(tmp_path, port, configuration):
    twist = {"configuration": configuration}
    with launched_service(tmp_path, port, twist=twist) as (base, system), browser(base) as client:
        refused(launch(client, system), 502)
    assert system.asked_to_authorise == []


def test_the_record_system_may_say_no(tmp_path, port):
    with launched_service(tmp_path, port) as (base, system), browser(base) as client:
        client.follow_redirects = False
        state = launch(client, system).headers["Location"].partition("state=")[2].partition("&")[0]
        refused(client.get(f"/smart/callback?error=access_denied&state={state}"), 403)


def test_two_charts_in_two_tabs_never_change_places(tmp_path, port):
    with launched_service(tmp_path, port) as (base, system), browser(base) as client:
        first = launch(client, system)
        system.patient = "somebody-else"
        second = launch(client, system)
        again = client.get(first.url)
    assert first.url != second.url
    assert again.status_code == 200
    assert "rises-with-each-increase" in again.text
    refused(second, 502)  # the record system has no such patient


def test_the_page_of_a_session_opens_for_nobody_else(tmp_path, port):
    with launched_service(tmp_path, port) as (base, system), browser(base) as client, browser(base) as stranger:
        url = launch(client, system).url
        assert stranger.get(url).status_code == 404
        assert stranger.get(f"{url}/resource?ref=Patient/rises-with-each-increase").status_code == 404
        assert client.get(f"{url}/resource?ref=Patient/rises-with-each-increase").status_code == 200
        for guess in ("x", "a" * 16, "../launch", "%00"):
            assert stranger.get(f"/smart/page/{guess}").status_code == 404


def test_tokens_stay_on_the_server(tmp_path, port):
    with launched_service(tmp_path, port) as (base, system), browser(base) as client:
        page = launch(client, system)
        cookies = "".join(f"{each.name}{each.value}" for each in client.cookies.jar)
        stored = b"".join(path.read_bytes() for path in tmp_path.glob("store.sqlite3*"))
    assert "canary-token" not in page.text + cookies
    assert b"canary-token" not in stored
    assert b"rises-with-each-increase" not in stored


def test_the_cookie_is_closed_to_scripts_and_lives_as_long_as_the_session(tmp_path, port):
    with launched_service(tmp_path, port) as (base, system), browser(base) as client:
        client.follow_redirects = False
        cookie = launch(client, system).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Max-Age=600" in cookie


def test_a_failed_read_is_a_page_that_names_what_is_missing(tmp_path, port):
    with launched_service(tmp_path, port) as (base, system), browser(base) as client:
        system.faults["Observation"] = lambda call: call.json({"resourceType": "OperationOutcome"}, 500)
        page = launch(client, system)
    refused(page, 502)
    assert "prefetch.pain" in page.text


def test_public_keys_are_published_and_no_private_one(tmp_path, port):
    with launched_service(tmp_path, port, confidential=True) as (base, _), browser(base) as client:
        keys = client.get("/smart/jwks.json").json()["keys"]
    assert [(each["kid"], each["alg"]) for each in keys] == [("k1", "ES384")]
    assert "d" not in keys[0]


def test_the_card_carries_the_launch_address(tmp_path, port):
    request = request_of("pattern/pain_rises_with_each_increase")
    with launched_service(tmp_path, port) as (base, _), browser(base) as client:
        links = [link for card in post(client, request).json()["cards"] for link in card["links"]]
    assert {"url": f"{base}/launch", "type": "smart"}.items() <= next(
        {k: v for k, v in link.items() if k != "label"} for link in links if link["type"] == "smart"
    ).items()


def refused(page, status):
    """A plain page in our own words that names the next step."""
    assert page.status_code == status, page.text
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "start again from there" in page.text
    assert "canary-token" not in page.text
