"""A later order that goes on replaces an earlier one (convention 12), and what a record says about its end."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import accumulate, groupby, pairwise
from operator import attrgetter

from msgspec.structs import replace

from cds.clinical import MedicationUse, Source
from cds.dose.course import Course, Doubt, Plan
from cds.dose.days import DAY, last_of
from cds.dose.layout import length_of
from cds.dose.line import Line, daily
from cds.dose.slots import successors
from cds.dose.status import Standing, standing
from cds.dose.values import ZERO, NotCounted
from cds.knowledge.drugs import Drugs


def renewed(plans: Sequence[Plan], uses: Iterable[MedicationUse], drugs: Drugs) -> list[Plan]:
    """The plans, each ended where a later one that goes on takes its place.

    A later one that ends by itself takes the place on its own days only, a ward order never that of a home order. What
    ended by itself after a longer time, was stopped or said less may have been a renewal: the one before is in doubt from
    then on.
    """
    ended = _replaced(plans, uses)
    endless = {index for index, plan in enumerate(ended) if plan.last is None and not _finite(plan)}
    groups: dict[tuple[object, ...], list[int]] = {}
    for index, plan in enumerate(ended):
        if plan.zero:
            continue
        for key in _keys(plan):
            groups.setdefault((plan.use.source, plan.inpatient, *key), []).append(index)
    last: dict[int, date] = {}
    wait = int(drugs.limits["unknown_end_days"]) * DAY
    doubts: dict[int, Doubt] = {}
    for indices in groups.values():
        if endless.isdisjoint(indices):
            continue
        ordered = sorted(indices, key=lambda index: (ended[index].rank, ended[index].use.reference))
        times = [(ended[index].rank, ended[index].slots) for index in ordered]
        going_on = {at for at, index in enumerate(ordered) if index in endless and not ended[index].past}
        perhaps = _perhaps_renewals([ended[index] for index in ordered], going_on, drugs)
        replacing, doubting = successors(times, going_on), successors(times, perhaps)
        # What is taken as needed may be added to a schedule: it puts none in doubt.
        scheduled_perhaps = {at for at in perhaps if not ended[ordered[at]].as_needed}
        unsettled = doubting if len(scheduled_perhaps) == len(perhaps) else successors(times, scheduled_perhaps)
        covered = _covered([ended[index] for index in ordered], perhaps, int(drugs.limits["bridging_days"]))
        settled = [*accumulate((perhaps.get(at, date.min) for at in reversed(range(len(ordered)))), max)][::-1]
        # What is taken as needed may be added to a schedule: it ends none.
        scheduled = {at for at in going_on if not ended[ordered[at]].as_needed}
        rescheduling = replacing if len(scheduled) == len(going_on) else successors(times, scheduled)
        for index, by, instead, after, unsure in zip(
            ordered, replacing, rescheduling, doubting, unsettled, strict=True
        ):
            if index not in endless:
                continue
            if not (ended[index].as_needed or ended[index].past):
                by, after = instead, unsure
            if ended[index].past:
                # It has ended, and no date says when: at the latest where the next supply begins.
                by, after = min((at for at in (by, after) if at is not None), default=None), None
            if by is not None:
                end = ended[ordered[by]].first - DAY
                last[index] = min(last.get(index, end), end)
            if after is not None:
                doubt = Doubt(ended[ordered[after]].first, covered[after], settled[after] + wait)
                known = doubts.get(index, doubt)
                doubts[index] = doubt if doubt.since <= known.since else known
    for index in {*last, *doubts}:
        ended[index] = replace(ended[index], last=last.get(index, ended[index].last), doubt=doubts.get(index))
    return _changed_over([plan for plan in ended if plan.last is None or plan.last >= plan.first])


def _keys(plan: Plan) -> list[tuple[object, ...]]:
    keys: list[tuple[object, ...]] = [("same", *plan.signature)]
    if plan.therapy is not None:
        keys.append(("linked", plan.therapy, plan.route, plan.opioid.release))
    return keys


def _finite(plan: Plan) -> bool:
    """Whether the sig itself ends the course: nothing needs to replace it, and it resumes where a later one ends."""
    return bool(plan.lines) and all(
        line.end is not None or line.days is not None or line.count is not None or line.once or _listed(line.schedule)
        for line in plan.lines
    )


def _perhaps_renewals(ordered: Sequence[Plan], going_on: Collection[int], drugs: Drugs) -> dict[int, date]:
    """Positions of those that have an end and may all the same have been meant to replace what went before.

    They last, one soon after the other, longer than a short course; they were stopped, or say less than what they may
    replace; or nobody wrote when they ended. Beside each position its last day.
    """
    short, bridge = int(drugs.limits["short_course_days"]), int(drugs.limits["bridging_days"])
    unknown = int(drugs.limits["unknown_end_days"])
    found: set[int] = set()
    lasts: dict[int, date] = {}
    run: list[int] = []
    days, until = 0, date.min
    before: Decimal | None = None
    for at, plan in enumerate(ordered):
        if at in going_on:
            before = _most(plan, drugs)
            continue
        lasts[at] = last = _own_last(plan, unknown)
        if plan.last is None and not _finite(plan):
            found.add(at)
            continue
        if not all(line.once for line in plan.lines) and (
            plan.use.status == "stopped" or _less(_most(plan, drugs), before)
        ):
            found.add(at)
        if run and (plan.first - until).days > bridge + 1:
            run, days = [], 0
        covered = (last - max(plan.first, until + DAY)).days + 1 if run else (last - plan.first).days + 1
        run.append(at)
        days, until = days + max(0, covered), max(until, last)
        if days > short:
            found.update(run)
            run = [at]
    return {at: lasts[at] for at in found}


def _covered(ordered: Sequence[Plan], perhaps: Mapping[int, date], bridge: int) -> Mapping[int, date]:
    """The last day of the last one of those that follow one another from each position on."""
    found: dict[int, date] = {}
    following: int | None = None
    for at in sorted(perhaps, reverse=True):
        last = perhaps[at]
        if following is not None and (ordered[following].first - last).days <= bridge + 1:
            last = max(last, found[following])
        found[at] = last
        following = at
    return found


def _most(plan: Plan, drugs: Drugs) -> Decimal | None:
    """mg on its first days, None where that cannot be told."""
    try:
        first = [line for line in plan.lines if line.phase == plan.lines[0].phase]
        return sum((daily(line, plan.opioid, drugs)[0].high for line in first), ZERO)
    except NotCounted:
        return None


def _less(one: Decimal | None, other: Decimal | None) -> bool:
    return one is not None and other is not None and one < other


def _own_last(plan: Plan, unknown: int) -> date:
    """The last day that the resource or its sig names; a sig that counts doses without a frequency lasts `unknown` days."""
    last = plan.first + (unknown - 1) * DAY if plan.last is None else plan.last
    if not _finite(plan):
        return last
    day = plan.first - DAY
    for _, lines in groupby(sorted(plan.lines, key=attrgetter("phase")), attrgetter("phase")):
        day = max(_line_last(line, day + DAY, last) for line in lines)
    return day if plan.last is None else min(day, last)


def _line_last(line: Line, first: date, unknown: date) -> date:
    events = line.schedule.events if line.schedule is not None else ()
    if events:
        return max(moment.day for moment in events)
    first = line.start.day if line.start is not None else first
    length = length_of(line)
    ends = [] if length is None else [last_of(first, length)]
    return min([*ends, line.end.last_day] if line.end is not None else ends, default=unknown)


def _listed(schedule: object) -> bool:
    return bool(getattr(schedule, "events", ()))


def _replaced(plans: Sequence[Plan], uses: Iterable[MedicationUse]) -> list[Plan]:
    """priorPrescription: the named order ends where the new one begins, whatever drug the new one is."""
    uses = tuple(uses)
    if not any(use.replaces for use in uses):
        return [*plans]
    begins: dict[str, date] = {}
    known = {plan.use.reference: plan.first for plan in plans}
    replaced_by = {name: use.replaces for use in uses for name in (use.reference, *use.aliases)}
    for use in uses:
        # Orders that replace each other in a circle would all vanish: their links say nothing.
        if not use.replaces or use.draft or not _counts(use) or _circular(use.replaces, use.reference, replaced_by):
            continue
        start = (use.effective.start if use.effective else None) or (use.supply.start if use.supply else None)
        moment = start or use.authored
        first = known.get(use.reference) or (moment.day if moment is not None else None)
        if first is not None:
            for reference in use.replaces:
                begins[reference] = min(begins.get(reference, first), first)
    result: list[Plan] = []
    for plan in plans:
        named = [begins[name] for name in (plan.use.reference, *plan.use.aliases) if name in begins]
        if named:
            end = min(named) - DAY
            plan = replace(plan, last=end if plan.last is None else min(plan.last, end))
        result.append(plan)
    return result


def _circular(replaced: Iterable[str], reference: str, named: Mapping[str, Iterable[str]]) -> bool:
    seen: set[str] = set()
    waiting = list(replaced)
    while waiting:
        name = waiting.pop()
        if name == reference:
            return True
        if name not in seen:
            seen.add(name)
            waiting += named.get(name, ())
    return False


def _counts(use: MedicationUse) -> bool:
    try:
        return standing(use) in (Standing.CURRENT, Standing.PAST)
    except NotCounted:
        return False


def _changed_over(plans: list[Plan]) -> list[Plan]:
    """Stopped at 8:00 and another strength begun at 8:00: the day belongs to the new one."""
    begun: dict[tuple[object, ...], list[datetime]] = {}
    for plan in plans:
        if plan.began is not None and not plan.zero:
            begun.setdefault(_drug(plan, plan.first), []).append(plan.began)
    result: list[Plan] = []
    for plan in plans:
        ceased, last = plan.ceased, plan.last
        if ceased is not None and last is not None and last == ceased.date() > plan.first:
            followed = any(moment >= ceased for moment in begun.get(_drug(plan, last), ()))
            plan = replace(plan, last=last - DAY) if followed else plan
        result.append(plan)
    return result


def _drug(plan: Plan, day: date) -> tuple[object, ...]:
    return (plan.use.source, plan.opioid.name, plan.route, plan.opioid.release, day)


def time_limited(courses: Sequence[Course], drugs: Drugs) -> frozenset[int]:
    """Positions of courses with short bounds of their own that no course of the same drug and release continues."""
    limit = timedelta(days=int(drugs.limits["time_limited_days"]))
    bridge = timedelta(days=int(drugs.limits["bridging_days"]) + 1)
    spans: list[tuple[tuple[object, ...], date, date] | None] = []
    by_drug: dict[tuple[object, ...], list[tuple[date, date]]] = {}
    for course in courses:
        if not course.pieces or course.plan.zero:
            spans.append(None)
            continue
        key: tuple[object, ...] = (course.plan.opioid.name, course.plan.route, course.plan.opioid.release)
        first = min(piece.first for piece in course.pieces)
        last = course.until or max(piece.last for piece in course.pieces)
        spans.append((key, first, last))
        by_drug.setdefault(key, []).append((first, last))
    for each in by_drug.values():
        each.sort()
    firsts = {key: [first for first, _ in each] for key, each in by_drug.items()}
    lasts = {key: sorted(last for _, last in each) for key, each in by_drug.items()}
    # The last day of all those that began no later.
    reach = {key: [*accumulate((last for _, last in each), max)] for key, each in by_drug.items()}
    found: set[int] = set()
    for index, (course, span) in enumerate(zip(courses, spans, strict=True)):
        if span is None or not _own_bounds(course.plan):
            continue
        key, first, last = span
        if last - first + DAY >= limit:
            continue
        before = bisect_left(firsts[key], first)
        if before and reach[key][before - 1] > last:
            continue  # within one that goes on after it
        if not _any(firsts[key], last - DAY, last + bridge, first) and not _any(
            lasts[key], first - bridge, first + DAY, last
        ):
            found.add(index)
    return frozenset(found)


def _own_bounds(plan: Plan) -> bool:
    return plan.use.source in (Source.ORDERED, Source.STATED) and _finite(plan)


def _any(days: Sequence[date], low: date, high: date, besides: date) -> bool:
    """Whether a day of the sorted list lies in [low, high], the course's own one not counted."""
    count = bisect_right(days, high) - bisect_left(days, low)
    return count - (1 if low <= besides <= high else 0) > 0


def overlaps(plans: Iterable[Plan], drugs: Drugs) -> list[str]:
    """Supplies of one product that overlap for more than a week are named; they are never a sum."""
    limit = int(drugs.limits["named_overlap_days"])
    groups: dict[tuple[object, ...], list[tuple[Plan, date]]] = {}
    for plan in plans:
        if plan.use.days_supply is not None and plan.last is not None and not plan.zero:
            groups.setdefault((plan.use.source, *plan.signature), []).append((plan, plan.last))
    named: list[str] = []
    for group in groups.values():
        ordered = sorted(group, key=lambda entry: (entry[0].rank, entry[0].use.reference))
        for (earlier, earlier_last), (later, later_last) in pairwise(ordered):
            days = (min(earlier_last, later_last) - later.first).days + 1
            if days > limit:
                named.append(
                    f"{later.use.reference}: its supply overlaps the one of {earlier.use.reference} by {days} days; counted once"
                )
    return named
