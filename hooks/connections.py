"""Connections to other servers, kept for the next call: HTTP/1.1 as h11 reads it, on asyncio's transports.

A general client took 2 ms of processor time for each exchange, most of it for looking through its pool: a call that
reads six keys of a record spent more on fetching than on evaluating. Here an exchange takes about a tenth of that.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import cast
from urllib.parse import SplitResult, quote, urlsplit

import certifi
import h11

_AT_ONCE = 64  # connections in use; whoever comes later waits for one
_KEPT = 64
_KEPT_SECONDS = 30.0
_HEAD_BYTES = 100 * 1024
_PORTS = {"http": 80, "https": 443}
_AS_IT_IS = "!$%&'()*+,-./:;=?@[]^_`{|}~"  # in path and query; an escape stays one escape

Origin = tuple[str, str, int]  # scheme, host, port


class ExchangeError(Exception):
    """The other side hung up, or does not speak HTTP/1.1; or what should be asked is no request."""


class Connection(asyncio.Protocol):
    """One connection, for one exchange after the other."""

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self.idle_since = 0.0
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEAD_BYTES)
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[None] | None = None

    async def ask(self, method: str, target: str, headers: Mapping[str, str], form: bytes | None) -> h11.Response:
        """Send a request; the head of its answer. Raises ExchangeError."""
        try:
            head = h11.Request(method=method, target=target, headers=list(headers.items()))
            rest = [h11.EndOfMessage()] if form is None else [h11.Data(data=form), h11.EndOfMessage()]
            request = b"".join(self._http.send(event) or b"" for event in (head, *rest))
        except (h11.LocalProtocolError, UnicodeEncodeError):
            raise ExchangeError("no request") from None
        if self._transport is not None:
            self._transport.write(request)
        while isinstance(event := await self._event(), h11.InformationalResponse):
            pass
        if not isinstance(event, h11.Response):
            raise ExchangeError("no answer")
        return event

    async def body(self) -> AsyncIterator[bytes]:
        """The answer's body as it comes, packed or not. Raises ExchangeError."""
        while isinstance(event := await self._event(), h11.Data):
            yield event.data

    def renewed(self) -> bool:
        """Is it ready for another exchange? Only where this one was read to its end and both sides stay."""
        if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
            return False
        self._http.start_next_cycle()
        return True

    @property
    def usable(self) -> bool:
        """Still there, and silent: whoever speaks unasked would answer the next question with it."""
        there = self._transport is not None and not self._transport.is_closing()
        return there and self._http.trailing_data == (b"", False)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._http.receive_data(data)
        self._wake()

    def connection_lost(self, _error: Exception | None) -> None:
        self._http.receive_data(b"")
        self._wake()

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    async def _event(self) -> object:
        try:
            while (event := self._http.next_event()) is h11.NEED_DATA:
                self._waiting = asyncio.get_running_loop().create_future()
                await self._waiting
        except h11.RemoteProtocolError:
            raise ExchangeError("not an answer of HTTP/1.1") from None
        return event


class Connections:
    """The connections of one event loop; nothing in it may be touched from another thread."""

    def __init__(self) -> None:
        self._trust: ssl.SSLContext | None = None
        self._idle: deque[Connection] = deque()  # the longest idle first
        self._free = asyncio.Semaphore(_AT_ONCE)

    @asynccontextmanager
    async def to(self, url: SplitResult) -> AsyncIterator[Connection]:
        """A connection for one exchange with the server of this URL. Raises OSError or ValueError."""
        origin = _origin(url)
        async with self._free:
            connection = self._kept(origin) or await self._opened(origin)
            read_to_its_end = False
            try:
                yield connection
                read_to_its_end = connection.renewed()
            finally:
                if read_to_its_end:
                    self._keep(connection)
                else:
                    connection.close()

    async def close(self) -> None:
        while self._idle:
            self._idle.popleft().close()
        await asyncio.sleep(0)  # a transport closes its socket in the loop's next round

    def _kept(self, origin: Origin) -> Connection | None:
        """The connection that was used last: the likeliest to be still there."""
        oldest = time.monotonic() - _KEPT_SECONDS
        while self._idle and (self._idle[0].idle_since < oldest or not self._idle[0].usable):
            self._idle.popleft().close()
        for connection in reversed(self._idle):
            if connection.origin == origin and connection.usable:
                self._idle.remove(connection)
                return connection
        return None

    def _keep(self, connection: Connection) -> None:
        connection.idle_since = time.monotonic()
        self._idle.append(connection)
        if len(self._idle) > _KEPT:
            self._idle.popleft().close()

    async def _opened(self, origin: Origin) -> Connection:
        scheme, host, port = origin
        if scheme == "https" and self._trust is None:
            # With the first call: reading the list of authorities takes tens of milliseconds.
            self._trust = ssl.create_default_context(cafile=certifi.where())
        trust = self._trust if scheme == "https" else None
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(lambda: Connection(origin), host, port, ssl=trust)
        return connection


def parsed(url: str) -> SplitResult:
    """Raises ValueError for what is no http or https URL."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("not an http or https URL")
    return parts


def host_of(url: SplitResult) -> str:
    """What the header Host says: no user information, and no port that the scheme implies."""
    scheme, name, port = _origin(url)
    shown = f"[{name}]" if ":" in name else name
    return shown if port == _PORTS[scheme] else f"{shown}:{port}"


def target_of(url: SplitResult) -> str:
    """Path and query as the request line takes them."""
    return quote(f"{url.path or '/'}{f'?{url.query}' if url.query else ''}", safe=_AS_IT_IS)


def _origin(url: SplitResult) -> Origin:
    name = str(url.hostname)
    return url.scheme, name if name.isascii() else name.encode("idna").decode(), url.port or _PORTS[url.scheme]
