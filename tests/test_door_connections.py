"""Connections to other servers: kept for the fetches of one call, never used when they may give another's answer."""

import asyncio
import socket
import ssl
import threading
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from loopback import loopback

from hooks.web import Budget, Web, WebError, address, call

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
ANOTHER = b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"another"'


@contextmanager
def speaking(*answers):
    """A server on whose connections each request gets the next of these raw answers; None hangs up. Yields base, peers."""
    peers, left = [], list(answers)

    def serve(listener):
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            peers.append(peer)
            threading.Thread(target=talk, args=(peer,), daemon=True).start()

    def talk(peer):
        with peer, suppress(OSError):
            while peer.recv(65536) and left:
                answer = left.pop(0)
                if answer is None:
                    return
                peer.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", peers
        listener.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def web():
    made = Web()
    yield made
    made.close()


def get(web, url, times=1, **headers):
    """The last of so many answers, read one after the other for one patient."""

    async def work(session):
        async with asyncio.timeout(20):
            for _ in range(times):
                reply = await call(session, "GET", url, headers=headers, budget=Budget(10_000))
            return reply

    return web.run(work)


def test_one_connection_serves_the_fetches_of_one_call_one_after_the_other(web):
    with speaking(ANSWER, ANSWER, ANSWER) as (base, peers):
        assert get(web, base, times=3).body == b"{}"
    assert len(peers) == 1


def test_no_connection_serves_two_calls(web):
    with speaking(ANSWER, ANSWER) as (base, peers):
        get(web, base)
        with suppress(OSError):
            peers[0].sendall(ANOTHER)  # too late for the first patient, and no answer about the second
        assert get(web, base).body == b"{}"
    assert len(peers) == 2


def test_calls_at_the_same_time_each_have_a_connection_of_their_own(web):
    async def work(session):
        calls = (call(session, "GET", base, headers={}, budget=Budget(10_000)) for _ in range(5))
        return await asyncio.gather(*calls)

    with speaking(*[ANSWER] * 5) as (base, peers):
        assert [reply.body for reply in web.run(work)] == [b"{}"] * 5
    assert len(peers) == 5


@pytest.mark.parametrize(
    "first",
    [
        ANSWER.replace(b"200 OK", b"200 OK\r\nConnection: close"),
        ANSWER.replace(b"HTTP/1.1", b"HTTP/1.0"),
        # Whoever speaks unasked would answer the next question with it.
        ANSWER + ANOTHER,
    ],
    ids=["close", "HTTP/1.0", "unasked"],
)
def test_a_connection_that_cannot_be_relied_on_is_not_used_again(first, web):
    with speaking(first, ANSWER) as (base, peers):
        assert get(web, base, times=2).body == b"{}"
    assert len(peers) == 2


NO_HTTP = "the answer is no HTTP, or its headers are too large"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (None, "the server hung up without an answer"),
        (b"220 mail.example ESMTP\r\n\r\n", NO_HTTP),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", NO_HTTP),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", NO_HTTP),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000, NO_HTTP),
    ],
    ids=["hangs up", "not HTTP", "two lengths", "no length", "endless head"],
)
def test_what_is_no_answer_of_http_is_said_to_be_none(answer, why, web):
    with speaking(answer) as (base, _), pytest.raises(WebError, match=why):
        get(web, base)


def test_the_long_headers_of_a_portal_in_front_of_an_ehr_are_taken(web):
    long = b"HTTP/1.1 200 OK\r\nContent-Security-Policy: " + b"x" * 60_000 + b"\r\nContent-Length: 2\r\n\r\n{}"
    with speaking(long) as (base, _):
        assert get(web, base).body == b"{}"


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("/fhir?_getpages=a%2Fb%3D%3D&t=%2b%7e&u=1+2", "/fhir?_getpages=a%2Fb%3D%3D&t=%2b%7e&u=1+2"),
        ("/fhir/Observation?date=ge2024-01-01T00%3A00&x=%zz", "/fhir/Observation?date=ge2024-01-01T00%3A00&x=%zz"),
        ("/fhir/p%2Fq/../r;v=1?ct=(a:b)", "/fhir/p%2Fq/../r;v=1?ct=(a:b)"),
        ("/fhir?code=http://loinc.org|1&n=\u00fc", "/fhir?code=http://loinc.org%7C1&n=%C3%BC"),
        ("/fhir#top", "/fhir"),
    ],
    ids=["escaped", "half escaped", "dots", "illegal", "fragment"],
)
def test_an_address_is_asked_for_as_it_was_written(written, asked, web):
    with loopback(lambda call: call.json({})) as server:
        get(web, server.base + written)
    assert [call.path for call in server.calls] == [asked]


