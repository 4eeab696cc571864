"""`oih-cds what-if LIMIT=VALUE`: which fixtures and which invented patients another limit would change."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import track

from cds import case
from cds.clinical import Assessment
from cds.errors import KnowledgeError
from cds.knowledge import Knowledge, simulator
from cds.verification.patient import patients
from cds.verification.requests import to_request
from cds.verification.simulate import simulate
from hooks import evaluation, fixture
from hooks.evaluation import Evaluator
from hooks.shipped import fixtures

_SEED = 99  # the tuning seed: a limit is tried on the patients on which limits are chosen
_NOW = datetime(2026, 7, 1, tzinfo=UTC)  # every fixture and every invented patient states its own evaluation date


@dataclass(frozen=True, slots=True)
class Seen:
    """What a user would notice."""

    grade: str
    supported: bool
    co_rise: bool
    cards: tuple[str, ...]

    @classmethod
    def of(cls, found: Assessment) -> Seen:
        cards = tuple(card.kind for card in found.cards)
        return cls(found.grade.name, found.grade.supported, found.trend.co_rise.holds, cards)

    def __str__(self) -> str:
        told = self.grade + (" (supported)" if self.supported else "") + (", co_rise" if self.co_rise else "")
        return f"{told}; cards: {', '.join(self.cards) or 'none'}"


@click.command("what-if")
@click.argument("change", metavar="LIMIT=VALUE")
@click.option("--patients", "number", type=click.IntRange(0, 50), default=5, show_default=True, help="Of each kind.")
@click.option("--fixtures", "folder", type=click.Path(path_type=Path, exists=True), help="Fixtures; default: all.")
def command(change: str, number: int, folder: Path | None) -> None:
    """Show what LIMIT=VALUE, such as R4.beta=0.9, would change; nothing is written.

    A limit is named by its rule's id, or by `estimator` for the constants of rules/estimator.toml.
    """
    now = evaluation.load()
    then = _changed(now.knowledge, change)
    console = Console(highlight=False, soft_wrap=True)
    rows = list(_fixtures(now, then, folder or fixtures()))
    changed = [row for row in rows if row[1] != row[2]]
    for name, before, after in changed:
        console.print(f"{name}\n  now   {before}\n  then  {after}", markup=False)
    console.print(f"{len(changed)} of {len(rows)} fixture patients change")
    if number:
        _tell_invented(console, now, then, number)


def _changed(knowledge: Knowledge, change: str) -> Evaluator:
    """The service as it would be with another number in the file that owns it, so that all who share it follow."""
    name, equals, text = change.partition("=")
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not equals or "." not in name or value != value:
        raise click.UsageError(f"'{change}' must be written like R4.beta=0.9")
    owner, _, limit = name.partition(".")
    header = f"[{limit}]"
    file = "estimator.toml"
    if owner != "estimator":
        knowledge.rules.limit(owner, limit)
        shared = knowledge.rules[owner].shared.get(limit)
        if shared is not None:
            raise KnowledgeError(f"{name} is the same number as {shared}; change that one")
        header, file = f"[limits.{limit}]", f"{knowledge.rules[owner].name}.toml"
    with tempfile.TemporaryDirectory() as folder:
        root = Path(shutil.copytree(knowledge.rules.root, Path(folder) / "rules"))
        path = root / file
        pattern = rf"(^{re.escape(header)}\n(?:(?!\[).*\n)*?value\s*=\s*)\S+"
        text, changes = re.subn(pattern, rf"\g<1>{value!r}", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        if changes != 1:
            raise KnowledgeError(f"{file}: there is no number {header} of its own")
        path.write_text(text, encoding="utf-8")
        return evaluation.load(root)


def _fixtures(now: Evaluator, then: Evaluator, folder: Path) -> Iterator[tuple[str, Seen, Seen]]:
    for one in fixture.find(folder):
        for number, request in enumerate(one.requests, start=1):
            asked = case.Asked(now=_NOW, service=fixture.service_of(request))
            name = one.name if len(one.requests) == 1 else f"{one.name} {number}"
            yield name, Seen.of(now.assessment(request, asked)), Seen.of(then.assessment(request, asked))


def _tell_invented(console: Console, now: Evaluator, then: Evaluator, number: int) -> None:
    """Grades that move, counted by phenotype over all scenarios."""
    invented = simulator.load(now.knowledge.rules.root)
    asked = case.Asked(now=_NOW)
    changed = total = 0
    cells = [(phenotype, scenario) for phenotype in invented.phenotypes for scenario in invented.scenarios]
    moves: Counter[tuple[str, str, str]] = Counter()
    progress = Console(stderr=True)
    for phenotype, scenario in track(cells, "Invented patients", console=progress, disable=not progress.is_terminal):
        drawn = patients(simulate(phenotype, scenario, seed=_SEED, block=0), invented.tablets)
        for request in [to_request(patient) for patient, _ in zip(drawn, range(number), strict=False)]:
            before, after = (Seen.of(evaluator.assessment(request, asked)) for evaluator in (now, then))
            total += 1
            if before != after:
                changed += 1
                moves[phenotype.name, before.grade, after.grade] += 1
    for (name, before_grade, after_grade), count in sorted(moves.items()):
        console.print(f"{name}: {before_grade} -> {after_grade}: {count}", markup=False)
    console.print(f"{changed} of {total} invented patients change (software verification, not clinical validation)")
