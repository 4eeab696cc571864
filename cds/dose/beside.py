"""What a text says beside a structured dose: it is compared where it is understood, and named where it is not."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cds.dose import amount, sig
from cds.dose.amount import Dose
from cds.dose.drug import Opioid
from cds.dose.parts import quantities, strengthened
from cds.dose.schedule import Schedule
from cds.dose.values import NOTE, ZERO, NotCounted, Range
from cds.knowledge.drugs import Drugs

DIFFER = "structure and text of the dosage differ; the structure is used"
# What a text that nothing else understands may still say.
_FOLLOWS = re.compile(r"\W*(?:and )?(?:then|followed by)\b", re.IGNORECASE)
_AS_NEEDED = re.compile(r"\b(?:prn|p\.r\.n|(?:as|if|when) (?:needed|required|necessary))\b", re.IGNORECASE)
_CHANGE = re.compile(
    r"\b(?:not taking|taking differently|do not (?:take|use|apply|give)|increas\w+|decreas\w+|reduc\w+|titrat\w+|taper\w*|wean\w*"
    r"|then (?:take|give|apply|use|\d))"
)
TOO_LONG = f"the text of the dosage is too long to be read: over {sig.LONGEST} characters"


def follows(text: str | None) -> bool:
    """Whether a text begins where another dosage ends: "then take 1 tablet daily"."""
    return text is not None and _FOLLOWS.match(text) is not None


def as_needed(text: str | None) -> bool:
    """Whether a text says so, whatever else it says; what is longer than a sig is not looked at."""
    return text is not None and _AS_NEEDED.search(text[: sig.LONGEST]) is not None


def unread(text: str | None) -> tuple[bool, tuple[str, ...]]:
    """Whether a text beside a structured dose that nothing understands makes it as needed, and what has to be said."""
    if not text:
        return False, ()
    if len(text) > sig.LONGEST:
        return False, (TOO_LONG,)
    lower = text.lower()
    flags = [f"{NOTE}the text of the dosage is not understood; its structure is used"]
    if _CHANGE.search(lower):
        flags.append("the text of the dosage may speak of a change or of no intake; its structure is used")
    # Of several amounts nobody knows which one is as needed.
    prn = as_needed(text) and len(sig.amounts(lower)) < 2
    if prn:
        flags.append("only the text of the dosage says as needed: low is 0")
    return prn, tuple(flags)


def contradict(dose: Dose, schedule: Schedule | None, parts: Sequence[sig.Part], opioid: Opioid, drugs: Drugs) -> bool:
    """Whether a text says another dose than the structure, as far as both can be compared."""
    try:
        read = [_read_amount(part, opioid, drugs) for part in parts]
    except NotCounted:
        return len(parts) > 1 or often_differs(schedule, parts[0])
    if len(parts) == 1:
        amount_differs = read[0] is not None and read[0].rate == dose.rate and read[0].mg != dose.mg
        return amount_differs or often_differs(schedule, parts[0])
    if schedule is None or schedule.per_day is None:
        return True
    days = [
        Range(ZERO, ZERO) if each is None or part.schedule.per_day is None else each.mg.times(part.schedule.per_day)
        for each, part in zip(read, parts, strict=True)
    ]
    together = Range(sum((day.low for day in days), ZERO), sum((day.high for day in days), ZERO))
    return parts[-1].phase > 0 or together != dose.mg.times(schedule.per_day)


def _read_amount(part: sig.Part, opioid: Opioid, drugs: Drugs) -> Dose | None:
    if part.low is None or part.high is None:
        return None
    return amount.of_dose(quantities(part.low, part.high, part.unit), strengthened(part, opioid), None, drugs)


def often_differs(schedule: Schedule | None, said: sig.Part) -> bool:
    """Whether structure and text both say how often, and not the same."""
    if schedule is None or schedule.per_day is None or said.schedule.per_day is None:
        return False
    return schedule.per_day != said.schedule.per_day
