"""Red flags, surgery, injury, neurotoxicity and withdrawal: by code, by unit, by date."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from made_charts import (
    ICD,
    NOW,
    SNOMED,
    STEPS,
    TODAY,
    ago,
    concept,
    condition,
    facts_of,
    flagged,
    moment,
    observation,
    procedure,
    step,
    trend,
)

from cds.clinical import (
    Concept,
    DoseDay,
    DoseTimeline,
    PainScore,
    PainSeries,
    Plateau,
)

TEMPERATURE = "8310-5"


@pytest.mark.parametrize(
    ("value", "unit", "days", "found"),
    [
        (38.0, "Cel", 3, ["R2-fever"]),
        (37.9, "Cel", 3, []),
        (100.4, "[degF]", 3, ["R2-fever"]),
        (100.3, "[degF]", 3, []),
        (38.4, None, 3, ["R2-fever"]),
        (101.0, None, 3, []),  # no unit, and no temperature that a patient can have in ours
        (38.4, "K", 3, []),
        (38.4, "Cel", 30, ["R2-fever"]),
        (38.4, "Cel", 31, []),
    ],
)
def test_fever_counts_from_38_degrees_in_either_unit_for_thirty_days(engine, knowledge, value, unit, days, found):
    assert flagged(engine, knowledge, observations=[observation(TEMPERATURE, value, ago(days), unit)]) == found


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
def test_an_observation_that_was_withdrawn_is_not_read(engine, knowledge, status):
    fever = observation(TEMPERATURE, 39.0, ago(1), "Cel", status=status)
    assert flagged(engine, knowledge, observations=[fever]) == []


@pytest.mark.parametrize(
    ("code", "system"),
    [("G83.4", ICD), ("G95.20", ICD), ("71286001", SNOMED), ("T87.43", ICD), ("T87.81", ICD), ("M84.50XA", ICD)],
)
def test_a_new_lesion_comes_first_for_thirty_days_and_no_longer(engine, knowledge, code, system):
    assert "R2-condition" in flagged(engine, knowledge, conditions=[condition(code, ago(30), system=system)])
    assert "R2-condition" not in flagged(engine, knowledge, conditions=[condition(code, ago(31), system=system)])


def test_a_lesion_without_a_date_may_be_new(engine, knowledge):
    assert flagged(engine, knowledge, conditions=[condition("G83.4")]) == ["R2-undated"]


def test_the_day_of_recording_stands_in_for_an_unknown_onset(engine, knowledge):
    recorded = condition("G83.4", recorded=moment(ago(3)))
    assert flagged(engine, knowledge, conditions=[recorded]) == ["R2-condition"]


def test_new_cancer_is_a_red_flag_and_old_cancer_a_cap(engine, knowledge):
    assert flagged(engine, knowledge, conditions=[condition("C79.51", ago(10))]) == ["R0-cancer", "R2-cancer"]
    assert flagged(engine, knowledge, conditions=[condition("C79.51", ago(300))]) == ["R0-cancer"]


# ------------------------------------------------------------------------------------------ surgery and injury


@pytest.mark.parametrize(("days", "found"), [(3, True), (4, False)])
def test_surgery_comes_first_for_three_days(engine, knowledge, days, found):
    surgery = procedure("387713003", ago(days))
    assert ("R2-surgery" in flagged(engine, knowledge, procedures=[surgery])) is found


@pytest.mark.parametrize("status", ["not-done", "entered-in-error", "preparation"])
def test_surgery_that_did_not_happen_is_none(engine, knowledge, status):
    assert flagged(engine, knowledge, procedures=[procedure("387713003", ago(1), status=status)]) == []


@pytest.mark.parametrize(
    ("code", "system", "text"),
    [
        ("27447", "http://www.ama-assn.org/go/cpt", None),
        ("0SRD0J9", "http://www.cms.gov/Medicare/Coding/ICD10", None),
        ("99999", "http://local", "Laparoscopic appendectomy"),
        ("88312006", SNOMED, None),
    ],
)
def test_surgery_is_known_by_code_or_name(engine, knowledge, code, system, text):
    found = flagged(engine, knowledge, procedures=[procedure(code, ago(1), system=system, text=text)])
    assert "R2-surgery" in found


@pytest.mark.parametrize(("code", "text"), [("36415", "Venipuncture"), ("62322", "Lumbar epidural injection")])
def test_a_needle_is_no_surgery(engine, knowledge, code, text):
    pricked = procedure(code, ago(1), system="http://www.ama-assn.org/go/cpt", text=text)
    assert "R2-surgery" not in flagged(engine, knowledge, procedures=[pricked])


@pytest.mark.parametrize(
    ("days", "found"),
    [
        (120, True),  # between the steps of 150 and 100 days ago
        (240, True),  # 90 days before the first step
        (241, False),
        (60, True),  # within 90 days of the evaluation date and of the last step
    ],
)
def test_an_injury_between_or_near_the_steps_caps(engine, knowledge, days, found):
    injury = condition("S82.101A", ago(days), clinical_status="resolved")
    assert ("R2b" in flagged(engine, knowledge, conditions=[injury])) is found


def test_void_steps_do_not_stretch_the_span(engine, knowledge):
    steps = (*STEPS, step(TODAY - timedelta(days=500), number=3, void="rotation"))
    injury = condition("S82.101A", ago(400))
    assert "R2b" not in flagged(engine, knowledge, conditions=[injury], seen=trend(steps=steps))


def acute(first_step, **more):
    return (
        trend("acute", steps=(step(TODAY),), **more)
        if first_step is None
        else trend(
            "acute",
            steps=(_at(step(TODAY), first_step),),
            plateaus=(Plateau(NOW - timedelta(hours=30), NOW, 60.0, 6.0, 4),),
            **more,
        )
    )


def _at(one, at):
    from dataclasses import replace

    return replace(one, at=at)


@pytest.mark.parametrize(("hours", "found"), [(72, True), (72.1, False)])
def test_in_acute_mode_surgery_only_caps_and_only_for_72_hours(engine, knowledge, hours, found):
    seen = acute(NOW - timedelta(hours=2))
    surgery = procedure("387713003", ago(hours=2 + hours))
    rules = flagged(engine, knowledge, procedures=[surgery], seen=seen)
    assert ("R2-surgery-acute" in rules) is found
    assert "R2-surgery" not in rules
    assert "R2b" not in rules


def test_in_acute_mode_phantom_pain_and_the_end_of_the_scale_cap(engine, knowledge):
    scores = tuple(
        PainScore(NOW - timedelta(hours=h), s, "NRS", f"Observation/{h}") for h, s in ((20, 6), (8, 9), (2, 10))
    )
    pain = PainSeries("NRS", scores)
    rules = flagged(
        engine, knowledge, conditions=[condition("G54.6", ago(1))], seen=acute(NOW - timedelta(hours=20)), pain=pain
    )
    assert {"A-phantom", "A-ceiling", "M-amputation"} <= set(rules)
    chronic = flagged(engine, knowledge, conditions=[condition("G54.6", ago(1))], pain=pain)
    assert not {"A-phantom", "A-ceiling"} & set(chronic)


# ------------------------------------------------------------------------------------------ neurotoxicity


@pytest.mark.parametrize(("code", "days", "found"), [("G25.3", 30, True), ("F05", 2, True), ("G25.3", 31, False)])
def test_myoclonus_or_delirium_comes_first_for_thirty_days(engine, knowledge, code, days, found):
    assert ("R18-sign" in flagged(engine, knowledge, conditions=[condition(code, ago(days))])) is found


def creatinines(*values, unit="mg/dL"):
    return [
        observation("2160-0", value, ago(days), unit)
        for value, days in zip(values, range(10 * (len(values) - 1), -1, -10), strict=True)
    ]


def taking(drug, first=60, last=0):
    """The drug from so many days ago to so many days ago."""
    begins, ends = TODAY - timedelta(days=first), TODAY - timedelta(days=last)
    dose = DoseDay(begins, *[Decimal(60)] * 3, {(drug, "oral"): Decimal(60)}, until=ends)
    return DoseTimeline("CDC-2022", series=(dose,))


@pytest.mark.parametrize(
    ("values", "drug", "unit", "found"),
    [
        ((1.0, 1.0, 1.5), "morphine", "mg/dL", True),
        ((1.0, 1.0, 1.49), "morphine", "mg/dL", False),
        ((88.4, 133.0), "hydromorphone", "umol/L", True),
        ((1.0, 2.0), "oxycodone", "mg/dL", False),
        ((2.0,), "morphine", "mg/dL", False),  # nothing to compare with
    ],
)
def test_creatinine_rising_on_morphine_comes_first(engine, knowledge, values, drug, unit, found):
    rules = flagged(engine, knowledge, observations=creatinines(*values, unit=unit), dose=taking(drug))
    assert ("R18-creatinine" in rules) is found


@pytest.mark.parametrize(("first", "last", "found"), [(400, 0, True), (400, 29, True), (400, 31, False)])
def test_creatinine_counts_with_a_drug_taken_in_the_thirty_days_before_it(engine, knowledge, first, last, found):
    rules = flagged(engine, knowledge, observations=creatinines(1.0, 1.5), dose=taking("morphine", first, last))
    assert ("R18-creatinine" in rules) is found


# ------------------------------------------------------------------------------------------ findings that deny themselves


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (None, True),
        (True, True),
        (False, False),
        ("Absent", False),
        ("present", True),
        (concept(SNOMED, "2667000"), False),
        (concept(SNOMED, "52101004"), True),
        (concept("http://loinc.org", "LA32-8"), False),
        (3, False),
    ],
)
def test_a_finding_counts_unless_its_value_denies_it(engine, knowledge, value, found):
    allodynia = observation("55406008", value, ago(2), system=SNOMED)
    assert ("R12-finding" in flagged(engine, knowledge, observations=[allodynia])) is found


def test_a_finding_may_stand_in_the_value(engine, knowledge):
    examined = observation("709264002", concept(SNOMED, "55406008"), ago(2), system=SNOMED)
    assert "R12-finding" in flagged(engine, knowledge, observations=[examined])


@pytest.mark.parametrize(
    ("value", "found"), [(None, False), (concept(SNOMED, "52101004"), True), (concept(SNOMED, "2667000"), False)]
)
def test_an_examination_counts_by_its_result(engine, knowledge, value, found):
    examined = observation("709264002", value, ago(2), system=SNOMED, text="Assessment of allodynia")
    assert ("R12-finding" in flagged(engine, knowledge, observations=[examined])) is found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Opioid withdrawal", True),
        ("No opioid withdrawal", False),
        ("History of opioid withdrawal", False),
        ("Rule out opioid withdrawal", False),
        ("Opioid withdrawal assessment", False),
    ],
)
def test_a_text_counts_only_where_it_does_not_deny(engine, knowledge, text, found):
    from dataclasses import replace

    written = replace(condition("x", ago(2), system="http://local"), concept=Concept((), text))
    assert ("R3-coded" in flagged(engine, knowledge, conditions=[written])) is found


def test_an_observation_is_no_operation_and_no_fracture(engine, knowledge):
    told = observation("10164-2", "surgery", ago(1), text="Hip replacement surgery after fracture")
    assert flagged(engine, knowledge, observations=[told]) == []


@pytest.mark.parametrize(("answer", "found"), [("Delirium absent", False), ("Delirium", True)])
def test_the_answer_to_a_screening_question_may_deny(engine, knowledge, answer, found):
    screened = observation("54632-5", Concept((), answer), ago(1), text="Acute onset of mental status change")
    assert ("R18-sign" in flagged(engine, knowledge, observations=[screened])) is found


def test_a_known_code_is_believed_before_its_text(engine, knowledge):
    coded = condition("Z51.5", ago(2), text="Opioid withdrawal")
    assert flagged(engine, knowledge, conditions=[coded]) == ["R0-palliative"]


def test_no_fact_holds_a_patients_text(knowledge):
    canary = "Canary O'Hara 1961"
    written = condition("F11.23", ago(2), text=canary)
    for one in facts_of(
        knowledge, conditions=[written], observations=[observation(TEMPERATURE, 39, ago(1), "Cel", text=canary)]
    ):
        assert canary not in repr((one.fields, one.told))


def test_what_comes_after_the_evaluation_date_is_not_known(engine, knowledge):
    later = (NOW + timedelta(days=1)).date().isoformat()
    rules = flagged(
        engine,
        knowledge,
        conditions=[condition("F11.23", later)],
        observations=[observation(TEMPERATURE, 39, later, "Cel")],
        procedures=[procedure("387713003", later)],
    )
    assert rules == []


def test_dates_are_local_days():
    assert moment("2026-05-31T23:30").day == date(2026, 5, 31)
    assert datetime(2026, 6, 1, 12) == NOW
