"""One object of a resource, read field by field; what cannot be used is refused with its path.

The models of fhir.resources judge first, but they let through a number written as text, "true" as a boolean, JSON
written as a string and any word as a status. Whatever a decision reads is therefore read through `Node`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import tzinfo
from decimal import Decimal

from cds.clinical import Moment
from cds.fhir.dates import moment

Words = Mapping[str, str]

# Beyond any dose, count or laboratory value; keeps later arithmetic away from overflow.
_LARGEST = 10**12
# Names and codes of 255 characters exist; what is much longer is no label, and costs a search its length.
LONGEST_LABEL = 1000


class Refused(Exception):
    """A field that cannot be used. Caught by the reader, which makes it an `Unread`.

    path    "dosageInstruction[0].timing.repeat.count"
    reason  plain words, never the value
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}" if path else reason)
        self.path = path
        self.reason = reason


_MODIFIERS = ("modifierExtension", "implicitRules")


def _encodable(text: str) -> bool:
    """False for half a surrogate pair, which no answer could carry."""
    return text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text)


def words(text: str) -> Words:
    """The allowed codes of a field, blank-separated, found again whatever their case."""
    return {word.casefold(): word for word in text.split()}


class Node:
    """A JSON object and the way to it.

    A modifierExtension may turn the meaning of its element round ("not given", "for the donor"), and FHIR forbids to
    process an element whose modifier is not understood. None is understood here, so an object that a decision reads is
    refused with it; inside an object that nothing reads (a performer, a note) it is harmless and never looked at.
    implicitRules is the same for a whole resource.
    """

    __slots__ = ("_parent", "_step", "raw", "zone")

    def __init__(
        self, raw: Mapping[str, object], zone: tzinfo | None, parent: Node | None = None, step: str = ""
    ) -> None:
        self.raw = raw
        self.zone = zone
        self._parent = parent
        self._step = step
        for name in _MODIFIERS:
            if raw.get(name):
                raise self.refusal(name, "not understood, and it may change the meaning")

    def path(self, name: str = "") -> str:
        above = self._parent.path() if self._parent else ""
        return ".".join(part for part in (above, self._step, name) if part)

    @property
    def root(self) -> Node:
        """The resource that this object is a part of."""
        return self._parent.root if self._parent else self

    def refusal(self, name: str, reason: str) -> Refused:
        return Refused(self.path(name), reason)

    def has(self, name: str) -> bool:
        """True where the field carries something: null and empty lists or objects do not."""
        return self.raw.get(name) not in (None, [], {})

    def text(self, name: str) -> str | None:
        """Text without blanks around it; None where nothing is left."""
        value = self.raw.get(name)
        if value is None:
            return None
        if not isinstance(value, str) or not _encodable(value):
            raise self.refusal(name, "not a text")
        return value.strip() or None

    def label(self, name: str) -> str | None:
        """The same for a name, code or unit, which is searched for words: one beyond LONGEST_LABEL is refused."""
        found = self.text(name)
        if found is not None and len(found) > LONGEST_LABEL:
            raise self.refusal(name, f"too long: over {LONGEST_LABEL} characters")
        return found

    def texts(self, name: str) -> tuple[str, ...]:
        found = []
        for step, value in self._items(name):
            if not isinstance(value, str) or not _encodable(value) or not value.strip():
                raise self.refusal(step, "not a text")
            found.append(value.strip())
        return tuple(found)

    def word(self, name: str, allowed: Words) -> str | None:
        """A code of a closed list, in the spelling of the list."""
        value = self.text(name)
        if value is None:
            return None
        try:
            return allowed[value.casefold()]
        except KeyError:
            raise self.refusal(name, "not one of the allowed codes") from None

    def needed_word(self, name: str, allowed: Words) -> str:
        """The same for a field that FHIR demands: with only an extension in its place nothing can be decided."""
        value = self.word(name, allowed)
        if value is None:
            raise self.refusal(name, "missing")
        return value

    def word_list(self, name: str, allowed: Words) -> tuple[str, ...]:
        try:
            return tuple(allowed[value.casefold()] for value in self.texts(name))
        except KeyError:
            raise self.refusal(name, "not one of the allowed codes") from None

    def flag(self, name: str) -> bool | None:
        value = self.raw.get(name)
        if value is None or isinstance(value, bool):
            return value
        raise self.refusal(name, "not true or false")

    def number(self, name: str, *, least: int | None = None) -> Decimal | None:
        """The number as its JSON text had it: 0.1 is Decimal("0.1")."""
        value = self.raw.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            raise self.refusal(name, "not a number")
        if value != value or not -_LARGEST <= value <= _LARGEST:  # NaN is not itself
            raise self.refusal(name, "out of range")
        exact = value if isinstance(value, Decimal) else Decimal(repr(value))
        if least is not None and exact < least:
            raise self.refusal(name, f"below {least}")
        return exact

    def integer(self, name: str, *, least: int | None = None) -> int | None:
        value = self.number(name, least=least)
        if value is None:
            return None
        if value != value.to_integral_value():
            raise self.refusal(name, "not a whole number")
        return int(value)

    def moment(self, name: str) -> Moment | None:
        value = self.text(name)
        if value is None:
            return None
        try:
            return moment(value, self.zone)
        except ValueError as error:
            raise self.refusal(name, str(error)) from None

    def moments(self, name: str) -> tuple[Moment, ...]:
        try:
            return tuple(moment(value, self.zone) for value in self.texts(name))
        except ValueError as error:
            raise self.refusal(name, str(error)) from None

    def child(self, name: str) -> Node | None:
        value = self.raw.get(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self.refusal(name, "not an object")
        return Node(value, self.zone, self, name)

    def children(self, name: str) -> list[Node]:
        found = []
        for step, value in self._items(name):
            if not isinstance(value, dict):
                raise self.refusal(step, "not an object")
            found.append(Node(value, self.zone, self, step))
        return found

    def _items(self, name: str) -> Iterable[tuple[str, object]]:
        value = self.raw.get(name)
        if value is None:
            return ()
        if not isinstance(value, list):
            raise self.refusal(name, "not a list")
        return ((f"{name}[{index}]", item) for index, item in enumerate(value))
