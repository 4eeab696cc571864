"""Observations -> one pain series per instrument, function scores beside it.

Instruments are never mixed (clinical.md 1.6): a numeric rating of 6 and a face of 6 are two languages. A value that
could mean two things is refused with a reason and named on the page; a refused score is better than a wrong step.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from msgspec import Struct

from cds.clinical import (
    AsOf,
    Concept,
    FunctionScore,
    Moment,
    Observation,
    PainScore,
    PainSeries,
    PatientRecord,
    Precision,
    Quantity,
)
from cds.knowledge.concepts import once_each
from cds.knowledge.scales import Scale, Scales

Value = Quantity | Concept | str | int | bool | None

# A later word of this order replaces an earlier one for the same instrument and time.
_STATUS_RANK = {"preliminary": 0, "final": 1, "amended": 2, "corrected": 2}
# Retracted, or not a result yet: nothing to show anybody.
_SILENT_STATUS = frozenset({"entered-in-error", "cancelled", "registered", "specimen-in-process"})
_NUMBER = re.compile(r"(\d{1,3}(?:\.\d{1,3})?)\s*(?:/\s*(10|100))?", re.ASCII)
_LONGEST_NUMBER = 20  # "100.125 / 100" has 13 characters
_WORD_FOR_NO_UNIT = re.compile(r"score|point|pts|nrs|vas|scale|number|numeric|rating", re.IGNORECASE)
_OUT_OF = re.compile(r"[{(]?\s*(?:/|out of|0\s*-)\s*(10|100)\s*[)}]?", re.IGNORECASE)


class _Refused(Exception):
    """This value is not a score; the text says why."""


class _Reading(Struct, frozen=True):
    """A number as written, before the instrument's scale is known; `top` is the scale's upper end where it is said."""

    row: Scale
    at: datetime
    timed: bool
    number: Decimal
    top: int | None
    rank: int
    reference: str
    site: str | None


def series(record: PatientRecord, scales: Scales, *, as_of: AsOf) -> PainSeries:
    """Every pain and function score of the record up to `as_of`, sorted by time, on 0-10 scales.

    Duplicates (one instrument, time and value) are one score; a corrected or amended score replaces the one of the
    same instrument and time, or of the same reference. Recall items are shifted back by half their recall period.
    `rejected` names each refused value with its reason.
    """
    readings: list[_Reading] = []
    rejected: list[tuple[str, str]] = []
    row_of = once_each(scales.of)
    for observation in _latest_versions(record.observations):
        for row, value in _values(observation, row_of):
            try:
                reading = _read(observation, row, value, as_of)
            except _Refused as refusal:
                rejected.append((observation.reference, f"{row.instrument}: {refusal}"))
            else:
                if reading is not None:
                    readings.append(reading)
    large = {r.row.instrument for r in readings if _shows_a_hundred(r)}
    scored: list[tuple[_Reading, float]] = []
    for reading in _without_replaced(readings):
        try:
            scored.append((reading, _score(reading, reading.row.instrument in large)))
        except _Refused as refusal:
            rejected.append((reading.reference, f"{reading.row.instrument}: {refusal}"))
    pain = _distinct([each for each in scored if each[0].row.kind == "pain"])
    function = {
        (r.at, score, r.row.instrument): FunctionScore(r.at.date(), score, r.row.instrument, r.reference)
        for r, score in sorted(
            (each for each in scored if each[0].row.kind == "function"),
            key=lambda item: item[0].reference,
            reverse=True,
        )
    }
    return PainSeries(
        primary=_primary(pain, scales),
        scores=pain,
        function=tuple(sorted(function.values(), key=lambda f: (f.day, f.instrument, f.score, f.reference))),
        rejected=tuple(sorted(set(rejected))),
    )


def _latest_versions(observations: Sequence[Observation]) -> Sequence[Observation]:
    """One observation per reference: the correction, not what it corrected; none where it was entered in error."""
    if len({o.reference for o in observations}) == len(observations):
        return observations
    kept: dict[str, Observation] = {}
    withdrawn = {o.reference for o in observations if o.status == "entered-in-error"}
    for observation in observations:
        if observation.reference in withdrawn:
            continue
        other = kept.get(observation.reference)
        if other is None or _version(observation) > _version(other):
            kept[observation.reference] = observation
    return list(kept.values())


def _version(observation: Observation) -> tuple[int, str, str]:
    # The text of the value only makes the choice independent of the order of entries.
    issued = observation.issued.start.isoformat() if observation.issued else ""
    return _STATUS_RANK.get(observation.status or "", -1), issued, repr(observation.value)


def _values(observation: Observation, row_of: Callable[[Concept | None], Scale | None]) -> list[tuple[Scale, Value]]:
    """The scores that an observation carries: its own value and those of its components."""
    if observation.status in _SILENT_STATUS:
        return []
    found: list[tuple[Scale, Value]] = []
    row = row_of(observation.concept)
    # A panel code holds its scores in components; without components a missing value is worth a word.
    if row and (observation.value is not None or not (observation.data_absent or observation.components)):
        found.append((row, observation.value))
    if observation.components:
        found.extend(
            (row, component.value)
            for component in observation.components
            if component.value is not None
            if (row := row_of(component.concept))
        )
    return found


def _read(observation: Observation, row: Scale, value: Value, as_of: AsOf) -> _Reading | None:
    """The reading, or None where it lies after `as_of`. Raises _Refused."""
    rank = _STATUS_RANK.get(observation.status or "")
    if rank is None:
        raise _Refused(f"status {(observation.status or 'missing')[:20]!r} does not say that the score is valid")
    first, last = _when(observation)
    if _after(last, as_of) or (first is not last and _after(first, as_of)):
        return None
    number, top = _number(value, row)
    at = first.start
    if first is not last and first.day != last.day:
        at += (last.start - first.start) / 2
    timed = first.precision is Precision.TIME and row.recall_days == 0
    if row.recall_days:
        at -= timedelta(days=row.recall_days) / 2
    site = next((_site(concept) for concept in observation.body_sites), None) if observation.body_sites else None
    return _Reading(row, at, timed, number, top, rank, observation.reference, site)


def _when(observation: Observation) -> tuple[Moment, Moment]:
    effective = observation.effective
    first = (effective.start or effective.end) if effective else None
    last = (effective.end or effective.start) if effective else None
    if first is None and len(observation.events) == 1:
        first = last = observation.events[0]
    if first is None or last is None:
        raise _Refused("no single time of the score is given")
    if first.precision < Precision.DAY or last.precision < Precision.DAY:
        raise _Refused("the day of the score is not given")
    return first, last


def _after(moment: Moment, as_of: AsOf) -> bool:
    if moment.offset is not None and as_of.offset is not None:
        return moment.start - moment.offset > as_of.at - as_of.offset
    return moment.start > as_of.at or moment.day > as_of.day


def _number(value: Value, row: Scale) -> tuple[Decimal, int | None]:
    """The number as written, and the upper end of its scale where unit or text say so. Raises _Refused."""
    if isinstance(value, bool) or value is None:
        raise _Refused("there is no number")
    if isinstance(value, int):
        return Decimal(value), None
    if isinstance(value, str):
        return _from_text(value)
    if isinstance(value, Concept):
        if row.values == "integer":
            raise _Refused("a coded answer is no number here")
        return _from_concept(value)
    if value.value is None:
        raise _Refused("there is no number")
    if value.comparator:
        raise _Refused(f"'{value.comparator[:4]}' before a number leaves the score open")
    return value.value, _top(value)


def _from_text(text: str) -> tuple[Decimal, int | None]:
    found = _written(text)
    if found is None:
        raise _Refused("the text is not one number")
    return found


def _written(text: str) -> tuple[Decimal, int | None] | None:
    """The one number that a text is, and the end of its scale: "7", "7.5", "70 / 100"; None for anything else."""
    text = text.strip()
    match = _NUMBER.fullmatch(text) if len(text) <= _LONGEST_NUMBER else None
    return (Decimal(match[1]), int(match[2]) if match[2] else None) if match else None


def _from_concept(concept: Concept) -> tuple[Decimal, int | None]:
    """A coded answer whose words are just a number, such as LOINC answers shown as "7". A code alone says nothing."""
    found = set()
    for words in (concept.text, *(coding.display for coding in concept.codings)):
        if words and (written := _written(words)):
            found.add(written)
    if len(found) != 1:
        raise _Refused("the coded answer is not one number")
    return found.pop()


def _top(quantity: Quantity) -> int | None:
    unit = (quantity.code or quantity.unit or "").strip()
    if unit in {"mm", "cm"}:
        return 100 if unit == "mm" else 10
    for words in (unit, (quantity.unit or "").strip()):
        if out_of := _OUT_OF.fullmatch(words):
            return int(out_of[1])
    if unit and not _is_no_unit(unit):
        raise _Refused(f"{unit[:12]!r} is not a unit of a pain score")
    return None


def _is_no_unit(text: str) -> bool:
    """UCUM's annotations ("{score}"), its unity, and words that only say that it is a score."""
    annotation = text.startswith("{") and text.endswith("}")
    return annotation or text == "1" or _WORD_FOR_NO_UNIT.search(text) is not None


