"""Dose and pain -> `Trend`: what the two say together, before any rule is asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from cds.clinical import AsOf, DoseTimeline, PainSeries, PatientRecord, Trend
from cds.knowledge.estimator import Estimator
from cds.trend import acute, chronic, epochs
from cds.trend.clock import on_one_clock

__all__ = ["estimate"]


def estimate(
    dose: DoseTimeline, pain: PainSeries, record: PatientRecord, estimator: Estimator, *, as_of: AsOf
) -> Trend:
    """The trend in days, or in hours where an in-patient stay is open or ended within 30 days of `as_of`."""
    doses, scores = on_one_clock(dose, pain, record)
    stay = epochs.stay(record, doses, scores.scores, estimator, as_of=as_of)
    if stay is not None:
        found = acute.estimate(doses, scores, estimator, stay, as_of=as_of)
    else:
        found = chronic.estimate(dose, pain, estimator, as_of=as_of)
    return replace(found, since=as_of.day - timedelta(days=int(estimator.look_back_days) - 1))
