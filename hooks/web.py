"""Calls to other servers, bounded in every direction: total time, decoded bytes, no redirects, no proxies of the environment.

One event loop per process, in a thread of its own: only there can a call be cut at its deadline whatever it is doing.
Where each read has its own limit, a server that drips its answer holds a thread for as long as it likes.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import threading
import zlib
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

import certifi
from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector

T = TypeVar("T")
_HEADERS = {
    "User-Agent": "oih-cds",
    "Accept": "application/fhir+json, application/json",
    "Accept-Encoding": "gzip",
}
_AT_ONCE = 16  # connections of one call's fetches; who comes later waits for one
_CHUNK = 64 * 1024


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
    """The event loop of one process; safe to build before a fork, since it starts with the first call.

    What is fetched for one patient has connections of its own, closed afterwards: a server that answers late, or twice,
    then cannot answer the next patient's question with it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owner = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._trusted: ssl.SSLContext | None = None
        self._thread: threading.Thread | None = None

    def run(self, work: Callable[[ClientSession], Coroutine[Any, Any, T]]) -> T:
        """The result of `work`, which bounds its own time."""
        loop, trusted = self._ready()
        return asyncio.run_coroutine_threadsafe(_with_session(trusted, work), loop).result()

    def close(self) -> None:
        """End the thread; a later call starts anew."""
        with self._lock:
            if self._loop is None or self._owner != os.getpid():
                return
            self._loop.call_soon_threadsafe(self._loop.stop)
            if self._thread is not None:
                self._thread.join()
            self._loop.close()
            self._loop = self._thread = None

    def _ready(self) -> tuple[asyncio.AbstractEventLoop, ssl.SSLContext]:
        with self._lock:
            if self._owner != os.getpid() or self._loop is None or self._trusted is None:
                # With the first call: reading the list of authorities takes tens of milliseconds.
                self._trusted = ssl.create_default_context(cafile=certifi.where())
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name="web", daemon=True)
                self._thread.start()
                self._owner = os.getpid()
            return self._loop, self._trusted


async def _with_session(trusted: ssl.SSLContext, work: Callable[[ClientSession], Coroutine[Any, Any, T]]) -> T:
    async with ClientSession(
        connector=TCPConnector(limit=_AT_ONCE, ssl=trusted),
        cookie_jar=DummyCookieJar(),
        timeout=ClientTimeout(total=None),
        headers=_HEADERS,
        auto_decompress=False,
    ) as session:
        return await work(session)


async def call(
    session: ClientSession,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    budget: Budget,
    form: Mapping[str, str] | None = None,
) -> Reply:
    """One exchange, at most as large as the budget; no redirect is followed, no cookie kept.

    Raises WebError; the caller bounds the time.
    """
    answered = False
    try:
        _check(url, headers)
        async with session.request(method, url, headers=headers, data=form, allow_redirects=False) as response:
            answered = True
            return Reply(response.status, response.content_type.lower(), await _read(response, budget))
    except (ClientError, OSError, ValueError):
        raise WebError("the answer broke off" if answered else "the server could not be reached") from None


def _check(url: str, headers: Mapping[str, str]) -> None:
    """Raises ValueError for what is no web address, and for a header beyond ASCII."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
        raise ValueError("no web address")
    for value in headers.values():
        value.encode("ascii")


async def _read(response: ClientResponse, budget: Budget) -> bytes:
    """The body, unpacked step by step: 200 kB of gzip may hold 200 MB."""
    packing = response.headers.get("Content-Encoding", "").strip().lower()
    if packing not in ("identity", "gzip", ""):
        raise WebError("the answer is packed in a way that was not asked for")
    unpack = zlib.decompressobj(wbits=31) if packing == "gzip" else None
    chunks: list[bytes] = []
    async for raw in response.content.iter_chunked(_CHUNK):
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
