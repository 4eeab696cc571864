"""Implausible amounts are counted and flagged before they feed a card (convention 8)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from msgspec.structs import replace

from cds.dose.course import Course, Plan
from cds.dose.drug import Opioid
from cds.dose.line import Line
from cds.dose.values import Piece, plain
from cds.knowledge.drugs import Drugs

# How every flag begins that is made here.
HARD_TO_BELIEVE = ("implausible ", "concentrate: ")


def flagged(course: Course, drugs: Drugs) -> Course:
    """The course with a flag on every piece that is hard to believe."""
    plan = course.plan
    if plan.zero:
        return course
    of_lines = [flag for line in plan.lines for flag in _dose_flags(line, plan.opioid, plan.route, drugs)]
    pieces = tuple(_checked(plan, piece, of_lines, drugs) for piece in course.pieces)
    return course if pieces == course.pieces else replace(course, pieces=pieces)


def _checked(plan: Plan, piece: Piece, of_lines: list[str], drugs: Drugs) -> Piece:
    if piece.mg is None:
        return piece
    flags = of_lines
    usual = drugs.maxima.get((plan.opioid.name, plan.route or ""))
    if usual is not None and piece.mg.high > usual.day * drugs.limits["implausible_times"]:
        amount = (
            f"implausible amount: {plain(piece.mg.high)} mg a day, more than {plain(drugs.limits['implausible_times'])} "
            f"times the usual maximum of {plain(usual.day)} mg"
        )
        flags = [amount, *of_lines]
    return replace(piece, flags=(*piece.flags, *flags)) if flags else piece


def hard_to_believe(course: Course) -> Iterator[str]:
    """What is flagged so in a course, each with the resource that it is said of."""
    for piece in course.pieces:
        for flag in piece.flags:
            if flag.startswith(HARD_TO_BELIEVE):
                yield f"{course.plan.use.reference}: {flag}"


def _dose_flags(line: Line, opioid: Opioid, route: str | None, drugs: Drugs) -> list[str]:
    if line.dose is None or opioid.mg is None or opioid.mg <= 0:
        return []
    mg = line.dose.mg.high
    units = mg / opioid.mg
    if opioid.per in ("unit", "h") and units >= drugs.limits["units_per_dose"]:
        return [f"implausible dose: {plain(units)} units at once"]
    usual = drugs.maxima.get((opioid.name, route or ""))
    weakest = drugs.weakest.get((opioid.name, opioid.route or ""))
    if opioid.per != "mL" or usual is None or usual.liquid_dose is None or weakest is None:
        return []
    if opioid.mg >= weakest * drugs.limits["concentrate_times"] and mg > usual.liquid_dose:
        return [_concentrate(units, opioid.mg, mg)]
    return []


def _concentrate(ml: Decimal, strength: Decimal, mg: Decimal) -> str:
    return f"concentrate: {plain(ml)} mL of {plain(strength)} mg/mL are {plain(mg)} mg at once; check for a mix-up of strengths"
