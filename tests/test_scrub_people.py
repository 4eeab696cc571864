"""A scrubbed request holds nothing of the person and everything of the course."""

import copy
import json
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from fixture_patients import PATIENTS
from hypothesis import given
from hypothesis import strategies as st

from cds import case
from hooks.scrubbing import Scrubber

WEEKS = -200
TODAY = date(2026, 8, 30)
SINGLE = sorted(name for name in PATIENTS if name != "founding/elyn_2024_cohort")
PATTERN = PATIENTS["pattern/pain_rises_with_each_increase"]()
DATE = re.compile(r"\d{4}-\d\d-\d\d")


def scrubbed(document):
    return Scrubber(WEEKS, TODAY).request(document)


def places(document, path=()):
    """Every (container, key) that holds a text."""
    for key, value in document.items() if isinstance(document, dict) else enumerate(document):
        if isinstance(value, str):
            yield document, key
        elif isinstance(value, dict | list):
            yield from places(value, (*path, key))


@given(st.data())
def test_no_text_of_the_person_survives_wherever_it_stands(data):
    document = copy.deepcopy(PATTERN)
    found = list(places(document))
    canaries = []
    for number in range(5):
        container, key = found[data.draw(st.integers(0, len(found) - 1))]
        name = data.draw(st.text(st.characters(categories=("L",)), min_size=3, max_size=12))
        canaries.append(f"{name}Qx{number}")
        container[key] = data.draw(
            st.sampled_from(["{}", "Patient/{}", "https://ehr.example/fhir/Patient/{}", "MRN {}", "urn:uuid:{}"])
        ).format(canaries[-1])
    text = json.dumps(scrubbed(document), ensure_ascii=False)
    assert [one for one in canaries if one in text] == []


@pytest.mark.parametrize(
    "element", ["name", "telecom", "address", "identifier", "photo", "note", "extension", "Maria Silva"]
)
def test_an_element_that_no_decision_reads_is_gone_with_its_name(element):
    document = copy.deepcopy(PATTERN)
    document["prefetch"]["patient"][element] = [{"value": "Maria"}]
    document["prefetch"][element] = None
    text = json.dumps(scrubbed(document))
    assert "Maria" not in text
    assert element not in scrubbed(document)["prefetch"]["patient"]


@pytest.mark.parametrize("name", SINGLE)
def test_every_date_moves_by_the_same_weeks(name):
    document = PATIENTS[name]()
    was = [
        match
        for container, key in places(without_births(document))
        for match in DATE.findall(container[key])
        if key != "display"
    ]
    text = json.dumps(scrubbed(without_births(document)))
    moved = sorted((date.fromisoformat(one) + timedelta(weeks=WEEKS)).isoformat() for one in was)
    assert sorted(DATE.findall(text)) == moved


def without_births(document):
    copied = copy.deepcopy(document)
    copied["prefetch"]["patient"].pop("birthDate", None)
    return copied


def test_of_a_birthday_the_year_remains_and_of_great_age_not_even_that():
    for born, kept in (("1968-04-12", "1964"), ("1921-01-01", "1932")):
        document = {"context": {}, "prefetch": {"patient": {"resourceType": "Patient", "birthDate": born}}}
        assert scrubbed(document)["prefetch"]["patient"]["birthDate"] == kept


def test_one_id_has_one_new_name_however_it_is_referred_to():
    names = ["Patient/77", "https://ehr.example/fhir/Patient/77", "Patient/77/_history/3"]
    resources = [{"resourceType": "Observation", "subject": {"reference": name}} for name in names]
    document = {
        "context": {"patientId": "77"},
        "prefetch": {"pain": {"resourceType": "Bundle", "entry": [{"resource": one} for one in resources]}},
    }
    made = scrubbed(document)
    kept = {
        entry["resource"]["subject"]["reference"].split("/fhir/")[-1] for entry in made["prefetch"]["pain"]["entry"]
    }
    assert kept == {f"Patient/{made['context']['patientId']}"}


def test_a_code_of_a_public_system_stays_and_a_local_one_is_renamed():
    code = {
        "coding": [
            {"system": "http://loinc.org", "code": "72514-3", "display": "x"},
            {"system": "urn:ehr", "code": "ROSE"},
        ]
    }
    made = scrubbed({"prefetch": {"pain": {"resourceType": "Observation", "code": code}}})["prefetch"]["pain"]["code"][
        "coding"
    ]
    assert made == [
        {"system": "http://loinc.org", "code": "72514-3"},
        {"system": "urn:scrubbed:system-1", "code": "scrubbed-code-1"},
    ]


@pytest.mark.parametrize("name", [name for name in SINGLE if "orders" not in name])
def test_the_course_is_graded_as_before(evaluator, name):

    document = PATIENTS[name]()
    asked = case.Asked(now=datetime(2026, 11, 21, tzinfo=UTC))
    before, after = (evaluator.report(one, asked) for one in (document, scrubbed(document)))
    for key in ("co_rise", "grade", "statistics", "foreign"):
        assert after[key] == before[key], key
    assert [one["mme"] for one in after["daily_mme"]] == [one["mme"] for one in before["daily_mme"]]
