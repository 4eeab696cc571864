"""What gunicorn answers and logs by itself, before our application sees a request: in our form, without the caller's words.

A malformed request line may be a search URL with a patient's id in it, a malformed header a token.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

import orjson
import structlog
from gunicorn import util  # type: ignore[import-untyped]
from gunicorn.arbiter import Arbiter  # type: ignore[import-untyped]
from gunicorn.glogging import Logger  # type: ignore[import-untyped]
from gunicorn.http import errors  # type: ignore[import-untyped]
from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

from hooks.problems import HEADERS, outcome
from hooks.refusals import Issue

_log = structlog.get_logger(__name__)
# The first that fits; whatever else gunicorn's parser refuses is 400.
_STATUS: tuple[tuple[type[Exception], int, str, str], ...] = (
    (errors.LimitRequestLine, 414, "URI Too Long", "the request line is too long"),
    (errors.LimitRequestHeaders, 431, "Request Header Fields Too Large", "the headers are too large or too many"),
    (errors.ExpectationFailed, 417, "Expectation Failed", "no expectation but 100-continue is met"),
    (errors.ParseException, 400, "Bad Request", "not HTTP/1.1 as it is taken here"),
)


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    def _cap_keepalive(self, deadline: float) -> None:
        """At the begin of a shutdown: take the calls that wait in the listening socket's queue, then close it.

        It would stay open until the last answer is out, and whoever is queued by then would see a reset connection,
        which a client cannot tell from a lost answer; a refused one it may send elsewhere.
        """
        super()._cap_keepalive(deadline)
        usual = sys.getswitchinterval()
        # Who calls between the last look at the queue and its end is cut off: other threads must not hold that up for 5 ms.
        sys.setswitchinterval(1e-6)
        for listener in self.sockets:
            taken = -1
            while taken != self.nr_conns:
                taken = self.nr_conns
                self.accept(listener)
            listener.close()
        sys.setswitchinterval(usual)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:  # noqa: ARG002
        """Answer a request that never became one; a fault beyond our application is ours."""
        found = ((status, phrase, text) for kind, status, phrase, text in _STATUS if isinstance(exc, kind))
        status, phrase, text = next(found, (500, "Internal Server Error", "the service failed"))
        _log.log(40 if status == 500 else 30, "request refused", status=status, error=type(exc).__name__)
        body = orjson.dumps(outcome([Issue("exception" if status == 500 else "invalid", text)]))
        headers = {
            **HEADERS,
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "Connection": "close",
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        try:
            util.write_nonblock(client, f"HTTP/1.1 {status} {phrase}\r\n{lines}\r\n".encode() + body)
        except OSError:
            _log.info("caller gone")


class Keeper(Arbiter):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's arbiter, which also says in one line of ours how a worker ended: its own words are dropped below."""

    def reap_workers(self) -> None:
        for pid, worker in self.WORKERS.items() if hasattr(os, "waitid") else ():  # macOS has it from Python 3.13
            try:
                ended = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                continue
            if ended is None or ended.si_status in (0, signal.SIGTERM):
                continue
            by_signal = ended.si_code in (os.CLD_KILLED, os.CLD_DUMPED)
            _log.error(
                "worker ended",
                worker=pid,
                signal=signal.Signals(ended.si_status).name if by_signal else None,
                status=None if by_signal else ended.si_status,
                # SIGKILL that nobody here sent is mostly the kernel's, for want of memory.
                reason="no sign of life" if worker.aborted else "from outside" if by_signal else "by itself",
            )
        super().reap_workers()


class Wordless(Logger):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's own messages go through hooks/logs.py, which keeps their level and drops their text."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True
