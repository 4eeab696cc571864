"""Reads the data files of rules/; every complaint names file and line."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TypeVar

from cds.errors import KnowledgeError

T = TypeVar("T")


def read_rows(path: Path, columns: Sequence[str], parse: Callable[[Mapping[str, str]], T]) -> tuple[T, ...]:
    """One value per line of a CSV file with exactly these columns.

    Raises KnowledgeError naming file and line for other columns, a short or long line, or a value that `parse` refuses
    with ValueError or KeyError.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            lines = csv.reader(file, strict=True)
            if next(lines, None) != list(columns):
                raise KnowledgeError(f"{path.name} line 1: the columns must be {','.join(columns)}")
            rows: list[T] = []
            for line in lines:
                if len(line) != len(columns):
                    raise KnowledgeError(
                        f"{path.name} line {lines.line_num}: {len(line)} values, {len(columns)} columns"
                    )
                try:
                    rows.append(parse(dict(zip(columns, line, strict=True))))
                except (ValueError, KeyError) as error:
                    raise KnowledgeError(f"{path.name} line {lines.line_num}: {error}") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise KnowledgeError(f"{path.name}: {error}") from None
    return tuple(rows)


def read_toml(path: Path) -> dict[str, object]:
    """The tables of a TOML file. Raises KnowledgeError naming the file (and the line, as tomllib tells it)."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise KnowledgeError(f"{path.name}: {error}") from None


def number(text: str) -> Decimal:
    """A finite decimal. Raises ValueError that quotes the text."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"'{text}' is not a number; write it like 1.5") from None
    if not value.is_finite():
        raise ValueError(f"'{text}' is not a finite number")
    return value


def take(table: Mapping[str, object], key: str, kind: type[T], where: str) -> T:
    """The value of a key that must be there and of that type.

    Raises KnowledgeError naming the file. An int passes where a float is asked for; a bool never passes for a number.
    """
    value = table.get(key)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise KnowledgeError(f"{where}: '{key}' must be {'a date' if kind is date else f'of type {kind.__name__}'}")
    return value
