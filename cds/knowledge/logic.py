"""The one form that a rule file may have, read from its source: a flag behind plain comparisons of one fact.

durable_rules drops conditions silently when they are joined by `and`, chained, or written as a bare field or `not`. So
the source is read too; the engine compares it with what durable was told, and the sheet is written from it.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

from cds.errors import KnowledgeError

_OPERATORS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_IMPORTS = {"durable.lang": {"m", "ruleset", "when_all"}, "cds.rulekit": {"Limits", "Match", "flag"}}


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison. `limit` names one of the rule's limits; otherwise `word` is a fixed word or truth value."""

    field: str
    operator: str
    limit: str | None = None
    word: str | bool | None = None


def read_conditions(path: Path) -> tuple[Condition, ...]:
    """The conditions of a rule file, in the order in which they are written.

    Raises KnowledgeError naming file and line for anything beside the imports, build(), one @when_all and one flag.
    """
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, UnicodeDecodeError) as error:
        raise KnowledgeError(f"{path.name}: {error}") from None
    return _Reader(path.name).module(tree)


class _Reader:
    def __init__(self, name: str) -> None:
        self._name = name

    def module(self, tree: ast.Module) -> tuple[Condition, ...]:
        body = [node for node in tree.body if not _is_docstring(node)]
        for node in body[:-1]:
            self._check_import(node)
        build = body[-1] if body else None
        if not isinstance(build, ast.FunctionDef) or build.name != "build":
            raise self._refuse(build or tree, "must end with the function build(limit)")
        match [node for node in build.body if not _is_docstring(node)]:
            case [ast.Assign(), ast.With(body=[ast.FunctionDef() as rule]), ast.Return()]:
                return self._rule(rule)
        raise self._refuse(build, "build() makes a ruleset, states one rule within it, and returns it")

    def _check_import(self, node: ast.stmt) -> None:
        allowed = _IMPORTS.get(node.module or "", set()) if isinstance(node, ast.ImportFrom) else set()
        if not isinstance(node, ast.ImportFrom) or not {alias.name for alias in node.names} <= allowed:
            raise self._refuse(node, "a rule imports only durable.lang and cds.rulekit")

    def _rule(self, rule: ast.FunctionDef) -> tuple[Condition, ...]:
        match [node for node in rule.body if not _is_docstring(node)]:
            case [ast.Expr(value=ast.Call(func=ast.Name(id="flag"), args=[ast.Name(), ast.Constant()], keywords=[]))]:
                pass
            case _:
                raise self._refuse(rule, "the body of a rule is a single flag(match, ID)")
        match rule.decorator_list:
            case [ast.Call(func=ast.Name(id="when_all"), args=[expression], keywords=[])]:
                return tuple(self._condition(part) for part in _joined(expression))
        raise self._refuse(rule, "a rule stands under one @when_all with one expression")

    def _condition(self, node: ast.expr) -> Condition:
        match node:
            case ast.Compare(
                left=ast.Attribute(value=ast.Name(id="m"), attr=field), ops=[operator], comparators=[right]
            ):
                word = _OPERATORS.get(type(operator))
                match right:
                    case ast.Subscript(value=ast.Name(id="limit"), slice=ast.Constant(value=str(limit))) if word:
                        return Condition(field, word, limit=limit)
                    case ast.Constant(value=bool() | str() as literal) if word:
                        return Condition(field, word, word=literal)
        raise self._refuse(
            node, 'write (m.field >= limit["name"]) or (m.field == True), one comparison each, joined by &'
        )

    def _refuse(self, node: ast.AST, why: str) -> KnowledgeError:
        return KnowledgeError(f"{self._name} line {getattr(node, 'lineno', 1)}: {why}")


def _joined(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd):
        return [*_joined(node.left), *_joined(node.right)]
    return [node]


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
