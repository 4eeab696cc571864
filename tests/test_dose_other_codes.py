"""An opioid named beside the code of another drug is never silent; what is given against opioids is none."""

import pytest
from dosing import MORPHINE, ONE_BID, OXYCODONE, RXNORM, day, doses, knowledge, mg, reasons, request, rx, tablets

from cds.dose import names

ACETAMINOPHEN, NALOXONE, NALOXONE_SPRAY, IBUPROFEN, ASPIRIN = "161", "7242", "1725059", "5640", "1191"
NALTREXONE, GABAPENTIN, LIDOCAINE, KETAMINE = "7243", "25480", "6387", "6130"


def coded(*codes, text=None):
    found = {"coding": [{"system": RXNORM, "code": code} for code in codes]}
    return found | ({"text": text} if text else {})


def made_of(code, *ingredients):
    """An order whose Medication has this code and these ingredients: (code, mg) each."""
    parts = [
        {"itemCodeableConcept": rx(each), "strength": {"numerator": mg(amount), "denominator": tablets(1)}}
        for each, amount in ingredients
    ]
    medication = {"resourceType": "Medication", "id": "m", "code": code, "ingredient": parts}
    raw = request("161", ONE_BID, contained=[medication], medicationReference={"reference": "#m"})
    del raw["medicationCodeableConcept"]
    return raw


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (request(coded(ACETAMINOPHEN, text="Oxycodone-acetaminophen 10-325 mg tablet"), ONE_BID), 30),
        (request(rx(ACETAMINOPHEN, "acetaminophen 325 MG / oxycodone 5 MG Oral Tablet"), ONE_BID), 15),
        (request(coded(ACETAMINOPHEN, text="Percocet 5-325 mg tablet"), ONE_BID), 15),
        (request(coded(ACETAMINOPHEN, text="co-codamol 30/500 mg tablet"), ONE_BID), 9),
        (request(coded(IBUPROFEN, text="hydrocodone-ibuprofen 7.5-200 mg tablet"), ONE_BID), 15),
        (request(coded(ASPIRIN, text="Percodan 5-325 mg tablet"), ONE_BID), 15),
        (request(coded(NALOXONE, text="oxycodone-naloxone 10-5 mg tablet"), ONE_BID), 30),
        (made_of(coded(ACETAMINOPHEN), (OXYCODONE, 5), (ACETAMINOPHEN, 325)), 15),
    ],
)
def test_an_opioid_beside_its_partners_code_is_read_with_low_certainty(order, expected):
    found = doses(order, on="2024-03-10")
    assert day(found, "2024-03-10") == (expected,) * 3
    assert found.daily[-1].contributors[0].certainty == "low: the code is that of its partner"


@pytest.mark.parametrize(
    "order",
    [
        request(coded(GABAPENTIN, text="Oxycodone 10 mg tablet"), ONE_BID),
        request(coded(ACETAMINOPHEN, text="Oxycodone 10 mg tablet"), ONE_BID),
        request(coded(ACETAMINOPHEN, GABAPENTIN, text="Percocet 5-325 mg tablet"), ONE_BID),
        request(coded(IBUPROFEN, text="Percocet 5-325 mg tablet"), ONE_BID),
        request(coded(KETAMINE, text="ketamine and morphine 1 mg/mL"), ONE_BID),
        request(coded(NALOXONE, text="naloxone 4 mg nasal spray (takes oxycodone)"), ONE_BID),
        request(coded(NALOXONE, text="naloxone 4 mg (takes oxycodone)"), ONE_BID),
        made_of(coded(GABAPENTIN), (OXYCODONE, 5)),
        made_of(coded(MORPHINE), (OXYCODONE, 5)),
    ],
)
def test_an_opioid_beside_the_code_of_an_unrelated_drug_is_a_conflict_and_never_silent(order):
    found = doses(order, on="2024-03-10")
    assert reasons(found) == {"MedicationRequest/r1": "conflicting-codes"}
    assert found.daily[-1].high is None


def test_an_opioid_group_beside_its_partners_code_is_said():
    drug = coded(ACETAMINOPHEN)
    drug["coding"].append({"system": "http://www.whocc.no/atc", "code": "N02AJ06"})
    assert reasons(doses(request(drug, ONE_BID))) == {"MedicationRequest/r1": "drug-not-clear"}


def test_ingredients_and_text_that_name_different_opioids_lower_the_certainty():
    found = doses(made_of({"text": "Morphine tablet"}, (OXYCODONE, 5)), on="2024-03-10")
    assert found.daily[-1].contributors[0].certainty == "low: code and text name different drugs"


@pytest.mark.parametrize(
    "drug",
    [
        coded(NALOXONE, text="naloxone for opioid overdose"),
        coded(NALOXONE, text="Naloxone 4 mg nasal spray for suspected fentanyl overdose"),
        coded(NALOXONE_SPRAY, text="Narcan nasal spray: opioid antagonist"),
        coded(NALTREXONE, text="naltrexone 50 mg tablet for opioid use disorder"),
        coded(GABAPENTIN, text="gabapentin 300 mg, opioid-sparing"),
        coded(LIDOCAINE, text="lidocaine 5 % patch instead of an opioid"),
        {"text": "Naloxone 4 mg nasal spray for suspected fentanyl or heroin overdose"},
        {"text": "Narcan nasal spray for opioid emergencies"},
        {"text": "opioid antagonist"},
        {"text": "naltrexone 50 mg for opioid dependence"},
        {"text": "clonidine 0.1 mg tablet for opiate withdrawal"},
        {"text": "methylnaltrexone 12 mg for opioid-induced constipation"},
        {"text": "naloxegol 25 mg tablet for opioid\u2011induced constipation"},
        {"text": "diphenhydramine 25 mg for morphine-induced itch"},
    ],
)
def test_what_is_given_against_an_opioid_is_no_opioid(drug):
    found = doses(request(drug, ONE_BID), on="2024-03-10")
    assert (found.daily, found.uncounted, found.opioid_references) == ((), (), frozenset())


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("oxycodone 10 mg, opioid overdose risk", {"oxycodone"}),
        ("oxycodone and opioid antagonist", {"oxycodone"}),
        ("fentanyl patch, opioid-tolerant patients only", {"fentanyl"}),
        ("opioid dependence treatment", {"opioid"}),
        ("acetaminophen and opioid for pain", {"opioid"}),
    ],
)
def test_a_word_about_opioids_silences_no_opioid(text, named):
    assert names.opioids_in(text, knowledge()) == named
    assert doses(request({"text": text}, ONE_BID)).opioid_references == {"MedicationRequest/r1"}
