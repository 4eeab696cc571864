"""What would change the grade: the missing data, the limits that were not reached, the steps that carry it.

What caps the grade stands in a list of its own.
"""

from __future__ import annotations

from collections.abc import Iterable

from cds.cards import PATTERNS
from cds.clinical import Assessment
from cds.knowledge import Knowledge


def what_would_change(found: Assessment, knowledge: Knowledge) -> tuple[str, ...]:
    """Plain sentences, the most telling first; () where nothing is known that would."""
    return tuple(dict.fromkeys((*_missing(found), *_limits(found, knowledge), *_steps(found), *_dechallenge(found))))


def _missing(found: Assessment) -> Iterable[str]:
    for item in found.trend.insufficient:
        yield f"Missing for a grade: {item}."


def _limits(found: Assessment, knowledge: Knowledge) -> Iterable[str]:
    seen, rules = found.trend.statistics, knowledge.rules
    flagged = {finding.rule for finding in found.findings}
    if seen.beta is not None and "R4" not in flagged:
        limits, z = rules["R4"].limits, seen.z or 0
        # z is the smaller one of the fits with and without a drift, beta that of the fit with it.
        against = ", beyond the drift only: pain itself goes against the dose" if z < 0 < seen.beta else ""
        yield (
            f"A pattern needs {limits['beta'].value:g} points per doubling at {limits['z'].value:g} standard errors; "
            f"seen: {seen.beta:.2f} at {z:.1f}{against}."
        )
    if found.trend.ordering == "not assessable":
        yield "Scores in the weeks before the increases would tell which came first, pain or dose."


def _steps(found: Assessment) -> Iterable[str]:
    if found.grade.name not in PATTERNS:
        return
    for each in found.trend.left_out:
        if each.holds is False:
            yield f"Without dose step {each.step} the pattern would not hold."


def _dechallenge(found: Assessment) -> Iterable[str]:
    if found.grade.name == "possible-oih" and not found.trend.dechallenges:
        yield "No lasting reduction is on record; scores 14 to 42 days after one would tell more."
    for each in found.trend.dechallenges:
        if each.void:
            yield f"The reduction of {each.at:%d %b %Y} does not count: {each.void}."
