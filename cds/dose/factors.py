"""Milligrams of a day -> MME of a day, by one dated table; a patient's methadone is tiered on the day's total."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from cds.dose.drug import Opioid
from cds.dose.values import HOURS, ZERO, NotCounted, plain
from cds.knowledge.drugs import Drugs, Factor

_ROUTES = {
    "parenteral": "injected or infused",
    "neuraxial": "epidural or intrathecal",
    "transmucosal": "buccal or sublingual",
    "iontophoretic": "iontophoretic",
}


def missing(opioid: Opioid, route: str | None, table: str, drugs: Drugs) -> NotCounted | None:
    """Why this drug by this route has no factor, None if it has one."""
    if opioid.cough_cold:
        return NotCounted("cough-cold", "a cough and cold product: outside the MME tables, shown apart")
    if opioid.name in drugs.never_summed:
        return NotCounted("never-summed", f"{opioid.name} has no MME factor and is never added")
    if route == "neuraxial":
        return NotCounted("neuraxial", "epidural and intrathecal doses have no MME factor")
    if route is not None and drugs.factor(table, opioid.name, route):
        return None
    if route is None:
        if any(drugs.factor(table, opioid.name, each) for each in ("oral", "parenteral", "transdermal")):
            return NotCounted("route-not-clear", f"the route of {opioid.name} is not written: the factor depends on it")
        return NotCounted("no-factor", f"{opioid.name} has no factor in {table}")
    if route == "parenteral":
        return NotCounted("no-factor", f"no accepted factor for injected or infused {opioid.name}")
    return NotCounted("no-factor", f"no factor in {table} for {opioid.name}, {_ROUTES.get(route, route)}")


@dataclass(frozen=True, slots=True)
class Rate:
    """The factor that applies: MME per mg, and how it is printed."""

    per_mg: Decimal
    text: str
    label: str
    alternative: Decimal | None = None


def rate(opioid: str, route: str, total_mg: Decimal, table: str, drugs: Drugs) -> Rate:
    """The factor for a day on which the patient takes `total_mg` of the opioid by this route."""
    tiers = drugs.factor(table, opioid, route)
    factor = next(tier for tier in tiers if tier.to is None or total_mg <= tier.to)
    return _rate(factor, len(tiers) > 1)


@lru_cache(maxsize=256)
def _rate(factor: Factor, tiered: bool) -> Rate:
    return Rate(_per_mg(factor), _text(factor, tiered), _label(factor), factor.alternative)


def _per_mg(factor: Factor) -> Decimal:
    # 2.4 MME a day for 1 mcg/h on the skin: 24 h at 1 mcg/h are 0.024 mg.
    return factor.value * 1000 / HOURS if factor.unit == "mcg/h worn" else factor.value


def _text(factor: Factor, tiered: bool) -> str:
    if not tiered:
        return plain(factor.value)
    upper = "above 60" if factor.to is None else f"to {plain(factor.to)}"
    return f"{plain(factor.value)} ({upper} mg/day in all)"


def _label(factor: Factor) -> str:
    return factor.table if factor.authority == "CDC" else f"{factor.table} ({factor.authority})"


def sensitivity(mme: Decimal, found: Rate) -> Decimal:
    """The same dose under the other factor in use; the same value where there is none."""
    return mme if found.alternative is None or found.per_mg == ZERO else mme / found.per_mg * found.alternative
