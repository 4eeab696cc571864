"""Hazard 19: a renewal is silent, unless what could not be read or believed could have made another grade."""

import pytest
from contract_patients import IBUPROFEN, MORPHINE, SNOMED, TODAY, Made, concept, day, dosing, possible
from versions import twin

from cds.clinical import FhirVersion

ORDERS = ("order-select", "order-sign")
# The look-back of 540 days ends with the day of the evaluation.
BEFORE, WITHIN = day(TODAY - 540), day(TODAY - 539)
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFIED = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
ABSENT = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/data-absent-reason", "code": "unknown"}]}
PART_OF_RECORD = "Part of the record could not be read; it could change what is said about this order."
PART_OF_OPIOIDS = (
    "Part of the opioid record could not be read or counted; it could change what is said about this order."
)


def renewal(hook="order-sign"):
    """The pattern's patient, with the dose in force drafted again."""
    return possible().on(hook, 180)


def headlines(patient, request=None):
    return [card["summary"] for card in patient.answer(request)["cards"]]


def unread(key, **resource):
    """A renewal beside one resource that cannot be read."""
    patient = renewal().add(key, **resource)
    assert len(patient.answer()["unread"]) == 1
    return patient


def test_the_renewal_itself_is_silent():
    for hook in ORDERS:
        assert headlines(renewal(hook)) == []


PROCEDURE = {"resourceType": "Procedure", "status": "completed"}
CONDITION = {"resourceType": "Condition"}
OBSERVATION = {"resourceType": "Observation", "status": "final", "code": {"text": ""}, "valueString": "x"}
ENCOUNTER = {"resourceType": "Encounter", "status": "finished", "class": {"code": "IMP"}}

IN_TIME = [
    ("procedures", PROCEDURE, lambda last: {"performedDateTime": last}),
    ("procedures", PROCEDURE, lambda last: {"performedPeriod": {"start": "1998", "end": last}}),
    ("conditions", CONDITION, lambda last: {"onsetDateTime": "1998-01-01", "abatementDateTime": last}),
    ("conditions", CONDITION | {"clinicalStatus": concept(CLINICAL, "resolved")}, lambda last: {"onsetDateTime": last}),
    ("labs", OBSERVATION, lambda last: {"effectiveDateTime": last}),
    ("labs", OBSERVATION, lambda last: {"effectiveDateTime": "1998-01-01", "issued": f"{last}T08:00:00Z"}),
    ("encounters", ENCOUNTER, lambda last: {"period": {"start": last}, "class": {"code": "IMP", "vendor": 1}}),
    ("encounters", ENCOUNTER, lambda last: {"period": {"start": "1998", "end": last}, "class": {"vendor": 1}}),
]  # fmt: skip


@pytest.mark.parametrize(("key", "resource", "dated"), IN_TIME)
def test_what_could_not_be_read_speaks_where_it_may_reach_into_the_look_back(key, resource, dated):
    assert headlines(unread(key, **resource | dated(BEFORE))) == []
    assert headlines(unread(key, **resource | dated(WITHIN))) == [PART_OF_RECORD]


@pytest.mark.parametrize(
    ("key", "resource"),
    [
        ("procedures", PROCEDURE),
        ("procedures", PROCEDURE | {"performedDateTime": "soon after 1998-01-01"}),
        ("procedures", PROCEDURE | {"performedDateTime": "1998-01-01", "performedPeriod": "2026"}),
        ("conditions", CONDITION | {"onsetDateTime": "1998-01-01"}),
        ("conditions", CONDITION | {"onsetDateTime": "1998-01-01", "clinicalStatus": concept(CLINICAL, "active")}),
        ("labs", OBSERVATION),
        ("labs", OBSERVATION | {"issued": "1998-01-01T08:00:00Z", "effectiveTiming": {"event": ["2026-08-01"]}}),
        ("conditions", CONDITION | {"onsetDateTime": "1998-01-01", "abatementString": None}),
        ("conditions", CONDITION | {"onsetDateTime": "1998-01-01", "abatementAge": None}),
        ("encounters", ENCOUNTER | {"status": "in-progress", "class": {"vendor": 1}, "period": {"start": "1998"}}),
        ("encounters", ENCOUNTER | {"status": "in-progress", "class": [], "period": {"start": "1998"}}),
    ],
)
def test_what_may_hold_today_is_not_silent(key, resource):
    assert headlines(unread(key, **resource)) == [PART_OF_RECORD]


PAIRS = [
    ("labs", OBSERVATION | {"status": "cancelled"}, OBSERVATION | {"status": "final"}),
    ("labs", OBSERVATION | {"status": "registered"}, OBSERVATION | {"status": "amended"}),
    (
        "labs",
        {"resourceType": "Observation", "status": "final", "code": {}, "dataAbsentReason": ABSENT},
        OBSERVATION | {"dataAbsentReason": {}},
    ),
    (
        "vitals",
        {"resourceType": "Observation", "status": "final", "code": {}, "hasMember": [{"reference": "Observation/1"}]},
        {
            "resourceType": "Observation", "status": "final", "code": {}, "hasMember": [{"reference": "Observation/1"}],
            "component": [{"code": concept("http://loinc.org", "72514-3"), "valueInteger": 9}],
        },
    ),
    ("procedures", PROCEDURE | {"status": "not-done"}, PROCEDURE | {"status": "in-progress"}),
    (
        "conditions",
        CONDITION | {"verificationStatus": concept(VERIFIED, "refuted"), "vendor": 1, "clinicalStatus": "active"},
        CONDITION | {"verificationStatus": concept(VERIFIED, "confirmed"), "clinicalStatus": "active"},
    ),
    (
        "encounters",
        ENCOUNTER | {"class": {"code": "AMB", "vendor": 1}, "period": {"start": day(TODAY - 5)}},
        ENCOUNTER | {"class": {"code": "IMP", "vendor": 1}, "period": {"start": day(TODAY - 5)}},
    ),
    (
        "encounters",
        ENCOUNTER | {"status": "cancelled", "class": {"code": "IMP", "vendor": 1}, "period": {"start": day(TODAY)}},
        ENCOUNTER | {"class": {"code": "IMP", "vendor": 1}, "period": {"start": day(TODAY)}},
    ),
    ("vitals", {"resourceType": "MolecularDefinition"}, {"resourceType": "MolecularDefinition", "valueInteger": 9}),
    ("vitals", {"resourceType": "AcmeNote"}, {"resourceType": "AcmeNote", "code": concept(SNOMED, "363346000")}),
    ("vitals", {"resourceType": "AcmeNote"}, {"resourceType": ""}),
    ("allergies", {"resourceType": "AllergyIntolerance", "code": {}}, PROCEDURE),
]  # fmt: skip


