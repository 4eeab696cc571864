"""R5: CodeableReference for the drug, adherence apart from status, and "occurence" spelt with one r."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel

from cds.clinical import (
    Allergy,
    Concept,
    Condition,
    Dosage,
    DoseAndRate,
    Encounter,
    Ingredient,
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
from cds.fhir.dialect import Dialect, contained_code, supply
from cds.fhir.medicines import contained
from cds.fhir.node import Node, words
from cds.fhir.quantities import concept, concepts, period, quantity, ratio
from cds.fhir.timing import dosages, dose_and_rate, given

_REQUEST = words("active on-hold ended stopped completed cancelled entered-in-error draft unknown")
_INTENT = words("proposal plan order original-order reflex-order filler-order instance-order option")
_STATEMENT = words("recorded entered-in-error draft")
_ADHERENCE = "http://hl7.org/fhir/CodeSystem/medication-statement-adherence"
_ADHERENCES = words(
    "taking taking-as-directed taking-not-as-directed not-taking on-hold on-hold-as-directed"
    " on-hold-not-as-directed stopped stopped-as-directed stopped-not-as-directed unknown"
)
_DISPENSE = words("preparation in-progress cancelled on-hold completed entered-in-error stopped declined unknown")
_ADMINISTRATION = words("in-progress not-done on-hold completed entered-in-error stopped unknown")
_PROCEDURE = words("preparation in-progress not-done on-hold stopped completed entered-in-error unknown")
_ENCOUNTER = words("planned in-progress on-hold discharged completed cancelled discontinued entered-in-error unknown")


def _models() -> Mapping[str, type[BaseModel]]:
    from fhir.resources import (
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
    inside = contained(node)
    return Medication(
        concept(node.child("code")),
        concept(node.child("doseForm")),
        tuple(
            Ingredient(_item(each, inside), _strength(each), each.flag("isActive"))
            for each in node.children("ingredient")
        ),
    )


def _item(ingredient: Node, inside: Mapping[str, Node]) -> Concept | None:
    item = ingredient.child("item")
    if item is None:
        return None
    return concept(item.child("concept")) or contained_code(inside, item.child("reference"))


def _strength(ingredient: Node) -> Ratio | None:
    """strengthRatio, or strengthQuantity as an amount per one; a coded strength ("forte") is no number."""
    amount = quantity(ingredient.child("strengthQuantity"))
    return ratio(ingredient.child("strengthRatio")) or (Ratio(amount, None) if amount else None)


def _dosages(node: Node, name: str) -> tuple[Dosage, ...]:
    """The dosages; where there are none, renderedDosageInstruction as the text of one."""
    found = dosages(node, name, doses=_doses, as_needed=_as_needed, most=_most)
    rendered = node.text("renderedDosageInstruction")
    return found or ((Dosage(text=rendered),) if rendered else ())


def _doses(node: Node) -> tuple[DoseAndRate, ...]:
    return tuple(dose_and_rate(each) for each in node.children("doseAndRate"))


def _as_needed(node: Node) -> bool:
    return bool(node.flag("asNeeded")) or node.has("asNeededFor")


def _most(node: Node) -> tuple[Ratio, ...]:
    return tuple(found for each in node.children("maxDosePerPeriod") if (found := ratio(each)))


def _request(node: Node, about: About) -> MedicationUse:
    supplied = supply(node)
    return MedicationUse(
        reference=about.sent.reference,
        source=Source.ORDERED,
        status=node.needed_word("status", _REQUEST),
        medication=about.codeable_reference(node, "medication"),
        effective=period(node.child("effectiveDosePeriod")),
        authored=node.moment("authoredOn"),
        intent=node.needed_word("intent", _INTENT),
        categories=concepts(node, "category"),
        do_not_perform=bool(node.flag("doNotPerform")),
        status_changed=node.moment("statusChanged"),
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
    span, events = records.when(node, "effective")
    adherence = _adherence(node)
    return MedicationUse(
        reference=about.sent.reference,
        source=Source.STATED,
        status=node.needed_word("status", _STATEMENT),
        medication=about.codeable_reference(node, "medication"),
        effective=span,
        timing_events=events,
        authored=node.moment("dateAsserted"),
        categories=concepts(node, "category"),
        negative=adherence is not None and any(_not_taking(each.code) for each in adherence.codings),
        adherence=adherence,
        dosages=_dosages(node, "dosage"),
        links=about.links_of(node, "partOf", "derivedFrom"),
        encounter=about.link(node, "encounter"),
        aliases=about.sent.names,
    )


def _adherence(node: Node) -> Concept | None:
    """adherence.code; an unknown code of FHIR's own list is refused, since it may mean that nothing was taken."""
    adherence = node.child("adherence")
    code = concept(adherence.child("code")) if adherence else None
    for each in code.codings if code else ():
        if each.system == _ADHERENCE and (each.code or "").casefold() not in _ADHERENCES:
            raise node.refusal("adherence.code", "not one of the allowed codes")
    return code


def _not_taking(code: str | None) -> bool:
    return code is not None and code.casefold() == "not-taking"


def _dispense(node: Node, about: About) -> MedicationUse:
    handed = node.moment("whenHandedOver")
    return MedicationUse(
        reference=about.sent.reference,
        source=Source.DISPENSED,
        status=node.needed_word("status", _DISPENSE),
        medication=about.codeable_reference(node, "medication"),
        effective=Span(handed, handed) if handed else None,
        authored=handed or node.moment("whenPrepared"),
        categories=concepts(node, "category"),
        status_changed=node.moment("statusChanged"),
        dosages=_dosages(node, "dosageInstruction"),
        quantity=quantity(node.child("quantity")),
        days_supply=quantity(node.child("daysSupply")),
        links=about.links_of(node, "authorizingPrescription", "basedOn", "partOf"),
        encounter=about.link(node, "encounter"),
        aliases=about.sent.names,
    )


def _administration(node: Node, about: About) -> MedicationUse:
    span, events = records.when(node, "occurence")
    status = node.needed_word("status", _ADMINISTRATION)
    return MedicationUse(
        reference=about.sent.reference,
        source=Source.ADMINISTERED,
        status=status,
        medication=about.codeable_reference(node, "medication"),
        effective=span,
        timing_events=events,
        categories=concepts(node, "category"),
        negative=status == "not-done",
        dosages=given(node.child("dosage")),
        links=about.links_of(node, "request", "basedOn", "partOf"),
        encounter=about.link(node, "encounter"),
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
    return records.procedure(node, about, statuses=_PROCEDURE, times="occurrence")


def _allergy(node: Node, about: About) -> Allergy:
    return records.allergy(node, about, status=records.coded_status, recorded="recordedDate")


def _encounter(node: Node, about: About) -> Encounter:
    return records.encounter(node, about, statuses=_ENCOUNTER, times="actualPeriod")


R5 = Dialect(
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
