"""durable_rules behind one class: derived facts in, findings out.

durable_rules is fast and, by default, unsafe: timer threads, shared states, swallowed errors and silent truncation. The
form used here was chosen against that; each choice has a test in tests/test_engine_safe.py.

 - rules are written in durable.lang and matched by durable's engine in C; what stands between the two in Python (hosts,
   threads, closures, leases, a clock) is left out
 - every rule reads one fact and only flags; what a rule may not say is refused when the engine is built
 - one rule set per process behind a lock, rebuilt after a fork; one constant state, deleted after each evaluation
 - one batch per patient, whose last fact is a sentinel: if its rule did not run, the batch was not read to its end
 - numbers are written as plain decimals, so no exponent can cut the batch
 - an error in a rule's body is kept and raised, never turned into "no finding"
"""

from __future__ import annotations

import json
import math
import os
import re
import threading
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import durable_rules_engine as durable
import orjson

from cds.clinical import Finding
from cds.engine import rulebook
from cds.errors import RuleFault
from cds.knowledge import Knowledge
from cds.knowledge.rules import Rule
from cds.rulekit import FACTS, Fact, Match, Value

_STATE = "one"
_SENTINEL = "end-of-batch"
_LAST = 1_000_000  # durable's priority: the lower goes first
_LARGEST = 1e9


class Engine:
    """The rules of one process. `run` may be called from any thread; evaluations follow one another.

    Raises KnowledgeError when built with a rule that asks what no fact answers, joins facts, flags another rule's id,
    or does not read one of its limits.
    """

    def __init__(self, knowledge: Knowledge) -> None:
        self._rules = {rule.id: rule for rule in knowledge.rules}
        vocabulary = {"group": knowledge.conditions.groups, "meaning": knowledge.conditions.interactions}
        self._logic = tuple(rulebook.load(rule, knowledge, vocabulary) for rule in knowledge.rules)
        self._position = {rule.id: number for number, rule in enumerate(sorted(knowledge.rules, key=_natural))}
        self._lock = threading.Lock()
        self._compiled: _Compiled | None = _Compiled(self._logic)  # at start, where a fault is the operator's to see
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=partial(_renew, weakref.ref(self)))

    def run(self, facts: Sequence[Fact]) -> tuple[Finding, ...]:
        """What the rules find, ordered by rule and then by fact. No fact, no finding: durable never sees an empty batch.

        Raises RuleFault when a fact is not as declared, a rule's body failed, or the batch was not read to its end.
        """
        if not facts:
            return ()
        batch = ",".join(_encode(number, fact) for number, fact in enumerate(facts))
        with self._lock:
            if self._compiled is None:
                self._compiled = _Compiled(self._logic)
            flags = self._compiled.evaluate(batch)
        order = sorted(set(flags), key=lambda found: (self._position[found[0]], found[1]))
        return tuple(self._finding(self._rules[rule], facts[number]) for rule, number in order)

    def _renew(self) -> None:
        """A lock that nobody holds, and no rule set yet: what a forked child inherits belongs to its parent."""
        self._lock = threading.Lock()
        self._compiled = None

    @staticmethod
    def _finding(rule: Rule, fact: Fact) -> Finding:
        limits = {f"limit_{name}": limit.value for name, limit in rule.limits.items()}
        text = rule.text.format_map({**limits, **fact.fields, **fact.told})
        return Finding(
            rule=rule.id,
            version=rule.version,
            text=text,
            fact={"kind": fact.kind, **fact.fields},
            references=fact.references,
            first=fact.first,
            told=fact.told,
        )


def _renew(engine: weakref.ref[Engine]) -> None:
    alive = engine()
    if alive is not None:
        alive._renew()


# ---------------------------------------------------------------------------------------------- evaluation


@dataclass(slots=True)
class _Evaluation:
    flags: list[tuple[str, int]] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)
    ended: bool = False


class _Compiled:
    """One rule set in durable."""

    def __init__(self, logic: Sequence[rulebook.Logic]) -> None:
        self._bodies = {one.name: one.body for one in logic}
        definition: dict[str, dict[str, Any]] = {one.name: {"all": one.conditions} for one in logic}
        definition[_SENTINEL] = {"all": [{"m": {"kind": _SENTINEL}}], "pri": _LAST}
        self._handle = durable.create_ruleset("oih-cds", json.dumps(definition, ensure_ascii=False))
        # durable aborts when it deletes a state in which no rule ever ran.
        self.evaluate("")

    def evaluate(self, batch: str) -> list[tuple[str, int]]:
        now = _Evaluation()
        sentinel = f'{{"kind":"{_SENTINEL}","id":"end","sid":"{_STATE}"}}'
        try:
            status, state = durable.assert_facts(self._handle, f"[{batch}{',' if batch else ''}{sentinel}]")
            if status not in (0, 1):  # 1: some fact matched no rule
                raise RuleFault(f"durable_rules refused the facts with status {status}")
            _, fired = durable.start_action_for_state(self._handle, state) or (None, None)
            while fired:
                ((rule, found),) = orjson.loads(fired).items()
                self._run(rule, found["m"]["id"], now)
                fired = durable.complete_and_start_action(self._handle, state)
        finally:
            durable.delete_state(self._handle, _STATE)
        if now.errors:
            raise RuleFault(f"a rule's body failed with {type(now.errors[0]).__name__}") from now.errors[0]
        if not now.ended:
            raise RuleFault("the rules were not evaluated to their end; ask again")
        return now.flags

    def _run(self, rule: str, fact: str, now: _Evaluation) -> None:
        if rule == _SENTINEL:
            now.ended = True
            return
        try:
            self._bodies[rule](Match(int(fact), lambda flagged, number: now.flags.append((flagged, number))))
        except Exception as error:  # noqa: BLE001 - the batch is read to its end first; then evaluate() raises it
            now.errors.append(error)


def _encode(number: int, fact: Fact) -> str:
    """One fact as JSON; its position is its id, so that facts of equal content stay apart.

    Raises RuleFault for a kind or field that is not declared, or a value that durable would misread.
    """
    kind = FACTS.get(fact.kind)
    if kind is None or fact.fields.keys() != kind.fields.keys():
        raise RuleFault(f"fact '{fact.kind}' does not have the fields that rulekit declares")
    pairs = [f'"{name}":{_token(fact.kind, name, value)}' for name, value in fact.fields.items()]
    return f'{{"kind":"{fact.kind}",{",".join(pairs)},"id":"{number}","sid":"{_STATE}"}}'


def _token(kind: str, name: str, value: Value) -> str:
    declared = FACTS[kind].fields[name].type
    if type(value) is not declared and not (declared is float and type(value) is int):
        raise RuleFault(f"fact '{kind}': {name} is of type {type(value).__name__}")
    if isinstance(value, str):
        return orjson.dumps(value).decode()
    if isinstance(value, bool):
        return "true" if value else "false"
    if not math.isfinite(value) or abs(value) > _LARGEST:
        raise RuleFault(f"fact '{kind}': {name} is not a number that a rule can compare")
    # Six decimals, as in every output; adding 0.0 turns -0.0 into 0.0.
    return f"{round(float(value), 6) + 0.0:.6f}"


def _natural(rule: Rule) -> tuple[tuple[int, str], ...]:
    """R2 before R10."""
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", rule.id) if part)
