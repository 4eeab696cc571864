"""Timed doses for the acute mode: administrations, and statements or orders that list their events."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from cds.clinical import AsOf, DoseEvent, Precision
from cds.dose import factors
from cds.dose.administered import Given
from cds.dose.course import Plan, after
from cds.dose.values import ZERO
from cds.knowledge.drugs import Drugs


def of_administrations(given: Iterable[Given], table: str, drugs: Drugs) -> list[DoseEvent]:
    """One event for each administered amount; one without a number has mme None."""
    timed = [each for each in given if not each.vague and not each.removal]
    totals = _totals(timed)
    events: list[DoseEvent] = []
    for each in timed:
        mg = None if each.gap is not None and each.mg is None else each.mg
        amount = None if mg is None else mg.high
        total = totals.get((each.plan.opioid.name, each.plan.route, each.start.date()), ZERO)
        events.append(_event(each.plan, each.start, each.end, amount, total, table, drugs, patch=each.patch))
    return events


def of_lists(plans: Iterable[Plan], as_of: AsOf, table: str, drugs: Drugs) -> list[DoseEvent]:
    """Statements and orders whose timing lists instants."""
    events: list[DoseEvent] = []
    for plan in plans:
        for line in plan.lines:
            if line.schedule is None or line.prn:
                continue
            for moment in line.schedule.events:
                if moment.precision is not Precision.TIME or after(moment, as_of):
                    continue
                rate = line.dose is not None and line.dose.rate
                amount = line.dose.mg.high if line.dose is not None and not rate else None
                events.append(
                    _event(plan, moment.start, moment.start, amount, amount or ZERO, table, drugs, patch=plan.patch)
                )
    return events


def _event(
    plan: Plan,
    start: datetime,
    end: datetime,
    mg: Decimal | None,
    total: Decimal,
    table: str,
    drugs: Drugs,
    *,
    patch: bool,
) -> DoseEvent:
    opioid = plan.opioid
    convertible = mg is not None and factors.missing(opioid, plan.route, table, drugs) is None
    mme = None
    if convertible and mg is not None and plan.route is not None:
        mme = mg * factors.rate(opioid.name, plan.route, total, table, drugs).per_mg
    slow = opioid.release == "ER" or opioid.name in drugs.long_acting
    if slow and not patch and end == start:
        hours = opioid.release_hours if opioid.release_hours is not None else drugs.long_acting_hours
        end = start + timedelta(hours=float(hours))
    return DoseEvent(
        start=start,
        end=end,
        mme=mme,
        drug=opioid.name,
        route=plan.route or "",
        reference=plan.use.reference,
        source=plan.use.source,
        long=slow or patch,
        amount_mg=mg,
    )


def _totals(given: Iterable[Given]) -> dict[tuple[str, str | None, object], Decimal]:
    totals: dict[tuple[str, str | None, object], Decimal] = {}
    for each in given:
        if each.mg is not None:
            key = (each.plan.opioid.name, each.plan.route, each.start.date())
            totals[key] = totals.get(key, ZERO) + each.mg.high
    return totals
