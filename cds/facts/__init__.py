"""Record, dose, pain and trend -> a few small total facts, one per question that a rule asks.

Everything that durable_rules would get wrong is decided here: joins, absence, "or", time windows. A fact is stated only
where all of its numbers are known; what is not known becomes a fact of its own (age-unknown, undated, not-assessable).
"""

from __future__ import annotations

from cds.clinical import Case, DoseTimeline, PainSeries, PatientRecord, Trend
from cds.facts import alternatives, pattern, safety, scope, withdrawal
from cds.facts.chart import Chart
from cds.facts.long_texts import passed_over
from cds.facts.unknown_codes import uncoded
from cds.knowledge import Knowledge
from cds.rulekit import Fact


def derive(
    case: Case, record: PatientRecord, dose: DoseTimeline, pain: PainSeries, trend: Trend, knowledge: Knowledge
) -> tuple[Fact, ...]:
    """Every fact about one patient at the evaluation date; nothing after it is used.

    Where there are signs of withdrawal, the estimate is made again without the scores of those days (R3): the numbers of
    the pattern are then those of the remaining days, while the founding definition keeps every score.
    """
    chart = Chart.of(case, record, dose, pain, trend, knowledge)
    signs = tuple(withdrawal.facts(chart))
    return (
        *scope.facts(chart),
        *alternatives.facts(chart),
        *signs,
        *pattern.course(chart),
        *pattern.estimate(withdrawal.without_its_days(chart, signs)),
        *safety.facts(chart),
    )


__all__ = ["derive", "passed_over", "uncoded"]
