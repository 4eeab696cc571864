"""What a FHIR version has to bring: its models, and one reader per resource type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import BaseModel

from cds.clinical import (
    Allergy,
    Concept,
    Condition,
    Encounter,
    Ingredient,
    Medication,
    MedicationUse,
    Observation,
    Procedure,
    Quantity,
    Ratio,
    Span,
)
from cds.fhir.about import About
from cds.fhir.medicines import contained
from cds.fhir.node import Node
from cds.fhir.quantities import concept, period, quantity

Value = MedicationUse | Observation | Condition | Procedure | Allergy | Encounter
Extract = Callable[[Node, About], Value]


@dataclass(frozen=True, slots=True)
class Dialect:
    """One FHIR version.

    models      loads the model classes, by resource type; importing a version's models takes a tenth of a second, so
                a service that speaks R4 never loads the others
    medication  reads a Medication resource
    extract     reads every other type but Patient: a function of the validated JSON, not of the model, so that
                validation and reading stay apart
    """

    models: Callable[[], Mapping[str, type[BaseModel]]]
    medication: Callable[[Node], Medication]
    extract: Mapping[str, Extract]


@dataclass(frozen=True, slots=True)
class Supply:
    valid: Span | None = None
    quantity: Quantity | None = None
    days: Quantity | None = None
    repeats: int | None = None


def supply(node: Node) -> Supply:
    """MedicationRequest.dispenseRequest, alike in every version."""
    request = node.child("dispenseRequest")
    if request is None:
        return Supply()
    return Supply(
        valid=period(request.child("validityPeriod")),
        quantity=quantity(request.child("quantity")),
        days=quantity(request.child("expectedSupplyDuration")),
        repeats=request.integer("numberOfRepeatsAllowed", least=0),
    )


def ingredients(node: Node, strength: Callable[[Node], Ratio | None]) -> tuple[Ingredient, ...]:
    """Medication.ingredient of STU3 and R4: itemCodeableConcept, or a reference to a contained substance."""
    inside = contained(node)
    return tuple(
        Ingredient(
            concept(each.child("itemCodeableConcept")) or contained_code(inside, each.child("itemReference")),
            strength(each),
            each.flag("isActive"),
        )
        for each in node.children("ingredient")
    )


def contained_code(inside: Mapping[str, Node], reference: Node | None) -> Concept | None:
    """The code of the contained Medication or Substance that a Reference names."""
    text = reference.text("reference") if reference else None
    inner = inside.get(text) if text else None
    if inner is None:
        return None
    code = inner.child("code")
    # R5's Substance.code is a CodeableReference.
    return concept(code.child("concept") if code and code.has("concept") else code)
