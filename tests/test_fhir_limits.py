"""What is nested too deeply or too long to be read is refused with its reason."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from fhir_samples import ME, RXNORM, reason, record, request, score, unread, without

import cds.fhir
from cds.clinical import Entry, FhirVersion


def test_an_object_nested_too_deeply_is_named():
    deep: dict[str, object] = {}
    inside = deep
    for _ in range(500):
        inside["extension"] = [{"url": "http://x"}]
        inside = inside["extension"][0]
    assert reason(score(**deep)) == "nested too deeply"


def nested(levels):
    """A field of so many levels of JSON, its resource included."""
    inside = {"display": "x"}
    for _ in range((levels - 4) // 2):
        inside = {"identifier": {"assigner": inside}}
    return {"extension": [{"url": "http://x", "valueReference": inside}]}


def test_64_levels_are_judged_and_more_are_refused():
    assert depth(nested(64)) == 64
    assert record(score(**nested(64))).unread == ()
    assert depth(nested(66)) == 66
    assert reason(score(**nested(66))) == "nested too deeply"


def depth(value):
    inside = list(value.values()) if isinstance(value, dict) else value
    return 1 + max((depth(each) for each in inside if isinstance(each, dict | list)), default=0)


JUDGED_IN_2_MB = """
import sys, threading
sys.path[:0] = sys.argv[1:]
from fhir_samples import record, score
from test_fhir_limits import nested
threading.stack_size(2 * 1024 * 1024)
thread = threading.Thread(target=lambda: print(len(record(score(**nested(64))).observations)))
thread.start()
thread.join()
"""


def test_the_deepest_resource_that_is_judged_fits_into_a_thread_with_a_stack_of_2_mb():
    tests = Path(__file__).parent
    command = [sys.executable, "-c", JUDGED_IN_2_MB, str(tests), str(tests.parent)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "1"), done.stderr


def lettered(length):
    return "x" * length


@pytest.mark.parametrize("models_only", [False, True])
@pytest.mark.parametrize(
    ("sent", "path"),
    [
        (lambda text: score(code={"coding": [{"system": "http://loinc.org", "code": text}]}), "code.coding[0].code"),
        (lambda text: score(code={"coding": [{"system": f"urn:{text[4:]}", "code": "1"}]}), "code.coding[0].system"),
        (lambda text: score(code={"coding": [{"code": "72514-3", "display": text}]}), "code.coding[0].display"),
        (lambda text: score(valueInteger=None, valueQuantity={"value": 4, "unit": text}), "valueQuantity.unit"),
        (lambda text: request(medicationCodeableConcept={"text": text}), "medicationCodeableConcept.text"),
        (lambda text: condition(text), "code.text"),
    ],
)
def test_a_label_of_1000_characters_is_read_and_one_of_1001_is_refused_with_its_reason(sent, path, models_only):
    def unread_of(length):
        resource = {name: value for name, value in sent(lettered(length)).items() if value is not None}
        entry = Entry(resource, "entry[0]")
        read = cds.fhir.read([entry], version=FhirVersion.R4, patient_id="1", zone=None, models_only=models_only)
        return [(each.reason, each.partial) for each in read.unread]

    assert unread_of(1000) == []
    assert unread_of(1001) == [(f"{path}: too long: over 1000 characters", False)]


def test_an_order_whose_drug_is_too_long_may_be_an_opioid():
    found = unread(request(medicationCodeableConcept={"text": f"{lettered(1000)} morphine"}))
    assert (found.opens_high, found.dates[0]) == (True, date(2026, 3, 1))


TABLET = {"system": RXNORM, "code": "310965"}


@pytest.mark.parametrize(
    ("drug", "codes"),
    [
        ({"coding": [TABLET], "text": lettered(1001)}, ["310965"]),
        ({"coding": [{**TABLET, "display": lettered(1001)}]}, ["310965"]),
        ({"coding": [TABLET, {"system": RXNORM, "display": lettered(1001)}]}, None),
        ({"coding": [TABLET, "161"], "text": lettered(1001)}, None),
        ({"coding": [TABLET, {"code": lettered(1001)}]}, None),
        ({"text": lettered(1001)}, None),
    ],
)
def test_the_codes_of_a_drug_are_told_where_only_its_words_are_refused(drug, codes):
    found = unread(request(medicationCodeableConcept=drug)).concept
    assert (found and [each.code for each in found.codings]) == codes


@pytest.mark.parametrize(
    "drug",
    [
        {"medicationCodeableConcept": {"coding": [{**TABLET, "vendorKey": "x"}]}},
        {"medicationReference": {"reference": "Medication/m", "vendorKey": "x"}},
    ],
)
def test_a_vendors_field_in_a_code_or_a_reference_costs_no_order(drug):
    found = record(without(request(), "medicationCodeableConcept") | drug)
    assert len(found.medications) == 1
    assert [each.partial for each in found.unread] == [True]


def condition(text):
    return {"resourceType": "Condition", "id": "c", "subject": ME, "code": {"text": text}}
