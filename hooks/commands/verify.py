"""`oih-cds verify`: measures the detector on invented patients with known truth and writes docs/verification.md."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from cds import knowledge
from cds.knowledge import simulator
from cds.knowledge.simulator import Simulator
from cds.verification import figure, report, run, walk
from cds.verification.simulate import BLOCK

PAGE = "verification.md"
FIGURE = "verification-operating-curve.svg"
REPORTING_SEED = 4711
LEAST_TO_JUDGE = 100  # in each cell: design choice; with 2 one patient is 50 %
VISIT_SCENARIOS = ("3 a week", "visits, 365 d")


@dataclass(frozen=True, slots=True)
class Job:
    """Patients of one block that one process evaluates at once; `what` is "report", "tune", "visits" or "controls"."""

    what: str
    phenotype: str
    scenario: str
    seed: int
    block: int
    limit: int


@dataclass(frozen=True, slots=True)
class Found:
    """What one job found; only the part that its `what` names is filled."""

    outcomes: tuple[walk.Outcome, ...] = ()
    occasions: tuple[tuple[walk.Occasion, ...], ...] = ()
    held: tuple[walk.Held, ...] = ()


@click.command("verify")
@click.option("--patients", type=click.IntRange(1), default=200, show_default=True, help="Patients in each cell.")
@click.option("--seed", type=int, default=REPORTING_SEED, show_default=True, help="Seed that is reported.")
@click.option("--scenario", "scenarios", multiple=True, help="Only this scenario; may be repeated. Default: all.")
@click.option("--jobs", type=click.IntRange(1), help="Processes. Default: one for each core.")
@click.option("--quick", is_flag=True, help="A few patients in each cell: does it run, not what does it reach.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("docs"),
    show_default=True,
    help=f"Directory for {PAGE} and {FIGURE}.",
)
def command(patients: int, seed: int, scenarios: tuple[str, ...], jobs: int | None, quick: bool, out: Path) -> None:
    """Measure the detector on invented patients whose truth is known.

    Software verification, not clinical validation.
    """
    counted = measure(2 if quick else patients, seed, scenarios, jobs or len(os.sched_getaffinity(0)))
    out.mkdir(parents=True, exist_ok=True)
    (out / PAGE).write_text(report.markdown(counted), encoding="utf-8")
    (out / FIGURE).write_text(figure.operating_curve(list(counted.points.items())), encoding="utf-8")
    click.echo("Software verification, not clinical validation.")
    for target, value in run.reached(counted):
        bound = f"{'>=' if target.at_least else '<='} {target.bound:.1%}"
        judged = "not judged" if counted.patients < LEAST_TO_JUDGE else "met" if target.holds(value or 0) else "MISSED"
        told = "not measured" if value is None else f"{value:.1%} {judged}"
        click.echo(f"{target.meaning}: must be {bound}, reached {told}")
    if counted.patients < LEAST_TO_JUDGE:
        few = "1 patient in a cell tells" if counted.patients == 1 else f"{counted.patients} patients in a cell tell"
        click.echo(f"{few} that it runs, not what it reaches: it takes {LEAST_TO_JUDGE} or more to judge a target.")
    click.echo(f"Written: {out / PAGE}, {out / FIGURE}")


def measure(patients: int, seed: int, scenarios: tuple[str, ...], processes: int) -> run.Run:
    """Everything that the page tells; the same arguments and the same commit give the same numbers.

    scenarios  names of simulator.toml; all if empty

    Raises BadParameter for an unknown scenario and for a seed on which limits were chosen.
    """
    known = knowledge.load()
    simulated = simulator.load(known.rules.root)
    tuning = simulated.tuning_seeds
    if seed in tuning:
        raise click.BadParameter(f"limits were chosen on seed {seed}; report on another one than {tuning}")
    if unknown := set(scenarios) - {scenario.name for scenario in simulated.scenarios}:
        names = ", ".join(scenario.name for scenario in simulated.scenarios)
        raise click.BadParameter(f"no scenario '{min(unknown)}'; known are: {names}")
    if scenarios:
        chosen_ones = tuple(scenario for scenario in simulated.scenarios if scenario.name in scenarios)
        simulated = replace(simulated, scenarios=chosen_ones)
    commit = _commit()  # before the run, which takes minutes
    planned = list(plan(simulated, patients, seed))
    found = dict(zip(planned, _evaluated(planned, processes), strict=True))
    outcomes = {
        what: tuple(chain.from_iterable(part.outcomes for job, part in found.items() if job.what == what))
        for what in ("report", "tune")
    }
    chosen = next(iter(simulated.operating), "")
    return run.Run(
        simulator=simulated,
        outcomes=outcomes["report"],
        visits={
            name: tuple(chain.from_iterable(part.occasions for job, part in found.items() if job.scenario == name))
            for name in VISIT_SCENARIOS
            if name in {scenario.name for scenario in simulated.scenarios}
        },
        controls=run.controls([one for part in found.values() for one in part.held]),
        seed=seed,
        patients=patients,
        commit=commit,
        rules=_limits(known, simulated),
        figure=FIGURE,
        points={
            f"seed {tuning[0]} (limits chosen)": run.operating_points(simulated, outcomes["tune"], chosen),
            f"seed {seed} (reported)": run.operating_points(simulated, outcomes["report"], chosen),
        },
    )


def plan(simulated: Simulator, patients: int, seed: int) -> Iterator[Job]:
    """Every job of a run. Visits and controls take a tenth of the patients: each of them is evaluated many times."""
    part = max(1, patients // 10)
    for scenario in simulated.scenarios:
        for phenotype in simulated.phenotypes:
            cell = (phenotype.name, scenario.name)
            yield from _blocks("report", *cell, seed, patients)
            if scenario.dense:
                yield from _blocks("tune", *cell, simulated.tuning_seeds[0], max(1, patients // 2))
            if scenario.name in VISIT_SCENARIOS:
                yield from _blocks("visits", *cell, seed, part)
            if phenotype.group == "oih" and scenario.name in VISIT_SCENARIOS:
                yield from _blocks("controls", *cell, seed, part)


def _blocks(what: str, phenotype: str, scenario: str, seed: int, patients: int) -> Iterator[Job]:
    for block in range(-(-patients // BLOCK)):
        yield Job(what, phenotype, scenario, seed, block, min(BLOCK, patients - block * BLOCK))


def _evaluated(planned: list[Job], processes: int) -> Iterator[Found]:
    """The answers in the order of the plan, behind a progress bar on standard error."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    # Not forked: the rule engine's C library is not made for that.
    context = multiprocessing.get_context("spawn")
    # One process a core already; numpy's own threads would only get into each other's way.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with (
        Progress(*columns, console=Console(stderr=True)) as progress,
        ProcessPoolExecutor(processes, mp_context=context) as pool,
    ):
        task = progress.add_task("blocks of patients", total=len(planned))
        for found in pool.map(_evaluate, planned):
            progress.advance(task)
            yield found


