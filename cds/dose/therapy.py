"""One day: which of the resources that cover it count, and once (conventions 4, 6, 11, 12)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from cds.clinical import Source
from cds.dose.alike import alike, detail, same_strength, vague
from cds.dose.course import Plan
from cds.dose.one_or_two import ambiguous, maybe_one
from cds.dose.share import Active, Share, perhaps_none, share_of, total
from cds.dose.slots import Busy, apart
from cds.dose.values import NOTE, NOTHING, ONE, ZERO, NotCounted, Range

_SIDE_BY_SIDE = "two strengths dispensed on one day for one order: low is one of them, high the sum"
_TIED = "two resources of one day for one product differ: the lower and the higher are the range"
_ADDED = "as needed beside a schedule of the same product, and not before it: instead of it or added; high is the sum"
_TAKEN_UP = "an earlier statement says that it is not taken; the order began later and counts"
_BELOW = (Source.DISPENSED, Source.STATED, Source.ORDERED)


class Taken(Struct, frozen=True):
    """Everything that counts on the day, and everything that could not be counted.

    native  amounts known in mg of drugs that have no factor
    home    resources left out because the patient is in hospital
    """

    shares: tuple[Share, ...]
    gaps: tuple[tuple[Plan, NotCounted], ...]
    native: tuple[tuple[Plan, Range], ...]
    home: tuple[Plan, ...]


def resolve(active: Sequence[Active], in_stay: bool) -> Taken:
    """The day's therapies, each counted once from its best source."""
    if len(active) > 1:
        active = sorted(active, key=lambda each: (each.plan.rank, each.plan.use.reference, each.plan.route or ""))
    home: list[Plan] = []
    present: list[Active] = []
    for each in active:
        away = in_stay and each.plan.use.source is not Source.ADMINISTERED and not each.plan.inpatient
        if away:
            home.append(each.plan)
        else:
            present.append(each)
    shares: list[Share] = []
    gaps: list[tuple[Plan, NotCounted]] = []
    native: list[tuple[Plan, Range]] = []
    for group in _absorb_vague(_group(present)) if len(present) > 1 else [present]:
        group_shares, chosen = _pick(group)
        shares += _told_by(group, group_shares)
        for each in chosen:
            gaps += [(each.plan, gap) for gap in each.gaps]
            native += [(each.plan, piece.mg) for piece in each.pieces if piece.gap is not None and piece.mg is not None]
    if len(shares) > 1:
        shares = maybe_one(ambiguous(shares))
    return Taken(tuple(shares), tuple(gaps), tuple(native), tuple(home))


# ---------------------------------------------------------------------------------------------- which belong together


def _group(active: Sequence[Active]) -> list[list[Active]]:
    """Linked, or of the same drug, form and strength."""
    keys: dict[tuple[object, ...], int] = {}
    parent: list[int] = []

    def root(index: int) -> int:
        while parent[index] != index:
            index = parent[index]
        return index

    for index, each in enumerate(active):
        parent.append(index)
        plan = each.plan
        mine: list[tuple[object, ...]] = [("same", *plan.signature)]
        if plan.therapy is not None:
            mine.append(("linked", plan.therapy, plan.route, plan.opioid.release))
        for key in mine:
            other = keys.setdefault(key, index)
            first, second = sorted((root(other), root(index)))
            parent[second] = first
    groups: dict[int, list[Active]] = {}
    for index, each in enumerate(active):
        groups.setdefault(root(index), []).append(each)
    return list(groups.values())


def _absorb_vague(groups: list[list[Active]]) -> list[list[Active]]:
    """A drug given by name, or without its strength, joins the one therapy of that drug that it can belong to.

    It joins where it says the same amount as a resource of another kind, or where one of the two is a fact (administered,
    not taken). Otherwise it stays a therapy of its own.
    """
    by_drug: dict[tuple[str, str | None], list[list[Active]]] = {}
    for group in groups:
        plan = group[0].plan
        by_drug.setdefault((plan.opioid.name, plan.route), []).append(group)
    result: list[list[Active]] = []
    for candidates in by_drug.values():
        unclear: list[list[Active]] = []
        hosts: dict[Decimal | None, list[list[Active]]] = {}
        for group in candidates:
            if all(vague(each.plan) for each in group):
                unclear.append(group)
            else:
                _seat(group, hosts)
                result.append(group)
        for group in sorted(unclear, key=lambda group: -max(detail(each.plan) for each in group)):
            found = {id(host): host for mg in _strengths(group, hosts) for host in hosts.get(mg, ())}
            joined = [host for host in found.values() if _may_join(group, host)]
            if len(joined) == 1:
                joined[0].extend(group)
            else:
                _seat(group, hosts)
                result.append(group)
    return result


