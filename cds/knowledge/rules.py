"""Rules as data: what each rule asks, its limits with their sources, and the order in which grades are resolved.

rules/<name>.toml   one rule; its logic stands beside it in rules/<name>.py, which only cds/engine loads
rules/grades.toml   which findings make which grade, which of them cap it, and how old a review may be
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import cast

from cds.clinical import Limit
from cds.errors import KnowledgeError
from cds.knowledge.files import read_toml, take
from cds.knowledge.logic import Condition, read_conditions

GROUPS = ("grade", "cap", "downgrade", "support", "founding", "gate", "match", "note")
EFFECTS = ("suppress", "caution", "not assessable", "replaces")

_RULE_KEYS = {"id", "version", "group", "effect", "title", "question", "text", "evidence", "limits", "signed"}
_LIMIT_KEYS = {"value", "unit", "meaning", "source", "reviewed", "used_in"}
_SHARED_KEYS = {"same_as", "used_in"}
_ROW_KEYS = {"name", "any", "all", "none"}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule's data; the logic is the file of the same name that ends in .py.

    name        file stem, such as "dose_response"
    text        template of the sentence that a finding prints; the names in braces are the fact's
    evidence    file stems of rules/evidence
    limits      every number that the rule compares with, or that its fact was derived with
    shared      limit -> owner of the number ("R4", or "estimator.ceiling_share"): one number stands in one file
    derivation  limits that are used when the fact is derived, not in the rule's own comparison
    effect      of a gate only
    conditions  what rules/<name>.py compares, as its source says
    signed      who signed this version of the sheet and when; None while nobody has
    """

    id: str
    name: str
    version: str
    group: str
    title: str
    question: str
    text: str
    evidence: tuple[str, ...] = ()
    limits: Mapping[str, Limit] = field(default_factory=dict)
    shared: Mapping[str, str] = field(default_factory=dict)
    derivation: frozenset[str] = frozenset()
    effect: str | None = None
    conditions: tuple[Condition, ...] = ()
    signed: str | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules by id; `root` is the directory that holds them."""

    root: Path
    by_id: Mapping[str, Rule]

    def __getitem__(self, rule: str) -> Rule:
        return self.by_id[rule]

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.by_id.values())

    def limit(self, rule: str, name: str) -> float:
        """A limit's value, for the code that derives the rule's fact. Raises KnowledgeError for an unknown one."""
        try:
            return self.by_id[rule].limits[name].value
        except KeyError:
            raise KnowledgeError(f"rules: there is no limit '{name}' of rule '{rule}'") from None


@dataclass(frozen=True, slots=True)
class Clause:
    """Holds if any of `any` is flagged (or it is empty), all of `all`, and none of `none`; names are rules or compounds."""

    any: tuple[str, ...] = ()
    all: tuple[str, ...] = ()
    none: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Grades:
    """The precedence of contract.md as data.

    order      (grade, clause), the first that holds wins; the last one holds always
    compounds  name -> clause, such as R10 for "all of R4 to R7"
    ladder     the grades that a cap or a downgrade can lower, highest first
    capped_at  the grade that a rule of group "cap" holds down to
    supporting rules that mark a pattern as supported
    also_told  rules that a pattern's reasons list beside those that made it
    review_months  age at which a limit's review expires
    """

    order: tuple[tuple[str, Clause], ...]
    compounds: Mapping[str, Clause]
    ladder: tuple[str, ...]
    capped_at: str
    supporting: tuple[str, ...]
    also_told: tuple[str, ...]
    review_months: int

    @property
    def names(self) -> tuple[str, ...]:
        """Every grade, once, in the order of precedence."""
        return tuple(dict.fromkeys(name for name, _ in self.order))


def load_rules(root: Path, constants: Mapping[str, Limit]) -> Rules:
    """Every rules/<name>.toml that has a rules/<name>.py beside it.

    constants  numbers that rules may share although another file owns them, such as "estimator.ceiling_share"

    Raises KnowledgeError naming the file for an unknown or missing key, an empty source, an id used twice, a logic file
    without data, or a shared limit whose owner does not have it.
    """
    names = sorted(path.stem for path in root.glob("*.py") if not path.stem.startswith("_"))
    if not names:
        raise KnowledgeError(f"{root.name}: holds no rule")
    rules: dict[str, Rule] = {}
    for name in names:
        rule = read_rule(root / f"{name}.toml")
        if rule.id in rules:
            raise KnowledgeError(f"{name}.toml: id '{rule.id}' is already used by {rules[rule.id].name}.toml")
        rules[rule.id] = rule
    return Rules(root, {rule.id: _with_shared(rule, rules, constants) for rule in rules.values()})


def read_rule(path: Path) -> Rule:
    """One rule's data, and the conditions of the logic file beside it. Raises KnowledgeError naming the file."""
    table = read_toml(path)
    _only(table, _RULE_KEYS, path.name)
    group = _choice(table, "group", GROUPS, path.name)
    effect = _choice(table, "effect", EFFECTS, path.name) if group == "gate" else None
    if group != "gate" and "effect" in table:
        raise KnowledgeError(f"{path.name}: only a rule of group 'gate' has an effect")
    limits, shared, derivation = _limits(table.get("limits", {}), path.name)
    return Rule(
        id=_text(table, "id", path.name),
        name=path.stem,
        version=_version(table, path.name),
        group=group,
        title=_text(table, "title", path.name),
        question=_text(table, "question", path.name),
        text=_text(table, "text", path.name),
        evidence=_names(table, "evidence", path.name),
        limits=limits,
        shared=shared,
        derivation=derivation,
        effect=effect,
        conditions=read_conditions(path.with_suffix(".py")),
        signed=_text(table, "signed", path.name) if "signed" in table else None,
    )


