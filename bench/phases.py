"""`python -m bench.phases`: processor milliseconds of each phase of one evaluation, the least of several runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

import orjson

from bench import bodies
from cds import cards, case, dose, facts, fhir, grading, pain, trend
from cds.clinical import Assessment
from hooks import collector, evaluation, strict_json
from hooks.report import assess_json
from hooks.schemas.response import card_json, check_answer

T = TypeVar("T")


def main() -> None:
    evaluator = evaluation.load()
    collector.settle()
    table: dict[str, list[float]] = {}
    for body, runs in ((bodies.typical(), 40), (bodies.heavy(), 5)):
        least: dict[str, float] = {}
        for _ in range(runs):
            for name, spent in _phases(evaluator, body).items():
                least[name] = min(spent, least.get(name, spent))
        for name, spent in (*least.items(), ("all", sum(least.values()))):
            table.setdefault(name, []).append(spent)
    print("| phase | typical ms | heavy ms |\n|---|---|---|")
    for name, (typical, heavy) in table.items():
        print(f"| {name} | {typical:.2f} | {heavy:.1f} |")


def _phases(evaluator: evaluation.Evaluator, body: bytes) -> dict[str, float]:
    spent: dict[str, float] = {}

    def timed(name: str, work: Callable[[], T]) -> T:
        began = time.thread_time()
        result = work()
        spent[name] = 1000 * (time.thread_time() - began)
        return result

    known = evaluator.knowledge
    document = timed("strict JSON", lambda: strict_json.loads(body))
    asked = timed("case", lambda: case.read(document, case.Asked(now=datetime(2026, 11, 21, 12, tzinfo=UTC))))
    record = timed(
        "FHIR",
        lambda: fhir.read(asked.entries, version=asked.version, patient_id=asked.patient_id, zone=asked.zone),
    )
    doses = timed("dose", lambda: dose.timeline(record, known.drugs, table=asked.table, as_of=asked.as_of))
    scores = timed("pain", lambda: pain.series(record, known.scales, as_of=asked.as_of))
    seen = timed("trend", lambda: trend.estimate(doses, scores, record, known.estimator, as_of=asked.as_of))
    told = timed("facts", lambda: facts.derive(asked, record, doses, scores, seen, known))
    findings = timed("durable_rules", lambda: evaluator.engine.run(told))
    found = Assessment(
        case=asked,
        record=record,
        dose=doses,
        pain=scores,
        trend=seen,
        findings=findings,
        grade=grading.grade(findings, known),
        gates=grading.gates(findings, known),
    )
    found = replace(found, cards=timed("cards", lambda: cards.build(found, known, evaluator.options)))
    answer = [card_json(card) for card in found.cards]
    timed("response check", lambda: check_answer({"cards": answer}))
    timed("report and JSON", lambda: orjson.dumps(assess_json(found, answer)))
    return spent


if __name__ == "__main__":
    main()
