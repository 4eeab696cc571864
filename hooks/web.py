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
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urljoin, urlsplit

import certifi
from aiohttp import (
    ClientConnectorCertificateError,
    ClientError,
    ClientResponse,
    ClientResponseError,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    ServerDisconnectedError,
    TCPConnector,
)
from yarl import URL

from hooks.settings import PREFIX, SettingsError

T = TypeVar("T")
_HEADERS = {
    "User-Agent": "oih-cds",
    "Accept": "application/fhir+json, application/json",
    "Accept-Encoding": "gzip",
}
_AT_ONCE = 16  # connections of one call's fetches; who comes later waits for one
_CHUNK = 64 * 1024
_LONGEST_HEADER = 64 * 1024  # policies and cookies of a portal in front of an EHR are longer than aiohttp's own 8 kB
_LEGAL = "!#$%&'()*+,/:;=?@[]~"  # beside letters, digits and -._ what an address may hold (RFC 3986)


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


def authorities(file: Path | None) -> str:
    """The certificates (PEM) that a site trusts beside the usual ones; none without a file.

    Read once, at start, by whoever makes a `Web`. Raises SettingsError naming the setting.
    """
    if file is None:
        return ""
    setting = f"{PREFIX}CA_FILE"
    try:
        found = file.read_bytes().decode("ascii", "ignore")  # beyond ASCII are only the remarks beside a certificate
    except OSError as error:
        raise SettingsError(f"{setting}: the file cannot be read ({error.strerror})") from None
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=found)
    except (ssl.SSLError, ValueError):
        raise SettingsError(
            f"{setting}: the file holds no certificates in PEM, or one that is broken; write each as -----BEGIN"
            " CERTIFICATE----- and what follows"
        ) from None
    return found


class Web:
    """The event loop of one process; safe to build before a fork, since it starts with the first call.

    What is fetched for one patient has connections of its own, closed afterwards: a server that answers late, or twice,
    then cannot answer the next patient's question with it.
    """

    def __init__(self, authorities: str = "") -> None:
        """authorities  as `authorities` reads them, trusted beside those of certifi"""
        self._authorities = authorities
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
                if self._authorities:
                    self._trusted.load_verify_locations(cadata=self._authorities)
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
        max_line_size=_LONGEST_HEADER,
        max_field_size=_LONGEST_HEADER,
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
        to = address(url)
        for value in headers.values():
            value.encode("ascii")
        async with session.request(method, to, headers=headers, data=form, allow_redirects=False) as response:
            answered = True
            return Reply(response.status, response.content_type.lower(), await _read(response, budget))
    except (ClientError, OSError, ValueError) as error:
        raise WebError("the answer broke off" if answered else _unanswered(error)) from None


def address(url: str, base: str = "") -> URL:
    """Where `call` goes for this text, to the letter: a server's `next` link is opaque, `%2F` in it is no `/`.

    Only what no address may hold is escaped, and a host beyond ASCII spelt as DNS knows it. What is no whole address is
    resolved against `base`. Raises ValueError for what is no web address, and for blanks, control characters and
    backslashes, which every reader takes in a way of its own.
    """
    if any(char <= " " or char in "\x7f\\" for char in url):
        raise ValueError("no web address")
    if not urlsplit(url).scheme:
        url = urljoin(base, url)
    if not url.isascii():
        url = urlsplit(url)._replace(netloc=URL(url).raw_authority).geturl()
    made = URL(quote(url, safe=_LEGAL), encoded=True)
    if made.scheme not in ("http", "https") or not made.raw_host or not made.port:
        raise ValueError("no web address")
    return made


def _unanswered(error: Exception) -> str:
    if isinstance(error, ClientConnectorCertificateError):
        return "the server's certificate is not trusted"
    if isinstance(error, ClientResponseError):
        return "the answer is no HTTP, or its headers are too large"
    if isinstance(error, ServerDisconnectedError):
        return "the server hung up without an answer"
    return "the server could not be reached"


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
