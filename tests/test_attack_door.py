"""What reaches the door below and beside HTTP's usual shapes."""

import json
import socket
import subprocess
import sys
import threading
import zlib
from urllib.parse import urlsplit

import pytest
from fhir_server import FhirServer, by_server, resources_of, serving
from loopback import loopback
from served import issues_of, post, request_of, served

from cds.errors import OihError
from hooks.app import create_app
from hooks.service import create_service
from hooks.settings import Settings, SettingsError, load
from hooks.web import Budget, Web, WebError, call

PATTERN = "pattern/pain_rises_with_each_increase"
PATH = "/cds-services/oih-patient-view"
POST = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n".encode()
CANARY = b"CANARY-7d2e"


@pytest.fixture(scope="module")
def logged_server(free_port, tmp_path_factory):
    """A served service, and the file of what it logs."""
    folder = tmp_path_factory.mktemp("logged")
    port = free_port()
    environment = {"OIH_CDS_DATABASE_URL": f"sqlite:///{folder / 'store.sqlite3'}", "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-m", "hooks.cli", "serve", "--port", str(port)]
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        while b"oih-cds serves" not in log.read_bytes():
            assert process.poll() is None, log.read_text()
            threading.Event().wait(0.05)
        yield port, log
    finally:
        process.terminate()
        process.wait(60)


def said(port, data):
    """The whole answer to raw bytes."""
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    return answer


