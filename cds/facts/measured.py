"""Vital signs, laboratory values and scales by code, in the unit that the rules compare."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from cds.clinical import AsOf, Component, Concept, Observation, PatientRecord, Quantity
from cds.facts.coded import NUMBERS, Groups, is_final, observed
from cds.knowledge.concepts import once_each
from cds.knowledge.measurements import Measurement


@dataclass(frozen=True, slots=True)
class Measured:
    """One value in our unit: °C, mmHg, per minute, %, mg/dL, U/L, points."""

    group: str
    value: float
    at: datetime  # on the clock of the evaluation date where both offsets are known: hours are real hours
    day: date  # the calendar day as written
    timed: bool
    reference: str


Kinds = Callable[[Concept | None], tuple[tuple[str, Measurement], ...]]
"""What a concept measures: group and unit."""


def measured(
    record: PatientRecord, groups: Groups, measurements: Mapping[str, Measurement], as_of: AsOf
) -> tuple[Measured, ...]:
    """Every readable value up to the evaluation date, oldest first; a value of unknown date is of no use here."""

    def kinds(concept: Concept | None) -> tuple[tuple[str, Measurement], ...]:
        return tuple((group, measurements[group]) for group in groups(concept) if group in measurements)

    kinds_of = once_each(kinds)
    found = [
        value
        for observation in record.observations
        if observation.components or (type(observation.value) in NUMBERS and kinds_of(observation.concept))
        if is_final(observation)
        for value in _values(observation, kinds_of, as_of)
    ]
    return tuple(sorted((one for one in found if one.at <= as_of.at), key=lambda one: (one.at, one.reference)))


def _values(observation: Observation, kinds_of: Kinds, as_of: AsOf) -> Iterator[Measured]:
    moment = observed(observation)
    if moment is None:
        return
    parts: tuple[Observation | Component, ...] = (observation, *observation.components)
    for part in parts:
        for group, measurement in kinds_of(part.concept):
            value = _in_our_unit(measurement, part.value)
            if value is not None:
                timed = moment.start == moment.end
                yield Measured(group, value, as_of.clock(moment), moment.day, timed, observation.reference)


def _in_our_unit(measurement: Measurement, value: object) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return measurement.read(float(value), ())
    if isinstance(value, Quantity) and value.value is not None and value.comparator is None:
        return measurement.read(float(value.value), (value.code, value.unit))
    return None


def within(values: tuple[Measured, ...], group: str, as_of: AsOf, hours: float) -> tuple[Measured, ...]:
    """Those of the last hours. Without a time of day a value cannot be placed within hours, only within days."""
    return tuple(
        one for one in values if one.group == group and hours_ago(one, as_of) <= hours and (one.timed or hours >= 24)
    )


def hours_ago(one: Measured, as_of: AsOf) -> float:
    return max(0.0, (as_of.at - one.at).total_seconds() / 3600)
