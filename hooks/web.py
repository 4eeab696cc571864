"""Calls to other servers, bounded in every direction: total time, decoded bytes, no redirects, no proxies of the environment.

One event loop per process, in a thread of its own: only there can a call be cut at its deadline whatever it is doing.
Where each read has its own limit, a server that drips its answer holds a thread for as long as it likes.
"""

from __future__ import annotations

import asyncio
import os
import threading
import zlib
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

from hooks.connections import Connection, Connections, ExchangeError, host_of, parsed, target_of

T = TypeVar("T")
_HEADERS = {
    "user-agent": "oih-cds",
    "accept": "application/fhir+json, application/json",
    "accept-encoding": "gzip",
}


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

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owner = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._connections: Connections | None = None
        self._thread: threading.Thread | None = None

    def run(self, work: Callable[[Connections], Coroutine[Any, Any, T]]) -> T:
        """The result of `work`, which bounds its own time."""
        loop, connections = self._ready()
        return asyncio.run_coroutine_threadsafe(work(connections), loop).result()

    def close(self) -> None:
        """Close connections and end the thread; a later call starts anew."""
        with self._lock:
            if self._loop is None or self._connections is None or self._owner != os.getpid():
                return
            asyncio.run_coroutine_threadsafe(self._connections.close(), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            if self._thread is not None:
                self._thread.join()
            self._loop.close()
            self._loop = self._connections = self._thread = None

    def _ready(self) -> tuple[asyncio.AbstractEventLoop, Connections]:
        with self._lock:
            if self._owner != os.getpid() or self._loop is None or self._connections is None:
                self._loop, self._connections = asyncio.new_event_loop(), Connections()
                self._thread = threading.Thread(target=self._loop.run_forever, name="web", daemon=True)
                self._thread.start()
                self._owner = os.getpid()
            return self._loop, self._connections


async def call(
    connections: Connections,
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
    packed = None if form is None else urlencode(form).encode()
    answered = False
    try:
        to = parsed(url)
        asked = {"host": host_of(to), **_HEADERS, **{name.lower(): value for name, value in headers.items()}}
        if packed is not None:
            asked |= {"content-type": "application/x-www-form-urlencoded", "content-length": str(len(packed))}
        async with connections.to(to) as connection:
            response = await connection.ask(method, target_of(to), asked, packed)
            answered = True
            told = {name: value.decode("latin-1").strip().lower() for name, value in response.headers}
            body = await _read(connection, told.get(b"content-encoding", "identity"), budget)
    except (ExchangeError, OSError, ValueError):
        raise WebError("the answer broke off" if answered else "the server could not be reached") from None
    return Reply(response.status_code, told.get(b"content-type", "").partition(";")[0].strip(), body)


async def _read(connection: Connection, packing: str, budget: Budget) -> bytes:
    """The body, unpacked step by step: 200 kB of gzip may hold 200 MB."""
    if packing not in ("identity", "gzip", ""):
        raise WebError("the answer is packed in a way that was not asked for")
    unpack = zlib.decompressobj(wbits=31) if packing == "gzip" else None
    chunks: list[bytes] = []
    async for raw in connection.body():
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
