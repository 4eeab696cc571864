"""The founding documents as FHIR timelines: Liang 2017, Ocker 2020 and a cohort with the figures of Elyn 2024.

What the documents give and what is invented stands in each why.md. No pain score of any of them is a fact.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from chart import ICD10CM, ROUTES, SNOMED, UCUM, Chart, Resource, at, coded, mg, tablets

SURGERY = date(2026, 3, 9)  # day 0 of the index case
LISTED = date(2016, 4, 1)  # its home list: almost ten years, so that the entries are not too old to be sure of
ADMITTED = date(2025, 6, 2)  # day 0 of Ocker's patient
ENDED = date(2026, 3, 2)  # the cohort's admissions

# ----------------------------------------------------------------------------------------- Liang 2017


def _liang(name: str, ketamine: tuple[str, str], after: dict[int, tuple[int, int]]) -> Chart:
    """Ten years of morphine, an amputation, and a day and a half of rising doses and rising stump pain.

    ketamine  start and end of the infusion
    after     day -> scores at 08:00 and 20:00
    """
    chart = Chart(name, "1970-01-15", "male")
    for code, text, onset in (
        ("E11.42", "Type 2 diabetes mellitus with diabetic polyneuropathy", "2008-05-01"),
        ("I10", "Essential (primary) hypertension", "2006-03-01"),
        ("E78.5", "Hyperlipidemia, unspecified", "2009-07-01"),
        ("M86.672", "Other chronic osteomyelitis, left ankle and foot", "2024-02-01"),
    ):
        chart.condition(coded(ICD10CM, code, text), onset)
    chart.taken("morphine ER 60", tablets(1), 3, LISTED)
    chart.taken("hydrocodone 10", tablets(1), 4, LISTED, prn=True)
    for week in range(13, 0, -1):
        _stump(chart, SURGERY - timedelta(days=7 * week), 9, 6)
    chart.stay(at(SURGERY, 6))
    chart.add(
        "Procedure",
        status="completed",
        category=coded(SNOMED, "387713003", "Surgical procedure"),
        code=coded(SNOMED, "88312006", "Amputation of leg through tibia and fibula"),
        performedPeriod={"start": at(SURGERY, 8), "end": at(SURGERY, 11)},
    )
    # Hydromorphone by pump, documented every four hours: 20 MME per mg by the parenteral convention.
    for number, (milligrams, score) in enumerate(((1.5, 6), (2, 6), (2.5, 7), (3, 8), (3.75, 9), (4.5, 9), (5.5, 10))):
        end = 18 + 4 * number
        chart.given("hydromorphone injection", milligrams, _hour(end - 4), _hour(end))
        _stump(chart, SURGERY, end, score)
    chart.condition(coded(ICD10CM, "G54.6", "Phantom limb syndrome with pain"), _hour(30), _hour(30))
    chart.observed(
        coded(SNOMED, "709264002", "Assessment of allodynia"),
        _hour(34),
        "exam",
        valueCodeableConcept=coded(SNOMED, "52101004", "Present"),
    )
    chart.condition(
        coded(SNOMED, "55406008", "Hyperalgesia"), _hour(42), f"{SURGERY + timedelta(days=1)}T18:10:00-05:00"
    )
    chart.given("ketamine", 10, ketamine[0])
    infusion = {"value": 20, "unit": "mg/h", "system": UCUM, "code": "mg/h"}
    chart.given("ketamine", None, *ketamine, dosage={"route": coded(SNOMED, *ROUTES["iv"]), "rateQuantity": infusion})
    chart.observed({"text": "Clinical Opiate Withdrawal Scale (COWS)"}, _hour(60), "survey", valueInteger=6)
    _stump(chart, SURGERY, 44, 10)
    for day, (morning, evening) in after.items():
        _stump(chart, SURGERY + timedelta(days=day), 8, morning)
        _stump(chart, SURGERY + timedelta(days=day), 20, evening)
    for hour in (8, 20):
        chart.given("morphine 15", 15, at(SURGERY + timedelta(days=5), hour), route="oral")
    return chart


def _hour(after_midnight: int) -> str:
    """Hours since the midnight before surgery."""
    return at(SURGERY + timedelta(days=after_midnight // 24), after_midnight % 24)


def _stump(chart: Chart, day: date, hour: int, score: int) -> None:
    site = {"text": "Left lower leg stump" if day >= SURGERY else "Left foot"}
    chart.pain(at(day + timedelta(days=hour // 24), hour % 24), score, bodySite=site)


def _reading_a() -> Chart:
    days = {2: (8, 7), 3: (6, 5), 4: (4, 4), 5: (3, 3)}
    return _liang("liang-reading-a", (_hour(44), _hour(116)), days)


def _reading_b() -> Chart:
    days = {2: (10, 9), 3: (9, 9), 4: (9, 8), 5: (5, 3)}
    return _liang("liang-reading-b", (_hour(116), _hour(188)), days)


def _evening_of_day_1() -> str:
    return _hour(42)


def _night_of_day_5() -> str:
    return _hour(5 * 24 + 21)


# ----------------------------------------------------------------------------------------- Ocker 2020


def _ocker(name: str, later: bool) -> Chart:
    chart = Chart(name, "1980-08-08", "male")
    chart.condition(coded(ICD10CM, "G90.522", "Complex regional pain syndrome I of left lower limb"), "2021-04-01")
    before = ADMITTED - timedelta(days=1)
    start = ADMITTED - timedelta(days=200)
    chart.ordered("morphine ER 100", 1, 3, start, before if later else None)
    chart.ordered("morphine 15", 1, 2, start, before if later else None)
    for month in range(6, 0, -1):
        chart.pain(at(ADMITTED - timedelta(days=30 * month)), 8)
    chart.peg(ADMITTED - timedelta(days=20), 8.0)
    if not later:
        return chart
    chart.stay(at(ADMITTED, 8), at(ADMITTED + timedelta(days=5), 16))
    for day, (milligrams, score) in enumerate(((330, 8), (240, 8), (160, 7), (80, 6), (30, 5), (0, 5))):
        today = ADMITTED + timedelta(days=day)
        if milligrams:
            chart.given("morphine", milligrams / 2, at(today, 8), route="oral")
            chart.given("morphine", milligrams / 2, at(today, 20), route="oral")
        chart.pain(at(today, 18), score)
    second = ADMITTED + timedelta(days=182)
    for begin in (ADMITTED, second):
        chart.given("ketamine", None, at(begin, 10), at(begin + timedelta(days=5), 10))
    chart.stay(at(second, 8), at(second + timedelta(days=5), 16))
    home = ADMITTED + timedelta(days=6)
    chart.taken("morphine", mg(0), 1, home, ADMITTED + timedelta(days=365), status="not-taken")
    for month in range(1, 13):
        chart.pain(at(ADMITTED + timedelta(days=30 * month)), 4 + month % 2)
    chart.peg(ADMITTED + timedelta(days=360), 4.0)
    return chart


# ----------------------------------------------------------------------------------------- Elyn 2024

AETIOLOGY = {
    "back pain": ("M54.50", "Low back pain, unspecified"),
    "fibromyalgia": ("M79.7", "Fibromyalgia"),
    "other": ("G89.4", "Chronic pain syndrome"),
}


def _elyn() -> list[Resource]:
    with (Path(__file__).parent / "elyn_synthetic_59.csv").open(encoding="utf-8", newline="") as file:
        return [_tapered(row) for row in csv.DictReader(file)]


def _tapered(row: dict[str, str]) -> Resource:
    """Doses before, at discharge, after 3 and after 12 months; an empty one was lost and has no record."""
    chart = Chart(row["id"].lower(), f"{2026 - int(row['age'])}-01-01", {"F": "female", "M": "male"}[row["sex"]])
    chart.condition(coded(ICD10CM, "F11.20", "Opioid dependence, uncomplicated"), "2022-01-01")
    chart.condition(coded(ICD10CM, *AETIOLOGY[row["aetiology"]]), "2018-01-01")
    admitted = ENDED - timedelta(days=5)
    chart.given("ketamine", None, at(admitted, 12), at(ENDED, 12))
    for column, first, last in (
        ("mme_baseline", -95, -6),
        ("mme_discharge", 1, 90),
        ("mme_3mo", 91, 364),
        ("mme_12mo", 365, 370),
    ):
        if not row[column]:
            continue
        amount = int(row[column])
        status = {} if amount else {"status": "not-taken"}
        chart.taken(
            "morphine",
            mg(amount) if amount else None,
            1,
            ENDED + timedelta(days=first),
            ENDED + timedelta(days=last),
            **status,
        )
    return chart.request(ENDED + timedelta(days=370))


FOUNDING: dict[str, Callable[[], Resource | list[Resource]]] = {
    "founding/liang_2017_reading_a": lambda: _reading_a().request(_night_of_day_5()),
    "founding/liang_2017_reading_a_day_1_18h": lambda: _reading_a().request(_evening_of_day_1()),
    "founding/liang_2017_reading_b": lambda: _reading_b().request(_night_of_day_5()),
    "founding/liang_2017_reading_b_day_1_18h": lambda: _reading_b().request(_evening_of_day_1()),
    "founding/ocker_2020_before": lambda: _ocker("ocker-before", later=False).request(ADMITTED - timedelta(days=1)),
    "founding/ocker_2020_after": lambda: _ocker("ocker-after", later=True).request(ADMITTED + timedelta(days=365)),
    "founding/elyn_2024_cohort": _elyn,
}
