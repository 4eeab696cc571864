"""What a request did not bring is read from its FHIR server, within the token's scope, within one deadline, or said."""

import gzip
import threading
import time

import pytest
from fhir_server import TOKEN, FhirServer, serving
from loopback import closed_port, loopback

from hooks.ehr import Ehr, Source, uncounted
from hooks.prefetch import State, looked_at
from hooks.schemas import Authorization
from hooks.settings import Settings
from hooks.templates import Template
from hooks.web import Web

LOINC = "http://loinc.org"
PATIENT = {"resourceType": "Patient", "id": "1"}
SCORES = [
    {
        "resourceType": "Observation",
        "id": f"score-{number}",
        "subject": {"reference": "Patient/1"},
        "code": {"coding": [{"system": LOINC, "code": "72514-3"}]},
    }
    for number in range(7)
]
ORDER = {
    "resourceType": "MedicationRequest",
    "id": "order-1",
    "subject": {"reference": "Patient/1"},
    "medicationReference": {"reference": "Medication/m-1"},
}
MEDICATION = {"resourceType": "Medication", "id": "m-1"}
SEARCH = (("patient", "{{context.patientId}}"),)
TEMPLATES = {
    "patient": Template("patient", "Patient"),
    "pain": Template("pain", "Observation", (*SEARCH, ("code", f"{LOINC}|72514-3"), ("_count", "200"))),
    "medicationRequests": Template("medicationRequests", "MedicationRequest", SEARCH),
}
ALL = "patient/*.read"


@pytest.fixture(scope="module")
def web():
    made = Web()
    yield made
    made.close()


def complete(web, base, prefetch=None, scope=ALL, **settings):
    parts = looked_at(TEMPLATES, prefetch or {})
    authorization = Authorization(TOKEN, 300, scope, "us")
    configured = Settings(**{"fetch_seconds": 20} | settings)  # ample: a busy machine is no slow server
    deadline = time.monotonic() + configured.fetch_seconds
    return Ehr(web, configured, uncounted).complete(parts, TEMPLATES, Source(base, authorization), "1", deadline)


def ids(part):
    return [entry.resource["id"] for entry in part.entries]


def told(part):
    return [(gap.kind, gap.text) for gap in part.gaps]


def fhir(**more):
    return FhirServer([PATIENT, ORDER, *SCORES], **more)


# ------------------------------------------------------------------------------------------- what is read


def test_everything_missing_is_read_with_the_token_on_every_page(web):
    with serving(fhir(page=3)) as server:
        parts, reasons = complete(web, server.base)
    assert [ids(parts[key]) for key in TEMPLATES] == [["1"], [each["id"] for each in SCORES], ["order-1"]]
    assert [part.gaps for part in parts.values()] == [(), (), ()]
    assert reasons == {}
    assert {call.headers["Authorization"] for call in server.calls} == {f"Bearer {TOKEN}"}


def test_a_search_is_a_post_so_that_no_url_holds_the_patient(web):
    with serving(fhir()) as server:
        complete(web, server.base)
    assert server.asked("Observation") == [("POST", "/fhir/Observation/_search")]


def test_a_server_without_post_is_searched_by_get(web):
    with serving(fhir(posts=False)) as server:
        parts, _ = complete(web, server.base)
    assert server.asked("Observation") == [("POST", "/fhir/Observation/_search"), ("GET", "/fhir/Observation")]
    assert len(parts["pain"].entries) == 7


def test_positions_go_on_from_page_to_page(web):
    with serving(fhir(page=3)) as server:
        parts, _ = complete(web, server.base)
    assert [entry.position for entry in parts["pain"].entries] == [f"prefetch.pain.entry[{n}]" for n in range(7)]


@pytest.mark.parametrize("sent", [None, {"resourceType": "Bundle", "type": "searchset"}], ids=["null", "empty"])
def test_what_was_searched_without_a_result_is_not_searched_again(sent, web):
    with serving(fhir()) as server:
        parts, _ = complete(web, server.base, {"pain": sent})
    assert server.asked("Observation") == []
    assert (parts["pain"].state, parts["pain"].entries) == (State.HAD, ())


def test_what_failed_for_the_client_is_tried_by_us(web):
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "timeout"}]}
    with serving(fhir()) as server:
        parts, _ = complete(web, server.base, {"pain": outcome})
    assert (parts["pain"].state, len(parts["pain"].entries), parts["pain"].gaps) == (State.HAD, 7, ())


def test_the_next_page_of_a_sent_bundle_is_followed(web):
    with serving(fhir(page=5)) as server:
        first = server.bundle("Observation", {"patient": ["1"]})
        parts, _ = complete(web, server.base, {"pain": first})
    assert ids(parts["pain"]) == [each["id"] for each in SCORES]
    assert server.asked("Observation") == [("GET", "/fhir/Observation")]
    assert parts["pain"].gaps == ()


@pytest.mark.parametrize("absolute", [False, True])
def test_a_medication_that_an_order_refers_to_is_read(absolute, web):
    with serving(fhir()) as server:
        server.resources.append(MEDICATION)
        if absolute:
            reference = {"reference": f"{server.base}/Medication/m-1"}
            server.resources[1] = {**ORDER, "medicationReference": reference}
        parts, _ = complete(web, server.base)
    assert ids(parts["medicationRequests"]) == ["order-1", "m-1"]


def test_a_medication_of_another_server_is_not_read(web):
    elsewhere = {**ORDER, "medicationReference": {"reference": "https://evil.example/fhir/Medication/m-1"}}
    with serving(FhirServer([PATIENT, elsewhere])) as server:
        parts, _ = complete(web, server.base)
    assert server.asked("Medication/") == []
    assert ids(parts["medicationRequests"]) == ["order-1"]


# ------------------------------------------------------------------------------------------- scopes


@pytest.mark.parametrize(
    ("scope", "read"),
    [
        ("patient/*.read", True),
        ("user/Observation.read", True),
        ("system/*.*", True),
        ("launch patient/Observation.rs openid", True),
        ("patient/Observation.s", True),
        ("patient/*.cruds", True),
        ("patient/Observation.write", False),
        ("patient/Observation.r", False),
        ("patient/Observation.cud", False),
        ("patient/Condition.read", False),
        ("Observation.read", False),
        ("", False),
    ],
)
def test_nothing_is_asked_beyond_the_scope(scope, read, web):
    with serving(fhir()) as server:
        parts, reasons = complete(web, server.base, {"patient": PATIENT, "medicationRequests": None}, scope)
    assert bool(server.calls) is read
    assert (parts["pain"].state is State.HAD) is read
    assert ("pain" in reasons) is not read


def test_a_scope_that_covers_a_part_is_said_to_do_so(web):
    with serving(fhir()) as server:
        parts, _ = complete(web, server.base, scope="patient/*.read patient/Observation.rs?category=survey")
        assert parts["pain"].gaps == ()
        parts, _ = complete(web, server.base, scope="patient/Observation.rs?category=survey")
    assert told(parts["pain"]) == [
        ("truncated", "pain: not all of it could be read; the token covers only a part of Observation")
    ]


# ------------------------------------------------------------------------------------------- servers that misbehave


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
