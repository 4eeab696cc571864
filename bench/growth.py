"""Cost against the number of resources, and memory over many requests."""

from __future__ import annotations

import argparse
import math
from pathlib import Path

from bench import bodies
from bench.latency import failures
from bench.load import Measured, medians, wrk
from bench.report import Section
from bench.servers import service

SIZES = (10, 30, 100, 300, 1000, 3000, 10000)
SMALLEST = SIZES[0]
SAMPLES = 10


def growth(folder: Path, _files: dict[str, Path], options: argparse.Namespace) -> Section:
    """p50 for each size, the line through them, and the power with which the time grows at the upper end."""
    runs: dict[int, list[Measured]] = {size: [] for size in SIZES}
    with service(folder) as server:
        bodies_of = {size: folder / f"{size}.json" for size in SIZES}
        for size, body in bodies_of.items():
            body.write_bytes(bodies.sized(size))
            wrk(server.url, body, seconds=1, fewest=1)  # warm-up
        for _ in range(options.rounds):
            for size, body in bodies_of.items():
                runs[size].append(wrk(server.url, body, seconds=options.seconds / 3))
    found = {size: medians(each).p50 for size, each in runs.items()}
    slope, start = _line(found)
    exponent = math.log(found[10000] / found[1000]) / math.log(10)
    lines = ["## Cost against the number of resources", "", "| resources | p50 ms | ms a resource |", "|---|---|---|"]
    lines += [f"| {size} | {p50:.2f} | {p50 / size:.4f} |" for size, p50 in found.items()]
    lines += [
        "",
        f"Least squares, each size weighted by 1/size: {start:.2f} ms and {slope:.4f} ms a resource. From 1,000 to 10,000 "
        f"resources the time grows with their number to the power of {exponent:.2f}.",
        *failures({f"{size} resources": each for size, each in runs.items()}),
        "",
    ]
    return Section("\n".join(lines), {"exponent": exponent})


def _line(points: dict[int, float]) -> tuple[float, float]:
    """Slope and intercept; errors grow with the time, so a size counts as 1 / size."""
    weights = {size: 1 / size for size in points}
    total = sum(weights.values())
    mean_x = sum(weights[size] * size for size in points) / total
    mean_y = sum(weights[size] * y for size, y in points.items()) / total
    spread = sum(weights[size] * (size - mean_x) ** 2 for size in points)
    slope = sum(weights[size] * (size - mean_x) * (y - mean_y) for size, y in points.items()) / spread
    return slope, mean_y - slope * mean_x


def memory(folder: Path, _files: dict[str, Path], options: argparse.Namespace) -> Section:
    """Resident memory of one worker on the way through many requests. The smallest body that yields a card: what could
    grow (rules, store, metrics, log, connections) is passed by every request, whatever its size.
    """
    body = folder / "smallest.json"
    body.write_bytes(bodies.sized(SMALLEST))
    runs: list[Measured] = []
    with service(folder, name="memory") as server:
        rate = wrk(server.url, body, seconds=10, connections=4).rps  # warm-up
        seen = [(0, server.rss_mb())]
        while seen[-1][0] < options.memory_requests:
            left = options.memory_requests - seen[-1][0]
            wanted = min(left, options.memory_requests / SAMPLES)
            runs.append(wrk(server.url, body, seconds=max(1.0, 1.05 * wanted / rate), connections=4))
            rate = runs[-1].rps
            seen.append((seen[-1][0] + runs[-1].requests, server.rss_mb()))
    (_, before), (done, after) = seen[0], seen[-1]
    way = ", ".join(f"{mb:.1f} MB at {count:,}" for count, mb in seen)
    text = (
        f"One worker, 4 connections, a body of {SMALLEST} resources with a card (the smallest), {done:,} requests after a "
        f"warm-up of 10 s: {way}: {100 * (after / before - 1):+.1f} %, {1e6 * (after - before) / done:.0f} bytes a request."
    )
    told = "\n".join(["## Memory", "", text, *failures({"memory": runs}), ""])
    return Section(told, {"memory growth %": 100 * (after / before - 1)})
