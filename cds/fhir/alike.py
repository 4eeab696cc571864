"""Observations of one patient that are alike but for id, times and value: what they share is judged and read once.

Charts hold thousands of scores that repeat one code, category, subject and label. What is left when the parts of its own
are taken out is the same text for all of them; its first reading (cds/fhir/plain.py, cds/fhir/flat.py) serves the
others. It is kept for one patient's reading and goes with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import orjson
from msgspec import UNSET

from cds.clinical import Concept, Observation, Quantity
from cds.fhir import plain
from cds.fhir.flat import Flat, number
from cds.fhir.references import Sent

# What is an observation's own; of its Quantity only the number.
_OWN: Mapping[str, None] = dict.fromkeys(("id", "text", "effectiveDateTime", "issued", "valueInteger"))
_OWN_META: Mapping[str, None] = dict.fromkeys(("versionId", "lastUpdated"))
_OWN_QUANTITY: Mapping[str, None] = dict.fromkeys(("value",))


class Alike:
    """The observations of one reading."""

    def __init__(self, flat: Flat) -> None:
        self._flat = flat
        self._known: dict[bytes, Observation | None] = {}

    def read(self, sent: Sent) -> Observation | None:
        """The observation; None where it is unlike the common shape in anything, and has to be read by itself."""
        raw: Mapping[str, Any] = sent.raw
        try:
            own = msgspec.convert(raw, plain.ObservationParts)
            shared = {**raw, **_OWN}
            if "meta" in raw:
                shared["meta"] = {**raw["meta"], **_OWN_META}
            if own.valueQuantity:
                shared["valueQuantity"] = {**raw["valueQuantity"], **_OWN_QUANTITY}
            text = orjson.dumps(shared)
            effective, issued = self._flat.at(own.effectiveDateTime), self._flat.moment(own.issued)
        except (ValueError, TypeError, RecursionError):  # msgspec's and orjson's complaints are such
            return None
        if text not in self._known:
            self._known[text] = self._first(sent)
        like = self._known[text]
        values = ("valueInteger" in raw) + ("valueQuantity" in raw) + ("valueCodeableConcept" in raw)
        if like is None or values > 1 or (own.text and not plain.encodable(own.text)):
            return None
        return Observation(
            reference=sent.reference,
            status=like.status,
            concept=like.concept,
            effective=effective,
            value=_value(like, own),
            categories=like.categories,
            issued=issued,
            aliases=sent.names,
        )

    def _first(self, sent: Sent) -> Observation | None:
        shape = plain.plain(sent.raw, plain.Observation)
        found = None if shape is None else self._flat.read(shape, sent)
        return found if isinstance(found, Observation) else None


def _value(like: Observation, own: plain.ObservationParts) -> Quantity | Concept | int | None:
    if own.valueInteger is not UNSET:
        return own.valueInteger
    if own.valueQuantity and isinstance(like.value, Quantity):
        return Quantity(number(own.valueQuantity.value), like.value.unit, like.value.system, like.value.code)
    return like.value if isinstance(like.value, Concept) else None
