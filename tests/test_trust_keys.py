"""An issuer's keys come from where our configuration says, and a forger cannot make us fetch them again and again."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from loopback import loopback
from tokens import EC_KEY, KEYS, RSA_KEY, SMALL, STRANGER, jwk

from hooks import issuers
from hooks.keys import KeyRing, parse_keys
from hooks.settings import Settings, SettingsError
from hooks.web import Web

NEW = {"keys": [jwk(STRANGER, "new", "ES384")]}


@pytest.fixture(scope="module")
def web():
    made = Web()
    yield made
    made.close()


class Clock:
    seconds = 0.0

    def __call__(self):
        return self.seconds


def ring(web, server, clock=None):
    return KeyRing(web, f"{server.base}/keys", (), 600.0, clock or Clock())


def serving(served):
    return loopback(lambda call: call.json(served["set"], kind="application/json"))


def test_keys_are_fetched_once_and_kept(web):
    with serving({"set": KEYS}) as server:
        keys = ring(web, server)
        assert [keys.find("ec", "ES384").kid for _ in range(50)] == ["ec"] * 50
    assert len(server.calls) == 1


def test_a_rotated_key_is_found_by_one_more_fetch(web):
    served, clock = {"set": KEYS}, Clock()
    with serving(served) as server:
        keys = ring(web, server, clock)
        assert keys.find("ec", "ES384") is not None
        served["set"] = NEW
        clock.seconds += 31
        assert keys.find("new", "ES384") is not None
        assert keys.find("ec", "ES384") is None
    assert len(server.calls) == 2


def test_a_thousand_unknown_keys_are_one_fetch(web):
    with serving({"set": KEYS}) as server:
        keys = ring(web, server)
        assert [keys.find(f"forged-{number}", "ES384") for number in range(1000)] == [None] * 1000
    assert len(server.calls) == 1


def test_after_a_first_fetch_that_failed_the_keys_are_asked_for_again_in_five_seconds(web):
    served, clock = {"set": {}}, Clock()
    with serving(served) as server:
        keys = ring(web, server, clock)
        assert keys.find("ec", "ES384") is None
        served["set"] = KEYS
        clock.seconds = 4.9
        assert keys.find("ec", "ES384") is None
        clock.seconds = 5
        assert keys.find("ec", "ES384") is not None
    assert len(server.calls) == 2


def test_while_one_caller_waits_for_the_key_server_the_others_go_on_with_the_keys_they_had(web):
    clock, asked, release = Clock(), threading.Event(), threading.Event()

    def answer(call):
        if clock.seconds:
            asked.set()
            release.wait(30)
        call.json(NEW if clock.seconds else KEYS)

    with loopback(answer) as server, ThreadPoolExecutor() as pool:
        keys = ring(web, server, clock)
        assert keys.find("ec", "ES384") is not None
        clock.seconds = 601
        first = pool.submit(keys.find, "ec", "ES384")
        assert asked.wait(30)
        others = [keys.find("ec", "ES384") for _ in range(7)]
        waiting = not first.done()
        release.set()
        assert waiting
        assert [key.kid for key in others] == ["ec"] * 7
        assert first.result() is None
        assert keys.find("ec", "ES384") is None


def test_keys_that_are_too_old_are_used_by_nobody_while_the_key_server_is_asked(web):
    clock, asked, release = Clock(), threading.Event(), threading.Event()

    def answer(call):
        if clock.seconds:
            asked.set()
            release.wait(30)
        call.json(NEW if clock.seconds else KEYS)

    with loopback(answer) as server, ThreadPoolExecutor() as pool:
        keys = ring(web, server, clock)
        assert keys.find("ec", "ES384") is not None
        clock.seconds = 86_401
        waiting = [pool.submit(keys.find, "ec", "ES384") for _ in range(4)]
        assert asked.wait(30)
        release.set()
        assert [each.result() for each in waiting] == [None] * 4


def test_a_key_verifies_only_its_own_algorithm(web):
    with serving({"set": KEYS}) as server:
        keys = ring(web, server)
        assert keys.find("rsa", "RS384") is not None
        assert keys.find("rsa", "ES384") is None


def test_keys_outlive_a_key_server_that_is_down_for_a_day_and_no_longer(web):
    clock = Clock()
    with serving({"set": KEYS}) as server:
        keys = ring(web, server, clock)
        assert keys.find("ec", "ES384") is not None
    clock.seconds += 86_399
    assert keys.find("ec", "ES384") is not None
    clock.seconds += 31
    assert keys.find("ec", "ES384") is None


@pytest.mark.parametrize(
    "answer",
    [
        lambda call: call.json(KEYS, status=500),
        lambda call: call.json({}, status=302, Location="/elsewhere"),
        lambda call: call.raw(b"not json"),
        lambda call: call.raw(b'{"keys": [], "keys": []}'),
        lambda call: call.json({"keys": "x"}),
        lambda call: call.raw(b" " * 300_000),
        lambda call: call.json({"keys": [{**jwk(EC_KEY, "ec"), "d": "secret"}]}),
    ],
    ids=["500", "redirect", "no JSON", "key twice", "no list", "too large", "a private key"],
)
def test_a_key_server_that_answers_wrongly_gives_no_key(answer, web):
    with loopback(answer) as server:
        assert ring(web, server).find("ec", "ES384") is None
    assert [call.path for call in server.calls] == ["/keys"]


def test_only_keys_for_the_two_algorithms_are_taken():
    listed = [jwk(EC_KEY, "ec"), jwk(RSA_KEY, "rsa"), jwk(SMALL, "p256"), {**jwk(EC_KEY, "enc"), "use": "enc"}]
    listed += [{**jwk(RSA_KEY, "ps"), "alg": "PS384"}, {**jwk(EC_KEY, "x"), "kid": 7}, {"kty": "OKP", "kid": "ed"}]
    assert [(key.kid, key.algorithm) for key in parse_keys({"keys": listed})] == [("ec", "ES384"), ("rsa", "RS384")]


@pytest.mark.parametrize("other", [None, "x", 7, [], {}, {"kty": "EC"}])
def test_an_entry_that_is_no_key_costs_no_other_key(other):
    assert [key.kid for key in parse_keys({"keys": [other, jwk(EC_KEY, "ec"), other]})] == ["ec"]


@pytest.mark.parametrize("secret", [{"kty": "oct", "k": "AAAA", "kid": "s"}, {"kty": "RSA", "d": "x", "kid": "p"}])
def test_a_secret_key_in_a_key_set_stops_the_start(secret):
    with pytest.raises(ValueError, match="secret"):
        parse_keys({"keys": [secret]})


# ------------------------------------------------------------------------------------------- the issuer file


def settings_with(folder, text, name="issuers.toml"):
    path = folder / name
    path.write_text(text)
    return Settings(issuers=path, public_url="https://cds.example.org")


def test_an_issuer_file_names_the_profile_of_each_ehr(tmp_path):
    (tmp_path / "keys.json").write_text(json.dumps(KEYS))
    found = issuers.load(
        settings_with(
            tmp_path,
            """
            [[issuer]]
            iss = "https://one.example.org"
            jwks = "keys.json"
            fhir_servers = ["https://One.example.org:443/fhir/"]
            fhir_version = "STU3"
            time_zone = "Europe/Berlin"
            replay = "observe"
            [[issuer]]
            iss = "https://two.example.org"
            jku = "https://two.example.org/jwks"
            """,
        )
    )
    one, two = found.values()
    assert [key.kid for key in one.keys] == ["ec", "rsa"]
    assert (one.fhir_version, str(one.time_zone), one.replay) == ("STU3", "Europe/Berlin", "observe")
    assert one.may_name("https://one.example.org/fhir") == "https://one.example.org/fhir"
    assert two.may_name("https://one.example.org/fhir") is None
    assert (two.fhir_version, two.time_zone, two.replay) == ("R4", None, "enforce")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "issuer"),
        ("[[issuer]]\niss = 'https://a.example'", "jwks"),
        ("[[issuer]]\niss = 'a'\njku = 'http://a.example/keys'", "https"),
        ("[[issuer]]\niss = 'a'\njku = 'https://a.example'\nfhir_servers = ['http://a.example/fhir']", "https"),
        ("[[issuer]]\niss = 'a'\njku = 'https://a.example'\ntime_zone = 'Mars/Olympus'", "zone"),
        ("[[issuer]]\niss = 'a'\njku = 'https://a.example'\nfhir_version = 'R7'", "fhir_version"),
        ("[[issuer]]\niss = 'a'\njku = 'https://a.example'\nreplays = 'observe'", "replays"),
        ("[[issuer]]\niss = 'a'\njwks = 'nowhere.json'", "nowhere.json"),
        ("[[issuer]]\niss = 'a'\njwks = { keys = [] }", "no key"),
        ("[[issuer]]\niss = 'a'\njku = 'https://a.example'\n" * 2, "twice"),
        ("issuer = ", "issuers.toml"),
    ],
)
def test_a_wrong_issuer_file_is_refused_at_start(text, told, tmp_path):
    with pytest.raises(SettingsError, match=r"issuers\.toml") as refused:
        issuers.load(settings_with(tmp_path, text))
    assert told in str(refused.value)


@pytest.mark.parametrize(
    "server",
    [
        "http://127.1/fhir",
        "http://0x7f000001/fhir",
        "http://2130706433/fhir",
        "http://[::ffff:127.0.0.1]/fhir",
        "http://0/fhir",
        "http://169.254.169.254/latest",
        "https://good@evil.example/fhir",
        "https://localhost.evil.example/fhir",
        "file:///etc/passwd",
        "https://ehr.example.org/fhir/../other",
        "",
    ],
)
def test_development_mode_reads_only_servers_on_this_machine_and_listed_ones(server):
    anybody = issuers.development(Settings(fhir_servers=("https://ehr.example.org/fhir",)))
    assert anybody.may_name(server) is None
    assert anybody.may_name("http://localhost:8080/fhir/") == "http://localhost:8080/fhir"
    assert anybody.may_name("http://[::1]:8080/fhir") == "http://[::1]:8080/fhir"
    assert anybody.may_name("https://ehr.example.org/fhir") == "https://ehr.example.org/fhir"