@pytest.mark.parametrize(("key", "nothing", "something"), PAIRS)
@pytest.mark.parametrize("hook", ORDERS)
def test_what_says_nothing_whatever_stands_in_it_is_silent(hook, key, nothing, something):
    assert headlines(unread(key, **nothing).on(hook, 180)) == []
    assert headlines(unread(key, **something).on(hook, 180)) == [PART_OF_RECORD]


@pytest.mark.parametrize("version", [FhirVersion.R5, FhirVersion.STU3])
@pytest.mark.parametrize(
    ("key", "resource", "cards"),
    [
        ("procedures", PROCEDURE | {"performedDateTime": BEFORE}, []),
        ("procedures", PROCEDURE | {"performedDateTime": WITHIN}, [PART_OF_RECORD]),
        ("conditions", CONDITION | {"clinicalStatus": concept(CLINICAL, "resolved"), "onsetDateTime": BEFORE}, []),
        (
            "conditions",
            CONDITION | {"clinicalStatus": concept(CLINICAL, "active"), "onsetDateTime": BEFORE},
            [PART_OF_RECORD],
        ),
        ("labs", OBSERVATION | {"status": "cancelled"}, []),
        ("labs", OBSERVATION, [PART_OF_RECORD]),
    ],
)
def test_the_same_holds_in_the_other_versions_of_fhir(version, key, resource, cards):
    patient = renewal().add(key, **resource)
    request = twin(patient.request(), version)
    assert len(patient.answer(request)["unread"]) == 1
    assert headlines(patient, request) == cards


def test_a_class_with_a_text_beside_its_code_is_read_without_the_text():
    stay = {"resourceType": "Encounter", "status": "in-progress", "period": {"start": day(TODAY - 5)}}
    read = Made().add("encounters", **stay, **{"class": {"code": "IMP", "text": "Inpatient"}})
    assert [each["reason"] for each in read.answer()["unread"]] == ["read without: class.text"]
    refused = Made().add("encounters", **stay, **{"class": {"text": "Inpatient"}})
    assert [each["reason"] for each in refused.answer()["unread"]] == ["class.text: unknown field"]


# ------------------------------------------------------------------------------------------------ medications


@pytest.mark.parametrize(("last", "cards"), [(BEFORE, []), (WITHIN, [PART_OF_OPIOIDS])])
@pytest.mark.parametrize(
    "broken", [{"dosageInstruction": "by mouth"}, {"medicationCodeableConcept": {"text": "opioid"}}]
)
def test_an_order_that_ended_before_the_look_back_is_silent(last, cards, broken):
    """One that could not be read, and one that could not be counted."""
    period = {"start": "1998-01-01", "end": last}
    patient = renewal().order(60, -5000, TODAY - 900)
    patient.parts["medicationRequests"][-1] |= {
        "status": "completed",
        "dispenseRequest": {"validityPeriod": period},
        **broken,
    }
    if "medicationCodeableConcept" in broken:
        line = dosing(60)[0]
        line["timing"]["repeat"]["boundsPeriod"] = period
        patient.parts["medicationRequests"][-1]["dosageInstruction"] = [line]
    found = patient.answer()
    assert len(found["unread"]) + len(found["uncounted"]) == 1
    assert headlines(patient) == cards


@pytest.mark.parametrize(("drug", "cards"), [(IBUPROFEN, []), (MORPHINE, [PART_OF_OPIOIDS])])
def test_an_unread_order_is_silent_where_its_code_shows_that_it_is_no_opioid(drug, cards):
    patient = renewal().order(60, 100, drug=drug)
    patient.parts["medicationRequests"][-1]["dispenseRequest"] = {"vendor": 1}
    assert len(patient.answer()["unread"]) == 1
    assert headlines(patient) == cards


def test_an_opioid_among_what_could_not_be_read_gives_the_headline():
    patient = unread("procedures", **PROCEDURE).order(60, 100, drug=MORPHINE)
    patient.parts["medicationRequests"][-1]["dispenseRequest"] = {"vendor": 1}
    assert headlines(patient) == [PART_OF_OPIOIDS]


@pytest.mark.parametrize(("last", "count"), [(TODAY - 540, 0), (TODAY - 539, 1)])
def test_a_dose_that_is_hard_to_believe_speaks_as_long_as_it_lies_in_the_look_back(last, count):
    patient = renewal().order(60_000, last - 9, last)
    assert [text.split(";")[0] for text in headlines(patient)] == ["An opioid dose is hard to believe"] * count
    assert headlines(possible().order(60_000, last - 9, last)) == headlines(possible())
