"""Runs the whole walk on invented patients and keeps of each what the report counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from cds import case, facts, grading
from cds.assess import assess
from cds.cards import CardOptions
from cds.clinical import Assessment
from cds.engine import Engine
from cds.knowledge import Knowledge
from cds.knowledge.simulator import Simulator
from cds.verification.controls import at_the_ceiling, data_poor, permuted, reversed_doses
from cds.verification.orders import Stock
from cds.verification.patient import Invented, before_visit, patients
from cds.verification.reference import co_rise, naive
from cds.verification.requests import Json, to_order_sign, to_request
from cds.verification.simulate import simulate

FLAGGED = ("possible-oih", "strong-pattern")

_NEVER = datetime(2026, 7, 1, tzinfo=UTC)  # every request states its own evaluation date


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one evaluation said, beside what is true.

    expected_co_rise  by the reference's own reading of the contract
    cards             kinds, in the order in which they are shown
    operating         names of the operating points at which this patient would be flagged
    """

    phenotype: str
    group: str
    scenario: str
    eta: float
    grade: str
    co_rise: bool
    expected_co_rise: bool
    naive: bool
    beta: float | None
    z: float | None
    cards: tuple[str, ...] = ()
    operating: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Occasion:
    """One time at which a card could have appeared: the chart opened at a visit, or an increase about to be signed."""

    phenotype: str
    hook: str
    day: int
    grade: str
    cards: tuple[str, ...]
    expected_co_rise: bool


@dataclass(frozen=True, slots=True)
class Held:
    """Whether one spoilt chart was read as it must be."""

    name: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Variant:
    """The rules with other limits.

    derives  one of the limits is used where facts are derived, so they have to be derived again
    """

    knowledge: Knowledge
    engine: Engine
    derives: bool


@dataclass(frozen=True, slots=True)
class Walker:
    """Everything that an evaluation needs, built once in each process.

    variants  operating points by name
    """

    simulator: Simulator
    knowledge: Knowledge
    engine: Engine
    options: CardOptions
    variants: Mapping[str, Variant]

    @classmethod
    def of(cls, knowledge: Knowledge, simulator: Simulator) -> Walker:
        """One engine for the rules as they are, and one for each operating point of the simulator."""
        return cls(
            simulator=simulator,
            knowledge=knowledge,
            engine=Engine(knowledge),
            options=CardOptions(),
            variants={name: variant(knowledge, limits) for name, limits in simulator.operating.items()},
        )

    def evaluate(self, request: Json) -> Assessment:
        """Raises what `assess` raises: an invented patient that cannot be evaluated is a defect, not a result."""
        return assess(case.read(request, case.Asked(now=_NEVER)), self.knowledge, self.engine, self.options)

    def outcome(self, patient: Invented) -> Outcome:
        """The evaluation at the end of the last day."""
        found = self.evaluate(to_request(patient))
        statistics = found.trend.statistics
        return Outcome(
            phenotype=patient.truth.phenotype,
            group=patient.truth.group,
            scenario=patient.scenario,
            eta=patient.truth.eta,
            grade=found.grade.name,
            co_rise=found.trend.co_rise.holds,
            expected_co_rise=co_rise(patient),
            naive=naive(patient),
            beta=statistics.beta,
            z=statistics.z,
            cards=tuple(card.kind for card in found.cards),
            operating=tuple(self._flagged_at(found)),
        )

    def occasions(self, patient: Invented) -> Iterator[Occasion]:
        """patient-view at the start of every visit, and order-sign wherever the prescriber then raised the dose."""
        raised = {day for day, before, after in patient.changes if after > before}
        for day in patient.visits:
            asked = [to_request(patient, until=day)]
            if day in raised:
                asked.append(to_order_sign(patient, day))
            for request in asked:
                found = self.evaluate(request)
                yield Occasion(
                    phenotype=patient.truth.phenotype,
                    hook=found.case.hook,
                    day=day,
                    grade=found.grade.name,
                    cards=tuple(card.kind for card in found.cards),
                    expected_co_rise=co_rise(before_visit(patient, day), until=day),
                )

    def _flagged_at(self, found: Assessment) -> Iterator[str]:
        parts = (found.case, found.record, found.dose, found.pain, found.trend)
        derived = facts.derive(*parts, self.knowledge) if self.variants else ()
        for name, point in self.variants.items():
            asked = facts.derive(*parts, point.knowledge) if point.derives else derived
            if grading.grade(point.engine.run(asked), point.knowledge).name in FLAGGED:
                yield name


def block(walker: Walker, phenotype: str, scenario: str, seed: int, number: int, limit: int) -> list[Outcome]:
    """The first `limit` patients of one block, evaluated at their last day."""
    return [walker.outcome(patient) for patient in _drawn(walker, phenotype, scenario, seed, number)[:limit]]


def visits(walker: Walker, phenotype: str, scenario: str, seed: int, number: int, limit: int) -> list[list[Occasion]]:
    """Every occasion of the first `limit` patients of one block."""
    return [list(walker.occasions(patient)) for patient in _drawn(walker, phenotype, scenario, seed, number)[:limit]]


def controls(walker: Walker, phenotype: str, scenario: str, seed: int, number: int, limit: int) -> list[Held]:
    """What became of spoilt charts; `Held.name` is a key of run.CONTROLS."""
    stock = Stock.of(walker.simulator.tablets)
    held = []
    for patient in _drawn(walker, phenotype, scenario, seed, number)[:limit]:
        found = walker.outcome(patient)
        held.append(Held("permuted", not is_flagged(walker.outcome(permuted(patient, seed)))))
        held.append(Held("data-poor", walker.outcome(data_poor(patient)).grade == "insufficient-data"))
        held.append(Held("ceiling", walker.outcome(at_the_ceiling(patient)).grade == "insufficient-data"))
        turned = walker.outcome(reversed_doses(patient, stock))
        held.append(Held("falling", not is_flagged(turned)))
        if is_flagged(found) and found.beta is not None and turned.beta is not None:
            held.append(Held("reversed", found.beta > 0 > turned.beta))
    return held


def is_flagged(outcome: Outcome) -> bool:
    """A pattern was named, with or without de-challenge."""
    return outcome.grade in FLAGGED


def variant(knowledge: Knowledge, limits: Mapping[str, float]) -> Variant:
    """The same knowledge with other limits, named "rule.limit"; rules that share a limit get the new one too.

    Raises KnowledgeError for a rule or limit that does not exist.
    """
    by_id = dict(knowledge.rules.by_id)
    derives = False
    for name, value in limits.items():
        owner, _, limit = name.partition(".")
        knowledge.rules.limit(owner, limit)
        for rule in list(by_id.values()):
            if rule.id == owner or rule.shared.get(limit) == owner:
                derives |= limit in rule.derivation
                changed = {**rule.limits, limit: replace(rule.limits[limit], value=value)}
                by_id[rule.id] = replace(rule, limits=changed)
    changed_knowledge = replace(knowledge, rules=replace(knowledge.rules, by_id=by_id))
    return Variant(changed_knowledge, Engine(changed_knowledge), derives)


def _drawn(walker: Walker, phenotype: str, scenario: str, seed: int, number: int) -> list[Invented]:
    simulator = walker.simulator
    cohort = simulate(simulator.phenotype(phenotype), simulator.scenario(scenario), seed=seed, block=number)
    return list(patients(cohort, simulator.tablets))
