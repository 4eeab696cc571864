"""Medication resources -> a dose for every local calendar day, with its arithmetic and with what could not be counted.

The method is in docs/dose.md; codes, factors and limits are data in rules/.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import date
from functools import cache, partial
from operator import itemgetter

from msgspec.structs import replace

from cds.clinical import AsOf, DoseTimeline, Doubt, Medication, PatientRecord, Unread
from cds.dose import administered, events, factors, sig
from cds.dose.calendar import Calendar, Opening, sweep
from cds.dose.course import Course
from cds.dose.drug import identify
from cds.dose.exposures import drugs_of, exposures
from cds.dose.layout import lay_out
from cds.dose.plans import Plans, Reader, read
from cds.dose.plausible import flagged
from cds.dose.proposed import Situation, propose, recent
from cds.dose.renewal import overlaps, time_limited
from cds.dose.status import Standing
from cds.dose.stay import find
from cds.dose.values import ZERO, NotCounted, Piece, Range, plain
from cds.dose.weight import Weights
from cds.errors import UnsupportedVersion
from cds.knowledge.drugs import IV_TABLE, Drugs

__all__ = ["timeline"]


def timeline(record: PatientRecord, drugs: Drugs, *, table: str, as_of: AsOf) -> DoseTimeline:
    """Everything that the record says about opioid doses up to the evaluation date.

    table  one of drugs.tables, such as "CDC-2022"

    Raises UnsupportedVersion for another table.
    """
    if table not in drugs.tables:
        known = ", ".join(drugs.tables)
        raise UnsupportedVersion(f"MME table '{table}' is not one of {known}", expression="table")
    stays = find(record, drugs, as_of)
    # Renewals name equal medications and sigs: each is looked up once. These caches end with this evaluation.
    identity = cache(partial(identify, drugs=drugs))
    others = cache(partial(drugs_of, drugs=drugs))
    weights = Weights(record.observations, drugs, as_of)
    plans = read(record.medications, Reader(drugs, identity, as_of, stays, weights, cache(sig.read)))
    given, nothing_given = _administrations(plans, drugs, as_of)
    laid = [lay_out(plan, drugs, as_of) for plan in plans.current]
    aged = [_aged(course, drugs, as_of) for course in laid]
    courses = [*aged, *(administered.course(each) for each in given), *nothing_given]
    courses = [flagged(_without_factor(course, table, drugs), drugs) for course in courses]
    unread = _may_be_opioids(record.unread, drugs)
    openings = _openings(unread, as_of.day) + [Opening(None, each.last) for each in plans.undated if each.opens_high]
    calendar = sweep(courses, openings, stays, table, drugs, as_of.day, time_limited(courses, drugs))
    situation = Situation(table, drugs, as_of, stays, unread=any(each.holds(as_of.day) for each in openings))
    proposed = propose(plans.drafts, courses, situation)
    doubts: dict[str, date | None] = {flag: last for flag, last in calendar.flags.items() if last is not None}
    doubts |= dict.fromkeys(proposed.implausible if proposed is not None else ())
    return DoseTimeline(
        table=table,
        daily=tuple(calendar.daily),
        series=tuple(calendar.series),
        events=tuple(
            sorted(
                (*events.of_administrations(given, table, drugs), *events.of_lists(plans.current, as_of, table, drugs)),
                key=lambda event: (event.start, event.end, event.reference),
            )
        ),
        uncounted=tuple(
            sorted(
                (*calendar.uncounted.values(), *plans.undated), key=lambda each: (each.reference, each.code, each.drug)
            )
        ),
        exposures=tuple(
            sorted(
                (
                    exposure
                    for use in record.medications
                    for exposure in exposures(use, others(use.medication), identity(use.medication), as_of)
                ),
                key=lambda each: (each.first, each.last, each.drug, each.reference),
            )
        ),
        flags=_flags(calendar, plans, drugs),
        proposed=proposed,
        recent_order=recent(plans.current, courses, situation),
        opioid_references=frozenset(plans.opioids),
        unread=unread,
        implausible=tuple(Doubt(flag, last) for flag, last in sorted(doubts.items(), key=itemgetter(0))),
    )


def _administrations(plans: Plans, drugs: Drugs, as_of: AsOf) -> tuple[list[administered.Given], list[Course]]:
    """What was given, and the recorded zeros."""
    found: list[administered.Given] = []
    zeros: list[Course] = []
    for plan, standing in plans.given:
        if standing is Standing.NOT_TAKEN:
            zero = administered.not_given(plan, as_of)
            zeros += [zero] if zero is not None else []
        else:
            found += administered.given(plan, standing, drugs, as_of)
    return administered.settle(found, drugs, as_of), zeros


def _aged(course: Course, drugs: Drugs, as_of: AsOf) -> Course:
    """An order without an end that is older than ten years still counts, with low = 0, and is named."""
    plan = course.plan
    years = int(drugs.limits["open_order_years"])
    if plan.zero or plan.past or plan.last is not None or not _older(plan.first, as_of.day, years):
        return course
    flag = f"without an end for more than {years} years: the low value leaves it out"
    return replace(
        course,
        pieces=tuple(
            piece
            if piece.mg is None
            else replace(
                piece,
                mg=Range(ZERO, piece.mg.high),
                scheduled=Range(ZERO, piece.scheduled.high),
                flags=(*piece.flags, flag),
            )
            for piece in course.pieces
        ),
    )


def _older(first: date, today: date, years: int) -> bool:
    return (first.year + years, first.month, first.day) < (today.year, today.month, today.day)


def _without_factor(course: Course, table: str, drugs: Drugs) -> Course:
    """A course whose drug or route has no factor: its milligrams stay known, its MME does not exist."""
    plan = course.plan
    if plan.zero or any(piece.gap is not None and piece.gap.code in _UNKNOWN_DRUG for piece in course.pieces):
        return course
    gap = factors.missing(plan.opioid, plan.route, table, drugs)
    if gap is None:
        return course
    return replace(course, pieces=tuple(_with_gap(piece, gap) for piece in course.pieces))


# The drug itself is in doubt, so nothing can be said about its factor.
_UNKNOWN_DRUG = ("medication-not-sent", "conflicting-codes", "drug-not-clear", "ndc-not-mapped", "status-unknown")


def _with_gap(piece: Piece, gap: NotCounted) -> Piece:
    return replace(piece, gap=gap)


def _may_be_opioids(unread: Sequence[Unread], drugs: Drugs) -> tuple[Unread, ...]:
    """Unread medication resources may hold an opioid, unless a code that could be read shows that they do not.

    A cough and cold product is an opioid, but no day is open for it.
    """
    found: list[Unread] = []
    for each in unread:
        if not each.opens_high:
            continue
        identity = identify(Medication(each.concept), drugs) if each.concept is not None else None
        if identity is None or identity.problem is not None:
            found.append(each)
        elif identity.opioids:
            quiet = all(opioid.cough_cold for opioid in identity.opioids)
            found.append(dataclasses.replace(each, opens_high=not quiet))
    return tuple(found)


def _openings(unread: Sequence[Unread], today: date) -> list[Opening]:
    """The days of what may be an opioid.

    One without a date may be in force on any day: the evaluation day is unknown then, also where nothing else covers it.
    """
    openings: list[Opening] = []
    for each in unread:
        if each.opens_high:
            openings += [Opening(None, None), Opening(today, today)] if each.dates is None else [Opening(*each.dates)]
    return openings


def _flags(calendar: Calendar, plans: Plans, drugs: Drugs) -> tuple[str, ...]:
    flags = [*sorted(calendar.flags), *overlaps(plans.current, drugs)]
    if calendar.iv_peak is not None:
        mme, other, day = calendar.iv_peak
        used, alternatives = _iv_factors(drugs)
        flags.append(
            f"{IV_TABLE} is not CDC: {used}. With {alternatives} instead, the injected and infused dose of {day} "
            f"would be {plain(other, 1)} MME, not {plain(mme, 1)}"
        )
    return tuple(dict.fromkeys(flags))


def _iv_factors(drugs: Drugs) -> tuple[str, str]:
    rows = [factor for (table, _, _), tiers in sorted(drugs.factors.items()) if table == IV_TABLE for factor in tiers]
    used = ", ".join(f"{row.opioid} x {plain(row.value)}" for row in rows)
    other = ", ".join(f"{row.opioid} x {plain(row.alternative)}" for row in rows if row.alternative is not None)
    return used, other
