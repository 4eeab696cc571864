"""R4 and R4B. fhir.resources has no plain R4: its R4B models read both, and what is read here is alike in both."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel

from cds.clinical import (
    Allergy,
    Condition,
    Dosage,
    DoseAndRate,
    Encounter,
    Medication,
    MedicationUse,
    Observation,
    Procedure,
    Ratio,
    Source,
    Span,
)
from cds.fhir import records
from cds.fhir.about import About
from cds.fhir.dialect import Dialect, ingredients, supply
from cds.fhir.node import Node, words
from cds.fhir.quantities import concept, concepts, quantity, ratio
from cds.fhir.timing import choice_as_needed, dosages, dose_and_rate, given

REQUEST = words("active on-hold cancelled completed entered-in-error stopped draft unknown")
INTENT = words("proposal plan order original-order reflex-order filler-order instance-order option")
STATEMENT = words("active completed entered-in-error intended stopped on-hold unknown not-taken")
DISPENSE = words("preparation in-progress cancelled on-hold completed entered-in-error stopped declined unknown")
ADMINISTRATION = words("in-progress not-done on-hold completed entered-in-error stopped unknown")
_PROCEDURE = words("preparation in-progress not-done on-hold stopped completed entered-in-error unknown")
_ENCOUNTER = words("planned arrived triaged in-progress onleave finished cancelled entered-in-error unknown")


def _models() -> Mapping[str, type[BaseModel]]:
    from fhir.resources.R4B import (
        allergyintolerance,
        condition,
        encounter,
        medication,
        medicationadministration,
        medicationdispense,
        medicationrequest,
        medicationstatement,
        observation,
        patient,
        procedure,
    )

    return {
        "AllergyIntolerance": allergyintolerance.AllergyIntolerance,
        "Condition": condition.Condition,
        "Encounter": encounter.Encounter,
        "Medication": medication.Medication,
        "MedicationAdministration": medicationadministration.MedicationAdministration,
        "MedicationDispense": medicationdispense.MedicationDispense,
        "MedicationRequest": medicationrequest.MedicationRequest,
        "MedicationStatement": medicationstatement.MedicationStatement,
        "Observation": observation.Observation,
        "Patient": patient.Patient,
        "Procedure": procedure.Procedure,
    }


def _medication(node: Node) -> Medication:
    return Medication(
        concept(node.child("code")),
        concept(node.child("form")),
        ingredients(node, lambda each: ratio(each.child("strength"))),
    )


def _drug(node: Node, about: About) -> Medication | None:
    return about.medication(node, "medicationCodeableConcept", "medicationReference")


def _dosages(node: Node, name: str) -> tuple[Dosage, ...]:
    return dosages(node, name, doses=_doses, as_needed=choice_as_needed, most=_most)


def _doses(node: Node) -> tuple[DoseAndRate, ...]:
    return tuple(dose_and_rate(each) for each in node.children("doseAndRate"))


def _most(node: Node) -> tuple[Ratio, ...]:
    most = ratio(node.child("maxDosePerPeriod"))
    return (most,) if most else ()


def _request(node: Node, about: About) -> MedicationUse:
    supplied = supply(node)
    return MedicationUse(
        reference=about.sent.reference,
        source=Source.ORDERED,
        status=node.needed_word("status", REQUEST),
        medication=_drug(node, about),
        authored=node.moment("authoredOn"),
        intent=node.needed_word("intent", INTENT),
        categories=concepts(node, "category"),
        do_not_perform=bool(node.flag("doNotPerform")),
        dosages=_dosages(node, "dosageInstruction"),
        supply=supplied.valid,
        quantity=supplied.quantity,
        days_supply=supplied.days,
        repeats_allowed=supplied.repeats,
        links=about.links_of(node, "basedOn"),
        replaces=about.links_of(node, "priorPrescription"),
        encounter=about.link(node, "encounter"),
        draft=about.sent.draft,
        aliases=about.sent.names,
    )


def _statement(node: Node, about: About) -> MedicationUse:
    category = concept(node.child("category"))
    status = node.needed_word("status", STATEMENT)
    return MedicationUse(
        reference=about.sent.reference,
        source=Source.STATED,
        status=status,
        medication=_drug(node, about),
        effective=records.when(node, "effective")[0],
        authored=node.moment("dateAsserted"),
        categories=(category,) if category else (),
        negative=status == "not-taken",
        dosages=_dosages(node, "dosage"),
        links=about.links_of(node, "basedOn", "partOf", "derivedFrom"),
        encounter=about.link(node, "context"),
        aliases=about.sent.names,
    )


def _dispense(node: Node, about: About) -> MedicationUse:
    category = concept(node.child("category"))
    handed = node.moment("whenHandedOver")
    return MedicationUse(
        reference=about.sent.reference,
        source=Source.DISPENSED,
        status=node.needed_word("status", DISPENSE),
        medication=_drug(node, about),
        effective=Span(handed, handed) if handed else None,
        authored=handed or node.moment("whenPrepared"),
        categories=(category,) if category else (),
        dosages=_dosages(node, "dosageInstruction"),
        quantity=quantity(node.child("quantity")),
        days_supply=quantity(node.child("daysSupply")),
        links=about.links_of(node, "authorizingPrescription", "partOf"),
        encounter=about.link(node, "context"),
        aliases=about.sent.names,
    )


def _administration(node: Node, about: About) -> MedicationUse:
    category = concept(node.child("category"))
    status = node.needed_word("status", ADMINISTRATION)
    return MedicationUse(
        reference=about.sent.reference,
        source=Source.ADMINISTERED,
        status=status,
        medication=_drug(node, about),
        effective=records.when(node, "effective")[0],
        categories=(category,) if category else (),
        negative=status == "not-done",
        dosages=given(node.child("dosage")),
        links=about.links_of(node, "request", "partOf"),
        encounter=about.link(node, "context"),
        aliases=about.sent.names,
    )


def _observation(node: Node, about: About) -> Observation:
    return records.observation(
        node,
        about,
        members=about.links_of(node, "hasMember"),
        derived_from=about.links_of(node, "derivedFrom"),
    )


def _condition(node: Node, about: About) -> Condition:
    return records.condition(node, about, status=records.coded_status, recorded="recordedDate")


def _procedure(node: Node, about: About) -> Procedure:
    return records.procedure(node, about, statuses=_PROCEDURE, times="performed")


def _allergy(node: Node, about: About) -> Allergy:
    return records.allergy(node, about, status=records.coded_status, recorded="recordedDate")


def _encounter(node: Node, about: About) -> Encounter:
    return records.encounter(node, about, statuses=_ENCOUNTER, times="period")


R4 = Dialect(
    models=_models,
    medication=_medication,
    extract={
        "MedicationRequest": _request,
        "MedicationStatement": _statement,
        "MedicationDispense": _dispense,
        "MedicationAdministration": _administration,
        "Observation": _observation,
        "Condition": _condition,
        "Procedure": _procedure,
        "AllergyIntolerance": _allergy,
        "Encounter": _encounter,
    },
)