def _told_by(group: Sequence[Active], shares: list[Share]) -> list[Share]:
    if len(group) == 1 or not any(vague(share.plan) for share in shares):
        return shares
    coded = next((each.plan for each in group if not vague(each.plan)), None)
    return shares if coded is None else [replace(share, coded=coded) for share in shares]


def _seat(group: list[Active], hosts: dict[Decimal | None, list[list[Active]]]) -> None:
    for mg in {each.plan.opioid.mg for each in group}:
        hosts.setdefault(mg, []).append(group)


def _strengths(group: Sequence[Active], hosts: Collection[Decimal | None]) -> Collection[Decimal | None]:
    """Strengths that a host may have; any where one of the group has none."""
    mine = {each.plan.opioid.mg for each in group}
    return hosts if None in mine else {*mine, None}


def _may_join(group: Sequence[Active], host: Sequence[Active]) -> bool:
    if {each.plan.use.source for each in group} & {each.plan.use.source for each in host}:
        return False
    mine = {each.plan.signature: each.plan for each in group}.values()
    theirs = {each.plan.signature: each.plan for each in host}.values()
    if not any(alike(one, other) and same_strength(one, other) for one in mine for other in theirs):
        return False
    if any(each.plan.use.source is Source.ADMINISTERED or each.plan.zero for each in (*group, *host)):
        return True
    return {total(each) for each in group} == {total(each) for each in host}


# ---------------------------------------------------------------------------------------------- which of them count


def _pick(group: Sequence[Active]) -> tuple[list[Share], list[Active]]:
    """The shares of one therapy, and the resources whose gaps matter."""
    given = [each for each in group if each.plan.use.source is Source.ADMINISTERED]
    if given:
        return [share for each in given if (share := share_of(each)) is not None], given
    without_number: list[Active] | None = None
    denied: Active | None = None
    for source in _BELOW:
        of_source = [each for each in group if each.plan.use.source is source]
        zeros = [each for each in of_source if each.plan.zero]
        if zeros:
            denied, without_number = max(zeros, key=_told), None
        if denied is not None:
            of_source = [each for each in of_source if _speaks_after(each, denied)]
        if not of_source:
            continue
        chosen, shares = _chosen(of_source)
        flags = (_TAKEN_UP,) if denied is not None and source is Source.ORDERED else ()
        if source is Source.DISPENSED and any(each.plan.from_supply for each in chosen):
            ordered, _ = _latest([each for each in group if each.plan.use.source is Source.ORDERED])
            if ordered and all(each.plan.as_needed for each in ordered):
                shares = [_not_scheduled(share) if share.plan.from_supply else share for share in shares]
        if shares:
            if without_number is not None:
                flags = (*flags, f"{NOTE}the resource of higher rank has no dose; this one's is used")
            shares = _with_later(shares, chosen, group)
            return [replace(share, flags=(*share.flags, *flags)) if flags else share for share in shares], chosen
        if without_number is None:
            without_number = chosen
    if denied is not None and not without_number:
        share = share_of(denied)
        return ([share] if share else []), []
    return [], without_number or []


def _chosen(of_source: Sequence[Active]) -> tuple[list[Active], list[Share]]:
    """The latest schedule and the latest of what is taken as needed: neither replaces the other for certain."""
    lanes = [[each for each in of_source if each.plan.as_needed is needed] for needed in (False, True)]
    chosen: list[Active] = []
    shares: list[Share] = []
    for lane in filter(None, lanes):
        picked, flags = _latest(lane)
        told = [share for each in picked if (share := share_of(each)) is not None]
        told = _merged(told) if flags else told
        chosen += picked
        shares += [replace(share, flags=(*share.flags, *flags)) if flags else share for share in told]
    if all(lanes):
        since = lanes[1][-1].plan.first
        # A schedule beside what was written as needed with it or after it stays scheduled; its least may be nothing.
        shares = [
            share if share.plan.as_needed or share.plan.first > since else perhaps_none(share, _ADDED)
            for share in shares
        ]
    return chosen, shares


