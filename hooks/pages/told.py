"""What the page tells of the whole record: its bold sentence where none of the cards has one, and the order in time.

Every sentence says no more than what was computed: what could not be read, or is not known, is never told as nothing.
"""

from __future__ import annotations

from statistics import fmean

from cds.cards.wholly_unread import wholly_unread
from cds.clinical import Assessment, DoseTimeline
from cds.knowledge import Knowledge
from cds.trend.steps import rises
from hooks.pages.words import number, signed

_UNTOLD = "whether pain rose with the dose cannot be told"
_MORE_AFTER = "pain rose more after the increases than before them"
_MORE_BEFORE = "pain rose before the increases at least as much as after them"
_NOT_MORE_AFTER = "pain did not rise more after the increases than before them"
_NOT_HAD = frozenset({"failed", "truncated", "not sent"})


def lead(found: Assessment, knowledge: Knowledge) -> str:
    """The bold sentence of a record without pattern and co-rise: what is missing for one, or that pain did not rise."""
    return _no_dose(found) or _no_score(found) or _levels(found, knowledge)


def order_in_time(found: Assessment) -> tuple[str, str]:
    """The result of R7 and its sentence; "no rise" where pain rose neither before the increases nor after them."""
    result = found.trend.ordering
    if result not in ("holds", "fails"):
        return result, "Too few scores before the increases to tell which came first."
    if _at_ceiling(found):
        return "not assessable", "Scores before the increases were at the top of the scale: a rise could not be seen."
    before, after = found.trend.statistics.placebo_rise, _mean_rise(found)
    means = f"on average {signed(before)} points before, {signed(after)} after"
    if after is not None and not rises(after):
        if before is None:
            return "no rise", f"Pain did not rise after the increases ({signed(after)} points on average)."
        if not rises(before):
            return "no rise", f"There was no rise to put in order: {means}."
    if found.trend.mode == "acute":  # decided over the increases that have both windows, where they may be fewer
        told = _MORE_AFTER if result == "holds" else _MORE_BEFORE if before and rises(before) else _NOT_MORE_AFTER
        return result, f"Where both can be seen, {told}."
    if before is not None and after is not None and (result == "holds") == rises(after - before):
        told = _MORE_AFTER if result == "holds" else _MORE_BEFORE
        return result, f"{told[0].upper()}{told[1:]}: {means}."
    # The regression decides, over all scores; its answer need not be that of the scores around the steps.
    than = "rather than led it" if result == "holds" else "no more than it led it"
    known = "" if before is None and after is None else f" Around the increases: {means}."
    return result, f"By regression over all scores, pain followed the dose {than}.{known}"


def _at_ceiling(found: Assessment) -> bool:
    return any(finding.rule == "R14" for finding in found.findings)


def _mean_rise(found: Assessment) -> float | None:
    """Of pain at the counted increases, each with scores on both sides."""
    own = [
        step.rise for step in found.trend.steps if step.void is None and step.doublings > 0 and step.rise is not None
    ]
    return fmean(own) if own else None


def _no_dose(found: Assessment) -> str:
    unread = wholly_unread(found).get("opioids", 0)
    if unread:
        return _none_of(unread, "opioid entry", "opioid entries", "counted" if found.dose.uncounted else "read")
    if _counted(found.dose):
        return ""
    uncounted = len({each.reference for each in found.dose.uncounted if each.opens_high})
    if uncounted:
        return _none_of(uncounted, "opioid entry", "opioid entries", "counted")
    if found.dose.unread or _not_had(found, "medication"):
        return f"No opioid dose is known, and not all of the record could be had or read: {_UNTOLD}."
    if found.record.medications:
        return "No opioid dose is known among the medications on record up to this date."
    return "No opioid dose is on record up to this date."


def _counted(dose: DoseTimeline) -> bool:
    return any(each.low is not None or each.mid is not None or each.contributors for each in dose.daily)


def _no_score(found: Assessment) -> str:
    if found.pain.scores:
        return ""
    unread = wholly_unread(found).get("pain", 0)
    if unread:
        return _none_of(unread, "pain score", "pain scores", "used")
    if _not_had(found, "pain"):
        return f"No pain score is known, and not all of the record could be had: {_UNTOLD}."
    return "No pain score is on record up to this date."


def _none_of(count: int, one: str, many: str, done: str) -> str:
    if count == 1:
        return f"The only {one} could not be {done}: {_UNTOLD}."
    came = f"{count} {many} came, none could be used" if done == "used" else f"None of {count} {many} could be {done}"
    return f"{came}: {_UNTOLD}."


def _not_had(found: Assessment, part: str) -> bool:
    return any(gap.kind in _NOT_HAD and gap.key.startswith(part) for gap in found.case.gaps)


def _levels(found: Assessment, knowledge: Knowledge) -> str:
    run, limits = found.trend.co_rise, knowledge.estimator
    if run.increases < limits.co_rise_increases or len(run.levels) < 3:
        return f"Fewer than three rising dose levels: {_UNTOLD}."
    if run.rise is None:
        return f"No score at the first or the last of {len(run.levels)} rising dose levels: {_UNTOLD}."
    if not rises(run.rise) and _at_ceiling(found):
        return f"Pain was at the top of the scale before the increases: {_UNTOLD}."
    if not rises(run.rise):
        return "Pain did not rise with the dose over three or more dose levels."
    least = f"less than {number(limits.co_rise_points)} points and less than {number(limits.co_rise_percent)} %"
    size = "1 point" if number(run.rise, 2) == "1" else f"{number(run.rise, 2)} points"
    return f"Pain rose {size} over {len(run.levels)} rising dose levels, {least}."
