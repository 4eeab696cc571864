"""`oih-cds assess` over NDJSON of typical patients."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from bench.report import Section
from bench.servers import ROOT


def patients(folder: Path, files: dict[str, Path], options: argparse.Namespace) -> Section:
    """Patients a second, with one process and with one for each core; the start is measured by a run over one patient."""
    line = json.dumps(json.loads(files["typical"].read_bytes())).encode() + b"\n"
    one, many = folder / "one.ndjson", folder / "many.ndjson"
    one.write_bytes(line)
    many.write_bytes(line * options.patients)
    cores = os.cpu_count() or 1
    start = median(_seconds(one, 1) for _ in range(3))
    lines = [
        "## `oih-cds assess` on NDJSON",
        "",
        "| processes | patients/s, start included | without the start |",
        "|---|---|---|",
    ]
    rates = {}
    for jobs in (1, cores):
        taken = median(_seconds(many, jobs) for _ in range(options.rounds if jobs == 1 else 1))
        rates[jobs] = options.patients / (taken - start)
        lines.append(f"| {jobs} | {options.patients / taken:.0f} | {rates[jobs]:.0f} |")
    text = f"{options.patients:,} typical patients of {len(line) / 1000:.0f} KB; the start takes {start:.2f} s."
    return Section("\n".join([*lines, "", text, ""]), {"patients/s/core": rates[1]})


def _seconds(path: Path, jobs: int) -> float:
    began = time.perf_counter()
    command = [sys.executable, "-m", "hooks.cli", "assess", "--jobs", str(jobs), str(path)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
    return time.perf_counter() - began