def _shows_a_hundred(reading: _Reading) -> bool:
    return reading.row.scale == "auto" and (reading.top == 100 or (reading.top is None and reading.number > 10))


def _score(reading: _Reading, instrument_is_large: bool) -> float:
    """0-10. A scale that is written beside the number wins over the one of the code. Raises _Refused."""
    row, number = reading.row, reading.number
    if reading.top == 100 and row.scale == "0-10" and row.values != "any":
        raise _Refused("this instrument has no 0-100 form")
    top = reading.top or (100 if row.scale == "0-100" or (row.scale == "auto" and instrument_is_large) else 10)
    if not 0 <= number <= top:
        raise _Refused(f"{number} is outside 0-{top}")
    if row.values == "integer" and number != number.to_integral_value():
        raise _Refused(f"{number} is not an integer")
    if row.values == "even" and number % 2:
        raise _Refused(f"{number} is not one of its faces (0, 2, 4, 6, 8, 10)")
    return float(number if top == 10 else number * 10 / top)


def _without_replaced(readings: Sequence[_Reading]) -> Sequence[_Reading]:
    """For one code and time, only the readings of the highest status."""
    if len({reading.rank for reading in readings}) < 2:
        return readings
    highest: dict[tuple[str, datetime, str | None], int] = {}
    for reading in readings:
        key = (reading.row.code, reading.at, reading.site)
        highest[key] = max(highest.get(key, 0), reading.rank)
    return [r for r in readings if r.rank == highest[r.row.code, r.at, r.site]]


def _distinct(scored: Sequence[tuple[_Reading, float]]) -> tuple[PainScore, ...]:
    """Sorted by time; one instrument, time and value is one score (the first reference stands for it)."""
    order = sorted(
        (r.at, r.row.instrument, score, not r.timed, r.reference, place) for place, (r, score) in enumerate(scored)
    )
    found: list[PainScore] = []
    before: tuple[object, ...] = ()
    for at, instrument, score, untimed, reference, place in order:
        if (at, instrument, score) != before:
            found.append(PainScore(at, score, instrument, reference, not untimed, scored[place][0].site))
            before = (at, instrument, score)
    return tuple(found)


def _primary(scores: Sequence[PainScore], scales: Scales) -> str | None:
    """The instrument with most scores; where two have as many, the one that the file names first."""
    counts: dict[str, int] = {}
    for score in scores:
        counts[score.instrument] = counts.get(score.instrument, 0) + 1
    return min(counts, key=lambda name: (-counts[name], scales.rank[name]), default=None)


def _site(concept: Concept) -> str | None:
    """One stable word for a body site: its code where there is one, else its text."""
    for coding in concept.codings:
        if coding.code:
            return f"{coding.system or ''}|{coding.code}"
    return concept.text.casefold().strip() if concept.text else None
