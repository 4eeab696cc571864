"""Shares of one day of which nobody knows whether they are one therapy or two: low is one of them, high the sum."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from cds.dose.alike import alike, detail, same_strength, vague
from cds.dose.share import Share, perhaps_none


def ambiguous(shares: Sequence[Share]) -> list[Share]:
    """Different strengths of one drug and release with the same daily mg: low is one of them, high the sum."""
    groups: dict[tuple[object, ...], list[int]] = {}
    for index, share in enumerate(shares):
        if share.given or share.zero or share.mg.high == 0:
            continue
        drug = share.plan.opioid
        key = (drug.name, share.plan.route, drug.release, round(share.mg.high, 6))
        groups.setdefault(key, []).append(index)
    result = list(shares)
    for indices in groups.values():
        if len({shares[index].plan.opioid.mg for index in indices}) < 2:
            continue
        flag = "different strengths of one drug with the same daily dose: one therapy or several"
        *smaller, largest = sorted(indices, key=lambda at: shares[at].mg.low)
        for index in smaller:
            result[index] = perhaps_none(result[index], flag)
        result[largest] = replace(result[largest], flags=(*result[largest].flags, flag))
    return result


def maybe_one(shares: Sequence[Share]) -> list[Share]:
    """A drug told by name, or without its strength, beside a product that it may be: one therapy or two; low is the larger."""
    result = list(shares)
    by_drug: dict[tuple[str, str | None], list[int]] = {}
    for index, share in enumerate(shares):
        if not share.zero:
            by_drug.setdefault((share.plan.opioid.name, share.plan.route), []).append(index)
    for indices in by_drug.values():
        unclear = {index for index in indices if vague(shares[index].product) and not shares[index].given}
        if not unclear:
            continue
        others: dict[object, dict[int, None]] = {}
        for index in indices:
            if index not in unclear:
                _offer(index, shares[index], others)
        for index in sorted(unclear, key=lambda at: (-detail(shares[at].product), at)):
            mine = shares[index]
            keys = others if mine.product.loose else (*_marks(mine), _ANY)
            rivals = {at for key in keys for at in others.get(key, ()) if _rivals(mine, shares[at])}
            if not rivals:
                _offer(index, mine, others)
                continue
            rival = max(rivals, key=lambda at: (shares[at].mg.low, -at))
            smaller = index if shares[rival].given or mine.mg.low <= shares[rival].mg.low else rival
            told = "by its name alone" if mine.product.opioid.mg is not None else "without its strength"
            flag = f"a drug told {told}: one therapy with another resource or its own"
            result[smaller] = perhaps_none(result[smaller], flag)
            if smaller == rival:
                for key in _marks(shares[rival]):
                    others[key].pop(rival, None)
                _offer(index, mine, others)
    return result


_ANY = "any strength"


def _marks(share: Share) -> tuple[object, ...]:
    """What another share must have in common with it to be the same: the strength, or the milligrams of the day."""
    drug = share.product.opioid
    return (_ANY if drug.mg is None else ("strength", drug.mg), ("day", round(share.mg.high, 6)))


def _offer(index: int, share: Share, others: dict[object, dict[int, None]]) -> None:
    for mark in _marks(share):
        others.setdefault(mark, {})[index] = None


def _rivals(one: Share, two: Share) -> bool:
    if not alike(one.product, two.product):
        return False
    if one.product.loose or two.product.loose:
        return one.plan.use.source is not two.plan.use.source
    return same_strength(one.product, two.product) or round(one.mg.high, 6) == round(two.mg.high, 6)
