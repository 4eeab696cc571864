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
    """Milliseconds and requests per second of one run, or medians over runs."""

    p50: float
    p99: float
    rps: float
    requests: int


def wrk(url: str, body: Path, *, seconds: float, connections: int = 1, token: str | None = None) -> Measured:
    """One run. Raises SystemExit where wrk is missing or any request failed: a failure is no measurement."""
    if shutil.which("wrk") is None:
        raise SystemExit("bench needs wrk: apt-get install wrk")
    environment = {**os.environ, "BENCH_BODY": str(body)}
    if token is not None:
        environment["BENCH_TOKEN"] = token
    while True:
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "--timeout", "60s", "-s", str(SCRIPT), url]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        found = json.loads(done.stdout.splitlines()[-1])
        if found["failed"]:
            raise SystemExit(f"{url}: {found['failed']} of {found['requests']} requests failed")
        if found["requests"] >= FEWEST or seconds >= LONGEST:
            break
        # Too slow for this time: a median needs some requests.
        seconds = min(LONGEST, math.ceil(1.3 * seconds * FEWEST / max(found["requests"], 1)))
    return Measured(found["p50"], found["p99"], found["rps"], found["requests"])


def medians(runs: list[Measured]) -> Measured:
    return Measured(
        median(run.p50 for run in runs),
        median(run.p99 for run in runs),
        median(run.rps for run in runs),
        sum(run.requests for run in runs),
    )
