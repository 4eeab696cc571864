"""What was sent as pain scores under codes that nobody here knows: that is a gap, not a patient without scores."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cds.clinical import Case, Entry, Gap, PatientRecord
from cds.knowledge.concepts import once_each
from cds.knowledge.scales import Scales

_PAIN = "prefetch.pain"
# Our other searches for Observations: what they bring is no score, and none is missed there.
_OTHERS = ("prefetch.vitals", "prefetch.labs")


def uncoded(case: Case, record: PatientRecord, scales: Scales) -> tuple[Gap, ...]:
    """At most one gap of kind "not known": how many of the Observations that may be scores have no code of a score.

    Under the key `pain` each of them is told. Where Observations came otherwise, in a Bundle or under other names, most
    are no scores by right: there they are told only where not one of all is a score that is known.
    """
    row_of = once_each(scales.of)
    unknown = {
        each.reference
        for each in record.observations
        if row_of(each.concept) is None and not any(row_of(part.concept) for part in each.components)
    }
    if not unknown:
        return ()
    known = len(record.observations) - len(unknown)
    asked = [entry for entry in case.entries if _under(entry, _PAIN)]
    if not asked and not known:
        asked = [entry for entry in case.entries if not any(_under(entry, key) for key in _OTHERS)]
    told = len(unknown.intersection(_names(asked)))
    if not told:
        return ()
    return (
        Gap("pain", "not known", f"pain: {told} of {told + known} Observations have no code known here as a score"),
    )


def _under(entry: Entry, key: str) -> bool:
    return entry.position.startswith(key) and entry.position[len(key) : len(key) + 1] in ("", ".")


def _names(entries: Iterable[Entry]) -> Iterator[str]:
    """What the record may call the Observations among the entries."""
    for entry in entries:
        if isinstance(entry.resource, dict) and entry.resource.get("resourceType") == "Observation":
            yield f"Observation/{entry.resource.get('id')}"
            yield entry.full_url or entry.position
            yield entry.position
