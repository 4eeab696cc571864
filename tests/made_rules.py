"""Rules and facts made for one test."""

from dataclasses import replace

from cds.engine import Engine
from cds.knowledge.rules import Rules, read_rule
from cds.rulekit import FACTS, Fact

DATA = """
id = "{id}"
version = "1.0.0"
group = "note"
title = "A made rule."
question = "Is it made?"
text = "{text}"
"""
LOGIC = """
from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("{name}")
    with rules:

        @when_all({conditions})
        def made(match: Match) -> None:
            {body}

    return rules
"""
LIMIT = """
[limits.{name}]
value = {value}
unit = "made"
meaning = "made"
source = "this test"
reviewed = 2026-11-20
"""


def made_rule(
    folder,
    conditions,
    *,
    name="made",
    id="MADE",
    text="made",
    body='flag(match, "MADE")',
    logic=LOGIC,
    data="",
    **limits,
):
    """A rule written to a folder and read back."""
    tables = "".join(LIMIT.format(name=limit, value=value) for limit, value in limits.items())
    (folder / f"{name}.toml").write_text(DATA.format(id=id, text=text) + data + tables)
    (folder / f"{name}.py").write_text(logic.format(name=name, conditions=conditions, body=body))
    return read_rule(folder / f"{name}.toml")


def made_engine(knowledge, folder, *rules):
    return Engine(replace(knowledge, rules=Rules(folder, {rule.id: rule for rule in rules})))


def fact(kind, **fields):
    """A fact with every word that its texts could print."""
    return Fact(kind, fields, dict.fromkeys(FACTS[kind].told, "made"), (f"Observation/{kind}",))


def response(beta=1.0, z=2.0):
    return fact("response", beta=beta, z=z)


def ids(findings):
    return [finding.rule for finding in findings]
