"""What a resource's status lets it say about doses (convention 6)."""

from __future__ import annotations

from enum import Enum

from cds.clinical import MedicationUse, Source
from cds.dose.values import NotCounted


class Standing(Enum):
    """How a resource counts.

    CURRENT   its interval, which runs on to the evaluation date where no end is written
    PAST      its interval, which must have ended
    NOT_TAKEN a recorded 0
    NOTHING   says nothing about a dose
    """

    CURRENT = "current"
    PAST = "past"
    NOT_TAKEN = "not taken"
    NOTHING = "nothing"


_ORDER = {"active": Standing.CURRENT, "completed": Standing.PAST, "stopped": Standing.PAST, "ended": Standing.PAST}
_STATEMENT = {
    "active": Standing.CURRENT,
    "recorded": Standing.CURRENT,  # R5: the use itself is in `adherence`
    "completed": Standing.PAST,
    "stopped": Standing.PAST,
}
_ADMINISTRATION = {"completed": Standing.PAST, "stopped": Standing.PAST, "in-progress": Standing.CURRENT}
_PLANS = ("plan", "proposal", "option", "directive")
_STOPPED = ("stopped", "stopped-as-directed", "stopped-not-as-directed")
_HELD = ("on-hold", "on-hold-as-directed", "on-hold-not-as-directed")
_NOT_TAKING = ("not-taking", "n")
_NOT_KNOWN = ("unknown", "unk")  # R5 adherence, STU3 taken


def standing(use: MedicationUse) -> Standing:
    """Raises NotCounted for a status that leaves open whether the drug was taken."""
    if use.status == "entered-in-error" or use.do_not_perform:
        return Standing.NOTHING
    if use.negative or use.status in ("not-taken", "not-done"):
        # A dispense that did not happen leaves the patient what was at home before.
        return Standing.NOTHING if use.source in (Source.DISPENSED, Source.ORDERED) else Standing.NOT_TAKEN
    if use.status in (None, "unknown"):
        raise NotCounted("status-unknown", "the status says neither that it is taken nor that it is not")
    if use.source is Source.ORDERED:
        return Standing.NOTHING if use.intent in _PLANS else _ORDER.get(use.status, Standing.NOTHING)
    if use.source is Source.STATED:
        return _stated(use)
    if use.source is Source.DISPENSED:
        return Standing.PAST if use.status in ("completed", "recorded") else Standing.NOTHING
    return _ADMINISTRATION.get(use.status, Standing.NOTHING)


def _stated(use: MedicationUse) -> Standing:
    found = _STATEMENT.get(use.status or "", Standing.NOTHING)
    if use.adherence is None or found is Standing.NOTHING:
        return found
    words = {coding.code for coding in use.adherence.codings}
    if words & set(_NOT_KNOWN):
        raise NotCounted("status-unknown", "the statement says that nobody knows whether it is taken")
    if words & set(_NOT_TAKING):
        return Standing.NOT_TAKEN
    if words & set(_HELD):
        return Standing.NOTHING
    return Standing.PAST if words & set(_STOPPED) else found
