"""Assessment -> what the chart draws."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from statistics import median

from cds.clinical import Assessment, PainScore
from cds.knowledge import Knowledge
from cds.trend.epochs import epochs, spread, timed
from hooks.pages import words
from hooks.pages.chart import ChartData, Mark, Point, Stretch

_DAY = timedelta(days=1)
_MARKED_DRUGS = {"ketamine": "ketamine"}
# Above it a mark a score is a smear and a heavy page: one mark a day and instrument, at the day's median.
_MOST_POINTS = 1500


def chart_data(found: Assessment, knowledge: Knowledge) -> ChartData:
    """Days in chronic mode; in acute mode the epochs that the detector saw, in MME per epoch."""
    acute = found.trend.mode == "acute"
    points = _points(found.pain.scores)
    doses = tuple(_epochs(found, knowledge)) if acute else tuple(_days(found))
    events = tuple(sorted(_events(found), key=lambda mark: mark.at))
    if acute and doses:
        points = tuple(point for point in points if point.at >= doses[0].start - _DAY)
        events = tuple(event for event in events if event.at >= doses[0].start - _DAY)
    return ChartData(
        unit=words.dose_unit(found, knowledge),
        doses=doses,
        points=points,
        means=tuple(
            (plateau.start, plateau.end if acute else plateau.end + _DAY, plateau.mean_pain)
            for plateau in found.trend.plateaus
            if plateau.mean_pain is not None
        ),
        steps=tuple(Mark(step.at, str(step.number)) for step in found.trend.steps),
        events=events,
        reference=None if acute else knowledge.rules["R13"].limits["mme"].value,
        proposed=_proposed(found),
        title=f"Opioid dose and pain up to {words.as_of(found.case.as_of)}",
    )


def _points(scores: tuple[PainScore, ...]) -> tuple[Point, ...]:
    if len(scores) <= _MOST_POINTS:
        return tuple(Point(score.at, score.score, score.instrument) for score in scores)
    days: dict[tuple[date, str], list[PainScore]] = {}
    for score in scores:
        days.setdefault((score.day, score.instrument), []).append(score)
    return tuple(
        Point(own[len(own) // 2].at, median(score.score for score in own), instrument)
        for (_, instrument), own in days.items()
    )


def _days(found: Assessment) -> Iterable[Stretch]:
    for each in found.dose.daily:
        start = datetime.combine(each.day, time())
        yield Stretch(start, start + _DAY, _float(each.low), _float(each.mid), _float(each.high))


def _epochs(found: Assessment, knowledge: Knowledge) -> Iterable[Stretch]:
    """The levels that were evaluated, and what follows a full cessation: nothing given is 0, not a gap."""
    until = found.case.as_of.at
    last = until
    for plateau in found.trend.plateaus:
        yield Stretch(plateau.start, plateau.end, plateau.dose, plateau.dose, plateau.dose)
        last = plateau.end
    if not any(each.after == 0 for each in found.trend.dechallenges):
        return
    limits = knowledge.estimator
    later = [piece for piece in spread(timed(found.dose, until), limits) if piece[0] > last]
    for epoch in epochs(later, last, until, limits):
        if epoch.start > last:
            yield Stretch(last, epoch.start, 0, 0, 0)
        amount = None if epoch.open else epoch.dose
        yield Stretch(epoch.start, epoch.end, amount, amount, amount)
        last = epoch.end
    if last < until:
        yield Stretch(last, until, 0, 0, 0)


def _events(found: Assessment) -> Iterable[Mark]:
    yield from _exposures(found)
    for procedure in found.record.procedures:
        start = procedure.performed.start if procedure.performed is not None else None
        if start is not None and start.start <= found.case.as_of.at:
            # Free text of a record has no place in a drawing: the word is ours, the record is in the tables.
            yield Mark(start.start, "procedure")


def _exposures(found: Assessment) -> Iterable[Mark]:
    """One mark for exposures of a class that overlap or touch: an order and its infusions are one thing to see."""
    spans: dict[str, list[tuple[datetime, datetime]]] = {}
    for exposure in found.dose.exposures:
        if exposure.drug_class in _MARKED_DRUGS:
            begun = exposure.start or datetime.combine(exposure.first, time())
            ended = datetime.combine(exposure.last, time()) + _DAY
            spans.setdefault(exposure.drug_class, []).append((begun, min(ended, found.case.as_of.at)))
    for drug_class, own in spans.items():
        joined: list[tuple[datetime, datetime]] = []
        for begun, ended in sorted(own):
            if joined and begun <= joined[-1][1]:
                joined[-1] = (joined[-1][0], max(joined[-1][1], ended))
            else:
                joined.append((begun, ended))
        for begun, ended in joined:
            yield Mark(begun, _MARKED_DRUGS[drug_class], ended)


def _proposed(found: Assessment) -> tuple[datetime, float, float | None] | None:
    proposed = found.dose.proposed
    if proposed is None or proposed.after is None or found.trend.mode == "acute":
        return None
    start = datetime.combine(found.case.as_of.day, time())
    return start, float(proposed.after), _float(proposed.before)


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
