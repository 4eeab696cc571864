"""A stub EHR that answers after a delay, and an open-loop client: calls start on the clock, whoever is still waiting."""

from __future__ import annotations

import asyncio
import json
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import httpx

from bench import bodies


@contextmanager
def ehr(delay: float) -> Iterator[str]:
    """Base URL of a FHIR server with the typical patient, on loopback."""
    prefetch = bodies.body(12, 60, days=270)["prefetch"]
    resources = [entry["resource"] for part in prefetch.values() for entry in part.get("entry", ())]

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(urlsplit(self.path).query)

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())

        def _answer(self, query: str) -> None:
            time.sleep(delay)
            path = urlsplit(self.path).path.removesuffix("/_search").strip("/").split("/")
            if path[:1] == ["Patient"]:
                found: object = prefetch["patient"]
            else:
                asked = parse_qs(query).get("code", [""])[0]
                own = [each for each in resources if each["resourceType"] == path[0]]
                if path[0] == "Observation" and "72514-3" not in asked:
                    own = []
                found = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": each} for each in own]}
            body = json.dumps(found).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/fhir+json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet: the log would be measured too."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()


async def calls(url: str, token: str, server: str, *, rate: float, count: int) -> list[float]:
    """Milliseconds that each call took. Raises where one is not answered with 200."""
    authorization = {
        "access_token": "bench",
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "patient/*.read",
        "subject": "bench",
    }
    request = bodies.body(0, 0, days=1) | {"fhirServer": server, "fhirAuthorization": authorization}
    del request["prefetch"]

    async def one(client: httpx.AsyncClient) -> float:
        began = time.perf_counter()
        body = request | {"hookInstance": str(uuid.uuid4())}
        response = await client.post(url, json=body, headers={"Authorization": f"Bearer {token}"}, timeout=30)
        response.raise_for_status()
        return 1000 * (time.perf_counter() - began)

    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=200)) as client:
        running = []
        for _ in range(count):
            running.append(asyncio.create_task(one(client)))
            await asyncio.sleep(1 / rate)
        return list(await asyncio.gather(*running))
