"""A rule and its limits as the plain-English sheet that a clinician signs: rules/<name>.md and rules/grades.md.

The sheet is written from the data that run, so that it cannot say anything else. A test compares each file with what
this module writes; `oih-cds sheet --write` renews them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cds.clinical import Limit
from cds.knowledge import Knowledge
from cds.knowledge.logic import Condition
from cds.knowledge.rules import Clause, Rule
from cds.rulekit import FACTS

_COMPARED = {"==": "is", "!=": "is not", "<": "is below", "<=": "is at most", ">": "is above", ">=": "is at least"}
_GROUPS = {
    "grade": "It takes part in the grade.",
    "cap": "It holds a pattern down to `{capped_at}`, and is told with it.",
    "downgrade": "It lowers a pattern by one grade, and is told with it.",
    "support": "It marks a pattern as supported; it raises no grade.",
    "founding": "It decides which card appears where the grade itself raises none; it claims nothing about the cause.",
    "match": "It matches the patient to the reports on the evidence card; it changes no grade.",
    "note": "It is told with the grade; it changes none.",
}
_EFFECTS = {
    "suppress": 'Ketamine leaves the options; the citations stay under "listed contraindication on record".',
    "caution": "Ketamine stays in the options with this caution.",
    "not assessable": "The card says that this is not assessable; it never says that there is no contraindication.",
    "replaces": "The over-sedation banner replaces every other card.",
}
_NOTE = "<!-- Written by `oih-cds sheet --write` from {files}. Change those, not this file. -->"


def sheets(knowledge: Knowledge) -> Mapping[str, str]:
    """File name -> text of every sheet."""
    pages = {f"{rule.name}.md": rule_sheet(rule, knowledge) for rule in knowledge.rules}
    return {**pages, "grades.md": grade_sheet(knowledge)}


def rule_sheet(rule: Rule, knowledge: Knowledge) -> str:
    """One rule in plain English, with every number's unit, source and review date."""
    kind = FACTS[next(str(one.word) for one in rule.conditions if one.field == "kind")]
    lines = [
        f"# {rule.id}: {rule.title}",
        "",
        _NOTE.format(files=f"{rule.name}.py and {rule.name}.toml"),
        "",
        f"**Question.** {rule.question}",
        "",
        f"**It asks the record.** {kind.question} The rule holds when",
        "",
        *_conditions(rule),
        "",
        f"**It says.** {rule.text}",
        "",
        f"**What follows.** {_consequence(rule, knowledge)}",
        "",
        *_limits(rule),
        *_evidence(rule, knowledge),
        f"Version {rule.version}. {f'Signed: {rule.signed}.' if rule.signed else 'No clinician has signed this version yet.'}",
        "",
    ]
    return "\n".join(lines)


def grade_sheet(knowledge: Knowledge) -> str:
    """The order in which findings become a grade."""
    grades = knowledge.grades
    lines = [
        "# Grades: what the findings amount to",
        "",
        _NOTE.format(files="grades.toml"),
        "",
        "The first line that holds gives the grade.",
        "",
    ]
    for number, (name, clause) in enumerate(grades.order, start=1):
        lines.append(f"{number}. **{name}** {_clause(clause) or 'otherwise'}.")
    lines += ["", "The names stand for:", ""]
    lines += [f"- **{name}** holds {_clause(clause)}." for name, clause in grades.compounds.items()]
    lines += ["", "## What lowers a pattern", ""]
    for rule in knowledge.rules:
        if rule.group == "cap":
            lines.append(f"- {rule.id} holds it down to `{grades.capped_at}`. {rule.title}")
        elif rule.group == "downgrade":
            lines.append(
                f"- {rule.id} lowers it by one of {', '.join(f'`{name}`' for name in grades.ladder)}. {rule.title}"
            )
    lines += ["", f"A limit that was reviewed more than {grades.review_months} months ago fails the tests.", ""]
    return "\n".join(lines)


def condition_text(rule: Rule, condition: Condition) -> str:
    """One condition in words: what is compared, with what, in which unit."""
    kind = next(str(one.word) for one in rule.conditions if one.field == "kind")
    field = FACTS[kind].fields[condition.field]
    name = condition.field.replace("_", " ")
    what = f"{name} ({field.meaning})"
    if condition.limit is not None:
        limit = rule.limits[condition.limit]
        return f"{what} {_COMPARED[condition.operator]} {_amount(limit)}"
    if isinstance(condition.word, bool):
        return f"{what}: {'yes' if condition.word == (condition.operator == '==') else 'no'}"
    return f'{what} {_COMPARED[condition.operator]} "{condition.word}"'


def _conditions(rule: Rule) -> Iterator[str]:
    found = [f"- {condition_text(rule, one)}" for one in rule.conditions if one.field != "kind"]
    yield from found or ["- there is an answer at all"]


def _amount(limit: Limit) -> str:
    return f"**{limit.value:g}** {limit.unit}"


def _consequence(rule: Rule, knowledge: Knowledge) -> str:
    if rule.effect is not None:
        return _EFFECTS[rule.effect]
    said = _GROUPS[rule.group].format(capped_at=knowledge.grades.capped_at)
    grades = [f"`{name}`" for name, clause in knowledge.grades.order if rule.id in _names(clause, knowledge)]
    listed = ", ".join(dict.fromkeys(grades))
    return f"{said} Grades that ask for it: {listed}." if listed else said


def _names(clause: Clause, knowledge: Knowledge) -> set[str]:
    found: set[str] = set()
    for name in (*clause.any, *clause.all, *clause.none):
        compound = knowledge.grades.compounds.get(name)
        found |= {name} if compound is None else _names(compound, knowledge)
    return found


def _clause(clause: Clause) -> str:
    parts = []
    if clause.any:
        parts.append(f"if {' or '.join(clause.any)} holds")
    if clause.all:
        parts.append(f"if {' and '.join(clause.all)} hold{'s' if len(clause.all) == 1 else ''}")
    if clause.none:
        parts.append(f"unless {' or '.join(clause.none)} holds")
    return ", ".join(parts)


def _limits(rule: Rule) -> Iterator[str]:
    if not rule.limits:
        return
    yield "**Limits**"
    yield ""
    for name, limit in rule.limits.items():
        where = " (used when the record is read for this question)" if name in rule.derivation else ""
        shared = f" The same number as in {rule.shared[name]}." if name in rule.shared else ""
        yield (
            f"- `{name}` = {_amount(limit)}: {limit.meaning}{where}. "
            f"Source: {limit.source}; reviewed {limit.reviewed.isoformat()}.{shared}"
        )
    yield ""


def _evidence(rule: Rule, knowledge: Knowledge) -> Iterator[str]:
    if not rule.evidence:
        return
    yield "**Evidence**"
    yield ""
    for name in rule.evidence:
        report = knowledge.evidence[name]
        yield f"- {report.label} ({report.level}): {report.finding} Not shown: {report.not_shown}"
    yield ""
