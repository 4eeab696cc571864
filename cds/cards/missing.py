"""What was not fetched, not read or not counted: named on whatever card there is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

from cds.cards import seen
from cds.cards.detail import Line
from cds.cards.situation import Situation, unread_drafts
from cds.cards.words import Words, escape, short
from cds.clinical import Assessment, Gap, Uncounted

_MEDICATION = frozenset(
    {"MedicationRequest", "MedicationStatement", "MedicationDispense", "MedicationAdministration", "Medication"}
)
# Resources that no grade is made of; everything else, and what hides even its type, could change one.
_NO_GRADE = frozenset({"AllergyIntolerance", "Practitioner", "Organization", "Location", "Provenance"})
_FAILED = frozenset({"failed", "truncated"})
_MOST = 2
# Short words of the dose engine that read as a claim about the drug where they stand alone.
_PLAINER = {"home, not counted": "home, during the stay"}


def failed(found: Assessment) -> tuple[Gap, ...]:
    """Parts of the record that could not be had, or not to their end."""
    return tuple(gap for gap in found.case.gaps if gap.kind in _FAILED)


def could_change_grade(found: Assessment, situation: Situation) -> bool:
    """On an order hook: something uncounted, unread or hard to believe that might have made another grade.

    The draft's own dose is in no grade: a dose that nobody has entered yet, as on order-select, is no news by itself.
    """
    return situation.ordered and (bool(_doubts(found)) or _opioid_left_out(found) or _other_left_out(found))


def cause(found: Assessment) -> str:
    """What calls for a card where nothing else does, the gravest first: "gap", "uncounted", "unread" or "implausible"."""
    if failed(found):
        return "gap"
    if _opioid_left_out(found):
        return "uncounted"
    return "unread" if _other_left_out(found) else "implausible"


def _opioid_left_out(found: Assessment) -> bool:
    """An opioid of the look-back, or what may be one, without a number; or a draft that may be one."""
    return (
        any(item.opens_high and within_look_back(item.last, found) for item in found.dose.uncounted)
        or any(
            item.opens_high and not item.draft and within_look_back(item.dates and item.dates[1], found)
            for item in found.dose.unread
        )
        or bool(unread_drafts(found))
    )


def _other_left_out(found: Assessment) -> bool:
    """Something else of the look-back that a grade could be made of: a score, a finding, a red flag, a stay."""
    return any(
        not (item.partial or item.draft or item.silent)
        and item.kind not in _NO_GRADE | _MEDICATION
        and within_look_back(item.dates and item.dates[1], found)
        for item in found.record.unread
    )


def _doubts(found: Assessment) -> list[str]:
    """What is hard to believe of the draft, or of a dose of the look-back."""
    return [doubt.text for doubt in found.dose.implausible if within_look_back(doubt.last, found)]


def within_look_back(last: date | None, found: Assessment) -> bool:
    """What ended before the look-back is in no grade; what has no last day may hold today."""
    since = found.trend.since
    return last is None or since is None or last >= since


def why_uncounted(item: Uncounted) -> str:
    """The reason as the page prints it after "not counted"; a card has it as it is, beside those words once for all."""
    return _PLAINER.get(item.reason, item.reason)


def lines(found: Assessment, words: Words) -> tuple[Line, ...]:
    """One line each for what failed, was not counted, not read, not used, or looks wrong; empty where there is nothing."""
    flags = [words.dated(flag) for flag in dict.fromkeys((*_doubts(found), *found.dose.flags))]
    return (
        *_failed(found, words),
        *_uncounted(found, words),
        *_unread(found, words),
        *_scores(found, words),
        *_long_texts(found, words),
        *(_flags(flags, words) if flags else ()),
    )


def _flags(flags: list[str], words: Words) -> tuple[Line, ...]:
    """The first one in a few words; on the page, which has room, to its end."""
    few, all_of_it = (
        words.say("missing.flags", items=words.some([short(flag, most) for flag in flags], 1)) for most in (14, 60)
    )
    return (Line(few.replace("....", "..."), rank=1, page=all_of_it),)


def scores_not_used(found: Assessment, words: Words) -> list[str]:
    """Scores under codes that nobody knows, and scores that were refused, with the commonest reason first."""
    unknown = [short(gap.text, 14) for gap in found.case.gaps if gap.kind == "not known"]
    refused = found.pain.rejected
    if not refused:
        return unknown
    reasons = [short(reason, 11) for reason, _ in Counter(reason for _, reason in refused).most_common()]
    told = {"scores": seen.scores(len(refused), words), "reason": words.some(reasons, 1)}
    return [*unknown, words.say("missing.refused", **told)]


def _scores(found: Assessment, words: Words) -> tuple[Line, ...]:
    items = scores_not_used(found, words)
    told = words.say("missing.scores", items="; ".join(items))
    return (Line(told, brief=words.say("missing.scores_brief")),) if items else ()


def _long_texts(found: Assessment, words: Words) -> tuple[Line, ...]:
    items = "; ".join(short(gap.text, 14) for gap in found.case.gaps if gap.kind == "not used")
    return (
        (Line(words.say("missing.scores", items=items), brief=words.say("missing.long_texts_brief")),) if items else ()
    )


def _failed(found: Assessment, words: Words) -> tuple[Line, ...]:
    items = [short(words.dated(gap.text), 8) or escape(gap.key) for gap in failed(found)]
    return _line(words, "failed", items, len(items))


def _uncounted(found: Assessment, words: Words) -> tuple[Line, ...]:
    draft = found.dose.proposed.uncounted if found.dose.proposed else ()
    by_reason: dict[str, list[str]] = {}
    items: list[Uncounted] = sorted((*found.dose.uncounted, *draft), key=lambda item: not item.opens_high)
    for item in items:
        by_reason.setdefault(short(words.dated(item.reason), 9), []).append(short(item.drug, 3))
    named = [
        words.say("missing.uncounted_item", drugs=words.few(drugs, _MOST), reason=reason)
        for reason, drugs in by_reason.items()
    ]
    return _line(words, "uncounted", named, len({item.drug for item in items}))


def _unread(found: Assessment, words: Words) -> tuple[Line, ...]:
    counts = Counter(
        short(item.kind, 1) if item.kind and item.kind.isalpha() else words.say("missing.unread_other")
        for item in found.record.unread
        if not item.partial
    )
    named = [words.say("missing.unread_item", count=count, kind=kind) for kind, count in sorted(counts.items())]
    return _line(words, "unread", named, counts.total())


def _line(words: Words, key: str, items: Sequence[str], count: int) -> tuple[Line, ...]:
    """What is missing, by name; by number where names would not fit."""
    if not items:
        return ()
    named = words.say(f"missing.{key}", items=words.some(items, _MOST))
    return (Line(named, brief=words.say(f"missing.{key}_count", count=count)),)
