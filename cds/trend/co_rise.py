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

from collections.abc import Sequence
from datetime import date
from statistics import median

from cds.clinical import CoRise, Level
from cds.knowledge.estimator import Estimator
from cds.trend.levels import level_of_score, levels, runs

_EXACT = 1e-9  # 3 of 10 is 30 %, whatever the last bit of a float says


def co_rise(doses: Sequence[tuple[date, float]], scores: Sequence[tuple[date, float]], limits: Estimator) -> CoRise:
    """The definition over daily doses (MME, known days in order) and scores (0-10) of one instrument.

    Both are already cut to the look-back. `levels` of the answer is the run that was judged, empty without one.
    """
    found = runs(((day.toordinal(), dose) for day, dose in doses), limits)
    flats = levels(found, limits, least_days=int(limits.co_rise_level_days))
    changes = frozenset(first for first, _, _ in found)
    pain: list[list[float]] = [[] for _ in flats]
    for day, score in scores:
        place = level_of_score(day.toordinal(), flats, changes)
        if place is not None:
            pain[place].append(score)
    return judge(
        [
            Level(
                start=date.fromordinal(flat.first),
                end=date.fromordinal(flat.last),
                dose=flat.dose,
                pain=median(found_scores) if found_scores else None,
                scores=len(found_scores),
            )
            for flat, found_scores in zip(flats, pain, strict=True)
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
