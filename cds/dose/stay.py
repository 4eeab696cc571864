"""In-patient stays (convention 11): which days they cover, and which orders belong to them."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date

from cds.clinical import AsOf, Concept, Encounter, MedicationUse, PatientRecord
from cds.knowledge.drugs import Drugs

_VOID = ("planned", "cancelled", "entered-in-error")
_OPEN = ("in-progress", "onleave", "on-hold", "arrived", "triaged", "active")
_HOME = ("outpatient", "community", "discharge")


@dataclass(frozen=True, slots=True)
class Stay:
    """First and last day of a stay, both included; `open` where the patient is still in."""

    first: date
    last: date
    names: tuple[str, ...]
    open: bool = False


@dataclass(frozen=True, slots=True)
class Stays:
    stays: tuple[Stay, ...]
    _by_name: dict[str, Stay]
    _firsts: tuple[date, ...]
    _lasts: tuple[date, ...]

    def holds(self, day: date) -> bool:
        at = bisect_right(self._firsts, day)
        return at > 0 and day <= self._lasts[at - 1]

    def of(self, use: MedicationUse) -> Stay | None:
        """The stay that the resource's encounter names."""
        return self._by_name.get(use.encounter or "")

    def around(self, day: date) -> Stay | None:
        return next((stay for stay in self.stays if stay.first <= day <= stay.last), None) if self.holds(day) else None

    @property
    def edges(self) -> tuple[tuple[date, date], ...]:
        return tuple(zip(self._firsts, self._lasts, strict=True))


def find(record: PatientRecord, drugs: Drugs, as_of: AsOf) -> Stays:
    found = sorted(
        (stay for each in record.encounters if (stay := _stay(each, drugs, as_of)) is not None),
        key=lambda stay: (stay.first, stay.last),
    )
    firsts: list[date] = []
    lasts: list[date] = []
    for stay in found:
        if lasts and stay.first <= lasts[-1]:
            lasts[-1] = max(lasts[-1], stay.last)
        else:
            firsts.append(stay.first)
            lasts.append(stay.last)
    names = {name: stay for stay in found for name in stay.names}
    return Stays(tuple(found), names, tuple(firsts), tuple(lasts))


def inpatient(use: MedicationUse, stays: Stays) -> bool:
    """Whether an order belongs to a stay: by category, else by its encounter; a discharge order is a home order."""
    said = {word for concept in use.categories for word in _words(concept)}
    if said & set(_HOME):
        return False
    return "inpatient" in said or stays.of(use) is not None


def _words(concept: Concept) -> set[str]:
    words = {(coding.code or "").lower() for coding in concept.codings}
    words |= {(coding.display or "").lower() for coding in concept.codings}
    return words | {(concept.text or "").lower()}


def _stay(encounter: Encounter, drugs: Drugs, as_of: AsOf) -> Stay | None:
    if encounter.status in _VOID or encounter.period is None or encounter.period.start is None:
        return None
    codes = {(coding.code or "").upper() for coding in encounter.classes}
    words = {(coding.display or "").lower() for coding in encounter.classes}
    if not codes & drugs.stay_classes and not words & {"inpatient", "inpatient encounter", "inpatient acute"}:
        return None
    first = encounter.period.start.day
    if first > as_of.day:
        return None
    end = encounter.period.end
    still_in = end is None and encounter.status in _OPEN
    # A finished stay without an end is only known for its first day.
    last = end.last_day if end is not None else as_of.day if still_in else first
    return Stay(first, last, (encounter.reference, *encounter.aliases), still_in)
