"""Everything but medications: what the FHIR versions share of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from cds.clinical import (
    Allergy,
    Component,
    Concept,
    Condition,
    Encounter,
    Moment,
    Observation,
    Patient,
    Procedure,
    Quantity,
    Span,
)
from cds.fhir.about import About, tells
from cds.fhir.node import Node, Words, words
from cds.fhir.quantities import coding, concept, concepts, period, quantity

GENDERS = words("male female other unknown")
OBSERVATION = words("registered preliminary final amended corrected cancelled entered-in-error unknown")
CLINICAL = words("active recurrence relapse inactive remission resolved unknown")
VERIFICATION = words("unconfirmed provisional differential presumed confirmed refuted entered-in-error unknown")


def patient(node: Node, id_: str) -> Patient:
    return Patient(
        id=id_,
        birth_date=node.moment("birthDate"),
        gender=node.word("gender", GENDERS),
        deceased=bool(node.flag("deceasedBoolean")) or node.moment("deceasedDateTime") is not None,
    )


def when(node: Node, prefix: str) -> tuple[Span | None, tuple[Moment, ...]]:
    """effective[x], occurrence[x] or performed[x]: the span, and the events of a Timing.

    An instant is a span whose two ends are one and the same Moment, which no Period's are. A Timing that only repeats gives the bounds of its repetition.
    """
    at = node.moment(f"{prefix}DateTime") or node.moment(f"{prefix}Instant")
    if at is not None:
        return Span(at, at), ()
    span = period(node.child(f"{prefix}Period"))
    if span is not None:
        return span, ()
    timing = node.child(f"{prefix}Timing")
    if timing is None:
        return None, ()
    events = timing.moments("event")
    repeat = timing.child("repeat")
    bounds = period(repeat.child("boundsPeriod")) if repeat else None
    if bounds is None and events:
        bounds = Span(min(events, key=_start), max(events, key=_start))
    return bounds, events


def coded(node: Node, name: str = "code") -> Concept:
    """The code that says what was found; without one it may be anything, so it is refused."""
    found = concept(node.child(name))
    if found is None or not tells(found):
        raise node.refusal(name, "missing" if found is None else "without code and text")
    return found


def observation(node: Node, about: About, *, members: tuple[str, ...], derived_from: tuple[str, ...]) -> Observation:
    """A measurement. Observation.focus makes it one of a child, a donor or a device: not the patient's own."""
    if about.somebody_else(node, "focus"):
        raise node.refusal("focus", "about somebody else than the patient")
    span, events = when(node, "effective")
    return Observation(
        reference=about.sent.reference,
        status=node.needed_word("status", OBSERVATION),
        concept=coded(node),
        effective=span,
        events=events,
        value=value(node),
        categories=concepts(node, "category"),
        components=tuple(Component(concept(each.child("code")), value(each)) for each in node.children("component")),
        body_sites=tuple(each for each in (concept(node.child("bodySite")),) if each),
        method=concept(node.child("method")),
        issued=node.moment("issued"),
        data_absent=node.has("dataAbsentReason"),
        members=members,
        derived_from=derived_from,
        aliases=about.sent.names,
    )


def value(node: Node) -> Quantity | Concept | str | int | bool | None:
    """value[x] of an Observation or component; ranges, ratios, times and samples are no score and give None."""
    number = quantity(node.child("valueQuantity"), signed=True)
    if number is not None:
        return number
    code = concept(node.child("valueCodeableConcept"))
    if code is not None:
        return code
    text = node.text("valueString")
    if text is not None:
        return text
    count = node.integer("valueInteger")
    return count if count is not None else node.flag("valueBoolean")


def coded_status(node: Node, name: str, allowed: Words) -> str | None:
    """clinicalStatus and verificationStatus of R4 and R5: a CodeableConcept with one code of a closed list.

    Without a code the text may be one. A status that is there but says nothing known is refused, not ignored: it may
    be "refuted".
    """
    child = node.child(name)
    status = concept(child)
    if child is None or status is None:
        return None
    for text in (*(each.code for each in status.codings), status.text):
        if text and text.casefold() in allowed:
            return allowed[text.casefold()]
    if status.codings or status.text:
        raise node.refusal(name, "not one of the allowed codes")
    return None


Status = Callable[[Node, str, Words], "str | None"]


def plain_status(node: Node, name: str, allowed: Words) -> str | None:
    """The same in STU3, where it is a code."""
    return node.word(name, allowed)


def condition(node: Node, about: About, *, status: Status, recorded: str) -> Condition:
    verified = status(node, "verificationStatus", VERIFICATION)
    clinical = status(node, "clinicalStatus", CLINICAL)
    if clinical is None and (node.flag("abatementBoolean") or any(node.has(f"abatement{x}") for x in _UNDATED)):
        clinical = "resolved"
    return Condition(
        reference=about.sent.reference,
        concept=_affirmed(node, verified),
        clinical_status=clinical,
        verification_status=verified,
        categories=concepts(node, "category"),
        onset=_edge(node, "onset", first=True),
        abatement=_edge(node, "abatement", first=False),
        recorded=node.moment(recorded),
        body_sites=concepts(node, "bodySite"),
    )


def _affirmed(node: Node, verified: str | None) -> Concept | None:
    """The code of a condition or allergy; one that is denied needs none."""
    return concept(node.child("code")) if verified in ("refuted", "entered-in-error") else coded(node)


_UNDATED = ("Age", "Range", "String")


def _edge(node: Node, prefix: str, *, first: bool) -> Moment | None:
    at = node.moment(f"{prefix}DateTime")
    span = period(node.child(f"{prefix}Period"))
    if at is not None or span is None:
        return at
    return span.start if first else span.end


def procedure(node: Node, about: About, *, statuses: Words, times: str) -> Procedure:
    if about.somebody_else(node, "focus"):
        raise node.refusal("focus", "about somebody else than the patient")
    status = node.needed_word("status", statuses)
    categories = node.raw.get("category")
    one = concept(node.child("category")) if isinstance(categories, dict) else None
    kinds = (one,) if one else concepts(node, "category")
    return Procedure(
        reference=about.sent.reference,
        concept=concept(node.child("code")) if any(map(tells, kinds)) else coded(node),
        status="not-done" if node.flag("notDone") else status,
        categories=kinds,
        performed=when(node, times)[0],
    )


def allergy(node: Node, about: About, *, status: Status, recorded: str) -> Allergy:
    verified = status(node, "verificationStatus", VERIFICATION)
    return Allergy(
        reference=about.sent.reference,
        concept=_affirmed(node, verified),
        clinical_status=status(node, "clinicalStatus", CLINICAL),
        verification_status=verified,
        recorded=node.moment(recorded),
    )


def encounter(node: Node, about: About, *, statuses: Words, times: str) -> Encounter:
    """class is one Coding in STU3 and R4, a list of CodeableConcept in R5."""
    if isinstance(node.raw.get("class"), list):
        classes = tuple(each for kind in concepts(node, "class") for each in kind.codings)
    else:
        one = node.child("class")
        classes = (coding(one),) if one else ()
    return Encounter(
        reference=about.sent.reference,
        status=node.needed_word("status", statuses),
        classes=classes,
        period=period(node.child(times)),
        aliases=about.sent.names,
    )


def _start(at: Moment) -> datetime:
    return at.start
