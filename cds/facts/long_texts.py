"""What only a long text names is not used: a narrative speaks of other people and of what may come. It is told."""

from __future__ import annotations

from cds.clinical import Case, Gap, PatientRecord
from cds.facts.coded import NUMBERS, coded
from cds.knowledge import Knowledge


def passed_over(case: Case, record: PatientRecord, knowledge: Knowledge) -> tuple[Gap, ...]:
    """At most one gap of kind "not used": what long texts name in our words, and what might have changed the answer."""
    conditions = knowledge.conditions
    words = {seen.word for seen in coded(record, conditions.passed_over, case.as_of)}
    # A patient's scores share their concepts: each is asked once.
    measured = {id(each.concept): each.concept for each in record.observations if type(each.value) in NUMBERS}
    for concept in measured.values():
        found = conditions.passed_over(concept).items()
        words.update(word for group, word in found if group in knowledge.measurements)
    if not words:
        return ()
    told = f"long texts (over {conditions.longest_text} characters) name {', '.join(sorted(words))}"
    return (Gap("conditions", "not used", told),)
