"""Units in which vital signs, laboratory values and scales are read (rules/codes/measurements.csv)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cds.errors import KnowledgeError
from cds.knowledge.files import number, read_rows

_COLUMNS = ("group", "unit", "factor", "offset", "low", "high", "source")


@dataclass(frozen=True, slots=True)
class Measurement:
    """One group of conditions.csv that is measured.

    units      unit, lower case -> (factor, offset) into ours; "" is a value without a unit
    low, high  what can be true at all; outside it a value is a typing error, or in another unit
    """

    units: Mapping[str, tuple[float, float]]
    low: float
    high: float

    def read(self, value: float, written: tuple[str | None, ...]) -> float | None:
        """The value in our unit; None for a unit that is not listed, or a value that cannot be true."""
        names = [name.strip().lower() for name in written if name and name.strip()]
        known = next((self.units[name] for name in names or [""] if name in self.units), None)
        if known is None:
            return None
        converted = value * known[0] + known[1]
        return converted if self.low <= converted <= self.high else None


def load(root: Path) -> Mapping[str, Measurement]:
    """group -> measurement. Raises KnowledgeError naming file and line, or a group without a range."""
    rows = read_rows(root / "codes" / "measurements.csv", _COLUMNS, _row)
    units: dict[str, dict[str, tuple[float, float]]] = {}
    ranges: dict[str, tuple[float, float]] = {}
    for group, unit, conversion, limits in rows:
        units.setdefault(group, {})[unit] = conversion
        if limits is not None:
            ranges[group] = limits
    for group in units:
        if group not in ranges:
            raise KnowledgeError(f"measurements.csv: '{group}' has no line without a unit that gives its range")
    return {group: Measurement(units[group], *ranges[group]) for group in units}


def _row(row: Mapping[str, str]) -> tuple[str, str, tuple[float, float], tuple[float, float] | None]:
    if not row["group"] or not row["source"]:
        raise ValueError("group and source must not be empty")
    conversion = (float(number(row["factor"])), float(number(row["offset"])))
    limits = None if row["unit"] else (float(number(row["low"])), float(number(row["high"])))
    return row["group"], row["unit"].lower(), conversion, limits
