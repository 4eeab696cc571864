"""What is on record by code: conditions, procedures and findings, each with the day on which it began."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from cds.clinical import AsOf, Concept, Condition, Moment, Observation, PatientRecord, Procedure, Quantity

_NOT_SO = frozenset({"refuted", "entered-in-error"})
_OVER = frozenset({"inactive", "remission", "resolved"})
_NOT_DONE = frozenset({"preparation", "not-done", "entered-in-error", "stopped", "unknown"})
_NOT_FINAL = frozenset({"entered-in-error", "cancelled", "registered", "unknown"})
# What an observation cannot establish, whatever its text says: these are recorded as conditions and procedures.
_NOT_OBSERVED = frozenset({"surgery", "injury", "block", "psychotherapy", "red-flag", "cancer", "amputation"})
_ASSESSED = "-assessed"  # groups of examinations: only their result is a finding
# Answers that deny the finding which the observation names.
_NO = frozenset(
    {"2667000", "260385009", "373067005", "LA32-8", "N", "no", "absent", "negative", "false", "not present"}
)


@dataclass(frozen=True, slots=True)
class Seen:
    """One statement of the record that rules/codes/conditions.csv knows.

    day   when it began, or was recorded, or done; None where no date is on record
    at    the local instant, where it was written
    over  it no longer holds; only events that happened still count then
    """

    group: str
    word: str
    reference: str
    day: date | None
    at: datetime | None = None
    over: bool = False


NUMBERS = frozenset({int, Quantity})
Groups = Callable[[Concept | None], Mapping[str, str]]
"""What a concept means to the rules: group -> word."""


def coded(record: PatientRecord, groups: Groups, as_of: AsOf) -> tuple[Seen, ...]:
    """All of them, refuted and erroneous statements and those that begin after the evaluation date left out."""
    return (
        *(seen for condition in record.conditions for seen in _condition(condition, groups, as_of)),
        *(seen for procedure in record.procedures for seen in _procedure(procedure, groups, as_of)),
        *(
            seen
            for observation in record.observations
            if type(observation.value) not in NUMBERS  # a number is a measurement, read elsewhere
            for seen in _finding(observation, groups, as_of)
        ),
    )


def holds_by(moment: Moment | None, as_of: AsOf) -> bool:
    """Whether something of that date had begun at the evaluation date; an unknown date may have."""
    return moment is None or moment.start < as_of.at or moment.start == as_of.at


def observed(observation: Observation) -> Moment | None:
    """When an observation was made."""
    if observation.effective is not None and observation.effective.start is not None:
        return observation.effective.start
    return observation.events[0] if observation.events else observation.issued


def is_final(observation: Observation) -> bool:
    return observation.status not in _NOT_FINAL and not observation.data_absent


def _condition(condition: Condition, groups_of: Groups, as_of: AsOf) -> Iterator[Seen]:
    if condition.verification_status in _NOT_SO:
        return
    groups = groups_of(condition.concept)
    if not groups:
        return
    began = condition.onset or condition.recorded
    if not holds_by(began, as_of):
        return
    over = condition.clinical_status in _OVER or (
        condition.abatement is not None and condition.abatement.start < as_of.at
    )
    yield from _seen(groups, condition.reference, began, over=over)


def _procedure(procedure: Procedure, groups_of: Groups, as_of: AsOf) -> Iterator[Seen]:
    if procedure.status in _NOT_DONE:
        return
    groups = groups_of(procedure.concept)
    for category in procedure.categories:
        groups = {**groups_of(category), **groups}
    performed = procedure.performed
    began = (performed.start or performed.end) if performed is not None else None
    if holds_by(began, as_of):
        yield from _seen(groups, procedure.reference, began)


def _finding(observation: Observation, groups_of: Groups, as_of: AsOf) -> Iterator[Seen]:
    """A finding stands in the code (with a value that does not deny it) or in the value."""
    if not is_final(observation):
        return
    groups: dict[str, str] = {}
    if isinstance(observation.value, Concept):
        groups |= groups_of(observation.value)
    if _affirms(observation.value):
        for group, word in groups_of(observation.concept).items():
            if not group.endswith(_ASSESSED):
                groups[group] = word
            elif observation.value is not None:  # an examination without a result found nothing yet
                groups[group.removesuffix(_ASSESSED)] = word
    began = observed(observation)
    known = {group: word for group, word in groups.items() if group not in _NOT_OBSERVED}
    if known and holds_by(began, as_of):
        yield from _seen(known, observation.reference, began)


def _affirms(value: object) -> bool:
    if value is None or isinstance(value, bool):
        return value is not False
    if isinstance(value, str):
        return value.strip().lower() not in _NO
    if isinstance(value, Concept):
        words = {(coding.code or "") for coding in value.codings} | {(value.text or "").strip().lower()}
        return not words & _NO
    return False


def _seen(groups: Mapping[str, str], reference: str, began: Moment | None, *, over: bool = False) -> Iterator[Seen]:
    day = began.day if began is not None else None
    at = began.start if began is not None else None
    for group, word in groups.items():
        yield Seen(group, word, reference, day, at, over)
