"""Assessment -> what the chart draws."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from decimal import Decimal

from cds.clinical import Assessment
from cds.knowledge import Knowledge
from hooks.pages.chart import ChartData, Mark, Point, Stretch

_DAY = timedelta(days=1)
_MARKED_DRUGS = {"ketamine": "ketamine"}


def chart_data(found: Assessment, knowledge: Knowledge) -> ChartData:
    """Days in chronic mode; in acute mode the epochs that the detector saw, in MME per epoch."""
    acute = found.trend.mode == "acute"
    points = tuple(Point(score.at, score.score, score.instrument) for score in found.pain.scores)
    doses = tuple(_epochs(found)) if acute else tuple(_days(found))
    first = min([each.start for each in doses], default=None)
    if acute and first is not None:
        points = tuple(point for point in points if point.at >= first - _DAY)
    return ChartData(
        unit="MME/4 h" if acute else "MME/day",
        doses=doses,
        points=points,
        means=tuple(
            (plateau.start, plateau.end, plateau.mean_pain)
            for plateau in found.trend.plateaus
            if plateau.mean_pain is not None
        ),
        steps=tuple(Mark(step.at, str(step.number)) for step in found.trend.steps),
        events=tuple(sorted(_events(found), key=lambda mark: mark.at)),
        reference=None if acute else _reference(knowledge),
        proposed=_proposed(found),
        title=f"Opioid dose and pain up to {found.case.as_of.text}",
    )


def _days(found: Assessment) -> Iterable[Stretch]:
    for each in found.dose.daily:
        start = datetime.combine(each.day, time())
        yield Stretch(start, start + _DAY, _float(each.low), _float(each.mid), _float(each.high))


def _epochs(found: Assessment) -> Iterable[Stretch]:
    for plateau in found.trend.plateaus:
        yield Stretch(plateau.start, plateau.end, plateau.dose, plateau.dose, plateau.dose)


def _events(found: Assessment) -> Iterable[Mark]:
    for exposure in found.dose.exposures:
        if exposure.drug_class in _MARKED_DRUGS:
            begun = exposure.start or datetime.combine(exposure.first, time())
            yield Mark(begun, _MARKED_DRUGS[exposure.drug_class], datetime.combine(exposure.last, time()) + _DAY)
    for procedure in found.record.procedures:
        start = procedure.performed.start if procedure.performed is not None else None
        if start is not None and start.start <= found.case.as_of.at:
            # Free text of a record has no place in a drawing: the word is ours, the record is in the tables.
            yield Mark(start.start, "procedure")


def _reference(knowledge: Knowledge) -> float:
    return knowledge.rules["R13"].limits["mme"].value


def _proposed(found: Assessment) -> tuple[datetime, float, float | None] | None:
    proposed = found.dose.proposed
    if proposed is None or proposed.after is None or found.trend.mode == "acute":
        return None
    start = datetime.combine(found.case.as_of.day, time())
    return start, float(proposed.after), _float(proposed.before)


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
