"""What the draft orders of an order hook, or the orders of the last hours, do to the dose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from msgspec.structs import replace

from cds.clinical import AsOf, ProposedDose, Source, Uncounted
from cds.dose import factors
from cds.dose.calendar import value
from cds.dose.course import Course, Plan
from cds.dose.days import DAY
from cds.dose.layout import lay_out
from cds.dose.plausible import flagged, hard_to_believe
from cds.dose.share import Active
from cds.dose.stay import Stays
from cds.dose.therapy import resolve
from cds.dose.values import ZERO, NotCounted, Piece
from cds.knowledge.drugs import Drugs


@dataclass(frozen=True, slots=True)
class Situation:
    """What a comparison needs besides the orders.

    unread  something that may be an opioid in force on the evaluation day could not be read: the dose is not known
    """

    table: str
    drugs: Drugs
    as_of: AsOf
    stays: Stays
    unread: bool = False


@dataclass(frozen=True, slots=True)
class _Level:
    scheduled: Decimal
    high: Decimal
    gaps: tuple[tuple[Plan, NotCounted], ...]


def propose(drafts: Sequence[Plan], courses: Sequence[Course], situation: Situation) -> ProposedDose | None:
    """The dose with and without the drafts, None where no draft holds an opioid.

    A draft of the same therapy takes the place of the order in force: linked, named as prior prescription, or of the
    same drug, form and release. Other drafts add.
    """
    if not drafts:
        return None
    day = situation.as_of.day
    return _compare(drafts, courses, day, situation)


def recent(plans: Sequence[Plan], courses: Sequence[Course], situation: Situation) -> ProposedDose | None:
    """The same for orders authored within the last hours, None where they raise nothing."""
    limit = timedelta(hours=float(situation.drugs.limits["recent_order_hours"]))
    young = [
        plan
        for plan in plans
        if plan.use.source is Source.ORDERED
        and plan.use.status == "active"
        and plan.use.authored is not None
        and situation.as_of.at - situation.as_of.clock(plan.use.authored) <= limit
    ]
    if not young:
        return None
    references = {plan.use.reference for plan in young}
    others = [course for course in courses if course.plan.use.reference not in references]
    day = min(plan.first for plan in young) - DAY
    found = _compare(young, others, day, situation)
    return found if found.raises is not False else None


def _compare(drafts: Sequence[Plan], courses: Sequence[Course], day: date, situation: Situation) -> ProposedDose:
    new = [_steady(plan, situation) for plan in drafts]
    home = situation.stays.holds(day) and not any(plan.inpatient for plan in drafts)
    ordered = _orders(courses, day, situation.stays.holds(day), home)
    kept = [course for course in ordered if not any(_takes_place(draft, course.plan) for draft in drafts)]
    before = _level(ordered, day, situation)
    if not ordered:
        before = max((_given(courses, each, situation) for each in (day, day - DAY)), key=lambda level: level.high)
    after = _level([*kept, *new], situation.as_of.day, situation, carried=(kept, day))
    references = {plan.use.reference for plan in drafts}
    loud = [(plan, gap) for plan, gap in after.gaps if plan.use.reference in references and gap.code != "cough-cold"]
    replaced = {course.plan.use.reference for course in ordered} - {course.plan.use.reference for course in kept}
    unclear = [plan for plan, gap in before.gaps if plan.use.reference in replaced and gap.code != "cough-cold"]
    raises: bool | None = after.scheduled > before.scheduled or after.high > before.high
    if loud or (unclear and not raises):
        raises = None
    uncounted = tuple(
        Uncounted(plan.use.reference, plan.opioid.name, gap.code, gap.reason, gap.code != "cough-cold")
        for plan, gap in after.gaps
        if plan.use.reference in references
    )
    known_before, known_after = not (_open(before) or situation.unread), not (_open(after) or situation.unread)
    return ProposedDose(
        before=before.scheduled if known_before else None,
        after=after.scheduled if known_after else None,
        before_high=before.high if known_before else None,
        after_high=after.high if known_after else None,
        raises=raises,
        references=tuple(sorted(references)),
        uncounted=uncounted,
        implausible=tuple(sorted({flag for course in new for flag in hard_to_believe(course)})),
    )


def _open(level: _Level) -> bool:
    return any(gap.code != "cough-cold" for _, gap in level.gaps)


def _steady(plan: Plan, situation: Situation) -> Course:
    """The draft as if it began today: its first day is what it asks for."""
    day = situation.as_of.day
    lines = tuple(replace(line, start=None, end=None) for line in plan.lines)
    laid = lay_out(
        replace(plan, lines=lines, first=day, last=day, inpatient=True, past=False), situation.drugs, situation.as_of
    )
    missing = factors.missing(plan.opioid, plan.route, situation.table, situation.drugs)
    if missing is None:
        return flagged(laid, situation.drugs)
    return Course(laid.plan, tuple(replace(piece, gap=missing) for piece in laid.pieces))


def _orders(courses: Sequence[Course], day: date, in_stay: bool, home: bool) -> list[Course]:
    """Orders, statements and dispenses in force on the day: those of the ward in a stay, unless the draft is for home."""
    found = [
        course
        for course in courses
        if course.plan.use.source is not Source.ADMINISTERED and any(p.first <= day <= p.last for p in course.pieces)
    ]
    if not in_stay:
        return found
    return [course for course in found if course.plan.inpatient is not home]


def _takes_place(draft: Plan, plan: Plan) -> bool:
    if {plan.use.reference, *plan.use.aliases} & {*draft.use.replaces, *draft.use.links}:
        return True
    if draft.opioid.name != plan.opioid.name or draft.route != plan.route:
        return False
    if draft.therapy is not None and draft.therapy == plan.therapy:
        return True
    forms = {draft.opioid.form, plan.opioid.form} - {""}
    releases = {draft.opioid.release, plan.opioid.release} - {""}
    return len(forms) <= 1 and len(releases) <= 1


def _level(
    courses: Sequence[Course], day: date, situation: Situation, carried: tuple[Sequence[Course], date] | None = None
) -> _Level:
    """The dose of a day; `carried` courses are taken as they stood on their own day."""
    active: list[Active] = []
    for course in courses:
        on = carried[1] if carried is not None and course in carried[0] else day
        pieces: tuple[Piece, ...] = tuple(piece for piece in course.pieces if piece.first <= on <= piece.last)
        if pieces:
            active.append(Active(course.plan, pieces))
    taken = resolve(active, in_stay=False)
    valued = value(taken, situation.table, situation.drugs)
    return _Level(valued.series_mid, valued.high, taken.gaps)


def _given(courses: Sequence[Course], day: date, situation: Situation) -> _Level:
    """Where only administrations exist, the fuller of the last two days stands for the dose in force."""
    given = [course for course in courses if course.plan.use.source is Source.ADMINISTERED]
    level = _level(given, day, situation)
    return level if level.high else _Level(ZERO, ZERO, level.gaps)
