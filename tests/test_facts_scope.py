"""Whom the service speaks about, and what a partial birth date allows it to say."""

from datetime import date

import pytest
from made_charts import ICD, SNOMED, ago, condition, flagged, moment, procedure
from made_rules import ids

from cds.facts.scope import ages
from cds.grading import grade


@pytest.mark.parametrize(
    ("birth", "found"),
    [
        ("2008-06-02", ["R0-minor"]),  # eighteen tomorrow
        ("2008-06-01", []),  # eighteen today
        ("2009", ["R0-minor"]),
        ("2008", ["R0-age-unknown"]),  # 17 or 18
        ("2007", []),  # 18 or 19
        ("2008-06", ["R0-age-unknown"]),  # eighteen today, or not yet
        ("2008-07", ["R0-minor"]),
        (None, ["R0-age-unknown"]),
        ("2027-01-01", ["R0-age-unknown"]),  # born after the evaluation date: a typing error
    ],
)
def test_a_minor_is_told_from_an_adult_by_what_is_known(engine, knowledge, birth, found):
    assert flagged(engine, knowledge, birth=birth) == found


def test_the_twenty_ninth_of_february_comes_of_age_on_the_first_of_march():
    birth = moment("2008-02-29")
    assert ages(birth, date(2026, 2, 28)) == (17, 17)
    assert ages(birth, date(2026, 3, 1)) == (18, 18)


@pytest.mark.parametrize(
    ("code", "system", "found"),
    [
        ("Z51.5", ICD, ["R0-palliative"]),
        ("Z515", ICD, ["R0-palliative"]),
        ("103735009", SNOMED, ["R0-palliative"]),
        ("C50.911", ICD, ["R0-cancer"]),
        ("C44.91", ICD, []),  # skin cancer other than melanoma
        ("c34.1", "http://hl7.org/fhir/sid/icd-10", ["R0-cancer"]),
        ("363346000", SNOMED, ["R0-cancer"]),
        ("D57.00", ICD, ["R0-sickle-cell"]),
        ("Z85.3", ICD, []),  # a history of cancer is no active cancer
    ],
)
def test_palliative_care_cancer_and_sickle_cell_disease_are_found_by_code(engine, knowledge, code, system, found):
    assert flagged(engine, knowledge, conditions=[condition(code, ago(400), system=system)]) == found


@pytest.mark.parametrize(
    "more",
    [
        {"clinical_status": "resolved"},
        {"clinical_status": "inactive"},
        {"clinical_status": "remission"},
        {"verification_status": "refuted"},
        {"verification_status": "entered-in-error"},
        {"abatement": moment(ago(200))},
        {"onset": "2026-06-02"},  # after the evaluation date
    ],
)
def test_what_is_over_refuted_or_still_to_come_is_not_active(engine, knowledge, more):
    cancer = condition("C50.911", **{"onset": ago(400), **more})
    assert flagged(engine, knowledge, conditions=[cancer]) == []


@pytest.mark.parametrize("status", ["active", "recurrence", "relapse", None])
def test_what_is_active_or_not_said_to_be_over_counts(engine, knowledge, status):
    cancer = condition("C50.911", ago(400), clinical_status=status)
    assert flagged(engine, knowledge, conditions=[cancer]) == ["R0-cancer"]


def test_a_site_can_have_palliative_patients_evaluated(engine, knowledge):
    hospice = {"conditions": [condition("Z51.5", ago(20))]}
    assert flagged(engine, knowledge, **hospice) == ["R0-palliative"]
    assert flagged(engine, knowledge, evaluate_palliative=True, **hospice) == ["R0-palliative-evaluated"]


def test_hospice_by_a_procedure_counts_too(engine, knowledge):
    assert flagged(engine, knowledge, procedures=[procedure("385763009", ago(20))]) == ["R0-palliative"]


def test_an_unknown_age_is_said_with_the_grade_and_does_not_silence(engine, knowledge):
    from made_charts import facts_of

    found = engine.run(facts_of(knowledge, birth=None))
    assert grade(found, knowledge).name == "no-signal"
    assert "R0-age-unknown" in ids(found)
