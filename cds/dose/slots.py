"""Named times of day: `when` codes and clock times, and whether two of them can be the same time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache

Slots = frozenset[str]
Key = tuple[str, bool | None]

_CLASSES = {
    "MORN": "morning", "MORN.early": "morning", "MORN.late": "morning", "ACM": "morning", "CM": "morning",
    "PCM": "morning", "WAKE": "morning", "NOON": "noon", "ACD": "noon", "CD": "noon", "PCD": "noon", "AFT": "afternoon",
    "AFT.early": "afternoon", "AFT.late": "afternoon", "EVE": "evening", "EVE.early": "evening", "EVE.late": "evening",
    "ACV": "evening", "CV": "evening", "PCV": "evening", "NIGHT": "night", "HS": "night", "PHS": "night",
}  # fmt: skip
_HOURS = ((5, "night"), (11, "morning"), (14, "noon"), (17, "afternoon"), (21, "evening"))


def apart(one: Slots, other: Slots) -> bool:
    """Whether both name times of day, and none in common. 8:00 and "morning" may be the same time."""
    return bool(one) and bool(other) and _keys(one).isdisjoint(_rivals(other))


def coarse(slots: Slots) -> Slots:
    """The parts of the day that the times fall into."""
    return frozenset(_class(slot) for slot in slots)


def _clock(slot: str) -> bool:
    return ":" in slot


def _class(slot: str) -> str:
    if not _clock(slot):
        return _CLASSES.get(slot, slot)
    hour = slot.split(":")[0]
    number = int(hour) if hour.isascii() and hour.isdigit() else 0
    return next((name for limit, name in _HOURS if number < limit), "night")


@lru_cache(4096)
def _keys(slots: Slots) -> frozenset[Key]:
    """The time itself, and its part of the day under its own kind."""
    return frozenset(key for slot in slots for key in ((slot, None), (_class(slot), _clock(slot))))


@lru_cache(4096)
def _rivals(slots: Slots) -> frozenset[Key]:
    """What would be the same time: the time itself, or the part of the day told in the other kind."""
    return frozenset(key for slot in slots for key in ((slot, None), (_class(slot), not _clock(slot))))


class Busy:
    """Times of day that are taken; something without a time takes the whole day."""

    def __init__(self) -> None:
        self._all = False
        self._any = False
        self._keys: set[Key] = set()

    def add(self, slots: Slots) -> None:
        self._any = True
        self._all = self._all or not slots
        self._keys.update(_keys(slots))

    def conflicts(self, slots: Slots) -> bool:
        if not slots or self._all:
            return self._any
        return not self._keys.isdisjoint(_rivals(slots))


# A product with more named times than this is no taking schedule: parts of the day must do.
_MANY = 24


def successors(ordered: Sequence[tuple[object, Slots]], among: Collection[int]) -> list[int | None]:
    """For each of a sorted sequence of (rank, times) the position of the next one of higher rank at the same time.

    among  positions that can be a next one
    """
    if len({slot for _, slots in ordered for slot in slots}) > _MANY:
        ordered = [(rank, coarse(slots)) for rank, slots in ordered]
    found: list[int | None] = [None] * len(ordered)
    nearest: int | None = None
    whole_day: int | None = None
    at_key: dict[Key, int] = {}
    position = len(ordered) - 1
    while position >= 0:
        rank = ordered[position][0]
        first = position
        while first > 0 and ordered[first - 1][0] == rank:
            first -= 1
        for index in range(first, position + 1):
            slots = ordered[index][1]
            hits = [at_key[key] for key in _rivals(slots) if key in at_key] if slots else [nearest]
            known = [hit for hit in (*hits, whole_day) if hit is not None]
            found[index] = min(known, default=None)
        for index in range(position, first - 1, -1):
            if index not in among:
                continue
            slots = ordered[index][1]
            nearest = index
            whole_day = index if not slots else whole_day
            at_key.update(dict.fromkeys(_keys(slots), index))
        position = first - 1
    return found
