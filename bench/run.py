"""`make bench`: the real service beside the no-op and the floor, interleaved in one run; writes bench/results.md."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import quantiles

from bench import bodies, clinician, tokens
from bench.load import Measured, medians, wrk
from bench.servers import ROOT, Server, plain, service

SIZES = (10, 30, 100, 300, 1000, 3000, 10000)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="interleaved rounds; medians are told")
    parser.add_argument("--seconds", type=float, default=5, help="length of one wrk run")
    parser.add_argument("--memory-requests", type=int, default=100_000, help="requests of the memory run")
    parser.add_argument("--out", type=Path, default=ROOT / "bench/results.md")
    options = parser.parse_args()
    sections = [_machine()]
    with tempfile.TemporaryDirectory(prefix="oih-cds-bench-") as name:
        folder = Path(name)
        files = {"typical": folder / "typical.json", "heavy": folder / "heavy.json"}
        files["typical"].write_bytes(bodies.typical())
        files["heavy"].write_bytes(bodies.heavy())
        for work in (latency, workers, growth, memory, patients, felt):
            section = work(folder, files, options)
            print(section, flush=True)
            sections.append(section)
    options.out.write_text("\n".join(sections))
    print(f"written to {options.out.name}")


def latency(folder: Path, files: dict[str, Path], options: argparse.Namespace) -> str:
    """p50, p99, requests per second, memory, and the ratios to the floor; one connection, one worker."""
    with ExitStack() as stack:
        signed, token = stack.enter_context(_trusted(folder))
        servers = [
            stack.enter_context(plain("noop")),
            stack.enter_context(plain("floor")),
            stack.enter_context(service(folder)),
            stack.enter_context(service(folder, name="service, models only", models_only="true")),
            signed,
        ]
        lines = ["## Latency, one worker, one connection", "", *_head("server", "start s")]
        for name, body in files.items():
            found = _rounds(servers, body, token, options)
            floor = found["floor"]
            for server in servers:
                one = found[server.name]
                lines.append(
                    f"| {name} | {server.name} | {server.started_in:.1f} | {one.p50:.2f} | {one.p99:.2f} | {one.rps:.0f} "
                    f"| {server.rss_mb():.0f} | {one.p50 / floor.p50:.2f} | {one.p99 / one.p50:.2f} |"
                )
    return "\n".join([*lines, ""])


def _head(second: str, third: str) -> tuple[str, str]:
    return (
        f"| body | {second} | {third} | p50 ms | p99 ms | requests/s | RSS MB | p50 / floor | p99 / p50 |",
        "|---|---|---|---|---|---|---|---|---|",
    )


def _rounds(servers: list[Server], body: Path, token: str, options: argparse.Namespace) -> dict[str, Measured]:
    runs: dict[str, list[Measured]] = {server.name: [] for server in servers}
    for server in servers:
        wrk(server.url, body, seconds=2, token=token)  # warm-up
    for _ in range(options.rounds):
        for server in servers:
            runs[server.name].append(wrk(server.url, body, seconds=options.seconds, token=token))
    return {name: medians(found) for name, found in runs.items()}


@contextmanager
def _trusted(folder: Path) -> Iterator[tuple[Server, str]]:
    """The service with an issuer, and a token of that issuer; repetition is observed, so that one token serves wrk."""
    issuer, token_for = tokens.issuer(folder)
    public = "https://bench.example.org"
    settings = {"issuers": str(issuer), "public_url": public, "open_discovery": "true", "allow_as_of": "true"}
    with service(folder, name="service with JWT", **settings) as server:
        yield server, token_for(f"{public}/cds-services/oih-patient-view")


def workers(folder: Path, files: dict[str, Path], options: argparse.Namespace) -> str:
    """What a second worker adds, at eight connections."""
    rates: dict[int, list[Measured]] = {1: [], 2: []}
    with service(folder, name="one", workers=1) as one, service(folder, name="two", workers=2) as two:
        for _ in range(options.rounds):
            for count, server in ((1, one), (2, two)):
                rates[count].append(wrk(server.url, files["typical"], seconds=options.seconds, connections=8))
    single, double = medians(rates[1]).rps, medians(rates[2]).rps
    return (
        f"## Two workers\n\ntypical body, 8 connections: {single:.0f} requests/s with one worker, {double:.0f} with two "
        f"({double / single:.2f} times). wrk itself shares the cores.\n"
    )


def growth(folder: Path, _files: dict[str, Path], options: argparse.Namespace) -> str:
    """Cost against the number of resources."""
    lines = ["## Cost against the number of resources", "", "| resources | p50 ms | us a resource |", "|---|---|---|"]
    with service(folder) as server:
        for size in SIZES:
            body = folder / f"{size}.json"
            body.write_bytes(bodies.sized(size))
            wrk(server.url, body, seconds=1)
            found = wrk(server.url, body, seconds=max(2.0, options.seconds / 2))
            lines.append(f"| {size} | {found.p50:.2f} | {1000 * found.p50 / size:.1f} |")
    return "\n".join([*lines, ""])


def memory(folder: Path, files: dict[str, Path], options: argparse.Namespace) -> str:
    """Resident memory of a worker before and after many requests."""
    with service(folder) as server:
        warm = wrk(server.url, files["typical"], seconds=5, connections=4)
        before, done = server.rss_mb(), warm.requests
        while done < options.memory_requests:
            done += wrk(server.url, files["typical"], seconds=30, connections=4).requests
        after = server.rss_mb()
    return (
        f"## Memory\n\n{done} requests (typical body): {before:.0f} MB after warm-up, {after:.0f} MB at the end "
        f"({100 * (after / before - 1):+.1f} %).\n"
    )


def patients(folder: Path, files: dict[str, Path], _options: argparse.Namespace) -> str:
    """`oih-cds assess` over NDJSON of typical patients."""
    count = 2000
    line = json.dumps(json.loads(files["typical"].read_bytes())).encode() + b"\n"
    path = folder / "patients.ndjson"
    path.write_bytes(line * count)
    rates = []
    for jobs in (1, os.cpu_count() or 1):
        began = time.perf_counter()
        command = [sys.executable, "-m", "hooks.cli", "assess", "--jobs", str(jobs), str(path)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
        rates.append((jobs, count / (time.perf_counter() - began)))
    told = "; ".join(f"{rate:.0f} patients/s with {jobs} process{'' if jobs == 1 else 'es'}" for jobs, rate in rates)
    return f"## `oih-cds assess` on NDJSON\n\n{count} typical patients, start included: {told}.\n"


def felt(folder: Path, _files: dict[str, Path], _options: argparse.Namespace) -> str:
    """What a clinician waits: JWT, no prefetch, every key fetched from an EHR that takes 80 ms, 20 requests a second."""
    issuer, token_for = tokens.issuer(folder)
    public = "https://bench.example.org"
    with clinician.ehr(delay=0.08) as server:
        issuer.write_text(issuer.read_text().replace("fhir_servers = []", f'fhir_servers = ["{server}"]'))
        settings = {"issuers": str(issuer), "public_url": public, "open_discovery": "true", "allow_as_of": "true"}
        with service(folder, name="felt", workers=2, threads="16", **settings) as ours:
            token = token_for(f"{public}/cds-services/oih-patient-view")
            asyncio.run(clinician.calls(ours.url, token, server, rate=20, count=40))  # warm-up
            waited = asyncio.run(clinician.calls(ours.url, token, server, rate=20, count=400))
    cuts = quantiles(waited, n=100)
    return (
        f"## What a clinician waits\n\nJWT, every key read from a stub EHR that answers after 80 ms, 2 workers, 20 requests a "
        f"second, {len(waited)} requests: p50 {cuts[49]:.0f} ms, p95 {cuts[94]:.0f} ms, p99 {cuts[98]:.0f} ms.\n"
    )


def _machine() -> str:
    cpu = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.processor(),
    )
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False, cwd=ROOT
    )
    return (
        f"# Measurements\n\n{cpu}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, commit {commit.stdout.strip()}. Only ratios within this run mean anything: "
        "the cores are shared with the load generator.\n"
    )


if __name__ == "__main__":
    main()