def _with_later(shares: list[Share], chosen: Sequence[Active], group: Sequence[Active]) -> list[Share]:
    """What a lower-ranked resource that began later says otherwise: an order may be followed before its supply is fetched.

    What counts stays scheduled; its high value reaches up to the later dose, or its low value down to it.
    """
    source = chosen[0].plan.use.source
    since = max(each.plan.first for each in chosen)
    for lower in _BELOW[_BELOW.index(source) + 1 :]:
        later = [each for each in group if each.plan.use.source is lower and each.plan.first > since]
        if not later:
            continue
        picked, _ = _latest(later)
        said = [share for each in picked if (share := share_of(each)) is not None]
        if len(said) < len(picked) or any(each.gaps for each in picked):
            continue
        theirs = sum((share.mg for share in said), NOTHING)
        ours = sum((share.mg for share in shares), NOTHING)
        word = f"{picked[-1].plan.use.reference} began later and says"
        more, less = (round(one.high - other.high, 6) > 0 for one, other in ((theirs, ours), (ours, theirs)))
        *others, last = shares
        text = f"{last.arithmetic} or {' + '.join(share.arithmetic for share in said)}"
        if all(each.plan.as_needed for each in picked) and not all(each.plan.as_needed for each in chosen):
            flags = (
                *last.flags,
                f"{picked[-1].plan.use.reference} began later and is as needed: the high value adds it",
            )
            shares = [
                *others,
                replace(last, mg=Range(last.mg.low, last.mg.high + theirs.high), arithmetic=text, flags=flags),
            ]
        elif more:
            high = last.mg.high + theirs.high - ours.high
            flags = (*last.flags, f"{word} more: the high value is its dose")
            shares = [*others, replace(last, mg=Range(last.mg.low, high), arithmetic=text, flags=flags)]
        elif less:
            flag = f"{word} less: the low value is its dose"
            share_of_it = min(ONE, theirs.low / ours.low) if ours.low else ONE
            shares = [
                replace(
                    each,
                    mg=Range(each.mg.low * share_of_it, each.mg.high),
                    scheduled=Range(each.scheduled.low * share_of_it, each.scheduled.high),
                )
                for each in shares
            ]
            shares[-1] = replace(shares[-1], arithmetic=text, flags=(*shares[-1].flags, flag))
    return shares


def _not_scheduled(share: Share) -> Share:
    """Handed over for an order as needed: perhaps none of it is taken on the day."""
    if share.mg.low == 0:
        return share
    flags = (*share.flags, "handed over for an order as needed: the low value leaves it out")
    return replace(share, mg=Range(ZERO, share.mg.high), scheduled=NOTHING, flags=flags)


def _told(each: Active) -> tuple[date, datetime]:
    """When it was said, or began if that is later."""
    first, authored = each.plan.rank
    return max(first, authored.date()), authored


def _speaks_after(each: Active, denied: Active) -> bool:
    """Whether it outweighs a "not taken": told after it; an order only on a later day, and where nobody wrote until when."""
    if each.plan.zero:
        return False
    if each.plan.use.source is Source.STATED:
        return _told(each) > _told(denied)
    return denied.plan.last is None and _told(each)[0] > _told(denied)[0]


def _latest(of_source: Sequence[Active]) -> tuple[list[Active], tuple[str, ...]]:
    """A later one replaces an earlier one, unless they name different times of day."""
    if len(of_source) == 1:
        return [*of_source], ()
    kept: list[Active] = []
    busy = Busy()
    same_rank, totals = Busy(), set[Range]()
    tied = False
    for position, each in enumerate(reversed(of_source)):
        plan = each.plan
        if position == 0 or plan.rank != of_source[-position].plan.rank:
            same_rank, totals = Busy(), set()
        conflicts = busy.conflicts(plan.slots)
        rivals = conflicts and same_rank.conflicts(plan.slots) and total(each) not in totals
        tied = tied or rivals
        if rivals or not conflicts:
            kept.append(each)
            busy.add(plan.slots)
            same_rank.add(plan.slots)
            totals.add(total(each))
    if not tied:
        return kept[::-1], ()
    return kept[::-1], (_TIED,)


def _merged(shares: Sequence[Share]) -> list[Share]:
    """Resources that exclude each other become one share with a range; parts of one therapy stay side by side."""
    merged: list[Share] = []
    for share in shares:
        rival = next((at for at, other in enumerate(merged) if not apart(share.plan.slots, other.plan.slots)), None)
        if rival is None:
            merged.append(share)
            continue
        other = merged[rival]
        higher, lower = (share, other) if share.mg.high >= other.mg.high else (other, share)
        if share.plan.use.source is Source.DISPENSED and share.plan.opioid.mg != other.plan.opioid.mg:
            # 15 mg dispensed as 10 and 5: both are in the patient's hands.
            merged[rival] = replace(
                higher,
                mg=Range(min(share.mg.low, other.mg.low), share.mg.high + other.mg.high),
                scheduled=Range(
                    min(share.scheduled.low, other.scheduled.low), share.scheduled.high + other.scheduled.high
                ),
                arithmetic=f"{higher.arithmetic} + {lower.arithmetic}",
                flags=(*higher.flags, _SIDE_BY_SIDE),
            )
            continue
        merged[rival] = replace(
            higher,
            mg=Range(min(share.mg.low, other.mg.low), higher.mg.high),
            scheduled=Range(min(share.scheduled.low, other.scheduled.low), higher.scheduled.high),
            arithmetic=f"{higher.arithmetic} or {lower.arithmetic}",
        )
    return merged
