"""One patient's pattern beside everything that speaks against ketamine, comes first, or cannot be dated."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from chart import ICD10CM, LOINC, RXNORM, SNOMED, Chart, Resource, at, bundle, coded, days, drug
from patients_escalated import FIRST_DAY, LAST_DAY, LATER, LENGTHS, RISING, escalated, reduced

EVENING = at(LAST_DAY, 18)
STRENGTHS = (("morphine ER 30", "2026-01-05"), ("morphine ER 60", "2026-04-27"))  # of RISING, by first day


def _pressure(chart: Chart, systolic: int, diastolic: int) -> None:
    unit = {"unit": "mm[Hg]", "system": "http://unitsofmeasure.org", "code": "mm[Hg]"}
    parts = (("8480-6", "Systolic blood pressure", systolic), ("8462-4", "Diastolic blood pressure", diastolic))
    chart.observed(
        coded(LOINC, "85354-9", "Blood pressure panel with all children optional"),
        at(LAST_DAY, 15),
        component=[
            {"code": coded(LOINC, code, text), "valueQuantity": {"value": value} | unit} for code, text, value in parts
        ],
    )


def _on_record(chart: Chart, *conditions: tuple[str, str, str]) -> None:
    for code, text, since in conditions:
        chart.condition(coded(ICD10CM, code, text), since)


def _operated(chart: Chart, on: str) -> None:
    chart.add(
        "Procedure",
        status="completed",
        category=coded(SNOMED, "387713003", "Surgical procedure"),
        code={"text": "Laparoscopic cholecystectomy"},
        performedDateTime=at(on, 8),
    )


# ----------------------------------------------------------------------------------------- gates of the evidence


def much_speaks_against_ketamine() -> Resource:
    chart = escalated("much-speaks-against-ketamine", born="1990-03-09")
    chart.add(
        "AllergyIntolerance",
        subject="patient",
        clinicalStatus={
            "coding": [
                {"system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "code": "active"}
            ]
        },
        code=coded(RXNORM, "6130", "ketamine"),
        recordedDate="2020-02-02",
    )
    _on_record(
        chart,
        ("I16.0", "Hypertensive urgency", "2026-08-12"),
        ("F20.9", "Schizophrenia, unspecified", "2012-01-01"),
        ("Z33.1", "Pregnant state, incidental", "2026-07-01"),
        ("G93.2", "Benign intracranial hypertension", "2024-01-01"),
        ("H40.213", "Acute angle-closure glaucoma, bilateral", "2026-02-01"),
        ("E05.90", "Thyrotoxicosis, unspecified without thyrotoxic crisis or storm", "2026-05-01"),
        ("K72.10", "Chronic hepatic failure without coma", "2025-01-01"),
    )
    _pressure(chart, 192, 96)
    return chart.request(EVENING)


def much_calls_for_caution() -> Resource:
    chart = escalated("much-calls-for-caution", born="1958-03-09")
    _on_record(
        chart,
        ("I21.9", "Acute myocardial infarction, unspecified", "2019-06-01"),
        ("I50.9", "Heart failure, unspecified", "2020-01-01"),
        ("F05", "Delirium due to known physiological condition", "2024-03-01"),
        ("K70.30", "Alcoholic cirrhosis of liver without ascites", "2021-01-01"),
        ("H40.9", "Unspecified glaucoma", "2022-01-01"),
        ("F19.20", "Other psychoactive substance dependence, uncomplicated", "2015-01-01"),
        ("N30.10", "Interstitial cystitis (chronic) without hematuria", "2023-01-01"),
        ("G40.909", "Epilepsy, unspecified, not intractable, without status epilepticus", "2001-01-01"),
        ("E80.21", "Acute intermittent (hepatic) porphyria", "1999-01-01"),
        ("G47.33", "Obstructive sleep apnea (adult) (pediatric)", "2017-01-01"),
        ("R45.851", "Suicidal ideations", "2026-08-01"),
    )
    for rxcui, name in (("6470", "lorazepam"), ("10438", "theophylline"), ("8123", "phenelzine")):
        chart.add(
            "MedicationStatement",
            status="active",
            medicationCodeableConcept=coded(RXNORM, rxcui, name),
            effectivePeriod={"start": "2026-06-01"},
        )
    _operated(chart, "2026-08-25")
    _pressure(chart, 150, 104)
    request = chart.request(EVENING)
    alt = chart.vital(
        "1742-6",
        "Alanine aminotransferase [Enzymatic activity/volume] in Serum or Plasma",
        at("2026-08-20"),
        310,
        "U/L",
    )
    return request | {"prefetch": request["prefetch"] | {"labs": bundle([alt], "searchset") | {"total": 1}}}


def hard_to_rouse() -> Resource:
    chart = escalated("hard-to-rouse")
    chart.observed({"text": "Pasero Opioid-induced Sedation Scale (POSS)"}, at(LAST_DAY, 17), "survey", valueInteger=4)
    return chart.request(EVENING)


# ----------------------------------------------------------------------------------------- what comes first


def new_metastasis() -> Resource:
    chart = escalated("new-metastasis")
    _on_record(chart, ("C79.51", "Secondary malignant neoplasm of bone", "2026-08-19"))
    return chart.request(LAST_DAY)


def fever() -> Resource:
    chart = escalated("fever")
    chart.vital("8310-5", "Body temperature", at("2026-08-26"), 38.9, "Cel")
    _on_record(chart, ("R50.9", "Fever, unspecified", "2026-08-26"))
    return chart.request(LAST_DAY)


def operated_two_days_ago() -> Resource:
    chart = escalated("operated-two-days-ago")
    _operated(chart, "2026-08-28")
    return chart.request(LAST_DAY)


def kidneys_fail() -> Resource:
    chart = escalated("kidneys-fail")
    request = chart.request(LAST_DAY)
    loinc = ("2160-0", "Creatinine [Mass/volume] in Serum or Plasma")
    values = [chart.vital(*loinc, at(day), value, "mg/dL") for day, value in (("2026-08-25", 2.4), ("2026-06-10", 0.9))]
    return request | {"prefetch": request["prefetch"] | {"labs": bundle(values, "searchset") | {"total": 2}}}


def pain_before_each_dose() -> Resource:
    """Short-acting tablets. A diary of six days: pain of 8 before the morning dose, of 3 within the hour after it."""
    chart = Chart("pain-before-each-dose")
    for times, (start, end) in zip((2, 3, 4, 6), days(FIRST_DAY, *LENGTHS), strict=True):
        chart.ordered("morphine 30", 1, times, start, None if times == 6 else end)
        chart.pain_between(start, end, 5.0)
    for number in range(6):
        day = date(2026, 8, 10) + timedelta(days=3 * number)
        for hour in (8, 14, 20):
            chart.given("morphine 30", 60, at(day, hour), route="oral")
        chart.pain(at(day, 7, 30), 8)
        chart.pain(at(day, 8, 50), 3)
    return chart.request(LAST_DAY)


def doses_often_missed() -> Resource:
    """On every fourth day with a score the doses were not taken, and pain is no different for it."""
    chart = escalated("doses-often-missed", [(dose, 5.0) for dose, _pain in RISING])
    scored = [one["effectiveDateTime"][:10] for one in chart.resources if one["resourceType"] == "Observation"]
    for day in scored[2::4]:
        later = next(code for code, start in reversed(STRENGTHS) if day >= start)
        chart.add(
            "MedicationStatement",
            status="not-taken",
            medicationCodeableConcept=drug(later),
            effectivePeriod={"start": day, "end": day},
        )
    return chart.request(LAST_DAY)


# ----------------------------------------------------------------------------------------- what holds a grade down


def operated_between_steps() -> Resource:
    chart = reduced("operated-between-steps")
    _operated(chart, "2026-05-20")
    return chart.request(LATER)


def sickle_cell() -> Resource:
    chart = reduced("sickle-cell")
    _on_record(chart, ("D57.1", "Sickle-cell disease without crisis", "1990-01-01"))
    return chart.request(LATER)


def fracture_without_a_date() -> Resource:
    chart = reduced("fracture-without-a-date")
    _undated(
        chart, "S72.001A", "Fracture of unspecified part of neck of right femur, initial encounter for closed fracture"
    )
    return chart.request(LATER)


def myoclonus_without_a_date() -> Resource:
    chart = reduced("myoclonus-without-a-date")
    _undated(chart, "G25.3", "Myoclonus")
    return chart.request(LATER)


def _undated(chart: Chart, code: str, text: str) -> None:
    made = chart.condition(coded(ICD10CM, code, text), "2026-01-01")
    del made["onsetDateTime"], made["recordedDate"]


def birth_date_missing() -> Resource:
    request = reduced("birth-date-missing").request(LATER)
    del request["prefetch"]["patient"]["birthDate"]
    return request


def pain_spreads() -> Resource:
    """Until May the knee, then also both arms."""
    chart = escalated("pain-spreads")
    for one in chart.resources:
        if one["resourceType"] == "Observation":
            arms = one["effectiveDateTime"] >= "2026-05-10"
            one["bodySite"] = coded(SNOMED, *(("40983000", "Upper arm") if arms else ("72696002", "Knee region")))
    return chart.request(LAST_DAY)


HAZARDS: dict[str, Callable[[], Resource]] = {
    "safety/much_speaks_against_ketamine": much_speaks_against_ketamine,
    "safety/much_calls_for_caution": much_calls_for_caution,
    "safety/hard_to_rouse": hard_to_rouse,
    "alternatives/new_metastasis": new_metastasis,
    "alternatives/fever": fever,
    "alternatives/operated_two_days_ago": operated_two_days_ago,
    "alternatives/kidneys_fail": kidneys_fail,
    "alternatives/pain_before_each_dose": pain_before_each_dose,
    "alternatives/doses_often_missed": doses_often_missed,
    "pattern/operated_between_steps": operated_between_steps,
    "pattern/sickle_cell": sickle_cell,
    "pattern/fracture_without_a_date": fracture_without_a_date,
    "pattern/myoclonus_without_a_date": myoclonus_without_a_date,
    "pattern/pain_spreads": pain_spreads,
    "scope/birth_date_missing": birth_date_missing,
}
