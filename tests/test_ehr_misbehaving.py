"""EHR servers that misbehave: slow, huge, circular, foreign or broken answers."""

import gzip
import threading
import time

import pytest
from ehr_calls import PATIENT, SCORES, complete, fhir, told
from fhir_server import TOKEN, serving
from loopback import closed_port, loopback

from hooks.prefetch import State


def bomb(call):
    call.raw(gzip.compress(b" " * 50_000_000), Content_Encoding="gzip")


def truncated_body(call):
    call.raw(b'{"resourceType": "Bundle", "entry": [', length=5000)


def truncated_gzip(call):
    call.raw(gzip.compress(b'{"resourceType": "Bundle"}')[:-6], Content_Encoding="gzip")


OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "processing"}]}
FAULTS = {
    "500": (lambda call: call.json(OUTCOME, 500), "the server answered 500"),
    "429": (lambda call: call.json(OUTCOME, 429, Retry_After="1"), "the server answered 429"),
    "401": (lambda call: call.json(OUTCOME, 401), "the server refused the token (401)"),
    "404": (lambda call: call.json(OUTCOME, 404), "the server answered 404"),
    "redirect": (lambda call: call.json({}, 302, Location="/fhir/elsewhere"), "the server answered 302"),
    "HTML": (lambda call: call.raw(b"<html>", kind="text/html"), "the answer is not FHIR JSON"),
    "no JSON": (lambda call: call.raw(b"{"), "the answer is not JSON that can be relied on"),
    "a key twice": (
        lambda call: call.raw(b'{"resourceType": "Bundle", "resourceType": "Bundle"}'),
        "the answer is not JSON that can be relied on",
    ),
    "a list": (lambda call: call.json([]), "the answer is not a FHIR resource"),
    "another type": (lambda call: call.json(PATIENT), "neither a Bundle nor one Observation"),
    "entry is no list": (
        lambda call: call.json({"resourceType": "Bundle", "entry": {}}),
        "the answer is not the Bundle that was asked for",
    ),
    "an outcome with 200": (
        lambda call: call.json(OUTCOME),
        "the EHR answered with an OperationOutcome instead of data",
    ),
    "truncated": (truncated_body, "the answer broke off"),
    "truncated gzip": (truncated_gzip, "the answer broke off"),
    "no gzip": (lambda call: call.raw(b"{}", Content_Encoding="gzip"), "the answer cannot be unpacked"),
    "brotli": (
        lambda call: call.raw(b"{}", Content_Encoding="br"),
        "the answer is packed in a way that was not asked for",
    ),
    "gzip bomb": (bomb, "more bytes than are taken"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_failed_read_is_said_and_never_an_empty_list(name, web):
    fault, why = FAULTS[name]
    with serving(fhir(faults={"Observation": fault})) as server:
        parts, _ = complete(web, server.base, fetch_bytes=1_000_000)
    assert (parts["pain"].state, parts["pain"].entries) == (State.FAILED, ())
    assert told(parts["pain"]) == [("failed", f"pain: {why}")]
    assert (parts["patient"].state, parts["medicationRequests"].state) == (State.HAD, State.HAD)


def test_a_server_that_is_not_there_fails_every_key(web):
    parts, _ = complete(web, f"http://127.0.0.1:{closed_port()}/fhir")
    assert [told(part)[0][1].partition(": ")[2] for part in parts.values()] == ["the server could not be reached"] * 3


def test_another_patient_than_the_one_asked_for_is_not_taken(web):
    with serving(fhir(faults={"Patient": lambda call: call.json({**PATIENT, "id": "2"})})) as server:
        parts, _ = complete(web, server.base)
    assert told(parts["patient"]) == [("failed", "patient: the server did not give this patient")]


def drip_body(stop):
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\nContent-Length: 100000\r\n\r\n"
    return lambda call: call.drip([head, *[b" "] * 1000], 0.05, stop())


def drip_headers(stop):
    return lambda call: call.drip([b"HTTP/1.1 200 OK\r\n", *[b"X-A: 1\r\n"] * 1000], 0.05, stop())


def silence(stop):
    return lambda call: stop().wait(30)


@pytest.mark.parametrize("slow", [drip_body, drip_headers, silence])
def test_a_slow_server_is_left_at_the_deadline_whatever_it_does(slow, web):
    server = fhir()
    server.faults["Observation"] = slow(lambda: server.server.stopping)
    with serving(server):
        started = time.monotonic()
        parts, _ = complete(web, server.base, fetch_seconds=0.5)
        # Not a measurement: the server would go on for 30 s and more.
        assert time.monotonic() - started < 10
    assert told(parts["pain"]) == [("failed", "pain: no answer within 0.5 s")]
    assert (parts["patient"].state, parts["medicationRequests"].state) == (State.HAD, State.HAD)


def page(server, number, following):
    return {
        "resourceType": "Bundle",
        "entry": [{"resource": {**SCORES[0], "id": f"s-{number}"}}],
        "link": [{"relation": "next", "url": following}],
    }


@pytest.mark.parametrize(
    ("pages", "why", "calls"),
    [
        (lambda base: {0: base, 1: f"{base}?n=1"}, "its pages run in a circle", 2),
        (lambda base: {0: f"{base}?n=1", 1: f"{base}?n=2", 2: f"{base}?n=1"}, "its pages run in a circle", 3),
        (lambda base: {n: f"{base}?n={n + 1}" for n in range(99)}, "it has more than 4 pages or 10000 records", 4),
        (lambda base: {0: "https://evil.example/fhir/Observation?n=1"}, "its next page lies on another server", 1),
        (lambda base: {0: f"{base.replace('127.0.0.1', 'localhost')}?n=1"}, "its next page lies on another server", 1),
        (lambda base: {0: base.replace("http://", "http://u@") + "?n=1"}, "its next page lies on another server", 1),
        (lambda base: {0: "http://[broken"}, "its next page has no address that can be read", 1),
        (lambda base: {0: f"{base}?n=1 or 2"}, "its next page has no address that can be read", 1),
        (lambda base: {0: ""}, "its next page lies on another server", 1),
    ],
    ids=[
        "itself",
        "circle of two",
        "endless",
        "another host",
        "another name",
        "user in URL",
        "no URL",
        "a blank",
        "empty",
    ],
)
def test_pages_are_followed_on_this_server_to_a_bound(pages, why, calls, web):
    server = fhir()

    def answer(call):
        number = int(call.path.partition("n=")[2] or 0)
        call.json(page(server, number, pages(f"{server.base}/Observation")[number]))

    server.faults["Observation"] = answer
    with serving(server):
        parts, _ = complete(web, server.base, fetch_pages=4)
    assert parts["pain"].state is State.HAD
    assert len(parts["pain"].entries) == calls
    assert told(parts["pain"]) == [("truncated", f"pain: not all of it could be read; {why}")]


HOSTILE = [
    "http://{ours}@{evil}/fhir",
    "http://{ours}%40{evil}/fhir",
    "http://{ours}\\@{evil}/fhir",
    "http://{ours}\\.{evil}/fhir",
    "http://{evil}#@{ours}/fhir",
    "http://{evil}?@{ours}/fhir",
    "http://{evil}\\@{ours}/fhir",
    "http://user@{evil}/fhir",
    "http:{evil}/fhir",
    "http:///{evil}/fhir",
    "//{evil}/fhir",
    "\\\\{evil}/fhir",
    "/\\{evil}/fhir",
    "/\t/{evil}/fhir",
    "\t//{evil}/fhir",
    " http://{evil}/fhir",
    "ht\ntp://{evil}/fhir",
    "http://{evil}/fhir\r\nHost: {ours}",
    "https://{ours}/fhir",
    "http://127.0.0.1/fhir",
    "http://%31%32%37.0.0.1:{port}/fhir",
    "http://0x7f.1:{port}/fhir",
    "http://127.0.0.1.:{port}/fhir",
    "http://[::ffff:127.0.0.1]:{port}/fhir",
]


@pytest.mark.parametrize("link", HOSTILE)
def test_no_link_takes_the_token_to_another_server(link, web):
    server = fhir()
    with loopback(lambda call: call.json({})) as elsewhere, serving(server):
        ours, evil = (base.removeprefix("http://") for base in (server.server.base, elsewhere.base))
        following = link.format(ours=ours, evil=evil, port=ours.partition(":")[2])
        server.faults["Observation"] = lambda call: call.json(page(server, 0, following))
        parts, _ = complete(web, server.base)
        assert elsewhere.calls == []
        assert server.asked("Observation") == [("POST", "/fhir/Observation/_search")]
    assert "its next page" in told(parts["pain"])[0][1]


@pytest.mark.parametrize(
    "spelt",
    [
        "http://LocalHost:{port}/fhir/Observation?n=1",
        "HTTP://localhost:{port}/fhir/Observation?n=1",
        "http://\uff4cocalhost:{port}/fhir/Observation?n=1",
        "//localhost:{port}/fhir/Observation?n=1",
        "/fhir/Observation?n=1",
        "Observation?n=1",
    ],
)
def test_the_servers_own_origin_is_known_in_every_spelling(spelt, web):
    server = fhir()

    def answer(call):
        following = spelt.format(port=server.server.base.rpartition(":")[2])
        call.json({"resourceType": "Bundle"} if "n=1" in call.path else page(server, 0, following))

    server.faults["Observation"] = answer
    with serving(server):
        parts, _ = complete(web, server.base.replace("127.0.0.1", "localhost"))
    assert [call.path for call in server.calls if "n=1" in call.path] == ["/fhir/Observation?n=1"]
    assert parts["pain"].gaps == ()


def test_a_following_page_that_fails_leaves_the_first_and_is_said(web):
    with serving(
        fhir(page=3, faults={"Observation": lambda call: call.method == "GET" and call.json({}, 500)})
    ) as server:
        parts, _ = complete(web, server.base)
    assert len(parts["pain"].entries) == 3
    assert told(parts["pain"]) == [("truncated", "pain: not all of it could be read; the server answered 500")]


def test_the_token_never_follows_a_redirect(web):
    with loopback(lambda call: call.json({})) as elsewhere:
        away = lambda call: call.json({}, 307, Location=f"{elsewhere.base}/fhir/Observation")  # noqa: E731
        with serving(fhir(faults={"*": away})) as server:
            complete(web, server.base)
    assert elsewhere.calls == []


def test_the_token_is_in_no_log(web, log):
    with serving(fhir(faults={"Observation": bomb})) as server:
        complete(web, server.base, fetch_bytes=1_000_000)
    assert '"event": "fetched"' in log.getvalue()
    assert TOKEN not in log.getvalue()


def test_the_requests_of_many_threads_share_the_pool(web):
    done = []
    with serving(fhir()) as server:
        threads = [
            threading.Thread(target=lambda: done.append(len(complete(web, server.base)[0]["pain"].entries)))
            for _ in range(16)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert done == [7] * 16
