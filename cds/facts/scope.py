"""Whom the service speaks about: adults outside palliative care; cancer and sickle cell disease are said."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from cds.clinical import Moment
from cds.facts.chart import Chart, by_word, from_seen
from cds.rulekit import Fact


def facts(chart: Chart) -> Iterator[Fact]:
    yield from _age(chart)
    for seen in by_word(chart.active("palliative")):
        yield from_seen("palliative", seen, evaluated=chart.case.evaluate_palliative)
    for group in ("cancer", "sickle-cell"):
        for seen in by_word(chart.active(group)):
            yield from_seen("on-record", seen, group=group)


def ages(birth: Moment, on: date) -> tuple[int, int]:
    """(least, most) completed years, as a partial birth date allows: born in 2008 is 17 or 18 in 2026."""
    return _years(birth.last_day, on), _years(birth.day, on)


def _years(born: date, on: date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def _age(chart: Chart) -> Iterator[Fact]:
    """An unknown age is not assessable: it neither silences the service nor passes for an adult's."""
    reference = (f"Patient/{chart.record.patient.id}",)
    birth = chart.record.patient.birth_date
    if birth is None or not birth.day <= chart.as_of.day:
        yield Fact("age-unknown", {"assessable": False}, {"why": "no birth date on record"}, reference)
        return
    least, most = ages(birth, chart.as_of.day)
    yield Fact("age", {"most_years": float(most)}, {}, reference)
    if least < chart.limit("R0-minor", "adult") <= most:
        yield Fact("age-unknown", {"assessable": False}, {"why": "the birth date is incomplete"}, reference)
