"""The service beside no-op and floor on the same bodies: one connection, one worker; then a second worker."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench import tokens
from bench.load import FEWEST, Measured, medians, wrk
from bench.report import Section
from bench.servers import Server, plain, service

PUBLIC = "https://bench.example.org"
AUDIENCE = f"{PUBLIC}/cds-services/oih-patient-view"
WARM_UP = 2.0  # seconds


@dataclass(slots=True)
class Contender:
    """One of the servers that are measured in turn.

    sign  makes a token for an audience; None: the server asks for none
    """

    server: Server
    folder: Path
    sign: Callable[[str], str] | None = None
    rate: float = 500.0  # requests a second, as last seen
    runs: list[Measured] = field(default_factory=list)

    def run(self, body: Path, seconds: float, fewest: int = FEWEST) -> Measured:
        seconds = max(seconds, 1.3 * fewest / max(self.rate, 0.1))
        listed = None
        if self.sign is not None:
            listed = self.folder / "tokens"
            listed.write_text("".join(f"{self.sign(AUDIENCE)}\n" for _ in range(int(1.5 * self.rate * seconds) + 20)))
        found = wrk(self.server.url, body, seconds=seconds, tokens=listed, fewest=fewest)
        self.rate = found.rps
        return found


def latency(folder: Path, files: dict[str, Path], options: argparse.Namespace) -> Section:
    """p50, p99, requests per second, processor time, memory, and the ratios to the floor."""
    lines = [
        "## Latency, one worker, one connection",
        "",
        "| body | server | p50 ms | p99 ms | requests/s | processor ms | RSS MB | p50 / floor | p99 / p50 |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    values: dict[str, float] = {}
    told: list[str] = []
    with ExitStack() as stack:
        signed, sign = stack.enter_context(trusted(folder))
        ours = stack.enter_context(service(folder))
        contenders = [
            Contender(stack.enter_context(plain("noop")), folder),
            Contender(stack.enter_context(plain("floor")), folder),
            Contender(ours, folder),
            Contender(stack.enter_context(service(folder, name="service, models only", models_only="true")), folder),
            Contender(signed, folder, sign),
        ]
        for name, body in files.items():
            lines += _rows(name, body, contenders, options)
            found, floor = (medians(each.runs) for each in (contenders[2], contenders[1]))
            values |= {f"{name} / floor": found.p50 / floor.p50, f"{name} p99 / p50": found.p99 / found.p50}
            told += failures({f"{name}, {each.server.name}": each.runs for each in contenders})
        starts = ", ".join(f"{each.server.name} {each.server.started_in:.1f} s" for each in contenders)
    return Section("\n".join([*lines, "", f"From exec to the first answer: {starts}.", *told, ""]), values)


def _rows(name: str, body: Path, contenders: list[Contender], options: argparse.Namespace) -> Iterator[str]:
    used = []
    for each in contenders:
        each.run(body, WARM_UP, fewest=1)
        each.runs.clear()
        used.append(each.server.processor_seconds())
    for _ in range(options.rounds):
        for each in contenders:
            each.runs.append(each.run(body, options.seconds))
    floor = medians(contenders[1].runs)
    for each, before in zip(contenders, used, strict=True):
        one = medians(each.runs)
        spent = 1000 * (each.server.processor_seconds() - before) / max(one.requests, 1)
        yield (
            f"| {name} | {each.server.name} | {one.p50:.2f} | {one.p99:.2f} | {one.rps:.0f} | {spent:.2f} "
            f"| {each.server.rss_mb():.0f} | {one.p50 / floor.p50:.2f} | {one.p99 / one.p50:.2f} |"
        )


@contextmanager
def trusted(
    folder: Path, *, servers: Iterable[str] = (), workers: int = 1
) -> Iterator[tuple[Server, Callable[[str], str]]]:
    """The service with an issuer, and what signs a token of that issuer.

    servers  FHIR servers that its requests may name
    """
    issuer, sign = tokens.issuer(folder, servers)
    settings = {"issuers": str(issuer), "public_url": PUBLIC, "open_discovery": "true", "allow_as_of": "true"}
    with service(folder, name="service with JWT", workers=workers, **settings) as server:
        yield server, sign


def workers(folder: Path, files: dict[str, Path], options: argparse.Namespace) -> Section:
    """What a second worker adds, at eight connections."""
    runs: dict[str, list[Measured]] = {"one": [], "two": []}
    with service(folder, name="one", workers=1) as one, service(folder, name="two", workers=2) as two:
        for server in (one, two):
            wrk(server.url, files["typical"], seconds=WARM_UP, connections=8)
        for _ in range(options.rounds):
            for server in (one, two):
                runs[server.name].append(wrk(server.url, files["typical"], seconds=options.seconds, connections=8))
    single, double = medians(runs["one"]), medians(runs["two"])
    text = (
        f"typical body, 8 connections: {single.rps:.0f} requests/s with one worker, {double.rps:.0f} with two "
        f"({double.rps / single.rps:.2f} times). wrk itself shares the cores."
    )
    told = "\n".join(["## Two workers", "", text, *failures(runs), ""])
    return Section(told, {"two workers / one": double.rps / single.rps})


def failures(runs: dict[str, list[Measured]]) -> list[str]:
    """A line for each server that did not answer everything with 2xx."""
    found = {name: medians(each) for name, each in runs.items()}
    return [
        f"{name}: {one.failed} of {one.requests} requests were not answered with 2xx."
        for name, one in found.items()
        if one.failed
    ]
