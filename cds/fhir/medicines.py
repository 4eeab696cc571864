"""From a use of a drug to the Medication that it names: inline, contained, or another resource of the input."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import tzinfo

from pydantic import BaseModel

from cds.clinical import Concept, Medication, Unread
from cds.fhir.judge import judge, listed
from cds.fhir.node import Node, Refused, Words, words
from cds.fhir.quantities import concept
from cds.fhir.references import Sent, normal

STATUSES: Words = words("active inactive entered-in-error")


@dataclass(frozen=True, slots=True)
class Found:
    """What a reference led to.

    medication  None where nothing was sent, or where it was entered in error
    refused     a Medication was sent, but could not be read
    """

    medication: Medication | None = None
    refused: bool = False


class Medicines:
    """The Medications of the input, each judged and read when a resource of the patient first names it.

    Medications have no subject; one that the patient's resources do not name may be another patient's, so it is never
    looked at.
    """

    def __init__(
        self,
        sent: Iterable[Sent],
        unclear: Iterable[Sent],
        *,
        model: type[BaseModel],
        read: Callable[[Node], Medication],
        zone: tzinfo | None,
    ) -> None:
        self._model = model
        self._read = read
        self._zone = zone
        self._by_name: dict[str, Sent] = {}
        self._found: dict[str, Found] = {}
        self.unread: list[Unread] = []
        unclear = list(unclear)
        self._unclear = {each.reference for each in unclear}
        for each in sorted([*sent, *unclear], key=lambda one: one.reference):
            for name in each.names:
                self._by_name.setdefault(name, each)

    def find(self, reference: str) -> Found:
        sent = self._by_name.get(normal(reference))
        if sent is None:
            return Found()
        if sent.reference not in self._found:
            self._found[sent.reference] = self._look_at(sent)
        return self._found[sent.reference]

    def code_of(self, reference: str) -> Concept | None:
        """What the Medication that a reference names is made of, as far as all of it can be read."""
        found = self.find(reference)
        sent = self._by_name.get(normal(reference))
        if sent is None or (found.medication is None and not found.refused):
            return None
        # Of two versions that differ the other may be the opioid.
        return None if sent.reference in self._unclear else readable_medicine(sent.raw)

    def _look_at(self, sent: Sent) -> Found:
        if sent.raw.get("status") == "entered-in-error":
            return Found()
        if sent.reference in self._unclear:
            return self._refuse(sent, "two versions differ and neither says which is newer")
        verdict = judge("Medication", sent.raw, self._model)
        if verdict.raw is None:
            return self._refuse(sent, listed(verdict.refused))
        try:
            medication = self._read(Node(verdict.raw, self._zone))
        except Refused as refused:
            return self._refuse(sent, str(refused))
        if verdict.without:
            reason = f"read without: {listed(verdict.without)}"
            self.unread.append(Unread(sent.reference, reason, "Medication", partial=True))
        return Found(medication)

    def _refuse(self, sent: Sent, reason: str) -> Found:
        """The Medication is named in unread; the days that it opens are those of the uses that name it."""
        code = readable_concept(sent.raw.get("code"))
        self.unread.append(Unread(sent.reference, reason, "Medication", concept=code))
        return Found(refused=True)


# The ends of the paths that hold words, not codes.
WORDS = ("text", "display")


def contained(node: Node) -> dict[str, Node]:
    """The contained resources of a resource, by the "#id" that names them inside it."""
    found: dict[str, Node] = {}
    for each in node.root.children("contained"):
        id_ = each.raw.get("id")
        if isinstance(id_, str) and id_.strip("# "):
            found.setdefault(f"#{id_.strip('# ')}", each)
    return found


def readable_medicine(raw: Mapping[str, object]) -> Concept | None:
    """Code and ingredients of a Medication as one concept; None where one of them cannot be read: it may be the opioid."""
    written = [raw["code"]] if "code" in raw else []
    parts = raw.get("ingredient", [])
    for each in parts if isinstance(parts, list) else [parts]:
        item = each.get("item", each) if isinstance(each, dict) else None
        inline = item.get("concept", item.get("itemCodeableConcept")) if isinstance(item, dict) else None
        written.append(inline)
    found = [readable_concept(each) for each in written]
    known = [each for each in found if each is not None]
    if not known or len(known) < len(found):
        return None
    codings = tuple(coding for each in known for coding in each.codings)
    return Concept(codings, " ; ".join(each.text for each in known if each.text) or None)


def readable_concept(raw: object) -> Concept | None:
    """A CodeableConcept of an unread resource, if all its codings are whole: half of them could hide the opioid.

    Words that cannot be used (a text that is too long) are left out where every coding has a code that can be.
    """
    if not isinstance(raw, dict):
        return None
    try:
        found = concept(Node(raw, None))
    except Refused as refused:
        found = _codes_only(raw) if refused.path.endswith(WORDS) else None
    return found if found and (found.codings or found.text) else None


def _codes_only(raw: Mapping[str, object]) -> Concept | None:
    codings = raw.get("coding")
    listed = codings if isinstance(codings, list) else ()
    bare = [{"system": each.get("system"), "code": each.get("code")} for each in listed if isinstance(each, dict)]
    try:
        found = concept(Node({"coding": bare}, None))
    except Refused:
        return None
    return found if found and len(bare) == len(listed) and all(each.code for each in found.codings) else None
