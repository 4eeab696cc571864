"""Scores under codes that nobody knows are no scores, and no silence: from FHIR to the card, the reasons and the page."""

from datetime import UTC, datetime

import pytest
from contract_patients import ESCALATED, LOINC, TODAY, Made, at, concept, few, possible

from cds.assess import assess
from cds.case import Asked
from hooks.pages import sealed_case

ORDERS = ("order-select", "order-sign")
ASKED = Asked(now=datetime(2026, 9, 1, tzinfo=UTC))


def local(patient, every=1):
    """The same patient, each (second, third ...) score under a code of the house."""
    for observation in patient.parts["pain"][::every]:
        observation["code"] = {"coding": [{"system": "urn:local", "code": "P"}], "text": "Pain score"}
    return patient


def bundle(patient):
    """What was prefetched, as one Bundle without any keys."""
    sent = patient.request()["prefetch"]
    parts = [each["resource"] for value in sent.values() if value for each in value.get("entry", [{"resource": value}])]
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in parts]}


def gaps(evaluator, document):
    return [gap.text for gap in evaluator.assessment(document, ASKED).case.gaps if gap.kind == "not known"]


@pytest.mark.parametrize("hook", ORDERS)
def test_an_increase_is_told_that_all_scores_came_under_codes_that_nobody_knows(hook):
    patient = local(possible()).on(hook)
    assert "cannot be judged: pain: 79 of 79 Observations have no code known here as a score" in patient.text()


def test_on_patient_view_too_few_data_stay_a_matter_for_the_page(evaluator):
    patient = local(possible())
    assert patient.kinds() == []
    assert gaps(evaluator, patient.request()) == ["pain: 79 of 79 Observations have no code known here as a score"]
    assert "79 of 79 Observations have no code known here" in patient.answer()["reasons"][0]["text"]


def test_a_pattern_card_says_how_many_of_the_scores_it_does_not_rest_on():
    assert "Not used: pain: 40 of 79 Observations have no code" in local(possible(), every=2).text()
    assert "Not used" not in possible().text()


def test_a_patient_without_scores_is_not_one_with_unknown_codes(evaluator):
    without = Made().orders(ESCALATED).measured("8310-5", 37, "Cel", at(TODAY - 5))
    without.measured("2160-0", 1, "mg/dL", at(TODAY - 5), key="labs")
    assert gaps(evaluator, without.request()) == []


def test_in_a_bundle_unknown_codes_are_told_only_where_no_score_is_known(evaluator):
    fever = possible().measured("8310-5", 37, "Cel", at(TODAY - 5))
    assert gaps(evaluator, bundle(fever)) == []
    assert gaps(evaluator, bundle(local(fever, every=2))) == []
    assert gaps(evaluator, bundle(local(fever))) == ["pain: 79 of 79 Observations have no code known here as a score"]


LOCAL = {"coding": [{"system": "urn:local", "code": "Q"}]}
OTHERS = [
    ("8480-6", "systolic pressure"),
    ("2160-0", "creatinine"),
    ("9279-1", "respiratory rate"),
    ("29463-7", "body weight"),
    ("85354-9", "a panel whose parts are known"),
]


@pytest.mark.parametrize("code", [code for code, _ in OTHERS], ids=[name for _, name in OTHERS])
@pytest.mark.parametrize("key", ["pain", "observations"])
@pytest.mark.parametrize("hook", ORDERS)
def test_what_is_known_as_something_else_is_no_unknown_score(evaluator, hook, key, code):
    patient = Made().orders(ESCALATED).on(hook)
    patient.parts["observations"] = []
    for known, count in ((True, 0), (False, 1)):
        patient.parts[key] = []
        patient.measured(code, 80, "1", at(TODAY - 5), key=key)
        (observation,) = patient.parts[key]
        if not known:
            observation["code"] = LOCAL
        elif code == "85354-9":
            observation["component"] = [{"code": concept(LOINC, "8480-6"), "valueInteger": 120}]
        assert len(gaps(evaluator, patient.request())) == count
        assert ("no code known here as a score" in patient.text()) is bool(count)


@pytest.mark.parametrize(("category", "count"), [("vital-signs", 0), ("laboratory", 0), ("survey", 1), ("exam", 1)])
def test_under_a_clients_own_key_vital_signs_and_laboratory_values_are_no_scores(evaluator, category, count):
    patient = Made().orders(ESCALATED)
    filed = [concept("http://terminology.hl7.org/CodeSystem/observation-category", category)]
    for key in ("observations", "pain"):
        patient.parts["observations"] = []
        patient.measured("0", 5, None, at(TODAY - 5), key=key)
        patient.parts[key][0] |= {"code": LOCAL, "category": filed}
        # What was asked for as pain is told wherever it is filed.
        assert len(gaps(evaluator, patient.request())) == (count if key == "observations" else 1)


def test_what_calls_itself_pain_is_told_wherever_it_is_filed(evaluator):
    patient = Made().orders(ESCALATED)
    patient.parts["observations"] = []
    patient.measured("0", 5, None, at(TODAY - 5), key="observations")
    (observation,) = patient.parts["observations"]
    observation |= {"code": {**LOCAL, "text": "Phantom pain"}, "category": [concept("urn:x", "vital-signs")]}
    assert len(gaps(evaluator, patient.request())) == 1


def test_a_panel_whose_parts_are_known_is_known(evaluator):
    patient = few(4, 5, 6, 8)
    for observation in patient.parts["pain"]:
        part = {"code": observation.pop("code"), "valueInteger": observation.pop("valueInteger")}
        observation |= {"code": {"text": "Pain panel"}, "component": [part]}
    assert gaps(evaluator, patient.request()) == []


@pytest.mark.parametrize("hook", ORDERS)
def test_scores_that_are_all_refused_are_told_to_whoever_raises_the_dose(hook):
    patient = possible()
    for observation in patient.parts["pain"]:
        observation["valueInteger"] = -4
    assert "cannot be judged: 79 scores refused (nrs: -4 is outside 0-10)" in patient.on(hook).text()
    assert "79 scores refused" in patient.answer()["reasons"][0]["text"]


def test_the_page_of_a_card_tells_the_gap_once(evaluator):
    found = evaluator.assessment(local(possible(), every=2).request(), ASKED)
    again, _issuer = sealed_case.load(sealed_case.dump(found.case, ""))
    assert again == found.case
    shown = assess(again, evaluator.knowledge, evaluator.engine, evaluator.options)
    assert shown == found
    assert [gap.kind for gap in shown.case.gaps].count("not known") == 1
