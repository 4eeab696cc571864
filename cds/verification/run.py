"""What one run of the verification counted, and how that compares with its targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from cds.knowledge.simulator import Simulator, Target
from cds.verification.figure import Point
from cds.verification.measure import Share, is_strong, mean, select, share
from cds.verification.walk import Held, Occasion, Outcome, is_flagged

CONTROLS = {
    "permuted": ("OIH, scores on shuffled dates", "is not flagged"),
    "falling": ("OIH, doses in reverse order: they mostly fall", "is not flagged"),
    "reversed": ("flagged OIH, doses in reverse order", "beta changes its sign"),
    "data-poor": ("OIH, only the last 5 scores", "is refused a grade"),
    "ceiling": ("OIH, every score 9 or 10", "is refused a grade"),
}


@dataclass(frozen=True, slots=True)
class Control:
    """A spoilt chart and how many of its patients behaved as they must."""

    name: str
    meaning: str
    share: Share


@dataclass(frozen=True, slots=True)
class Run:
    """Everything that one run of `verify` counted.

    outcomes   reporting seed
    visits     one list of occasions for each patient, by scenario
    points     operating points on the tuning seed and on the reporting seed
    table      version line of rules and factor table
    """

    simulator: Simulator
    outcomes: Sequence[Outcome]
    visits: Mapping[str, Sequence[Sequence[Occasion]]]
    controls: Sequence[Control]
    seed: int
    patients: int
    commit: str
    rules: str
    figure: str
    points: Mapping[str, Sequence[Point]] = field(default_factory=dict)


def controls(held: Sequence[Held]) -> list[Control]:
    """The spoilt charts, counted by kind."""
    counted = []
    for key, (name, meaning) in CONTROLS.items():
        answers = [one.holds for one in held if one.name == key]
        counted.append(Control(name, meaning, Share(sum(answers), len(answers))))
    return counted


def operating_points(simulator: Simulator, outcomes: Sequence[Outcome], chosen: str) -> list[Point]:
    """Pooled over the denser scenarios: each operating point's sensitivity and mean specificity over hard phenotypes."""
    dense = dense_charts(simulator, outcomes)
    points = []
    for name in simulator.operating:
        sensitivity = share(with_oih(dense), partial(_flagged_at, name)).value
        specificity = mean(
            share(select(dense, phenotypes=[hard]), partial(_flagged_at, name)).complement.value
            for hard in names_of(simulator, "hard")
        )
        if sensitivity is not None and specificity is not None:
            points.append(Point(name, sensitivity, specificity, chosen=name == chosen))
    return points


def reached(run: Run) -> list[tuple[Target, float | None]]:
    """Each target with what this run measured; None where the run had no such patients."""
    dense = dense_charts(run.simulator, run.outcomes)
    sparse = sparse_charts(run.simulator, run.outcomes)
    well = [outcome for outcome in dense if outcome.group != "oih"]
    easy = [specificity(dense, name) for name in names_of(run.simulator, "easy")]
    silent = [not one.cards for one in run.outcomes if one.expected_co_rise]
    silent += [
        not one.cards for charts in run.visits.values() for chart in charts for one in chart if one.expected_co_rise
    ]
    values = {
        "dense_sensitivity": share(with_oih(dense), is_flagged).value,
        "dense_specificity": mean(specificity(dense, name) for name in names_of(run.simulator, "hard")),
        "dense_progression": specificity(dense, "progression"),
        "dense_flare": specificity(dense, "flare"),
        "dense_easy": min((value for value in easy if value is not None), default=None),
        "dense_strong_false": share(well, is_strong).value,
        "visits_sensitivity": share(with_oih(sparse), is_flagged).value,
        "visits_progression": specificity(sparse, "progression"),
        "false_reassurance": mean(float(one) for one in silent),
        "co_rise_disagreement": share(run.outcomes, lambda o: o.co_rise != o.expected_co_rise).value,
    }
    return [(target, values[target.name]) for target in run.simulator.targets]


def _flagged_at(point: str, outcome: Outcome) -> bool:
    return point in outcome.operating


def dense_charts(simulator: Simulator, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Charts of the denser scenarios."""
    return select(outcomes, scenarios=[scenario.name for scenario in simulator.scenarios if scenario.dense])


def sparse_charts(simulator: Simulator, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Charts with one score a visit."""
    return select(outcomes, scenarios=[scenario.name for scenario in simulator.scenarios if not scenario.dense])


def with_oih(outcomes: Sequence[Outcome]) -> list[Outcome]:
    return [outcome for outcome in outcomes if outcome.group == "oih"]


def names_of(simulator: Simulator, group: str) -> list[str]:
    return [phenotype.name for phenotype in simulator.phenotypes if phenotype.group == group]


def specificity(outcomes: Sequence[Outcome], phenotype: str) -> float | None:
    return share(select(outcomes, phenotypes=[phenotype]), is_flagged).complement.value
