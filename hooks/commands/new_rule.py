"""`oih-cds new-rule`: the files of a new rule, ready to be filled in; the service refuses them until they are."""

from __future__ import annotations

import keyword
import shutil
from datetime import datetime
from pathlib import Path

import click

from cds import knowledge
from cds.errors import KnowledgeError
from cds.knowledge import Knowledge
from cds.rulekit import FACTS
from hooks.inputs import REQUEST
from hooks.shipped import fixtures

_PATIENT = "pattern/pain_rises_with_each_increase"

_DATA = """id       = "{id}"
version  = "1.0.0"
group    = "note"         # grade | cap | downgrade | support | founding | gate | match | note
title    = ""             # one sentence, as the sheet's heading
question = ""             # what the rule asks about the patient
text     = ""             # what a finding says; may use {told}
evidence = []             # file stems of rules/evidence
"""

_LIMIT = """
[limits.{field}]
value    = 0
unit     = "{unit}"
meaning  = ""             # in words: smallest, largest, ...
source   = ""             # an evidence name, or "design choice"; never empty
reviewed = {today}
"""

_LOGIC = '''"""{id}: what the rule says, in one sentence."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("{name}")
    with rules:

        @when_all({conditions})
        def {name}(match: Match) -> None:
            flag(match, "{id}")

    return rules
'''

_WHY = """{what}

Expected:

Neighbour: `{neighbour}`.
Rules: {id}.
The patient is invented.
"""


@click.command("new-rule")
@click.argument("name")
@click.option("--id", "rule_id", required=True, help="How findings and sheets call the rule, such as X1.")
@click.option("--kind", type=click.Choice(sorted(FACTS)), required=True, help="The fact that the rule asks.")
@click.option("--rules", type=click.Path(path_type=Path, exists=True, file_okay=False), help="Directory of the rules.")
@click.option(
    "--fixtures", "folder", type=click.Path(path_type=Path, file_okay=False), help="Directory of the fixtures."
)
def command(name: str, rule_id: str, kind: str, rules: Path | None, folder: Path | None) -> None:
    """Lay out rules/NAME.toml, rules/NAME.py and two fixtures, one that the rule flags and one that it does not."""
    known = knowledge.load(rules)
    _check(name, rule_id, known)
    root, patients = known.rules.root, folder or fixtures()
    comparisons, limits = _conditions(kind)
    texts = {
        root / f"{name}.toml": _DATA.format(id=rule_id, told=_told(kind)) + limits,
        root / f"{name}.py": _LOGIC.format(id=rule_id, name=name, conditions=comparisons),
    }
    for case, neighbour in (("flagged", "silent"), ("silent", "flagged")):
        place = patients / name / case
        what = "What happens to this patient." if case == "flagged" else "What differs from the neighbour."
        texts[place / "why.md"] = _WHY.format(what=what, neighbour=neighbour, id=rule_id)
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        if path.name == "why.md":
            shutil.copy(fixtures() / _PATIENT / REQUEST, path.with_name(REQUEST))
    for path in texts:
        click.echo(path)
    click.echo("Fill them in (docs/rule-authors.md); then: oih-cds sheet --write, oih-cds replay --update, make test")


def _check(name: str, rule_id: str, known: Knowledge) -> None:
    if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("_") or name != name.lower():
        raise KnowledgeError(f"'{name}' cannot be a rule's name; write it like pain_after_a_fall")
    if not rule_id.replace("-", "").isalnum():
        raise KnowledgeError(f"'{rule_id}' cannot be a rule's id; write it like X1 or X1-fever")
    if rule_id in known.rules.by_id or (known.rules.root / f"{name}.toml").exists():
        raise KnowledgeError(f"rule '{rule_id}' or file {name}.toml exists already")


def _conditions(kind: str) -> tuple[str, str]:
    """One comparison for every field of the fact, and the limits that they need."""
    parts, limits = [f'(m.kind == "{kind}")'], ""
    for name, field in FACTS[kind].fields.items():
        if field.type is float:
            parts.append(f'(m.{name} >= limit["{name}"])')
            limits += _LIMIT.format(field=name, unit=field.unit, today=datetime.now().astimezone().date())
        elif field.type is bool:
            parts.append(f"(m.{name} == True)")
        else:
            parts.append(f'(m.{name} == "{next(iter(field.words), "")}")')
    joined = "\n            & ".join(parts)
    return f"\n            {joined}\n        ", limits


def _told(kind: str) -> str:
    return ", ".join(f"{{{name}}}" for name in (*FACTS[kind].fields, *FACTS[kind].told))
