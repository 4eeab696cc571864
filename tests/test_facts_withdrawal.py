"""Facts of opioid withdrawal as another cause of rising pain."""

from datetime import timedelta
from decimal import Decimal
from itertools import groupby

import pytest
from made_charts import (
    ICD,
    NOW,
    SNOMED,
    TODAY,
    ago,
    condition,
    flagged,
    moment,
    observation,
    trend,
)

from cds.clinical import (
    DoseDay,
    DoseEvent,
    DoseTimeline,
    MedicationUse,
    PainScore,
    PainSeries,
    Plateau,
    Source,
    Span,
)

# ------------------------------------------------------------------------------------------ withdrawal


@pytest.mark.parametrize(("score", "days", "found"), [(5, 2, True), (4, 2, False), (9, 30, True), (9, 31, False)])
def test_a_withdrawal_scale_known_by_its_name_counts_for_thirty_days(engine, knowledge, score, days, found):
    cows = observation(
        "local-1", score, ago(days), system="http://local", text="Clinical Opiate Withdrawal Scale (COWS)"
    )
    assert ("R3-cows" in flagged(engine, knowledge, observations=[cows])) is found


def test_withdrawal_after_a_full_cessation_sets_no_grade(engine, knowledge):
    ended = NOW - timedelta(hours=30)
    seen = trend("acute", steps=(), plateaus=(Plateau(ended - timedelta(hours=20), ended, 60.0, 7.0, 5),))
    cows = observation("local-1", 12, ago(hours=10), system="http://local", text="COWS")
    assert "R3-cows" not in flagged(engine, knowledge, observations=[cows], seen=seen)


@pytest.mark.parametrize(("code", "system"), [("F11.23", ICD), ("F11.93", ICD), ("87132004", SNOMED)])
def test_coded_withdrawal_counts_for_thirty_days(engine, knowledge, code, system):
    assert "R3-coded" in flagged(engine, knowledge, conditions=[condition(code, ago(30), system=system)])
    assert "R3-coded" not in flagged(engine, knowledge, conditions=[condition(code, ago(31), system=system)])


def series(doses):
    """One dose a day, the last one yesterday; days in a row at one dose are told together, as the engine does."""
    runs, number = [], len(doses)
    for dose, days in groupby(doses):
        length = len(list(days))
        first, last = TODAY - timedelta(days=number), TODAY - timedelta(days=number - length + 1)
        runs.append(DoseDay(first, *(None if dose is None else Decimal(dose),) * 3, until=last))
        number -= length
    return DoseTimeline("CDC-2022", series=tuple(runs))


@pytest.mark.parametrize(
    ("doses", "found"),
    [
        ([60, 60, 60, 60, 20] * 8, True),  # 20 % of days
        ([60, 60, 60, 60, 60, 20] * 8, False),
        ([60, 60, 60, 60, 45] * 8, False),  # a day at three quarters is no miss
        ([90] * 20 + [45] * 20, False),  # a reduction is no miss
        ([30, 60, 90] * 2 + [90] * 34, False),  # nor is a titration
        ([60, 60, 20, 60], False),  # too few days
        ([60, 60, None, 60, 60] * 8, False),  # unknown is not missed
    ],
)
def test_missed_doses_are_told_from_changes_of_the_dose(engine, knowledge, doses, found):
    assert ("R3-missed" in flagged(engine, knowledge, dose=series(doses))) is found


def test_doses_recorded_as_not_taken_count_as_missed(engine, knowledge):
    day = [TODAY - timedelta(days=number) for number in range(1, 40)]
    uses = tuple(
        MedicationUse(
            f"MedicationAdministration/{number}",
            Source.ADMINISTERED,
            "not-done",
            None,
            effective=Span(moment(when.isoformat()), None),
            negative=True,
        )
        for number, when in enumerate(day[:10])
    )
    known = {use.reference for use in uses}
    dose = DoseTimeline("CDC-2022", series=series([60] * 40).series, opioid_references=frozenset(known))
    assert "R3-missed" in flagged(engine, knowledge, dose=dose, medications=uses)
    other = DoseTimeline("CDC-2022", series=dose.series)  # the same record, but these were no opioids
    assert "R3-missed" not in flagged(engine, knowledge, dose=other, medications=uses)


def doses_with_scores(before, after, *, doses=4, long=False):
    starts = [NOW - timedelta(hours=4 * number + 2) for number in range(doses)]
    events = tuple(
        DoseEvent(at, at, Decimal(10), "oxycodone", "oral", "MedicationAdministration/1", Source.ADMINISTERED, long)
        for at in starts
    )
    scores = sorted(
        (
            PainScore(at + timedelta(minutes=minutes), score, "NRS", "Observation/1")
            for at in starts
            for minutes, score in ((-30, before), (45, after))
        ),
        key=lambda one: one.at,
    )
    return {"dose": DoseTimeline("CDC-2022", events=events), "pain": PainSeries("NRS", tuple(scores))}


@pytest.mark.parametrize(
    ("chart", "found"),
    [
        (doses_with_scores(7, 5), True),
        (doses_with_scores(7, 5.1), False),
        (doses_with_scores(7, 5, doses=3), False),
        (doses_with_scores(7, 4, long=True), False),
    ],
)
def test_pain_that_peaks_before_each_short_acting_dose_points_to_interdose_withdrawal(engine, knowledge, chart, found):
    assert ("R3-interdose" in flagged(engine, knowledge, **chart)) is found
