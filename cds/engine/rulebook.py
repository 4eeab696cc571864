"""Rule files made ready for durable_rules, and refused where they ask, join, flag or leave out what they may not."""

from __future__ import annotations

import importlib.util
import string
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from cds.errors import KnowledgeError
from cds.knowledge import Knowledge
from cds.knowledge.rules import Rule
from cds.rulekit import FACTS, Limits, Match

_OPERATORS = {"$gte": ">=", "$gt": ">", "$lte": "<=", "$lt": "<", "$neq": "!="}
_BUILDING = threading.Lock()  # durable.lang collects rules on a stack of its own module


@dataclass(frozen=True, slots=True)
class Logic:
    name: str
    conditions: list[dict[str, Any]]
    body: Callable[[Match], None]


def load(rule: Rule, knowledge: Knowledge, vocabulary: Mapping[str, frozenset[str]]) -> Logic:
    """The rule's condition and body, checked. Raises KnowledgeError naming its file."""
    where = f"{rule.name}.py"
    limits = Limits(rule.name, rule.limits)
    with _BUILDING:
        try:
            ruleset = _module(rule, knowledge).build(limits)
            rules = list(ruleset.define()[1].values())
        except KnowledgeError:
            raise
        except Exception as error:  # whatever a rule file does wrong is for its author
            raise KnowledgeError(f"{where}: cannot be built: {type(error).__name__}: {error}") from error
    if len(rules) != 1 or not callable(rules[0].get("run")):
        raise KnowledgeError(f"{where}: build() must return a ruleset with exactly one rule")
    conditions = rules[0].get("all")
    if not isinstance(conditions, list) or len(conditions) != 1 or list(conditions[0]) != ["m"]:
        raise KnowledgeError(f"{where}: a rule reads one fact; join its conditions with & inside one @when_all")
    written = [
        (one.field, one.operator, rule.limits[one.limit].value if one.limit is not None else one.word)
        for one in rule.conditions
    ]
    # What durable was told must be what the source says: durable drops halves of `and`, chains and bare fields.
    if _compared(conditions[0]["m"]) != written:
        raise KnowledgeError(f"{where}: durable_rules does not hold the conditions that the file states")
    kind = _checked(written, vocabulary, where)
    for name in rule.limits:
        if (name in limits.read) == (name in rule.derivation):
            raise KnowledgeError(
                f"{rule.name}.toml limit {name}: "
                + ("is used by the rule; drop 'used_in'" if name in limits.read else "is not used by the rule")
            )
    _check_text(rule, kind)
    _check_body(rule, rules[0]["run"], where)
    return Logic(rule.name, conditions, rules[0]["run"])


def _module(rule: Rule, knowledge: Knowledge) -> ModuleType:
    path = knowledge.rules.root / f"{rule.name}.py"
    name = f"rules.{rule.name}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise KnowledgeError(f"{path.name}: cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _compared(definition: Mapping[str, Any]) -> list[tuple[str, str, object]]:
    """(field, operator, literal) of every comparison that durable holds."""
    found = []
    for part in definition.get("$and", [definition]):
        ((name, literal),) = part.items()
        if name in _OPERATORS:
            ((field_name, value),) = literal.items()
            found.append((field_name, _OPERATORS[name], value))
        else:
            found.append((name, "==", literal))
    return found


def _checked(written: Sequence[tuple[str, str, object]], vocabulary: Mapping[str, frozenset[str]], where: str) -> str:
    """The kind of fact that the rule asks, once every field of it is one that the fact has."""
    kinds = [word for name, operator, word in written if name == "kind" and operator == "=="]
    kind = kinds[0] if kinds else None
    if len(kinds) != 1 or not isinstance(kind, str) or kind not in FACTS:
        raise KnowledgeError(f"{where}: must compare m.kind with one kind of fact that rulekit declares")
    for name, _, literal in written:
        if name == "kind":
            continue
        declared = FACTS[kind].fields.get(name)
        if declared is None:
            raise KnowledgeError(f"{where}: fact '{kind}' has no field '{name}'")
        if type(literal) is not declared.type:
            raise KnowledgeError(f"{where}: '{name}' is compared with a {type(literal).__name__}")
        words = declared.words or vocabulary.get(name, frozenset())
        if declared.type is str and words and literal not in words:
            raise KnowledgeError(f"{where}: '{name}' is never '{literal}'")
    return kind


def _check_text(rule: Rule, kind: str) -> None:
    known = {*FACTS[kind].fields, *FACTS[kind].told, *(f"limit_{name}" for name in rule.limits)}
    try:
        named = {name for _, name, _, _ in string.Formatter().parse(rule.text) if name is not None}
    except ValueError as error:
        raise KnowledgeError(f"{rule.name}.toml text: {error}") from None
    if unknown := named - known:
        raise KnowledgeError(f"{rule.name}.toml text: fact '{kind}' does not tell '{min(unknown)}'")


def _check_body(rule: Rule, body: Callable[[Match], None], where: str) -> None:
    flags: list[str] = []
    try:
        body(Match(0, lambda name, _: flags.append(name)))
    except Exception as error:  # at start it is for the rule's author
        raise KnowledgeError(f"{where}: its body fails with {type(error).__name__}") from error
    if flags != [rule.id]:
        raise KnowledgeError(f"{where}: its body must flag '{rule.id}', the id of {rule.name}.toml, once")
