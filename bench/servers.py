"""Starts the servers that are measured, each as it would be served, and tells their memory."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
PATH = "/cds-services/oih-patient-view"


@dataclass(frozen=True, slots=True)
class Server:
    name: str
    base: str
    process: subprocess.Popen[bytes]
    started_in: float  # seconds from exec to the first answer

    @property
    def url(self) -> str:
        return self.base + PATH

    def rss_mb(self) -> float:
        """Resident memory of the workers together."""
        pages = sum(int(Path(f"/proc/{worker}/statm").read_text().split()[1]) for worker in self._workers())
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def processor_seconds(self) -> float:
        """What the workers together have used of the processor: it tells cost from waiting."""
        fields = (Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split() for worker in self._workers())
        return sum(int(each[11]) + int(each[12]) for each in fields) / os.sysconf("SC_CLK_TCK")

    def _workers(self) -> list[str]:
        main = self.process.pid
        return Path(f"/proc/{main}/task/{main}/children").read_text().split()


@contextmanager
def plain(name: str) -> Iterator[Server]:
    """bench/noop.py or bench/floor.py under the same gunicorn as the service: one gthread worker."""
    port = free_port()
    command = ["-m", "gunicorn", f"bench.{name}:app", "--bind", f"127.0.0.1:{port}", "--workers", "1"]
    with _running(name, port, [*command, "--worker-class", "gthread", "--threads", "4", "--preload"], {}) as server:
        yield server


@contextmanager
def service(folder: Path, *, name: str = "service", workers: int = 1, **settings: str) -> Iterator[Server]:
    """`oih-cds serve` with a store of its own."""
    port = free_port()
    environment = {
        "OIH_CDS_DATABASE_URL": f"sqlite:///{folder / f'{name}.sqlite3'}",
        "OIH_CDS_WORKERS": str(workers),
        **{f"OIH_CDS_{key.upper()}": value for key, value in settings.items()},
    }
    with _running(name, port, ["-m", "hooks.cli", "serve", "--port", str(port)], environment) as server:
        yield server


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _running(name: str, port: int, arguments: list[str], environment: dict[str, str]) -> Iterator[Server]:
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *arguments],
        env={**os.environ, **environment},
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    base = f"http://127.0.0.1:{port}"
    try:
        while not _answers(base):
            if process.poll() is not None:
                raise SystemExit(f"{name} ended before it answered")
            time.sleep(0.02)
        yield Server(name, base, process, time.perf_counter() - began)
    finally:
        process.terminate()
        process.wait(timeout=60)


def _answers(base: str) -> bool:
    try:
        urllib.request.urlopen(f"{base}/cds-services", timeout=5)
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
