"""The founding definition: pain rising as the dose rises (contract.md). It claims nothing about the cause.

How the definition's words are read here, where they leave room:
- Dose: the middle value of what the detector's daily series counts, also on days on which something unread or uncounted is
  open beside it: one resource that nobody can read does not silence a rise that everybody can see. A day without one is
  unknown and belongs to no level, but up to `carry_days` of them do not end a level. Neighbouring levels at the same dose (an excursion too short to be a level, or a
  gap, between them) are one level.
- Scores: those of the primary instrument, since instruments are never mixed; every score counts, also several a day.
- "3 days or longer": first to last day, both counted.
- "the day of a step": the first day of a run of any length; a score of that day belongs to the latest level that began
  before it. On the first day of the first level there is no level before, so the score is that level's own.
- "latest run": levels are cut wherever one is not higher than the one before; of the pieces with at least two levels the
  last one counts, and it alone: an older, longer run does not stand in for it.
- Days of a recorded zero are no level of an opioid dose; they end a run as a reduction does. So the first dose after a
  cessation is a lone level.
- "30 % above": of the first level's median; of a median of 0 there is no percentage, only the 2 points count.
- A first or top level without a score: the rise is unknown, so the definition does not hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from statistics import median

from cds.clinical import CoRise, Level
from cds.knowledge.estimator import Estimator
from cds.trend.levels import Flat, pain_of_levels

_EXACT = 1e-9  # 3 of 10 is 30 %, whatever the last bit of a float says


def co_rise(
    flats: Sequence[Flat], scores: Iterable[tuple[int, Sequence[float]]], changes: frozenset[int], limits: Estimator
) -> CoRise:
    """The definition over levels of dose and (day, scores) of one instrument, cut to the look-back; days are day numbers.

    changes  first days of all runs of dose. `levels` of the answer is the run that was judged, empty without one.
    """
    return judge(
        [
            Level(
                start=date.fromordinal(flat.first),
                end=date.fromordinal(flat.last),
                dose=flat.dose,
                pain=median(found) if found else None,
                scores=len(found),
            )
            for flat, found in zip(flats, pain_of_levels(scores, flats, changes), strict=True)
        ],
        limits,
    )


def judge(all_levels: Sequence[Level], limits: Estimator) -> CoRise:
    """The definition over levels in order of time; acute mode comes in here with its epochs."""
    run = latest_run(all_levels)
    if not run:
        return CoRise(holds=False)
    first, top = run[0].pain, run[-1].pain
    increases = len(run) - 1
    if first is None or top is None:
        return CoRise(holds=False, levels=run, increases=increases)
    rise = top - first
    percent = 100 * rise / first if first > 0 else None
    enough = rise >= limits.co_rise_points - _EXACT or (
        percent is not None and percent >= limits.co_rise_percent - _EXACT
    )
    return CoRise(
        holds=increases >= limits.co_rise_increases and enough,
        levels=run,
        increases=increases,
        rise=rise,
        percent=percent,
    )


def latest_run(all_levels: Sequence[Level]) -> tuple[Level, ...]:
    """The latest run of at least two levels, each higher than the one before; empty where there is none."""
    end = len(all_levels)
    while end > 1:
        start = end - 1
        while start > 0 and 0 < all_levels[start - 1].dose < all_levels[start].dose:
            start -= 1
        if end - start > 1:
            return tuple(all_levels[start:end])
        end = start
    return ()
