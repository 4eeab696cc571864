"""Observations of one patient that are alike but for id, times and value: what they share is judged and read once.

Charts hold thousands of scores that repeat one code, category, subject and label. What is left when the parts of its own
are taken out is the same text for all of them; its first reading (by the shape of cds/fhir/plain.py and the ordinary
extraction) serves the others. It is kept for one patient's reading and goes with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import tzinfo

import msgspec
import orjson
from msgspec import UNSET

from cds.clinical import Observation, Span
from cds.fhir.dates import moment
from cds.fhir.node import Node, Refused
from cds.fhir.plain import ObservationParts, Shapes, plain
from cds.fhir.quantities import quantity
from cds.fhir.references import Sent

Extract = Callable[[Mapping[str, object], Sent], Observation]

_OWN = frozenset({"id", "meta", "text", "effectiveDateTime", "issued", "valueInteger", "valueQuantity"})
_OWN_META = frozenset({"versionId", "lastUpdated"})


class Alike:
    """The observations of one reading. `shapes` is empty where everything goes through the models."""

    def __init__(self, shapes: Shapes, zone: tzinfo | None, extract: Extract) -> None:
        self._shape = shapes.get("Observation")
        self._zone = zone
        self._extract = extract
        self._known: dict[bytes, Observation | None] = {}

    def read(self, sent: Sent) -> Observation | None:
        """The observation; None where it is unlike the common shape in anything, and has to be read by itself."""
        if self._shape is None:
            return None
        raw = sent.raw
        try:
            own = msgspec.convert(raw, ObservationParts)
            if own.text is not UNSET and not own.text.div.isascii():
                own.text.div.encode()
            shared = {name: value for name, value in raw.items() if name not in _OWN}
            if own.meta is not UNSET:
                meta = raw["meta"]
                assert isinstance(meta, dict)  # noqa: S101  the shape says so
                shared["meta"] = {name: value for name, value in meta.items() if name not in _OWN_META}
            text = orjson.dumps(shared)
        except (ValueError, TypeError, RecursionError):  # msgspec's and orjson's complaints are such
            return None
        if text not in self._known:
            self._known[text] = self._first(shared, sent)
        like = self._known[text]
        values = (own.valueInteger is not UNSET) + (own.valueQuantity is not UNSET) + ("valueCodeableConcept" in shared)
        if like is None or values > 1:
            return None
        return self._with_its_own(like, own, sent)

    def _first(self, shared: Mapping[str, object], sent: Sent) -> Observation | None:
        if not plain(shared, self._shape):
            return None
        try:
            return self._extract(shared, sent)
        except Refused:
            return None

    def _with_its_own(self, like: Observation, own: ObservationParts, sent: Sent) -> Observation | None:
        at = None if own.effectiveDateTime is UNSET else moment(own.effectiveDateTime, self._zone)
        value = like.value
        if own.valueInteger is not UNSET:
            value = own.valueInteger
        elif own.valueQuantity is not UNSET:
            written = sent.raw["valueQuantity"]
            assert isinstance(written, dict)  # noqa: S101  the shape says so
            try:
                value = quantity(Node(written, self._zone), signed=True)
            except Refused:
                return None
        return Observation(
            reference=sent.reference,
            status=like.status,
            concept=like.concept,
            effective=None if at is None else Span(at, at),
            value=value,
            categories=like.categories,
            issued=None if own.issued is UNSET else moment(own.issued, self._zone),
            aliases=sent.names,
        )
