"""Looking up what a concept means, once for each object."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from cds.clinical import Concept

T = TypeVar("T")


def once_each(meaning: Callable[[Concept | None], T]) -> Callable[[Concept | None], T]:
    """`meaning`, asked once for each concept object of one record: a patient's scores share theirs.

    It knows them by identity, so the record must outlive it.
    """
    found: dict[int, T] = {}

    def of(concept: Concept | None) -> T:
        key = id(concept)
        if key not in found:
            found[key] = meaning(concept)
        return found[key]

    return of
