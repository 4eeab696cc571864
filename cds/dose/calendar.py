"""Courses -> one value per local calendar day: a sweep over the days on which anything begins or ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from msgspec import Struct

from cds.clinical import Contributor, DailyDose, DoseDay, Uncounted
from cds.dose import factors
from cds.dose.course import Course, Plan
from cds.dose.plausible import HARD_TO_BELIEVE
from cds.dose.share import Active, Share
from cds.dose.stay import Stays
from cds.dose.therapy import Taken, resolve
from cds.dose.values import NOTE, ZERO, NotCounted, Piece, plain
from cds.errors import MalformedInput
from cds.knowledge.drugs import Drugs

_DAY = timedelta(days=1)
_QUIET = frozenset({"cough-cold", "home"})


@dataclass(frozen=True, slots=True)
class Opening:
    """Days that something which may be an opioid leaves open.

    first  None: it says nothing about when; days that are covered otherwise are open, none is added
    last   None: up to the evaluation date
    """

    first: date | None
    last: date | None

    def holds(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


@dataclass(slots=True)
class Calendar:
    """What the sweep found.

    flags    each flag once, with the last day of one that says that the amount is hard to believe
    iv_days  day -> MME of parenteral drugs under the convention and under its alternative
    """

    daily: list[DailyDose] = field(default_factory=list)
    series: list[DoseDay] = field(default_factory=list)
    uncounted: dict[tuple[str, str, str], Uncounted] = field(default_factory=dict)
    flags: dict[str, date | None] = field(default_factory=dict)
    iv_peak: tuple[Decimal, Decimal, date] | None = None


class Valued(Struct, frozen=True):
    """One day of Taken in MME."""

    contributors: tuple[Contributor, ...]
    low: Decimal
    high: Decimal
    series_low: Decimal
    series_mid: Decimal
    drugs: Mapping[tuple[str, str], Decimal]
    parenteral: Decimal
    alternative: Decimal


def sweep(
    courses: Sequence[Course],
    openings: Sequence[Opening],
    stays: Stays,
    table: str,
    drugs: Drugs,
    last: date,
    time_limited: frozenset[int] = frozenset(),
) -> Calendar:
    """Every day up to `last` that some course covers.

    time_limited  positions of courses with short bounds of their own

    Raises MalformedInput (too-costly) where more resources overlap than any patient's can: each day on which one of
    them changes costs as much as there are, so thousands that never end would hold the service for minutes.
    """
    horizon = date(int(drugs.limits["earliest_year"]), 1, 1)
    starts: dict[date, list[tuple[int, Piece]]] = {}
    ends: dict[date, list[tuple[int, Piece]]] = {}
    edges = {last + _DAY}
    for index, course in enumerate(courses):
        for piece in course.pieces:
            first, final = max(piece.first, horizon), min(piece.last, last)
            if first > final:
                continue
            starts.setdefault(first, []).append((index, piece))
            ends.setdefault(final + _DAY, []).append((index, piece))
    opened = _openings(openings, horizon, last)
    edges |= opened.keys()
    for first, final in stays.edges:
        edges |= {first, final + _DAY}
    days = sorted({*starts, *ends, *(edge for edge in edges if horizon <= edge <= last + _DAY)})
    calendar = Calendar()
    active: dict[int, list[Piece]] = {}
    dated = undated = looked_at = 0
    for here, following in pairwise(days):
        for index, piece in ends.get(here, ()):
            active[index].remove(piece)
            if not active[index]:
                del active[index]
        for index, piece in starts.get(here, ()):
            active.setdefault(index, []).append(piece)
        change = opened.get(here, (0, 0))
        dated, undated = dated + change[0], undated + change[1]
        if not active and not dated:
            continue
        looked_at += len(active)
        _refuse_crowds(len(active), looked_at, drugs)
        taken = resolve(
            [Active(courses[index].plan, tuple(pieces)) for index, pieces in active.items()], stays.holds(here)
        )
        limited = any(index in time_limited for index in active)
        _write(calendar, taken, here, following, bool(dated or undated), limited, table, drugs)
    return calendar


def _refuse_crowds(now: int, so_far: int, drugs: Drugs) -> None:
    most, most_looked_at = drugs.limits["most_in_a_day"], drugs.limits["most_looked_at"]
    if now > most:
        crowd = f"more than {plain(most)} opioid resources are in force on one day"
    elif so_far > most_looked_at:
        crowd = (
            f"the opioid resources in force, summed over the days of a change, are more than {plain(most_looked_at)}"
        )
    else:
        return
    raise MalformedInput(f"{crowd}; send those that are still in force, or a shorter record", code="too-costly")


def _openings(openings: Sequence[Opening], horizon: date, last: date) -> dict[date, tuple[int, int]]:
    """day -> how many openings begin there less how many have ended, those with and those without a first day."""
    changes: dict[date, tuple[int, int]] = {}
    for opening in openings:
        first, end = max(opening.first or horizon, horizon), min(opening.last or last, last) + _DAY
        if first >= end:
            continue
        for day, step in ((first, 1), (end, -1)):
            dated, undated = changes.get(day, (0, 0))
            changes[day] = (dated, undated + step) if opening.first is None else (dated + step, undated)
    return changes


def _write(
    calendar: Calendar, taken: Taken, first: date, end: date, opened: bool, limited: bool, table: str, drugs: Drugs
) -> None:
    valued = value(taken, table, drugs)
    open_gaps = [(plan, gap) for plan, gap in taken.gaps if gap.code not in _QUIET]
    opened = opened or bool(open_gaps)
    last = end - _DAY
    for plan, gap in taken.gaps:
        _note(calendar, plan, gap, first, last)
    for plan in taken.home:
        _note(calendar, plan, NotCounted("home", "home, not counted"), first, last)
    counted = bool(taken.shares)
    known_zero = not counted and not opened and not taken.home
    low = valued.low if counted or known_zero else None
    mid = valued.high if counted or known_zero else None
    high = None if opened else mid
    series_known = (counted or known_zero) and not opened
    reading = (
        valued.series_low if series_known else None,
        valued.series_mid if series_known else None,
        valued.high if series_known else None,
        valued.drugs,
        frozenset(plan.opioid.name for plan, _ in open_gaps),
        series_known and valued.high > valued.series_mid == 0,
        limited,
        valued.series_mid if counted or known_zero else None,
        last,
    )
    for share in taken.shares:
        for flag in (flag for flag in share.flags if not flag.startswith(NOTE)):
            hard = flag.startswith(HARD_TO_BELIEVE)
            calendar.flags[f"{share.plan.use.reference}: {flag}"] = last if hard else None
    if valued.parenteral and (calendar.iv_peak is None or valued.parenteral > calendar.iv_peak[0]):
        calendar.iv_peak = (valued.parenteral, valued.alternative, first)
    days = [date.fromordinal(number) for number in range(first.toordinal(), end.toordinal())]
    calendar.daily += [DailyDose(day, low, mid, high, valued.contributors) for day in days]
    calendar.series.append(DoseDay(first, *reading))


def _note(calendar: Calendar, plan: Plan, gap: NotCounted, first: date, last: date) -> None:
    key = (plan.use.reference, plan.opioid.name, gap.code)
    before = calendar.uncounted.get(key)
    if before is not None and before.first is not None and before.last is not None:
        first, last = min(first, before.first), max(last, before.last)
    calendar.uncounted[key] = Uncounted(
        plan.use.reference, plan.opioid.name, gap.code, gap.reason, gap.code not in _QUIET, first, last
    )


def value(taken: Taken, table: str, drugs: Drugs) -> Valued:
    """The day's shares in MME. A tier is chosen by the patient's total of that drug, for low and high apart."""
    totals: dict[tuple[str, str], tuple[Decimal, Decimal]] = {}
    for share in taken.shares:
        if share.zero:
            continue
        key = (share.plan.opioid.name, share.plan.route or "")
        low, high = totals.get(key, (ZERO, ZERO))
        totals[key] = (low + share.mg.low, high + share.mg.high)
    contributors: list[Contributor] = []
    low = high = series_low = series_mid = parenteral = alternative = ZERO
    native: dict[tuple[str, str], Decimal] = {}
    for share in taken.shares:
        if share.zero:
            contributors.append(_zero(share, table))
            continue
        key = (share.plan.opioid.name, share.plan.route or "")
        least, most = totals[key]
        low_rate = factors.rate(*key, least, table, drugs)
        high_rate = low_rate if least == most else factors.rate(*key, most, table, drugs)
        mine = (share.mg.low * low_rate.per_mg, share.mg.high * high_rate.per_mg)
        low += mine[0]
        high += mine[1]
        series_low += share.scheduled.low * low_rate.per_mg
        series_mid += share.scheduled.high * high_rate.per_mg
        native[key] = native.get(key, ZERO) + share.scheduled.high
        if share.plan.route == "parenteral":
            parenteral += mine[1]
            alternative += factors.sensitivity(mine[1], high_rate)
        contributors.append(_contributor(share, mine, high_rate))
    for plan, mg in taken.native:
        key = (plan.opioid.name, plan.route or "")
        native[key] = native.get(key, ZERO) + mg.high
    return Valued(tuple(contributors), low, high, series_low, series_mid, native, parenteral, alternative)


def _contributor(share: Share, mme: tuple[Decimal, Decimal], found: factors.Rate) -> Contributor:
    total = plain(mme[1]) if mme[0] == mme[1] else f"{plain(mme[0])}-{plain(mme[1])}"
    return Contributor(
        reference=share.plan.use.reference,
        source=share.plan.use.source,
        drug=share.plan.opioid.name,
        route=share.plan.route or "",
        low=mme[0],
        mid=mme[1],
        high=mme[1],
        arithmetic=f"{share.arithmetic} x {found.text} = {total} MME",
        factor=found.text,
        table=found.label,
        certainty=_certainty(share),
        flags=share.flags,
    )


def _certainty(share: Share) -> str:
    certainty = share.plan.opioid.certainty
    if certainty == "coded" and any("differ; the structure" in flag for flag in share.flags):
        return "low: structure and text of the dosage differ"
    if certainty == "coded" and any("dose read from the text" in flag for flag in share.flags):
        return "dose from the text"
    return certainty


def _zero(share: Share, table: str) -> Contributor:
    return Contributor(
        reference=share.plan.use.reference,
        source=share.plan.use.source,
        drug=share.plan.opioid.name,
        route=share.plan.route or "",
        low=ZERO,
        mid=ZERO,
        high=ZERO,
        arithmetic=f"{share.arithmetic}: 0 MME",
        factor="",
        table=table,
    )
