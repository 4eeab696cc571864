"""Resources that name each other are one therapy, whatever the strength (convention 4)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from cds.clinical import MedicationUse

_MEDICATION_TYPE = re.compile(r"(?:^|/)Medication(?:Request|Dispense|Statement|Administration|Usage)/[^/]+")

Node = tuple[str, str]


class Links:
    """Union-find over references, one world per opioid: a link never joins two different drugs."""

    def __init__(self, uses: Iterable[tuple[MedicationUse, str]]) -> None:
        self._parent: dict[Node, Node] = {}
        uses = list(uses)
        canonical = {name: use.reference for use, _ in uses for name in (use.reference, *use.aliases)}
        for use, opioid in uses:
            for target in use.links:
                # basedOn may name a care plan, partOf a procedure: those say nothing about the therapy.
                if target in canonical or _MEDICATION_TYPE.search(target):
                    self._join((use.reference, opioid), (canonical.get(target, target), opioid))

    def therapy(self, use: MedicationUse, opioid: str) -> Node | None:
        """The therapy that links put the resource into, None if nothing links it."""
        node = (use.reference, opioid)
        return self._root(node) if node in self._parent else None

    def _root(self, node: Node) -> Node:
        root = node
        while self._parent[root] != root:
            root = self._parent[root]
        while self._parent[node] != root:
            self._parent[node], node = root, self._parent[node]
        return root

    def _join(self, one: Node, other: Node) -> None:
        for node in (one, other):
            self._parent.setdefault(node, node)
        first, second = sorted((self._root(one), self._root(other)))
        self._parent[second] = first
