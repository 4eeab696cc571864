"""The whole walk from raw resources to cards, pure: everything is an argument, the evaluation date too."""

from __future__ import annotations

from dataclasses import replace

from cds import cards, dose, facts, fhir, grading, pain, trend
from cds.cards import CardOptions
from cds.clinical import Assessment, Case
from cds.engine import Engine
from cds.knowledge import Knowledge


def assess(case: Case, knowledge: Knowledge, engine: Engine, options: CardOptions) -> Assessment:
    """Everything that one evaluation finds, cards included.

    Raises PatientMismatch when the case names no one patient, UnsupportedVersion for an unknown factor table, and
    RuleFault when the rules were not evaluated to their end: none of them may be answered as "nothing to say".
    """
    record = fhir.read(
        case.entries, version=case.version, patient_id=case.patient_id, zone=case.zone, models_only=case.models_only
    )
    doses = dose.timeline(record, knowledge.drugs, table=case.table, as_of=case.as_of)
    scores = pain.series(record, knowledge.scales, as_of=case.as_of)
    seen = trend.estimate(doses, scores, record, knowledge.estimator, as_of=case.as_of)
    told = (*facts.uncoded(case, record, knowledge), *facts.passed_over(case, record, knowledge))
    if told:
        # A page reads the gaps that it was sealed with, and finds these again.
        case = replace(case, gaps=tuple(dict.fromkeys((*case.gaps, *told))))
    findings = engine.run(facts.derive(case, record, doses, scores, seen, knowledge))
    found = Assessment(
        case=case,
        record=record,
        dose=doses,
        pain=scores,
        trend=seen,
        findings=findings,
        grade=grading.grade(findings, knowledge),
        gates=grading.gates(findings, knowledge),
    )
    return replace(found, cards=cards.build(found, knowledge, options))