@cache
def _walker() -> walk.Walker:
    """Built once in each process."""
    known = knowledge.load()
    return walk.Walker.of(known, simulator.load(known.rules.root))


def _evaluate(job: Job) -> Found:
    cell = (_walker(), job.phenotype, job.scenario, job.seed, job.block, job.limit)
    if job.what == "visits":
        return Found(occasions=tuple(tuple(chart) for chart in walk.visits(*cell)))
    if job.what == "controls":
        return Found(held=tuple(walk.controls(*cell)))
    return Found(outcomes=tuple(walk.block(*cell)))


def _limits(known: knowledge.Knowledge, simulated: Simulator) -> str:
    """How many rules there are, and the limits in use that the operating points vary."""
    varied = sorted({name for limits in simulated.operating.values() for name in limits})
    told = [f"{name} {known.rules.limit(*name.split('.', 1)):g}" for name in varied]
    return f"{len(list(known.rules))} rules, of which the operating curve varies {', '.join(told)}"


def _commit() -> str:
    """The commit of the checkout, and whether engine or rules differ from it."""
    root = Path(__file__).parent.parent.parent
    try:
        commit = _git(root, "rev-parse", "--short=12", "HEAD")
        changed = _git(root, "status", "--porcelain", "--", "cds", "rules")
    except (OSError, subprocess.CalledProcessError):
        return "not known (no git checkout)"
    return f"`{commit}`" + (" with uncommitted changes" if changed else "")


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(root), *arguments], check=True, capture_output=True, text=True)  # noqa: S603, S607
    return done.stdout.strip()
