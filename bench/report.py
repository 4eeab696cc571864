"""What a run found, written as it comes: an interrupted run leaves the sections that it had finished."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench.servers import ROOT

# (what is wanted, name of the measured value, the bound, whether more is better)
TARGETS = (
    ("typical p50 <= 2.5 x floor", "typical / floor", 2.5, False),
    ("heavy p50 <= 2 x floor", "heavy / floor", 2.0, False),
    ("typical p99 <= 3 x p50", "typical p99 / p50", 3.0, False),
    ("heavy p99 <= 3 x p50", "heavy p99 / p50", 3.0, False),
    ("two workers >= 1.8 x one", "two workers / one", 1.8, True),
    ("linear cost: time grows with resources to the power of <= 1.1", "exponent", 1.1, False),
    ("flat memory: <= 5 % more after the run", "memory growth %", 5.0, False),
    ("`assess` >= 1,000 typical patients/s/core", "patients/s/core", 1000.0, True),
    ("clinician: p95 <= 500 ms", "felt p95 ms", 500.0, False),
    ("clinician: every call answered, %", "felt answered %", 100.0, True),
)


@dataclass(frozen=True, slots=True)
class Section:
    """Markdown, and the values that targets speak of."""

    text: str
    values: Mapping[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class Report:
    path: Path
    sections: list[Section] = field(default_factory=list)

    def add(self, section: Section) -> None:
        self.sections.append(section)
        print(section.text, flush=True)
        self.path.write_text("\n".join([*(each.text for each in self.sections), self.verdict()]))

    def verdict(self) -> str:
        """Which targets this run met, computed from its own values."""
        values = {name: value for each in self.sections for name, value in each.values.items()}
        lines = ["## Targets", "", "| target | this run | verdict |", "|---|---|---|"]
        for wanted, name, bound, more in TARGETS:
            value = values.get(name)
            shown = "-" if value is None else f"{value:.4g}"
            lines.append(f"| {wanted} | {shown} | {_verdict(value, bound, more=more)} |")
        return "\n".join([*lines, ""])


def _verdict(value: float | None, bound: float, *, more: bool) -> str:
    if value is None:
        return "not measured"
    if value >= bound if more else value <= bound:
        return "met"
    factor = (bound / value if value else float("inf")) if more else value / bound
    return f"missed by a factor of {factor:.2f}"


def machine(how: str) -> Section:
    """Where and of what this run was made.

    how  the options of the run, in words
    """
    cpu = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.processor(),
    )
    return Section(
        f"# Measurements\n\n{cpu}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, Python "
        f"{platform.python_version()}, commit {_git('rev-parse', '--short', 'HEAD')}{_changed()}, load average "
        f"{os.getloadavg()[0]:.1f} at the start. {how} Only ratios within this run mean anything: the cores are shared with "
        "the load generator.\n"
    )


def _changed() -> str:
    return (
        " with changes"
        if _git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!bench/results.md")
        else ""
    )


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], capture_output=True, text=True, check=False, cwd=ROOT)
    return done.stdout.strip()
