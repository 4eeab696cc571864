"""An Assessment as the JSON object that `oih-cds assess` prints; the key order is the contract's."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from cds.clinical import Assessment, DailyDose


def assess_json(found: Assessment, cards: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One patient's result.

    cards  as they leave over HTTP
    """
    doses = _days(found.dose.daily)
    today = found.case.as_of.day.isoformat()
    return {
        "patient": found.record.patient.id,
        "as_of": found.case.as_of.text,
        "fhir_version": found.record.version.value,
        "co_rise": found.trend.co_rise.holds,
        "grade": found.grade.name,
        "supported": found.grade.supported,
        "reasons": [{"rule": each.rule, "version": each.version, "text": each.text} for each in found.grade.reasons],
        "statistics": {name: number(value) for name, value in asdict(found.trend.statistics).items()},
        "mme_table": found.dose.table,
        "daily_mme": doses,
        "current_mme": next((day for day in reversed(doses) if day["date"] == today), None),
        "uncounted": [{"reference": each.reference, "reason": each.reason} for each in found.dose.uncounted],
        "unread": [{"reference": each.reference, "reason": each.reason} for each in found.record.unread],
        "foreign": found.record.foreign,
        "cards": list(cards),
    }


def number(value: Decimal | float | None) -> int | float | None:
    """A JSON number of at most six decimals; None stays "not known".

    Rounding happens here and on the card, nowhere before. Raises ValueError for a value that is not finite: JSON has
    no word for it, and null would claim that nobody computed it.
    """
    if value is None:
        return None
    if not math.isfinite(value):
        raise ValueError(f"{value} is no finite number")
    rounded = float(f"{value:.6f}")
    return int(rounded) if rounded.is_integer() else rounded


def _days(daily: Sequence[DailyDose]) -> list[dict[str, Any]]:
    """One object a day; neighbours mostly share their numbers, which are rounded once."""
    days = []
    before: DailyDose | None = None
    numbers: dict[str, Any] = {}
    for day in daily:
        if before is None or day.low is not before.low or day.mid is not before.mid or day.high is not before.high:
            numbers = {"low": number(day.low), "mme": number(day.mid), "high": number(day.high)}
            before = day
        days.append({"date": day.day.isoformat(), **numbers})
    return days