MALFORMED = {
    "request line": (b"GET /Patient?name=" + CANARY + b" Smith HTTP/1.1\r\n\r\n", 400),
    "version": (b"GET /" + CANARY + b" HTTP/9.9\r\n\r\n", 400),
    "header name": (b"GET /health HTTP/1.1\r\nHost: x\r\n" + CANARY + b"(: x\r\n\r\n", 400),
    "header with NUL": (b"GET /health HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \0" + CANARY + b"\r\n\r\n", 400),
    "transfer coding": (POST + b"Transfer-Encoding: " + CANARY + b"\r\n\r\n", 400),
    "two lengths": (POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "expectation": (POST + b"Expect: " + CANARY + b"\r\nContent-Length: 2\r\n\r\n{}", 417),
    "long line": (b"GET /" + CANARY * 900 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
    "large header": (b"GET /health HTTP/1.1\r\nHost: x\r\nX: " + CANARY * 2000 + b"\r\n\r\n", 431),
    "chunk size": (POST + b"Transfer-Encoding: chunked\r\n\r\n" + CANARY + b"\r\nxx\r\n0\r\n\r\n", 400),
    "chunk end": (POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nabcde" + CANARY, 400),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_not_http_gets_an_operation_outcome_and_its_words_reach_no_log(logged_server, name):
    port, log = logged_server
    data, status = MALFORMED[name]
    head, _, body = said(port, data).partition(b"\r\n\r\n")
    assert int(head.split()[1]) == status
    assert b"content-type: application/json" in head.lower()
    assert b"cache-control: no-store" in head.lower()
    assert json.loads(body)["resourceType"] == "OperationOutcome"
    assert CANARY not in body
    assert CANARY not in log.read_bytes()
    assert b"Invalid request" not in log.read_bytes()


@pytest.mark.parametrize(("surplus", "status"), [(0, 400), (1, 413), (5000, 413)])
def test_a_body_without_a_length_is_refused_from_the_first_byte_too_many(surplus, status):
    limit = 10_000
    body = b"[" + b" " * (limit - 2 + surplus) + b"]"
    with served(create_app(Settings(body_bytes=limit))) as client:
        pieces = (body[at : at + 999] for at in range(0, len(body), 999))
        chunked = client.post(PATH, content=pieces, headers={"Content-Type": "application/json"})
        whole = client.post(PATH, content=body, headers={"Content-Type": "application/json"})
    assert (chunked.status_code, whole.status_code) == (status, status)
    assert issues_of(chunked) == issues_of(whole)
    if status == 413:
        told = [each.json()["issue"][0]["diagnostics"] for each in (chunked, whole)]
        assert told == ["the body is larger than 10000 bytes"] * 2


def test_a_cookie_got_with_one_patients_token_travels_with_no_other_call():
    request = request_of(PATTERN)
    fhir = FhirServer(resources_of(request))
    fhir.faults["*"] = lambda call: call.json(
        fhir.bundle(call.path.split("/")[2], {"patient": ["x"]}), Set_Cookie="session=of-this-patient; Path=/"
    )
    with served(create_app(Settings())) as client, serving(fhir):
        for _ in range(2):
            post(client, by_server(request, fhir))
    assert len(fhir.calls) > 4
    assert [each.headers["Cookie"] for each in fhir.calls] == [None] * len(fhir.calls)


def test_a_packed_answer_that_goes_on_after_its_end_is_cut_there():
    packer = zlib.compressobj(wbits=31)
    body = packer.compress(b"{}") + packer.flush()

    def answer(call):
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n\r\n"
        call.drip([head + body, *[b"x" * 65536] * 200], 0.001, server.stopping)

    async def work(client):
        return await call(client, "GET", server.base, headers={}, budget=Budget(1000))

    with loopback(answer) as server:
        web = Web()
        with pytest.raises(WebError, match="goes on after its end"):
            web.run(work)
        web.close()


@pytest.mark.parametrize("origin", ["https://*.ehr.example", "https://e.hr?x", "*", "https://ehr$"])
def test_an_origin_that_would_be_read_as_a_pattern_is_refused_at_start(origin):
    with pytest.raises(SettingsError, match=r"OIH_CDS_CORS_ORIGINS: .*bare origin"):
        load({"OIH_CDS_CORS_ORIGINS": origin})


def test_a_dot_of_an_allowed_origin_stands_for_no_other_letter():
    with served(create_app(Settings(cors_origins=("https://ehr.example",)))) as client:
        allowed = [
            "Access-Control-Allow-Origin" in client.get("/cds-services", headers={"Origin": origin}).headers
            for origin in ("https://ehr.example", "https://ehrxexample", "https://ehr.example.evil.example", "null")
        ]
    assert allowed == [True, False, False, False]


@pytest.mark.parametrize("name", ["disabled_services", "shadow_services"])
def test_a_misspelt_service_id_does_not_leave_the_service_on_in_silence(name):
    with pytest.raises(OihError, match=r"no service oih-patientview; known are .*oih-patient-view"):
        create_app(Settings(**{name: ("oih-patientview",)}))


def test_a_switched_off_service_is_not_listed():
    with served(create_app(Settings(disabled_services=("oih-order-sign",)))) as client:
        listed = {each["id"] for each in client.get("/cds-services").json()["services"]}
    assert listed == {"oih-patient-view", "oih-order-select"}


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    folder = tmp_path_factory.mktemp("service")
    with served(create_service(Settings(database_url=f"sqlite:///{folder / 'store.sqlite3'}"))) as client:
        yield client


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via", "X-Forwarded-Host"])
def test_numbers_are_not_given_to_the_world_through_a_proxy_on_this_machine(service, header):
    assert service.get("/metrics").status_code == 200
    assert service.get("/metrics", headers={header: "203.0.113.7"}).status_code == 404


def reason(system, code):
    return {
        "feedback": [
            {
                "card": "6f9f6d3e-2f4f-4c3e-9d3c-0a4d0a4c1e11",
                "outcome": "overridden",
                "overrideReason": {"reason": {"system": system, "code": code}},
                "outcomeTimestamp": "2026-11-20T10:05:31Z",
            }
        ]
    }


@pytest.mark.parametrize(
    ("system", "code"), [("s" * 255, "c" * 64), ("s" * 256, "c"), ("s", "c" * 65), ("s", "c" * 5000)]
)
def test_a_reason_longer_than_the_store_holds_is_acknowledged_and_no_failure_of_the_store(service, system, code):
    assert service.post(f"{PATH}/feedback", json=reason(system, code)).status_code == 200


@pytest.mark.parametrize("path", [f"/{PATH}", f"{PATH}/", f"{PATH}//feedback", "/cds-services//oih-patient-view"])
def test_a_path_in_another_spelling_is_no_path(service, path):
    base = urlsplit(str(service.base_url))
    with socket.create_connection((base.hostname, base.port), 10) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        assert connection.makefile("rb").readline().split()[1] in (b"404", b"405")
