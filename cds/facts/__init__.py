"""Record, dose, pain and trend -> a few small total facts, one per question that a rule asks.

Everything that durable_rules would get wrong is decided here: joins, absence, "or", time windows. A fact is stated only
where all of its numbers are known; what is not known becomes a fact of its own (age-unknown, undated, not-assessable).
"""

from __future__ import annotations

from cds.clinical import Case, DoseTimeline, PainSeries, PatientRecord, Trend
from cds.facts import alternatives, pattern, safety, scope, withdrawal
from cds.facts.chart import Chart
from cds.knowledge import Knowledge
from cds.rulekit import Fact


def derive(
    case: Case, record: PatientRecord, dose: DoseTimeline, pain: PainSeries, trend: Trend, knowledge: Knowledge
) -> tuple[Fact, ...]:
    """Every fact about one patient at the evaluation date; nothing after it is used."""
    chart = Chart.of(case, record, dose, pain, trend, knowledge)
    return (
        *scope.facts(chart),
        *alternatives.facts(chart),
        *withdrawal.facts(chart),
        *pattern.facts(chart),
        *safety.facts(chart),
    )


__all__ = ["derive"]
