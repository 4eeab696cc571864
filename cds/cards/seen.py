"""What was seen: doses, dates, scores and their number, for every kind of card."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from cds.cards.situation import Situation
from cds.cards.words import Words, number
from cds.clinical import Assessment, Level, Step


@dataclass(frozen=True, slots=True)
class Seen:
    """The course in six numbers. pain and dose at its beginning and its end; None where not known.

    steps   up-steps that count; rising: those followed by more pain than the drift explains
    scores  pain scores that were used, from `first` to `last`
    """

    first: date
    last: date  # both with the hour in acute mode
    low: float | None
    high: float | None
    pain_from: float | None
    pain_to: float | None
    scores: int
    steps: int | None = None
    rising: int | None = None


def of_pattern(found: Assessment) -> Seen | None:
    """The counted increases, from the first to the last; None where the estimator named none."""
    ups = [step for step in found.trend.steps if step.void is None and step.doublings > 0]
    scored = [step for step in ups if step.pain_before is not None or step.pain_after is not None]
    if not ups:
        return None
    statistics = found.trend.statistics
    steps = statistics.up_steps or None
    share = statistics.share_rising
    first, last = _span(found, ups)
    return Seen(
        first=first,
        last=last,
        low=ups[0].before,
        high=ups[-1].after,
        pain_from=next((step.pain_before for step in scored if step.pain_before is not None), None),
        pain_to=next((step.pain_after for step in reversed(scored) if step.pain_after is not None), None),
        scores=sum(first <= each <= last for each in found.trend.scored),
        steps=steps,
        rising=None if steps is None or share is None else round(share * steps),
    )


def of_levels(found: Assessment) -> Seen | None:
    """The founding definition's run of levels; None where there is none."""
    levels = found.trend.co_rise.levels
    if not levels:
        return None
    return Seen(
        first=levels[0].start,
        last=levels[-1].end,
        low=levels[0].dose,
        high=levels[-1].dose,
        pain_from=levels[0].pain,
        pain_to=levels[-1].pain,
        scores=sum(level.scores for level in levels),
    )


def line(seen: Seen, found: Assessment, words: Words) -> str:
    """One sentence, or "" where doses or scores are not known."""
    if seen.pain_from is None or seen.pain_to is None or seen.low is None or seen.high is None:
        return ""
    return words.say(
        "seen.doses",
        first=words.day(seen.first),
        last=words.day(seen.last),
        low=number(seen.low),
        high=number(seen.high),
        unit=unit(found, words),
        table=table(found, words),
        scores=scores(seen.scores, words),
        **{"from": number(seen.pain_from), "to": number(seen.pain_to)},
    )


def levels(found: Assessment, words: Words) -> str:
    """The run's levels as bullets: all up to four, else the first two and the last two; "" where there are none."""
    texts = [_level(level, found, words) for level in found.trend.co_rise.levels]
    if len(texts) > 4:
        between = len(texts) - 4
        more = words.say("seen.more_levels_one") if between == 1 else words.say("seen.more_levels", count=between)
        texts = [*texts[:2], more, *texts[-2:]]
    title = words.say("seen.levels", table=table(found, words))
    return "\n".join((f"{title}\n", *(f"- {text}" for text in texts))) if texts else ""


def order_line(found: Assessment, situation: Situation, words: Words) -> str:
    """What this order, or the one of the last 72 h, would make of the dose."""
    order = situation.proposed
    if order is None or not situation.increase:
        return ""
    key = "this_order" if situation.ordered else "recent_order"
    if order.before is None or order.after is None:
        return words.say(f"seen.{key}_unknown")
    return words.say(f"seen.{key}", before=number(order.before), after=number(order.after), table=table(found, words))


def table(found: Assessment, words: Words) -> str:
    """The factor table; injected and infused doses rest on a convention that is not the CDC's, and it is said."""
    if any("not CDC" in flag for flag in found.dose.flags):
        return words.say("seen.table_iv", table=found.dose.table)
    return found.dose.table


def unit(found: Assessment, words: Words) -> str:
    return words.say("seen.unit_acute" if found.trend.mode == "acute" else "seen.unit_chronic")


def scores(count: int, words: Words) -> str:
    return words.say("seen.scores_one") if count == 1 else words.say("seen.scores_many", count=count)


def _level(level: Level, found: Assessment, words: Words) -> str:
    values = {"first": words.day(level.start), "dose": number(level.dose), "unit": unit(found, words)}
    if level.pain is None:
        return words.say("seen.level_unscored", **values)
    return words.say("seen.level", pain=number(level.pain), scores=scores(level.scores, words), **values)


def _span(found: Assessment, ups: list[Step]) -> tuple[date, date]:
    """From the plateau before the first counted increase to the end of the one after the last, not beyond today."""
    before = [plateau.start for plateau in found.trend.plateaus if plateau.start < ups[0].at]
    after = [plateau.end for plateau in found.trend.plateaus if plateau.start >= ups[-1].at]
    first = before[-1] if before else ups[0].at
    last = min(after[0] if after else ups[-1].at, found.case.as_of.at)
    if found.trend.mode == "acute":
        return first, last
    return first.date(), min(last.date(), found.case.as_of.day)
