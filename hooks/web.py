"""Calls to other servers, bounded in every direction: total time, decoded bytes, no redirects, no proxies of the environment.

One event loop per process, in a thread of its own: only there can a call be cut at its deadline whatever it is doing.
httpx bounds each read, so a server that drips its answer holds a thread for as long as it likes.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import threading
import zlib
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, TypeVar

import httpx

T = TypeVar("T")
_CONNECTIONS = httpx.Limits(max_connections=64, max_keepalive_connections=16, keepalive_expiry=30)


class WebError(Exception):
    """A call that gave no usable answer. The message is ours: no URL, no header, no part of a body."""


@dataclass(slots=True)
class Budget:
    """Bytes that may still be taken, after unpacking; shared by the calls of one request."""

    left: int

    def spend(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise WebError("more bytes than are taken")


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    kind: str  # content type without parameters, in lower case
    body: bytes


class Web:
    """The pool of connections of one process; safe to build before a fork, since it starts with the first call."""

    def __init__(self, verify: ssl.SSLContext | bool = True) -> None:
        self._verify = verify
        self._lock = threading.Lock()
        self._owner = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._client: httpx.AsyncClient | None = None
        self._thread: threading.Thread | None = None

    def run(self, work: Callable[[httpx.AsyncClient], Coroutine[Any, Any, T]]) -> T:
        """The result of `work`, which bounds its own time."""
        loop, client = self._ready()
        return asyncio.run_coroutine_threadsafe(work(client), loop).result()

    def close(self) -> None:
        """Close connections and end the thread; a later call starts anew."""
        with self._lock:
            if self._loop is None or self._client is None or self._owner != os.getpid():
                return
            asyncio.run_coroutine_threadsafe(self._client.aclose(), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            if self._thread is not None:
                self._thread.join()
            self._loop.close()
            self._loop = self._client = self._thread = None

    def _ready(self) -> tuple[asyncio.AbstractEventLoop, httpx.AsyncClient]:
        with self._lock:
            if self._owner != os.getpid() or self._loop is None or self._client is None:
                self._loop = asyncio.new_event_loop()
                self._client = httpx.AsyncClient(
                    verify=self._verify,
                    limits=_CONNECTIONS,
                    timeout=None,  # noqa: S113 - every call runs under asyncio.timeout
                    follow_redirects=False,
                    trust_env=False,
                    # A session cookie got with one patient's token must not travel with the next patient's.
                    cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
                )
                self._thread = threading.Thread(target=self._loop.run_forever, name="web", daemon=True)
                self._thread.start()
                self._owner = os.getpid()
            return self._loop, self._client


async def call(
    client: httpx.AsyncClient,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    budget: Budget,
    form: Mapping[str, str] | None = None,
) -> Reply:
    """One exchange, at most as large as the budget. Raises WebError; the caller bounds the time."""
    asked = {"Accept": "application/fhir+json, application/json", "Accept-Encoding": "gzip", **headers}
    try:
        request = client.build_request(method, url, headers=asked, data=form)
        response = await client.send(request, stream=True)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        raise WebError("the server could not be reached") from None
    try:
        body = await _read(response, budget)
    except httpx.HTTPError:
        raise WebError("the answer broke off") from None
    finally:
        await response.aclose()
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return Reply(response.status_code, kind, body)


async def _read(response: httpx.Response, budget: Budget) -> bytes:
    """The body, unpacked step by step: 200 kB of gzip may hold 200 MB."""
    packing = response.headers.get("content-encoding", "identity").strip().lower()
    if packing not in ("identity", "gzip", ""):
        raise WebError("the answer is packed in a way that was not asked for")
    unpack = zlib.decompressobj(wbits=31) if packing == "gzip" else None
    chunks: list[bytes] = []
    async for raw in response.aiter_raw(65536):
        if unpack is None:
            budget.spend(len(raw))
            chunks.append(raw)
            continue
        if unpack.eof:
            # zlib would keep whatever follows the end, uncounted, for as long as the server sends.
            raise WebError("the answer goes on after its end")
        try:
            chunk = unpack.decompress(raw, max(budget.left, 0) + 1)
        except zlib.error:
            raise WebError("the answer cannot be unpacked") from None
        budget.spend(len(chunk))
        chunks.append(chunk)
    if unpack is not None and not unpack.eof:
        raise WebError("the answer broke off")
    return b"".join(chunks)