def load_grades(root: Path, rules: Rules) -> Grades:
    """rules/grades.toml. Raises KnowledgeError for an unknown key, an unknown rule, or an order that can end nowhere."""
    where = "grades.toml"
    table = read_toml(root / where)
    _only(table, {"ladder", "capped_at", "supporting", "also_told", "review_months", "compound", "grade"}, where)
    compounds: dict[str, Clause] = {}
    for name, row in take(table, "compound", dict, where).items():
        compounds[name] = _clause(row, {*rules.by_id, *compounds}, f"{where} compound {name}")
    known = {*rules.by_id, *compounds}
    order = tuple(
        (_text(row, "name", where), _clause(row, known, f"{where} grade {row.get('name')}", named=True))
        for row in take(table, "grade", list, where)
    )
    if not order or order[-1][1] != Clause():
        raise KnowledgeError(f"{where}: the last grade must hold without a condition")
    grades = Grades(
        order=order,
        compounds=compounds,
        ladder=_names(table, "ladder", where),
        capped_at=_text(table, "capped_at", where),
        supporting=_names(table, "supporting", where),
        also_told=_names(table, "also_told", where),
        review_months=take(table, "review_months", int, where),
    )
    for name in (*grades.ladder, grades.capped_at):
        if name not in grades.names:
            raise KnowledgeError(f"{where}: '{name}' is no grade")
    for name in (*grades.supporting, *grades.also_told):
        if name not in known:
            raise KnowledgeError(f"{where}: '{name}' is no rule")
    return grades


def expired(rules: Rules, grades: Grades, on: date) -> tuple[str, ...]:
    """ "rule.limit" of every limit whose review is older than `review_months` on that day, or lies after it."""
    first = 12 * on.year + on.month - grades.review_months
    return tuple(
        f"{rule.id}.{name}"
        for rule in rules
        for name, limit in rule.limits.items()
        if 12 * limit.reviewed.year + limit.reviewed.month < first or limit.reviewed > on
    )


def _limits(table: object, where: str) -> tuple[dict[str, Limit], dict[str, str], frozenset[str]]:
    if not isinstance(table, dict):
        raise KnowledgeError(f"{where}: 'limits' must be a table")
    limits: dict[str, Limit] = {}
    shared: dict[str, str] = {}
    derivation: set[str] = set()
    for name, row in table.items():
        place = f"{where} limit {name}"
        if not isinstance(row, dict):
            raise KnowledgeError(f"{place}: must be a table")
        _only(row, _SHARED_KEYS if "same_as" in row else _LIMIT_KEYS, place)
        if "used_in" in row:
            if row["used_in"] != "fact":
                raise KnowledgeError(f"{place}: 'used_in' can only be \"fact\"")
            derivation.add(name)
        if "same_as" in row:
            shared[name] = _text(row, "same_as", place)
            continue
        value = take(row, "value", float, place)
        # Numbers reach durable as JSON text, where an exponent without a dot would cut the rule short.
        if value != 0 and not 1e-4 <= abs(value) <= 1e6:
            raise KnowledgeError(f"{place}: {value} is outside 0.0001 to 1000000; choose another unit")
        limits[name] = Limit(
            value=value,
            unit=_text(row, "unit", place),
            meaning=_text(row, "meaning", place),
            source=_text(row, "source", place),
            reviewed=take(row, "reviewed", date, place),
        )
    return limits, shared, frozenset(derivation)


def _with_shared(rule: Rule, rules: Mapping[str, Rule], constants: Mapping[str, Limit]) -> Rule:
    limits = dict(rule.limits)
    for name, owner in rule.shared.items():
        limit = rules[owner].limits.get(name) if owner in rules else constants.get(owner)
        if limit is None:
            raise KnowledgeError(f"{rule.name}.toml limit {name}: '{owner}' owns no such number")
        limits[name] = limit
    return replace(rule, limits=limits)


def _clause(row: object, known: set[str], where: str, *, named: bool = False) -> Clause:
    if not isinstance(row, dict):
        raise KnowledgeError(f"{where}: must be a table")
    _only(row, _ROW_KEYS if named else _ROW_KEYS - {"name"}, where)
    clause = Clause(*(_names(row, key, where) for key in ("any", "all", "none")))
    for name in (*clause.any, *clause.all, *clause.none):
        if name not in known:
            raise KnowledgeError(f"{where}: '{name}' is neither a rule nor a compound defined above it")
    return clause


def _only(table: Mapping[str, object], keys: set[str], where: str) -> None:
    for key in table:
        if key not in keys:
            raise KnowledgeError(f"{where}: unknown key '{key}'; known are {', '.join(sorted(keys))}")


def _text(table: Mapping[str, object], key: str, where: str) -> str:
    text = take(table, key, str, where).strip()
    if not text:
        raise KnowledgeError(f"{where}: '{key}' is empty")
    return text


def _choice(table: Mapping[str, object], key: str, choices: tuple[str, ...], where: str) -> str:
    text = _text(table, key, where)
    if text not in choices:
        raise KnowledgeError(f"{where}: {key} '{text}' is none of {', '.join(choices)}")
    return text


def _names(table: Mapping[str, object], key: str, where: str) -> tuple[str, ...]:
    names = table.get(key, [])
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        raise KnowledgeError(f"{where}: '{key}' must be a list of names")
    return tuple(cast("list[str]", names))


def _version(table: Mapping[str, object], where: str) -> str:
    version = _text(table, "version", where)
    parts = version.split(".")
    if len(parts) != 3 or not all(part.isdigit() for part in parts):
        raise KnowledgeError(f"{where}: version '{version}' must be MAJOR.MINOR.PATCH")
    return version
