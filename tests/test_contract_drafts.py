"""An order hook's draft that cannot be read is never answered with nothing."""

import pytest
from contract_patients import IBUPROFEN, MORPHINE, RXNORM, Made, concept, dosing, level, possible
from versions import twin

from cds.clinical import FhirVersion


def signing(patient, **fields):
    """On order-sign, with these fields of the draft changed; a field that is None is left out."""
    asked = patient.on("order-sign")
    draft = {**asked.drafts[0], **fields}
    asked.drafts = [{name: value for name, value in draft.items() if value is not None}]
    return asked


@pytest.mark.parametrize(
    "type_", ["MedicationRequest ", "medicationrequest", "MedicationRequestX", "Rx", "MedicationOrder", None]
)
@pytest.mark.parametrize("patient", [Made(), level()], ids=["nothing on record", "no pattern"])
def test_a_draft_of_no_known_type_is_told(type_, patient):
    assert signing(patient, resourceType="ServiceRequest").kinds() == []
    told = signing(patient, resourceType=type_)
    assert told.kinds() == ["info"]
    assert "Not read: 1" in told.text()


@pytest.mark.parametrize("name", [{"id": 5}, {"id": None}, {"id": " draft-1"}, {"id": ["a"]}, {"id": "a" * 300}])
def test_a_broken_draft_is_told_whatever_its_name(name):
    told = signing(level(), status=["draft"], **name)
    for url in (None, "urn:uuid:0B7C2F6E-9f1c-4c1f-8a62-2f2d5c3a9d11 ", "https://ehr.example.org/MedicationRequest/9"):
        request = told.request()
        if url:
            request["context"]["draftOrders"]["entry"][0]["fullUrl"] = url
        assert told.kinds(request) == ["info"]


def test_a_draft_that_is_no_object_is_told():
    for draft in (None, [], "order"):
        asked = level().on("order-sign")
        asked.drafts = [draft]
        assert asked.kinds() == ["info"]


def test_an_unread_draft_changes_no_day_of_the_record():
    whole, broken = (signing(level(), resourceType=type_).answer() for type_ in ("MedicationRequest", "Rx"))
    assert broken["daily_mme"] == whole["daily_mme"]
    assert broken["grade"] == whole["grade"]


def test_what_was_not_selected_is_not_asked_of():
    asked = level().on("order-select")
    renewal = {**asked.drafts[0], "dosageInstruction": dosing(180)}
    asked.drafts = [renewal, {"resourceType": "ServiceRequest", "id": "s"}, {"resourceType": "Rx", "id": "x"}]
    request = asked.request()
    for selection, cards in (("MedicationRequest/draft-1", []), ("ServiceRequest/s", []), ("Rx/x", ["info"])):
        request["context"]["selections"] = [selection]
        assert asked.kinds(request) == cards


def sent(asked, version):
    return asked.request() if version is FhirVersion.R4 else twin(asked.request(), version)


VENDOR = (
    {"dosageInstruction": [{**dosing(240)[0], "vendor": 1}]},
    {"dispenseRequest": {"vendor": 1}},
    {"intent": "whatever"},
    {"encounter": None},
)


@pytest.mark.parametrize("version", list(FhirVersion))
@pytest.mark.parametrize("hook", ["order-select", "order-sign"])
@pytest.mark.parametrize(("drug", "kinds"), [(IBUPROFEN, []), (MORPHINE, ["pattern", "evidence"])])
def test_a_draft_that_a_readable_code_shows_to_be_no_opioid_is_answered_with_nothing(version, hook, drug, kinds):
    for fields in VENDOR:
        asked = possible().on(hook, drug=drug)
        request = sent(asked, version)
        request["context"]["draftOrders"]["entry"][0]["resource"] |= fields
        assert len(asked.answer(request)["unread"]) == 1
        assert asked.kinds(request) == kinds


@pytest.mark.parametrize(
    ("code", "kinds"),
    [
        ({**concept(RXNORM, "5640"), "vendor": 1}, []),
        ({"coding": [{"system": RXNORM, "code": "5640", "vendor": {"a": 1}}]}, []),
        ({**concept(RXNORM, "7052"), "vendor": 1}, ["pattern", "evidence"]),
        ({**concept(RXNORM, "5640"), "modifierExtension": [{"url": "http://x"}]}, ["pattern", "evidence"]),
        ({**concept(RXNORM, "5640"), "Text": "morphine"}, ["pattern", "evidence"]),
        ({**concept(RXNORM, "5640"), "text": 5}, []),
        ({"vendor": "5640"}, ["pattern", "evidence"]),
    ],
)
@pytest.mark.parametrize("version", list(FhirVersion))
def test_a_vendor_field_beside_the_code_of_a_draft_hides_no_drug_but_half_a_code_may(version, code, kinds):
    asked = possible().on("order-sign")
    request = sent(asked, version)
    draft = request["context"]["draftOrders"]["entry"][0]["resource"]
    draft |= {"medication": {"concept": code}} if version is FhirVersion.R5 else {"medicationCodeableConcept": code}
    assert len(asked.answer(request)["unread"]) == 1
    assert asked.kinds(request) == kinds


@pytest.mark.parametrize(
    ("ingredients", "kinds"), [([IBUPROFEN], []), ([IBUPROFEN, MORPHINE], ["pattern", "evidence"])]
)
def test_an_opioid_among_the_ingredients_of_an_unread_draft_is_told(ingredients, kinds):
    asked = possible().on("order-sign")
    items = [{"itemCodeableConcept": concept(RXNORM, code)} for code, _ in ingredients]
    capsule = {"resourceType": "Medication", "id": "m", "code": {"text": "capsule of the house"}, "ingredient": items}
    named = {"medicationReference": {"reference": "#m"}, "contained": [capsule], "dispenseRequest": {"vendor": 1}}
    asked.drafts = [
        {name: value for name, value in asked.drafts[0].items() if name != "medicationCodeableConcept"} | named
    ]
    assert len(asked.answer()["unread"]) == 1
    assert asked.kinds() == kinds
