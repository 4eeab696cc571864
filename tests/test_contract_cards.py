"""contract.md, "Which card appears": every row on every hook, from FHIR to the cards."""

import pytest
from contract_patients import IBUPROFEN, ICD, LOINC, OXYCODONE, TODAY, Made, at, concept, few, level, possible, strong

PATTERN = ["pattern", "evidence"]
FAILED = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}
ORDERS = ("order-select", "order-sign")


def sedated(patient, rate=7, hour=22, minute=0):
    return patient.measured("9279-1", rate, "/min", at(TODAY, hour, minute))


def saturated(patient, percent):
    return patient.measured("59408-5", percent, "%", at(TODAY, 22))


@pytest.mark.parametrize("hook", ["patient-view", *ORDERS])
@pytest.mark.parametrize(
    ("patient", "view", "order"),
    [
        (possible(), PATTERN, PATTERN),
        (few(4, 5, 6, 8), ["info"], ["info"]),
        (few(5, 5, 5, 5), [], ["info"]),
        (level(), [], ["info"]),
        (level().measured("8310-5", 39, "Cel", at(TODAY - 5)), ["info"], ["info"]),
        (level().condition(ICD, "F11.23", TODAY - 5), ["info"], ["info"]),
        (Made().order(60, 0).score(5, 20), [], ["info"]),
        (sedated(possible()), ["banner"], ["banner"]),
        (sedated(Made(birth="2012-01-01").order(60, 0)), ["banner"], ["banner"]),
        (possible().condition(ICD, "Z51.5", 10), [], []),
    ],
    ids=[
        "possible",
        "co-rise",
        "no relief, few",
        "no relief",
        "fever",
        "withdrawal",
        "few",
        "sedated",
        "minor",
        "palliative",
    ],
)
def test_the_table(hook, patient, view, order):
    assert patient.on(hook).kinds() == (order if hook in ORDERS else view)


@pytest.mark.parametrize("hook", ORDERS)
def test_a_strong_pattern_warns_only_where_the_dose_is_raised(hook):
    assert [card["indicator"] for card in strong().answer()["cards"]] == ["info", "info"]
    assert [card["indicator"] for card in strong().on(hook, 180).answer()["cards"]] == ["warning", "info"]


@pytest.mark.parametrize("hook", ORDERS)
def test_a_renewal_at_the_same_dose_is_no_increase_and_another_opioid_adds(hook):
    assert level().on(hook, 180).kinds() == []
    assert level().on(hook, 181).kinds() == ["info"]
    assert level().on(hook, 10, OXYCODONE).kinds() == ["info"]


@pytest.mark.parametrize("hook", ORDERS)
def test_a_draft_without_any_opioid_is_answered_before_any_data_check(hook):
    patient = sedated(possible())
    patient.instead = {"conditions": FAILED}
    assert patient.on(hook, 400, IBUPROFEN).kinds() == []


@pytest.mark.parametrize("key", ["conditions", "allergies", "procedures", "vitals", "labs"])
def test_a_failed_optional_key_is_named_on_the_card_or_makes_one(key):
    for patient, kinds in ((possible(), PATTERN), (level(), ["info"])):
        patient.instead = {key: FAILED}
        assert patient.kinds() == kinds
        assert key in patient.answer()["cards"][0]["detail"]


@pytest.mark.parametrize(
    ("patient", "kinds"),
    [
        (sedated(possible(), 9, 20), ["banner"]),
        (sedated(possible(), 9, 19, 59), PATTERN),
        (sedated(possible(), 10), PATTERN),
        (saturated(possible(), 91), ["banner"]),
        (saturated(possible(), 92), PATTERN),
        (saturated(possible().condition(ICD, "Z99.81", 10), 88), PATTERN),
        (sedated(possible().condition(ICD, "Z99.81", 10)), ["banner"]),
    ],
)
def test_over_sedation_needs_breathing_of_the_last_four_hours_home_oxygen_excepted(patient, kinds):
    assert patient.kinds() == kinds


def test_elyn_and_ocker_are_direct_where_the_disorder_is_on_record_else_marked_indirect():
    for code, name in (("F11.20", "Elyn 2024"), ("G90.511", "Ocker 2020")):
        lines = {
            verified: next(
                line
                for line in possible().condition(ICD, code, 10, verified=verified).text().splitlines()
                if line.startswith(f"- {name}")
            )
            for verified in ("confirmed", "refuted")
        }
        assert "indirect" not in lines["confirmed"]
        assert "indirect" in lines["refuted"]


