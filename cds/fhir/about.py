"""What an extraction needs to know beside the resource itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cds.clinical import Concept, Medication
from cds.fhir.medicines import STATUSES, Medicines, contained
from cds.fhir.node import Node, Refused
from cds.fhir.quantities import concept
from cds.fhir.references import Links, Sent, normal

_PEOPLE = ("Patient/", "RelatedPerson/", "Group/", "urn:")


@dataclass(frozen=True, slots=True)
class About:
    """The resource's place among the others.

    patient          normal references that mean the patient
    read_medication  the version's reader of a Medication resource
    """

    sent: Sent
    patient: frozenset[str]
    links: Links
    medicines: Medicines
    read_medication: Callable[[Node], Medication]

    def link(self, node: Node, name: str) -> str | None:
        """The resource that a Reference names, by its `reference`; None where it names none."""
        child = node.child(name)
        return self._target(child) if child else None

    def links_of(self, node: Node, *names: str) -> tuple[str, ...]:
        """The same for fields that hold one Reference or a list of them, each once, in the order of the resource."""
        found = []
        for name in names:
            found += [self._target(each) for each in _references(node, name)]
        return tuple(dict.fromkeys(each for each in found if each))

    def somebody_else(self, node: Node, name: str) -> bool:
        """True where one of the References names a person who is not the patient."""
        named = (normal(text) for each in _references(node, name) if (text := each.text("reference")))
        return any(each.startswith(_PEOPLE) and each not in self.patient for each in named)

    def medication(self, node: Node, inline: str, reference: str) -> Medication | None:
        """medicationCodeableConcept or medicationReference. A Reference's display is not read as a drug."""
        code = concept(node.child(inline))
        if code is not None:
            return telling(Medication(code))
        named = node.child(reference)
        return self._named(node, named.text("reference")) if named else None

    def codeable_reference(self, node: Node, name: str) -> Medication | None:
        """R5's CodeableReference; with both parts the concept names the drug, the resource its form and strength."""
        both = node.child(name)
        if both is None:
            return None
        code = concept(both.child("concept"))
        named = both.child("reference")
        found = self._named(node, named.text("reference")) if named else None
        if code is None or found is None:
            return found if code is None else telling(Medication(code))
        return telling(Medication(code, found.form, found.ingredients))

    def _named(self, node: Node, reference: str | None) -> Medication | None:
        if reference is None:
            return None
        if reference.startswith("#"):
            inner = contained(node).get(reference)
            if inner is None or inner.raw.get("resourceType") != "Medication":
                return None
            if inner.word("status", STATUSES) == "entered-in-error":
                return None
            return telling(self.read_medication(inner))
        found = self.medicines.find(reference)
        if found.refused:
            raise Refused("", "the Medication that it names could not be read")
        return telling(found.medication)

    def _target(self, node: Node) -> str | None:
        text = node.text("reference")
        return self.links.to(text) if text else None


def telling(medication: Medication | None) -> Medication | None:
    """None in place of a Medication that names no drug at all: an empty code must not pass for "no opioid"."""
    if medication is None or medication.ingredients:
        return medication
    return medication if tells(medication.concept) else None


def tells(code: Concept | None) -> bool:
    """Whether anything is in it that a list of codes or words could know."""
    return code is not None and bool(code.text or any(each.code or each.display for each in code.codings))


def _references(node: Node, name: str) -> list[Node]:
    """The References of a field that holds one or a list of them."""
    if isinstance(node.raw.get(name), list):
        return node.children(name)
    one = node.child(name)
    return [one] if one else []
