"""From resources to plans: which may count, and from when to when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from functools import partial

from msgspec.structs import replace

from cds.clinical import AsOf, Medication, MedicationUse, Moment, Precision, Source, Uncounted
from cds.dose.course import Plan, after, interval, read_lines
from cds.dose.days import DAY
from cds.dose.drug import Identity, Opioid
from cds.dose.line import Line
from cds.dose.links import Links, Node
from cds.dose.renewal import renewed
from cds.dose.schedule import Schedule
from cds.dose.sig import Reading
from cds.dose.status import Standing, standing
from cds.dose.stay import Stays, inpatient
from cds.dose.values import NotCounted
from cds.dose.weight import Weights
from cds.knowledge.drugs import Drugs


@dataclass(slots=True)
class Plans:
    """Everything that may count.

    current  orders, statements and dispenses
    given    administrations, with their standing
    drafts   draft orders of an order hook
    undated  opioids without a date; first is None, last the last day on which that matters
    opioids  references of all resources that hold an opioid
    """

    current: list[Plan] = field(default_factory=list)
    given: list[tuple[Plan, Standing]] = field(default_factory=list)
    drafts: list[Plan] = field(default_factory=list)
    undated: list[Uncounted] = field(default_factory=list)
    opioids: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Reader:
    """What reading a resource needs besides the resource.

    identity  the opioids of a medication
    sig       the parts of a sig
    """

    drugs: Drugs
    identity: Callable[[Medication | None], Identity]
    as_of: AsOf
    stays: Stays
    weights: Weights
    sig: Reading


def read(uses: Iterable[MedicationUse], reader: Reader) -> Plans:
    identified: list[tuple[MedicationUse, Identity]] = []
    counting: list[MedicationUse] = []
    seen: set[str] = set()
    for use in uses:
        if use.status == "entered-in-error" or use.reference in seen:
            continue
        seen.add(use.reference)
        counting.append(use)
        identity = reader.identity(use.medication)
        if identity.opioids or identity.problem is not None:
            identified.append((use, identity))
    links = Links((use, opioid.name) for use, identity in identified for opioid in identity.opioids)
    plans = Plans()
    for use, identity in identified:
        if identity.opioids or (identity.problem is not None and identity.problem.code in _OPIOID_PROBLEMS):
            plans.opioids.add(use.reference)
        for opioid in identity.opioids or (Opioid(identity.drug),):
            _add(plans, use, opioid, identity.problem, links, reader)
    plans.current = _handed_over(plans.current)
    plans.current = renewed(plans.current, counting, reader.drugs)
    return plans


def _handed_over(plans: Sequence[Plan]) -> list[Plan]:
    """What was handed over for orders that are all as needed is no schedule, though it was meant to last for so many days."""
    ordered: dict[Node, bool] = {}
    for plan in plans:
        if plan.use.source is Source.ORDERED and plan.therapy is not None:
            ordered[plan.therapy] = ordered.get(plan.therapy, True) and plan.as_needed
    return [
        replace(plan, lines=tuple(replace(line, prn=True) for line in plan.lines))
        if plan.from_supply and plan.therapy is not None and ordered.get(plan.therapy)
        else plan
        for plan in plans
    ]


# An NDC that nobody mapped or a medication that was not sent may be anything.
_OPIOID_PROBLEMS = ("conflicting-codes", "drug-not-clear")


def _add(
    plans: Plans, use: MedicationUse, opioid: Opioid, problem: NotCounted | None, links: Links, reader: Reader
) -> None:
    as_of = reader.as_of
    how = Standing.CURRENT
    if not use.draft:
        try:
            how = standing(use)
        except NotCounted as gap:
            problem = problem or gap
        if how is Standing.NOTHING:
            return
    start, end, last = interval(use, how)
    if use.source is Source.ADMINISTERED:
        start = start or min(use.timing_events, key=lambda moment: moment.start, default=None)
    lines = _lines(use, opioid, problem, reader, start)
    if use.source is Source.ADMINISTERED and start is None and not any(line.dose and line.dose.rate for line in lines):
        start = end  # a single dose; how long a rate ran would be a guess
    begins = [line.start for line in lines if line.start is not None]
    if begins and (start is None or (len(begins) == len(lines) and use.source is not Source.ADMINISTERED)):
        start = min(begins, key=lambda moment: moment.start)  # what the sig says outranks when it was written
    if not use.draft:
        if _future(use, start, as_of):
            return
        if start is None:
            if how is not Standing.NOT_TAKEN:
                plans.undated.append(_undated(use, opioid, how, as_of))
            if how is not Standing.CURRENT or use.source is Source.ADMINISTERED:
                return
    first = as_of.day if start is None or use.draft else start.day
    belongs = use.source is Source.ORDERED and inpatient(use, reader.stays)
    last = _last(use, first, last, end, belongs, reader.stays)
    for route, of_route in _by_route(lines):
        plan = Plan(
            use=use,
            opioid=opioid,
            route=route,
            lines=of_route,
            first=first,
            last=last,
            past=how is Standing.PAST,
            therapy=links.therapy(use, opioid.name),
            inpatient=belongs,
            zero=how is Standing.NOT_TAKEN,
            stopped=use.status == "stopped" and use.source is Source.ORDERED,
            began=start.start if start and start.precision is Precision.TIME else None,
            ceased=end.start if end and end.precision is Precision.TIME else None,
            flags=_date_flags(start, end, how),
            slots=_slots(of_route),
        )
        if use.draft:
            plans.drafts.append(plan)
        elif use.source is Source.ADMINISTERED:
            plans.given.append((plan, how))
        else:
            plans.current.append(plan)


def _future(use: MedicationUse, start: Moment | None, as_of: AsOf) -> bool:
    if start is not None and after(start, as_of):
        return True
    return use.source is Source.ORDERED and use.authored is not None and after(use.authored, as_of)


def _lines(
    use: MedicationUse, opioid: Opioid, problem: NotCounted | None, reader: Reader, start: Moment | None
) -> tuple[Line, ...]:
    weigh = partial(reader.weights.at, start.start if start else None)
    lines = read_lines(use, opioid, reader.drugs, weigh, reader.sig)
    if use.source is Source.STATED and use.timing_events:
        # effectiveTiming: the doses were taken at these times.
        listed = Schedule(events=use.timing_events)
        lines = tuple(replace(line, schedule=listed) if line.timeless else line for line in lines)
    if problem is None:
        return lines
    # The days still matter: an opioid of unknown kind opens them.
    return tuple(replace(line, dose=None, gap=problem) for line in lines)


def _undated(use: MedicationUse, opioid: Opioid, how: Standing, as_of: AsOf) -> Uncounted:
    if how is Standing.CURRENT and use.source is not Source.ADMINISTERED:
        reason = "no date says since when: counted on the evaluation day only"
        return Uncounted(use.reference, opioid.name, "no-date", reason, True, None, as_of.day - DAY)
    reason = "no date says when it was taken"
    return Uncounted(use.reference, opioid.name, "no-date", reason, True, None, None)


def _last(
    use: MedicationUse, first: date, last: date | None, end: Moment | None, belongs: bool, stays: Stays
) -> date | None:
    """The last day; an end at midnight belongs to the day before, and an in-patient order ends with its stay."""
    if end is not None and last == end.day and end.precision is Precision.TIME and end.start.time() == time(0):
        last = max(first, end.day - DAY)
    if belongs:
        stay = stays.of(use) or stays.around(first)
        if stay is not None and not stay.open and stay.last >= first:
            last = stay.last if last is None else min(last, stay.last)
    return last


def _date_flags(start: Moment | None, end: Moment | None, how: Standing) -> tuple[str, ...]:
    coarse = [moment for moment in (start, end) if moment is not None and moment.precision < Precision.DAY]
    if not coarse or how is Standing.NOT_TAKEN:
        return ()
    return ("a date is only known to the month or year: all its days are counted",)


def _by_route(lines: tuple[Line, ...]) -> list[tuple[str | None, tuple[Line, ...]]]:
    """One plan for each route: swallowed and injected amounts of one drug are different therapies."""
    routes = dict.fromkeys(line.route for line in lines)
    return [(route, tuple(line for line in lines if line.route == route)) for route in routes]


def _slots(lines: tuple[Line, ...]) -> frozenset[str]:
    """The times of day of a plan all of whose lines name one."""
    named = [line.schedule.slots for line in lines if line.schedule is not None]
    return frozenset().union(*named) if len(named) == len(lines) and all(named) else frozenset()