def test_a_contraindication_takes_ketamine_out_and_the_citations_stay():
    card = possible().condition(ICD, "I20.0", TODAY - 8).answer()["cards"][1]
    assert "isted contraindication on record: unstable angina" in card["detail"]
    assert all(name in card["detail"] for name in ("Liang 2017", "Elyn 2024", "Ocker 2020"))


@pytest.mark.parametrize("hook", ORDERS)
@pytest.mark.parametrize(("mg", "kinds"), [(60_000, ["info"]), (60, [])])
def test_an_old_dose_that_is_hard_to_believe_is_told_to_whoever_orders(hook, mg, kinds):
    patient = Made().orders(((mg, 0), (60, 56))).scored(((60, 0),), (5,))
    assert patient.kinds() == []
    assert patient.on(hook, 60).kinds() == kinds
    assert ("implausible amount" in patient.on(hook, 60).text()) is bool(kinds)


def negated(patient, key):
    """The same patient; nobody knows what an unknown modifier makes of these resources, so they are not read."""
    for resource in patient.parts[key]:
        resource["modifierExtension"] = [{"url": "https://ehr.example/negated", "valueBoolean": True}]
    return patient


@pytest.mark.parametrize(
    ("key", "told"), [("pain", "Not read: 79 Observation."), ("medicationRequests", "Not read: 4 MedicationRequest.")]
)
@pytest.mark.parametrize("hook", ORDERS)
def test_what_could_not_be_read_is_told_to_whoever_orders(hook, key, told):
    assert told in negated(possible(), key).on(hook).text()


@pytest.mark.parametrize("key", ["pain", "medicationRequests"])
def test_what_could_not_be_read_makes_no_card_by_itself_where_nobody_orders(key):
    patient = negated(possible(), key)
    assert patient.kinds() == []
    assert len(patient.answer()["unread"]) == len(patient.parts[key])


@pytest.mark.parametrize(
    ("key", "told"), [("pain", "Not read: 79 Observation."), ("medicationRequests", "Not read: 4 MedicationRequest.")]
)
def test_a_card_that_stands_for_another_reason_names_what_could_not_be_read(key, told):
    fever = negated(possible(), key).measured("8310-5", 39, "Cel", at(TODAY - 5))
    assert fever.kinds() == ["info"]
    assert told in fever.text()
    banner = sedated(negated(possible(), key))
    assert banner.kinds() == ["banner"]
    assert told in banner.text()


@pytest.mark.parametrize("hook", ORDERS)
@pytest.mark.parametrize(("mg", "kinds"), [(60_000, ["info"]), (60, [])])
def test_an_order_of_a_dose_that_is_hard_to_believe_is_never_answered_with_nothing(hook, mg, kinds):
    patient = Made().orders(((60, 0),)).scored(((60, 0),), (5,)).on(hook, mg)
    assert patient.kinds() == kinds
    assert ("draft-1: implausible" in patient.text()) is bool(kinds)


def test_three_lines_never_drop_whatever_is_wrong_at_once():
    made = sedated(possible(), 14)
    for code in ("F20.9", "I20.0", "R45.851", "G47.33", "K74.60", "F19.20", "G40.909", "N30.10"):
        made.condition(ICD, code, TODAY - 8)
    made.add("allergies", resourceType="AllergyIntolerance", code=concept("http://snomed.info/sct", "373464007"),
             patient={"reference": "Patient/made"})  # fmt: skip
    made.instead = {"labs": FAILED}
    pattern, evidence = made.answer()["cards"]
    assert all(len(card["detail"].split()) <= 120 for card in (pattern, evidence))
    assert all(line in evidence["detail"] for line in ("off-label", "do not stop opioids abruptly", "case report, n=1"))


def test_text_of_the_record_is_never_markup():
    hostile = "<img src=x onerror=alert(1)> [a](http://evil.test) **b**"
    made = possible().condition(ICD, "F20.9", TODAY - 3, text=hostile)
    made.add("medicationStatements", resourceType="MedicationStatement", status="active", effectiveDateTime=at(200),
             medicationCodeableConcept={"text": f"hydromorphone {hostile}"})  # fmt: skip
    made.add("pain", resourceType="Observation", status="final", code=concept(LOINC, "72514-3", hostile), valueString=hostile,
             effectiveDateTime=at(200))  # fmt: skip
    assert made.kinds()
    assert not any(mark in made.text() for mark in ("<", "](", "**b**"))
