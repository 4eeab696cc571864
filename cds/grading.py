"""Findings -> what can be said about the cause, by an order that is data (rules/grades.toml), and the safety gates."""

from __future__ import annotations

from collections.abc import Sequence

from cds.clinical import Finding, Gate, Grade
from cds.knowledge import Knowledge
from cds.knowledge.rules import Clause, Grades


def grade(findings: Sequence[Finding], knowledge: Knowledge) -> Grade:
    """The first grade of the order that holds, lowered by caps and downgrades where it is a pattern.

    The reasons are the findings that made the grade, then those that lowered it, then those that are told with it. A
    grade that says that nothing was found has no reason of its own: the statistics beside it are its reason.
    """
    rules, grades = knowledge.rules, knowledge.grades
    flagged = {finding.rule for finding in findings}
    name, clause = next((name, clause) for name, clause in grades.order if _holds(clause, flagged, grades))
    made = _behind(clause, flagged, grades)
    if name not in grades.ladder or name == grades.ladder[-1]:
        return Grade(name, supported=False, reasons=_told(findings, made))
    caps = {finding.rule for finding in findings if rules[finding.rule].group in ("cap", "downgrade")}
    final = _lowered(name, caps, knowledge)
    supported = final != grades.ladder[-1] and any(_flagged(name, flagged, grades) for name in grades.supporting)
    also = {rule for name in grades.also_told for rule in _rules_of(name, grades)} & flagged
    reasons = (*_told(findings, made - caps - also), *_told(findings, caps), *_told(findings, also - caps))
    return Grade(final, supported, reasons, _told(findings, caps))


def gates(findings: Sequence[Finding], knowledge: Knowledge) -> tuple[Gate, ...]:
    """The safety gates among the findings, one per rule and sentence, the records that caused them named."""
    found: dict[tuple[str, str], Gate] = {}
    for finding in findings:
        rule = knowledge.rules[finding.rule]
        if rule.effect is None:
            continue
        known = found.get((rule.id, finding.text))
        references = (*(known.references if known else ()), *finding.references)
        days = [day for day in (known.first if known else None, finding.first) if day is not None]
        found[rule.id, finding.text] = Gate(
            rule.id, rule.effect, finding.text, tuple(dict.fromkeys(references)), min(days, default=None)
        )
    return tuple(found.values())


def _lowered(name: str, lowering: set[str], knowledge: Knowledge) -> str:
    """Each downgrade lowers by one; then a cap holds down to the grade that rules/grades.toml names."""
    grades, rules = knowledge.grades, knowledge.rules
    steps = sum(rules[rule].group == "downgrade" for rule in lowering)
    place = min(grades.ladder.index(name) + steps, len(grades.ladder) - 1)
    if any(rules[rule].group == "cap" for rule in lowering):
        place = max(place, grades.ladder.index(grades.capped_at))
    return grades.ladder[place]


def _holds(clause: Clause, flagged: set[str], grades: Grades) -> bool:
    return (
        (not clause.any or any(_flagged(name, flagged, grades) for name in clause.any))
        and all(_flagged(name, flagged, grades) for name in clause.all)
        and not any(_flagged(name, flagged, grades) for name in clause.none)
    )


def _flagged(name: str, flagged: set[str], grades: Grades) -> bool:
    compound = grades.compounds.get(name)
    return name in flagged if compound is None else _holds(compound, flagged, grades)


def _behind(clause: Clause, flagged: set[str], grades: Grades) -> set[str]:
    """The flagged rules that a clause which holds rests on."""
    return {rule for name in (*clause.any, *clause.all) for rule in _rules_of(name, grades)} & flagged


def _rules_of(name: str, grades: Grades) -> set[str]:
    compound = grades.compounds.get(name)
    if compound is None:
        return {name}
    return {rule for part in (*compound.any, *compound.all) for rule in _rules_of(part, grades)}


def _told(findings: Sequence[Finding], rules: set[str]) -> tuple[Finding, ...]:
    return tuple(finding for finding in findings if finding.rule in rules)
