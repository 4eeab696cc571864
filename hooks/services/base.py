"""What a hook's file states: one Service."""

from __future__ import annotations

from dataclasses import dataclass

from marshmallow import Schema

USAGE = (
    "Needs the Patient, pain scores and at least one kind of medication record, by prefetch or read from fhirServer with"
    " the token of the request; what is required and cannot be had is answered 412, never with an empty list. A grade"
    " takes several dose steps with pain scores around them. An empty list says that we looked and had nothing to say:"
    " silence is not clearance, and this service does not replace any check of dose, interaction or overdose risk. Not"
    " for clinical use before it has been validated locally."
)


@dataclass(frozen=True, slots=True)
class Service:
    """One CDS service.

    id       path segment; distinct for each hook, since clients key services by it
    context  schema of the hook's context
    tokens   context fields that the hook marks as usable in prefetch templates
    orders   the hook comes with draft orders
    """

    id: str
    hook: str
    title: str
    description: str
    context: Schema
    tokens: frozenset[str] = frozenset({"userId", "patientId", "encounterId"})
    orders: bool = False
    usage: str = USAGE
