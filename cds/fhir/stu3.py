"""STU3: the dose stands in Dosage itself, and taken, notGiven and notDone stand beside the status."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel

from cds.clinical import (
    Allergy,
    Coding,
    Concept,
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
from cds.fhir.quantities import concept, quantity, ratio
from cds.fhir.timing import choice_as_needed, dosages, dose_and_rate, given

_REQUEST = words("active on-hold cancelled completed entered-in-error stopped draft unknown")
_INTENT = words("proposal plan order instance-order")
_STATEMENT = words("active completed entered-in-error intended stopped on-hold")
_TAKEN = words("y n unk na")
_TAKEN_SYSTEM = "http://hl7.org/fhir/medication-statement-taken"
_DISPENSE = words("preparation in-progress on-hold completed entered-in-error stopped")
_ADMINISTRATION = words("in-progress on-hold completed entered-in-error stopped unknown")
# In the words of R4: a rule that leaves out a stopped procedure must leave out an aborted one too.
_PROCEDURE = {
    **words("preparation in-progress completed entered-in-error unknown"),
    "suspended": "on-hold",
    "aborted": "stopped",
}
_ENCOUNTER = words("planned arrived triaged in-progress onleave finished cancelled entered-in-error unknown")


def _models() -> Mapping[str, type[BaseModel]]:
    from fhir.resources.STU3 import (
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
        ingredients(node, lambda each: ratio(each.child("amount"))),
    )


def _drug(node: Node, about: About) -> Medication | None:
    return about.medication(node, "medicationCodeableConcept", "medicationReference")


def _dosages(node: Node, name: str) -> tuple[Dosage, ...]:
    return dosages(node, name, doses=_doses, as_needed=choice_as_needed, most=_most)


def _doses(node: Node) -> tuple[DoseAndRate, ...]:
    found = dose_and_rate(node)
    return (found,) if found.dose or found.rate else ()


def _most(node: Node) -> tuple[Ratio, ...]:
    most = ratio(node.child("maxDosePerPeriod"))
    return (most,) if most else ()


def _category(node: Node) -> tuple[Concept, ...]:
    category = concept(node.child("category"))
    return (category,) if category else ()


def _request(node: Node, about: About) -> MedicationUse:
    """status is optional in STU3: without one nothing says that the order is active, and None is passed on."""
    supplied = supply(node)
    return MedicationUse(
        reference=about.sent.reference,
        source=Source.ORDERED,
        status=node.word("status", _REQUEST),
        medication=_drug(node, about),
        authored=node.moment("authoredOn"),
        intent=node.needed_word("intent", _INTENT),
        categories=_category(node),
        dosages=_dosages(node, "dosageInstruction"),
        supply=supplied.valid,
        quantity=supplied.quantity,
        days_supply=supplied.days,
        repeats_allowed=supplied.repeats,
        links=about.links_of(node, "basedOn"),
        replaces=about.links_of(node, "priorPrescription"),
        encounter=about.link(node, "context"),
        draft=about.sent.draft,
        aliases=about.sent.names,
    )


def _statement(node: Node, about: About) -> MedicationUse:
    """taken goes into adherence, with its own code system; n is a recorded negative, unk and na are not."""
    taken = node.needed_word("taken", _TAKEN)
    return MedicationUse(
        reference=about.sent.reference,
        source=Source.STATED,
        status=node.needed_word("status", _STATEMENT),
        medication=_drug(node, about),
        effective=records.when(node, "effective")[0],
        authored=node.moment("dateAsserted"),
        categories=_category(node),
        negative=taken == "n",
        adherence=Concept((Coding(_TAKEN_SYSTEM, taken),)),
        dosages=_dosages(node, "dosage"),
        links=about.links_of(node, "basedOn", "partOf", "derivedFrom"),
        encounter=about.link(node, "context"),
        aliases=about.sent.names,
    )


def _dispense(node: Node, about: About) -> MedicationUse:
    handed = node.moment("whenHandedOver")
    return MedicationUse(
        reference=about.sent.reference,
        source=Source.DISPENSED,
        status=node.word("status", _DISPENSE),
        medication=_drug(node, about),
        effective=Span(handed, handed) if handed else None,
        authored=handed or node.moment("whenPrepared"),
        categories=_category(node),
        negative=bool(node.flag("notDone")),
        dosages=_dosages(node, "dosageInstruction"),
        quantity=quantity(node.child("quantity")),
        days_supply=quantity(node.child("daysSupply")),
        links=about.links_of(node, "authorizingPrescription", "partOf"),
        encounter=about.link(node, "context"),
        aliases=about.sent.names,
    )


def _administration(node: Node, about: About) -> MedicationUse:
    return MedicationUse(
        reference=about.sent.reference,
        source=Source.ADMINISTERED,
        status=node.needed_word("status", _ADMINISTRATION),
        medication=_drug(node, about),
        effective=records.when(node, "effective")[0],
        categories=_category(node),
        negative=bool(node.flag("notGiven")),
        dosages=given(node.child("dosage")),
        links=about.links_of(node, "prescription", "partOf"),
        encounter=about.link(node, "context"),
        aliases=about.sent.names,
    )


def _observation(node: Node, about: About) -> Observation:
    return records.observation(
        node,
        about,
        members=_related(node, about, "has-member"),
        derived_from=_related(node, about, "derived-from"),
    )


def _related(node: Node, about: About, kind: str) -> tuple[str, ...]:
    targets = (about.link(each, "target") for each in node.children("related") if each.text("type") == kind)
    return tuple(each for each in targets if each)


def _condition(node: Node, about: About) -> Condition:
    return records.condition(node, about, status=records.plain_status, recorded="assertedDate")


def _procedure(node: Node, about: About) -> Procedure:
    return records.procedure(node, about, statuses=_PROCEDURE, times="performed")


def _allergy(node: Node, about: About) -> Allergy:
    return records.allergy(node, about, status=records.plain_status, recorded="assertedDate")


def _encounter(node: Node, about: About) -> Encounter:
    return records.encounter(node, about, statuses=_ENCOUNTER, times="period")


STU3 = Dialect(
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
