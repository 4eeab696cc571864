"""Codes, quantities, ranges and ratios: the same in every FHIR version."""

from __future__ import annotations

from cds.clinical import Coding, Concept, Moment, Quantity, QuantityRange, Ratio, Span
from cds.fhir.node import Node, words
from cds.fhir.systems import canonical_system

_COMPARATORS = words("< <= >= > ad")


def coding(node: Node) -> Coding:
    return Coding(_system(node), node.label("code"), node.label("display"))


def concept(node: Node | None) -> Concept | None:
    """A CodeableConcept with every coding in the order of the resource; None where the field is absent."""
    if node is None:
        return None
    return Concept(tuple(coding(each) for each in node.children("coding")), node.label("text"))


def concepts(node: Node, name: str) -> tuple[Concept, ...]:
    found = (concept(each) for each in node.children(name))
    return tuple(each for each in found if each is not None)


def quantity(node: Node | None, *, signed: bool = False) -> Quantity | None:
    """A Quantity, SimpleQuantity, Duration or Age.

    signed  a laboratory value may be negative; a dose, supply or duration below zero is refused
    """
    if node is None:
        return None
    return Quantity(
        value=node.number("value", least=None if signed else 0),
        unit=node.label("unit"),
        system=_system(node),
        code=node.label("code"),
        comparator=node.word("comparator", _COMPARATORS),
    )


def quantity_range(node: Node | None) -> QuantityRange | None:
    """A Range of doses, rates or durations; refused where its low end is above its high end in the same unit."""
    if node is None:
        return None
    low, high = quantity(node.child("low")), quantity(node.child("high"))
    if (
        low is not None
        and high is not None
        and (low.unit, low.code) == (high.unit, high.code)
        and low.value is not None
        and high.value is not None
        and low.value > high.value
    ):
        raise node.refusal("low", "above high")
    return QuantityRange(low, high)


def ratio(node: Node | None) -> Ratio | None:
    if node is None:
        return None
    return Ratio(quantity(node.child("numerator")), quantity(node.child("denominator")))


def period(node: Node | None) -> Span | None:
    """A Period; an end before its start is refused, since no dose can be placed in it."""
    if node is None:
        return None
    start, end = node.moment("start"), node.moment("end")
    if start is not None and end is not None and turned(start, end):
        raise node.refusal("end", "before start")
    return Span(start, end)


def turned(start: Moment, end: Moment) -> bool:
    """True where the end is surely before the start; across a change of offset (summer time) only UTC can tell."""
    if start.utc and end.utc:
        return end.utc < start.utc
    return end.start < start.start and end.last_day < start.day


def _system(node: Node) -> str | None:
    text = node.label("system")
    return canonical_system(text) if text else None