def test_a_host_beyond_ascii_is_spelt_as_dns_knows_it(web):
    assert address("https://klinik-m\u00fcnchen.example/fhir/\u00fc").raw_host == "xn--klinik-mnchen-3ob.example"
    with loopback(lambda call: call.json({})) as server:
        get(web, server.base.replace("127", "\uff11\uff12\uff17"))
    assert len(server.calls) == 1


def test_an_answer_in_chunks_is_put_together(web):
    head = b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    with speaking(head + b"1\r\n{\r\n1;x=y\r\n}\r\n0\r\nTrailer: 1\r\n\r\n", ANSWER) as (base, peers):
        assert get(web, base, times=2).body == b"{}"
    assert len(peers) == 1


@pytest.mark.parametrize("value", ["Bearer a\r\nX-Evil: 1", "Bearer a\n", "Bearer \N{EURO SIGN}"])
def test_no_header_can_be_slipped_into_our_own_call(value, web):
    with loopback(lambda call: call.json({})) as server:
        with pytest.raises(WebError, match="the server could not be reached"):
            get(web, server.base, Authorization=value)
        assert server.calls == []


@pytest.mark.parametrize(
    "url", ["ftp://ehr.example/", "/fhir", "https://", "https://ehr.example:70000/", "http://127.0.0.1:0/"]
)
def test_what_is_no_web_address_is_not_called(url, web):
    with pytest.raises(WebError, match="the server could not be reached"):
        get(web, url)


@pytest.mark.parametrize("sign", [" ", "\t", "\r\n", "\0", "\x7f", "\\"])
def test_an_address_that_every_reader_takes_in_a_way_of_its_own_is_not_called(sign, web):
    with loopback(lambda call: call.json({})) as server:
        for url in (f"{server.base}/{sign}x", f"{server.base}{sign}/x", f"{sign}{server.base}/x"):
            with pytest.raises(WebError):
                get(web, url)
    assert server.calls == []


def certificate(folder, name):
    """A certificate that signed itself, for an address or a host; the paths of certificate and key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ehr")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([name]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "certificate.pem", folder / "key.pem"
    files[0].write_bytes(built.public_bytes(Encoding.PEM))
    files[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return files


@contextmanager
def over_tls(files):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)

    async def answer(reader, writer):
        while await reader.read(65536):
            writer.write(ANSWER)
            await writer.drain()
        writer.close()

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(asyncio.start_server(answer, "127.0.0.1", 0, ssl=context), loop).result()
    try:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.call_later, 0.1, loop.stop)
        thread.join()
        loop.close()


HERE, ELSEWHERE = x509.IPAddress(ip_address("127.0.0.1")), x509.DNSName("elsewhere.example")


@pytest.mark.parametrize(
    ("name", "trusted", "answered"),
    [(HERE, True, True), (HERE, False, False), (ELSEWHERE, True, False)],
    ids=["trusted", "not trusted", "another's certificate"],
)
def test_a_server_must_prove_who_it_is(name, trusted, answered, web, tmp_path, monkeypatch):
    files = certificate(tmp_path, name)
    if trusted:
        monkeypatch.setattr(certifi, "where", lambda: str(files[0]))
    with over_tls(files) as base:
        if answered:
            assert get(web, base).body == b"{}"
        else:
            with pytest.raises(WebError, match="the server's certificate is not trusted"):
                get(web, base)
