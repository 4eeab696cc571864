"""What was sent as pain scores under codes that nobody here knows: that is a gap, not a patient without scores."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cds.clinical import Case, Coding, Concept, Entry, Gap, Observation, PatientRecord
from cds.knowledge import Knowledge
from cds.knowledge.concepts import once_each

_PAIN = "prefetch.pain"
# Our other searches for Observations: what they bring is no score, and none is missed there.
_OTHERS = ("prefetch.vitals", "prefetch.labs")
# What stands in these is no score, unless its words say so: some systems file pain among the vital signs.
_NO_SURVEY = frozenset({"vital-signs", "laboratory"})
_NAMES_PAIN = "pain"


def uncoded(case: Case, record: PatientRecord, knowledge: Knowledge) -> tuple[Gap, ...]:
    """At most one gap of kind "not known": how many of the Observations that may be scores have no code of a score.

    Under the key `pain` each of them is told that is not known as something else. Where Observations came otherwise, in
    a Bundle or under other names, most are no scores by right: there they are told only where not one of all is a score
    that is known, and vital signs and laboratory values are left out.
    """
    row_of = once_each(knowledge.scales.of)
    unknown = {
        each.reference: each
        for each in record.observations
        if row_of(each.concept) is None and not any(row_of(part.concept) for part in each.components)
    }
    if not unknown:
        return ()
    known = len(record.observations) - len(unknown)
    names, elsewhere = maybe_scores(case)
    if elsewhere and known:
        return ()
    is_known = once_each(lambda concept: _is_known(concept, knowledge))
    told = 0
    for each in (unknown[name] for name in unknown.keys() & names):
        concepts = (each.concept, *(part.concept for part in each.components))
        told += not (any(map(is_known, concepts)) or (elsewhere and _no_survey(each)))
    if not told:
        return ()
    said = f"pain: {told} of {told + known} Observations have no code known here as a score"
    return (Gap("pain", "not known", said, told),)


def maybe_scores(case: Case) -> tuple[frozenset[str], bool]:
    """What the record may call the Observations that may be scores, and whether they came otherwise than under `pain`."""
    asked = [entry for entry in case.entries if _under(entry, _PAIN)]
    other = (entry for entry in case.entries if not any(_under(entry, key) for key in _OTHERS))
    return frozenset(_names(asked or other)), not asked


def _is_known(concept: Concept | None, knowledge: Knowledge) -> bool:
    """Known here as something else: a vital sign, a laboratory value, another scale, a weight, a finding.

    A finding by its code alone: the text "phantom pain" may be the name of a score.
    """
    if concept is None:
        return False
    codes = Concept(tuple(Coding(each.system, each.code) for each in concept.codings))
    return (
        any(group in knowledge.measurements for group in knowledge.conditions.of(concept))
        or bool(knowledge.conditions.of(codes))
        or any(each.code in knowledge.drugs.weight_codes for each in codes.codings)
    )


def _no_survey(observation: Observation) -> bool:
    filed = {each.code for category in observation.categories for each in category.codings}
    filed |= {category.text for category in observation.categories}
    return not filed.isdisjoint(_NO_SURVEY) and not _says_pain(observation.concept)


def _says_pain(concept: Concept | None) -> bool:
    words = (concept.text, *(each.display for each in concept.codings)) if concept is not None else ()
    return any(_NAMES_PAIN in text.casefold() for text in words if text)


def _under(entry: Entry, key: str) -> bool:
    return entry.position.startswith(key) and entry.position[len(key) : len(key) + 1] in ("", ".")


def _names(entries: Iterable[Entry]) -> Iterator[str]:
    """What the record may call the Observations among the entries."""
    for entry in entries:
        if isinstance(entry.resource, dict) and entry.resource.get("resourceType") == "Observation":
            yield f"Observation/{entry.resource.get('id')}"
            yield entry.full_url or entry.position
            yield entry.position
