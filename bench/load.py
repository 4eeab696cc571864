"""Load by wrk: one connection for latency, several for throughput."""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from statistics import median

SCRIPT = Path(__file__).parent / "post.lua"
FEWEST, LONGEST = 10, 60.0  # requests and seconds of one run


@dataclass(frozen=True, slots=True)
class Measured:
    """Milliseconds and requests per second of one run, or medians over runs; `requests` and `failed` are sums."""

    p50: float
    p99: float
    rps: float
    requests: int
    failed: int


def wrk(
    url: str, body: Path, *, seconds: float, connections: int = 1, tokens: Path | None = None, fewest: int = FEWEST
) -> Measured:
    """One run, of whole seconds; made again, and longer, where a median would rest on a few requests.

    tokens  one a line, for one request each; they begin anew where they do not last

    Raises SystemExit where wrk is missing.
    """
    if shutil.which("wrk") is None:
        raise SystemExit("bench needs wrk: apt-get install wrk")
    environment = {**os.environ, "BENCH_BODY": str(body)}
    if tokens is not None:
        environment["BENCH_TOKENS"] = str(tokens)
    while True:
        command = [
            "wrk",
            "-t1",
            f"-c{connections}",
            f"-d{math.ceil(seconds)}s",
            "--timeout",
            "60s",
            "-s",
            str(SCRIPT),
            url,
        ]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        found = json.loads(done.stdout.splitlines()[-1])
        if found["requests"] >= fewest or seconds >= LONGEST:
            return Measured(**found)
        seconds = min(LONGEST, math.ceil(1.3 * seconds * fewest / max(found["requests"], 1)))


def medians(runs: list[Measured]) -> Measured:
    return Measured(
        median(run.p50 for run in runs),
        median(run.p99 for run in runs),
        median(run.rps for run in runs),
        sum(run.requests for run in runs),
        sum(run.failed for run in runs),
    )
