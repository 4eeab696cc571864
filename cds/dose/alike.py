"""Whether two resources may be about one product: what a name leaves unsaid is not known, and so not different."""

from __future__ import annotations

from collections.abc import Set

from cds.dose.course import Plan
from cds.dose.drug import NAME_ONLY


def vague(plan: Plan) -> bool:
    """Whether it is known by its name alone, or without its strength or form: what it does not say may be anything."""
    drug = plan.opioid
    return plan.loose or not drug.form or drug.certainty == NAME_ONLY


def detail(plan: Plan) -> int:
    """How much of its product it says."""
    drug = plan.opioid
    return sum((drug.mg is not None, bool(drug.form), bool(drug.release), bool(drug.partners)))


def alike(one: Plan, other: Plan) -> bool:
    """Whether nothing that both say of form, release and partners differs; the strengths are not compared."""
    first, second = one.opioid, other.opioid
    if not (_agree({first.form, second.form}) and _agree({first.release, second.release})):
        return False
    if first.partners == second.partners:
        return True
    return (not first.partners and vague(one)) or (not second.partners and vague(other))


def same_strength(one: Plan, other: Plan) -> bool:
    first, second = one.opioid, other.opioid
    return first.mg is None or second.mg is None or (first.mg, first.per) == (second.mg, second.per)


def _agree(said: Set[str]) -> bool:
    return len(said - {""}) <= 1
