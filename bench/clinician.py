"""What a clinician waits: a stub EHR that answers after a delay, and calls that start on the clock, whoever still waits."""

from __future__ import annotations

import argparse
import asyncio
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles
from typing import cast

import httpx

from bench import bodies
from bench.latency import AUDIENCE, trusted
from bench.report import Section

DELAY = 0.08  # seconds that the EHR takes for each answer
# What a client sends along where it resolves some of the twelve templates: six stay to be fetched.
SENT = ("patient", "encounters", "conditions", "allergies", "procedures", "labs")
RUNS = ((6, 20), (12, 20), (6, 1))  # keys to be fetched, requests a second
WARM_UP = 40
GIVEN_UP = 30.0  # seconds


def felt(folder: Path, _files: dict[str, Path], options: argparse.Namespace) -> Section:
    """End to end with JWT: at the rate that is wanted, and at one a second, which tells cost from queueing."""
    lines = [
        "## What a clinician waits",
        "",
        "| fetched | requests/s | requests | answered 200 | p50 ms | p95 ms | p99 ms | processor ms |",
        "|---|---|---|---|---|---|---|---|",
    ]
    values: dict[str, float] = {}
    with ehr() as address, trusted(folder, servers=(address,), workers=2) as (ours, sign):
        asyncio.run(calls(ours.url, requests(address, 12, WARM_UP, sign), rate=20))
        for keys, rate in RUNS:
            count = max(20, options.felt * rate // 20)
            prepared = requests(address, keys, count, sign)
            used = ours.processor_seconds()
            waited = asyncio.run(calls(ours.url, prepared, rate=rate))
            spent = 1000 * (ours.processor_seconds() - used) / count
            answered = 100 * sum(each < 1000 * GIVEN_UP for each in waited) / count
            cuts = quantiles(waited, n=100, method="inclusive")
            lines.append(
                f"| {keys} keys | {rate} | {count} | {answered:.1f} % | {cuts[49]:.0f} | {cuts[94]:.0f} | {cuts[98]:.0f} "
                f"| {spent:.1f} |"
            )
            if (keys, rate) == RUNS[0]:
                values = {"felt p95 ms": cuts[94], "felt answered %": answered}
    text = (
        f"2 workers, a token for each call, a stub EHR that answers each fetch after {1000 * DELAY:.0f} ms and shares the "
        "cores. Of 12 keys the client sends none, of 6 the others. A call "
        f"without a 200 counts as {GIVEN_UP:.0f} s."
    )
    return Section("\n".join([*lines, "", text, ""]), values)


def requests(address: str, keys: int, count: int, sign: Callable[[str], str]) -> list[tuple[bytes, Mapping[str, str]]]:
    """Bodies and headers of calls that leave `keys` keys to be fetched; each is a call of its own."""
    authorization = {
        "access_token": "bench",
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "patient/*.read",
        "subject": "bench",
    }
    whole = bodies.body(12, 60, days=270)
    body = whole | {"fhirServer": address, "fhirAuthorization": authorization}
    body["prefetch"] = {key: whole["prefetch"].get(key) for key in SENT} if keys == 6 else {}
    return [
        (
            json.dumps(body | {"hookInstance": str(uuid.uuid4())}).encode(),
            {"Authorization": f"Bearer {sign(AUDIENCE)}", "Content-Type": "application/json"},
        )
        for _ in range(count)
    ]


async def calls(url: str, prepared: Iterable[tuple[bytes, Mapping[str, str]]], *, rate: float) -> list[float]:
    """Milliseconds of each call. A call starts at its time, however many are still waiting; one that was not answered
    with 200 counts as one that waited until the client gave up.
    """

    async def one(client: httpx.AsyncClient, body: bytes, headers: Mapping[str, str]) -> float:
        began = time.perf_counter()
        try:
            (await client.post(url, content=body, headers=headers, timeout=GIVEN_UP)).raise_for_status()
        except httpx.HTTPError:
            return 1000 * GIVEN_UP
        return 1000 * (time.perf_counter() - began)

    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=200), trust_env=False) as client:
        running, begin = [], time.perf_counter()
        for number, (body, headers) in enumerate(prepared):
            await asyncio.sleep(max(0.0, begin + number / rate - time.perf_counter()))
            running.append(asyncio.create_task(one(client, body, headers)))
        return list(await asyncio.gather(*running))


@contextmanager
def ehr() -> Iterator[str]:
    """Base URL of a FHIR server with the typical patient, on loopback; its answers are ready, so that it costs little."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    answers = _answers()
    listening = loop.create_server(lambda: _Stub(answers), "127.0.0.1", 0)
    server = asyncio.run_coroutine_threadsafe(listening, loop).result()
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def _answers() -> dict[bytes, bytes]:
    """Whole answers by resource type; "" stands for every other one, which has nothing."""
    prefetch = bodies.body(12, 60, days=270)["prefetch"]
    found = {b"Patient": prefetch["patient"], b"Observation": prefetch["pain"], b"": {**prefetch["vitals"]}}
    found[b"MedicationRequest"] = prefetch["medicationRequests"]
    return {kind: _answer(json.dumps(value).encode()) for kind, value in found.items()}


def _answer(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


class _Stub(asyncio.Protocol):
    """As much of HTTP/1.1 as the service's reads need."""

    def __init__(self, answers: dict[bytes, bytes]) -> None:
        self._answers = answers
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, form = self._received.partition(b"\r\n\r\n")
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        if not end or len(form) < int(length or 0):
            return
        self._received = b""
        kind = head.split(b" ", 2)[1].split(b"/")[1]
        if kind == b"Observation" and b"72514-3" not in form:  # no pain code: vitals or laboratory
            kind = b""
        answer = self._answers.get(kind, self._answers[b""])
        asyncio.get_running_loop().call_later(DELAY, self._transport.write, answer)
