"""`make bench`: the real service beside the no-op and the floor, interleaved in one run; writes bench/results.md."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import bodies
from bench.clinician import felt
from bench.growth import growth, memory
from bench.latency import latency, workers
from bench.population import patients
from bench.report import Report, Section, machine
from bench.servers import ROOT

SECTIONS = {each.__name__: each for each in (latency, workers, growth, patients, felt, memory)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="interleaved rounds; medians are told")
    parser.add_argument("--seconds", type=float, default=6, help="length of one wrk run")
    parser.add_argument("--memory-requests", type=int, default=100_000, help="requests of the memory run")
    parser.add_argument("--patients", type=int, default=4000, help="lines of the NDJSON")
    parser.add_argument("--felt", type=int, default=600, help="calls of the clinician's run")
    parser.add_argument("--quick", action="store_true", help="a tenth of everything: to see that it runs")
    parser.add_argument("--only", choices=SECTIONS, nargs="*", default=list(SECTIONS), help="these sections")
    parser.add_argument("--out", type=Path, default=ROOT / "bench/results.md")
    options = parser.parse_args()
    if options.quick:
        options.seconds, options.memory_requests, options.patients, options.felt = 1, 5_000, 200, 100
    sys.exit(not run(options))


def run(options: argparse.Namespace) -> bool:
    """Whether every section could be measured; one that could not is told in its place."""
    report = Report(options.out)
    how = (
        f"{options.rounds} rounds of {options.seconds:g} s, {options.patients:,} patients, {options.felt} calls a second "
        f"column, {options.memory_requests:,} requests for memory."
    )
    report.add(machine(how))
    whole = True
    with tempfile.TemporaryDirectory(prefix="oih-cds-bench-") as name:
        folder = Path(name)
        files = {"typical": folder / "typical.json", "heavy": folder / "heavy.json"}
        files["typical"].write_bytes(bodies.typical())
        files["heavy"].write_bytes(bodies.heavy())
        for title in options.only:
            began = time.perf_counter()
            try:
                section = SECTIONS[title](folder, files, options)
            except (SystemExit, OSError, subprocess.SubprocessError) as error:
                section, whole = Section(f"## {title}\n\nNot measured: {error}\n"), False
            report.add(section)
            print(f"({title}: {time.perf_counter() - began:.0f} s)\n", flush=True)
    print(report.verdict())
    return whole


if __name__ == "__main__":
    main()
