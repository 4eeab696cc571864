"""The short way into the detector, used for tuning, says what the whole walk says."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cds import knowledge, trend
from cds.clinical import DoseTimeline
from cds.knowledge import simulator
from cds.verification import direct
from cds.verification.patient import patients
from cds.verification.requests import to_request
from cds.verification.simulate import simulate
from cds.verification.walk import Walker


@pytest.fixture(scope="module")
def walker() -> Walker:
    known = knowledge.load()
    return Walker.of(known, simulator.load(known.rules.root))


def by_day(dose: DoseTimeline) -> list[tuple[int, Decimal | None]]:
    return [
        (day, alike.mid) for alike in dose.series for day in range(alike.day.toordinal(), alike.last.toordinal() + 1)
    ]


@pytest.mark.parametrize(
    ("phenotype", "scenario"),
    [("oih", "3 a week"), ("oih", "visits, 365 d"), ("flare", "3 a week"), ("tolerance", "3 a week, reductions")],
)
def test_both_ways_give_the_same_statistics(walker, phenotype, scenario):
    simulated = walker.simulator
    cohort = simulate(simulated.phenotype(phenotype), simulated.scenario(scenario), seed=17)
    styles = set()
    for patient in list(patients(cohort, simulated.tablets))[:10]:
        styles.add(patient.style)
        walked = walker.evaluate(to_request(patient))
        short = trend.estimate(
            direct.timeline(patient),
            direct.scores(patient, walked.pain.primary),
            direct.record(patient),
            walker.knowledge.estimator,
            as_of=direct.as_of(),
        )
        assert short.statistics == walked.trend.statistics
        assert short.co_rise == walked.trend.co_rise
        assert short.insufficient == walked.trend.insufficient
        assert by_day(direct.timeline(patient)) == by_day(walked.dose)
    assert len(styles) >= 3
