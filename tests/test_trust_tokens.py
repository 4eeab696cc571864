"""Only a caller who proves who he is gets in; whoever forges a token learns nothing."""

import json
import threading

import pytest
import time_machine
from tokens import FORGED, ISS, KEYS, PATH, PUBLIC, RSA_KEY, now, token

from hooks import issuers
from hooks.refusals import Unauthenticated
from hooks.settings import Settings
from hooks.store import open_store
from hooks.store.tokens import UsedTokens
from hooks.trust import Gate
from hooks.web import Web

TENANT = "north"


@pytest.fixture(scope="module")
def used(tmp_path_factory):
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('store') / 'tokens.sqlite3'}")
    yield UsedTokens(store)
    store.dispose()


def gate(used, folder, **row):
    rows = [{"iss": ISS, "jwks": KEYS, "fhir_servers": ["https://ehr.example.org/fhir"]} | row]
    path = folder / "issuers.json"
    path.write_text(json.dumps({"issuer": rows}))
    settings = Settings(issuers=path, public_url=PUBLIC)
    return Gate(settings, issuers.load(settings), used, Web())


@pytest.mark.parametrize(
    "made",
    [
        lambda: token(),
        lambda: token(RSA_KEY, "RS384", "rsa"),
        lambda: token(aud=["https://other.example", PUBLIC + PATH]),
        lambda: token(nbf=now() - 300),
        lambda: token(header={"typ": "jwt"}),
    ],
    ids=["ES384", "RS384", "several aud", "nbf five minutes early", "typ in lower case"],
)
def test_a_known_callers_token_opens_the_door(made, used, tmp_path):
    assert gate(used, tmp_path).admit(f"Bearer {made()}", PATH).iss == ISS


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_token_does_not(name, used, tmp_path):
    reason, make = FORGED[name]
    forged = make()
    if name not in ("another tenant", "no tenant"):
        door = gate(used, tmp_path)
    else:
        door = gate(used, tmp_path, tenant=TENANT)
        assert door.admit(f"Bearer {token(tenant=TENANT)}", PATH).tenant == TENANT
    with pytest.raises(Unauthenticated) as refused:
        door.admit(forged, PATH)
    assert refused.value.reason == reason


@pytest.mark.parametrize(("late", "opens"), [(59, True), (61, False)])
def test_a_token_is_good_for_a_minute_after_its_end(late, opens, used, tmp_path):
    door = gate(used, tmp_path)
    made = token(iat=now() - 300, exp=now())
    with time_machine.travel(now() + late, tick=False):
        assert _opens(door, made) is opens


@pytest.mark.parametrize(("early", "opens"), [(59, True), (61, False)])
@pytest.mark.parametrize("claim", ["iat", "nbf"])
def test_a_clock_may_be_a_minute_ahead(claim, early, opens, used, tmp_path):
    door = gate(used, tmp_path)
    with time_machine.travel(now(), tick=False):
        assert _opens(door, token(**{claim: now() + early})) is opens


@pytest.mark.parametrize(("seconds", "opens"), [(3600, True), (3601, False)])
def test_a_token_lives_an_hour_at_most(seconds, opens, used, tmp_path):
    door = gate(used, tmp_path)
    with time_machine.travel(now(), tick=False):
        assert _opens(door, token(exp=now() + seconds)) is opens


def test_a_token_opens_once(used, tmp_path):
    door, made = gate(used, tmp_path), token()
    assert [_opens(door, made), _opens(door, made)] == [True, False]


def test_a_token_sent_a_hundred_times_at_once_opens_once(used, tmp_path):
    door, made, opened = gate(used, tmp_path), token(), []
    threads = [threading.Thread(target=lambda: opened.extend(_opens(door, made) for _ in range(10))) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(opened) == [False] * 99 + [True]


def test_a_client_that_retries_with_one_token_can_be_observed_instead(used, tmp_path, log):
    door, made = gate(used, tmp_path, replay="observe"), token()
    assert [_opens(door, made), _opens(door, made)] == [True, True]
    assert [json.loads(line)["event"] for line in log.getvalue().splitlines()] == ["token used again"]
    assert made not in log.getvalue()


def test_two_issuers_may_use_the_same_jti(used, tmp_path):
    assert used.seen("https://one.example", "same", now() + 60) is False
    assert used.seen("https://two.example", "same", now() + 60) is False


def test_a_configured_jku_may_be_named_by_a_token(used, tmp_path):
    jku = "https://ehr.example.org/keys.json"
    assert _opens(gate(used, tmp_path, jku=jku), token(header={"jku": jku}))
    assert not _opens(gate(used, tmp_path), token(header={"jku": jku}))


def test_issuers_without_a_store_for_used_tokens_are_refused_at_start(tmp_path):
    with pytest.raises(ValueError, match="used tokens"):
        gate(None, tmp_path)


def test_development_mode_asks_nobody(used):
    settings = Settings()
    assert Gate(settings, {}, None, Web()).admit(None, PATH).iss == ""


def _opens(door, made):
    try:
        door.admit(f"Bearer {made}", PATH)
    except Unauthenticated:
        return False
    return True
