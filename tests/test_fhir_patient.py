"""Whose record it is: one patient's, bound by reference, and nobody else's."""

import pytest
from fhir_samples import ME, PATIENT, administration, reason, record, request, score, without

from cds.clinical import Entry, FhirVersion
from cds.errors import PatientMismatch

UUID = "urn:uuid:0C3151BD-1CBF-4D64-B04D-CD9187A4C6E0"


@pytest.mark.parametrize(
    "reference",
    [
        "Patient/1",
        " Patient/1 ",
        "Patient/1/_history/2",
        "https://ehr.example/fhir/Patient/1",
        "https://ehr.example/fhir/Patient/1/_history/2",
        UUID,
        UUID.lower(),
    ],
)
def test_every_spelling_of_the_patient_is_the_patient(reference):
    found = record(Entry(PATIENT, "entry[0]", full_url=UUID), score(subject={"reference": reference}))
    assert (len(found.observations), found.foreign, found.unread) == (1, 0, ())


@pytest.mark.parametrize(
    "reference",
    ["Patient/2", "Patient/11", "Group/1", "https://ehr.example/fhir/Patient/2", "urn:uuid:1", "Device/1"],
)
def test_everybody_else_is_foreign(reference):
    found = record(PATIENT, score(subject={"reference": reference}))
    assert (found.observations, found.foreign, found.unread) == ((), 1, ())


@pytest.mark.parametrize(
    "subject",
    [None, {}, {"display": "Maria"}, {"identifier": {"value": "7"}}, {"reference": ""}, {"reference": "#p"},
     {"reference": "1"}, {"reference": "patient/1"}, {"reference": "Patient/1?x=y"}, {"reference": 1}, "Patient/1", [ME], {"reference": "https://ehr.example/1"}],
)  # fmt: skip
def test_a_resource_that_does_not_say_whose_it_is_is_unread(subject):
    assert "subject" in reason(score(subject=subject))
    assert reason(without(score(), "subject")) == "without subject"


def test_an_order_that_does_not_say_whose_it_is_opens_the_dose():
    (only,) = record(without(request(), "subject")).unread
    assert only.opens_high
    assert only.concept is not None


def test_another_patients_resource_is_foreign_even_where_it_is_invalid():
    other = {"reference": "Patient/2"}
    found = record(
        score(subject={**other, "vendor": 1}, status="?"), request(subject=other, resourceType="medicationrequest")
    )
    assert (found.unread, found.foreign) == ((), 2)


# ------------------------------------------------------------------------------------------------ who is the patient


def test_the_context_wins_over_what_was_sent():
    found = record(PATIENT, {**PATIENT, "id": "2"}, score(), score(id="x", subject={"reference": "Patient/2"}))
    assert (found.patient.id, len(found.observations), found.foreign) == ("1", 1, 2)
    for spelling in ("Patient/1", " 1 "):
        assert record(PATIENT, score(), patient_id=spelling).patient == found.patient


def test_a_context_that_names_another_patient_than_the_one_sent_is_an_error():
    with pytest.raises(PatientMismatch):
        record(PATIENT, score(), patient_id="2")
    assert record(score(), patient_id="2").foreign == 1


def test_without_a_context_the_only_patient_is_meant():
    found = record(PATIENT, dict(PATIENT), score(), score(id="x", subject={"reference": "Patient/2"}), patient_id=None)
    assert (found.patient.id, found.patient.gender, found.foreign) == ("1", "female", 1)
    with pytest.raises(PatientMismatch, match="several"):
        record(PATIENT, {**PATIENT, "id": "2"}, score(), patient_id=None)


def test_without_a_patient_the_only_subject_is_meant():
    found = record(score(), request(), without(score(id="x"), "subject"), patient_id=None)
    assert (found.patient.id, found.patient.birth_date, len(found.observations)) == ("1", None, 1)
    with pytest.raises(PatientMismatch, match="several"):
        record(score(), score(id="x", subject={"reference": "Patient/2"}), patient_id=None)
    with pytest.raises(PatientMismatch, match="nobody"):
        record(without(score(), "subject"), patient_id=None)


def test_a_patient_may_be_known_by_a_full_url_only():
    nameless = Entry(without(PATIENT, "id"), "entry[0]", full_url=UUID)
    found = record(nameless, score(subject={"reference": UUID}), patient_id=None)
    assert (found.patient.id, len(found.observations)) == (UUID.lower(), 1)
    by_context = record(nameless, score(subject={"reference": UUID}), patient_id=UUID.lower().removeprefix("urn:uuid:"))
    assert (by_context.patient.gender, len(by_context.observations)) == ("female", 1)


def test_a_patient_without_any_name_is_the_only_one_that_the_rest_is_about():
    found = record(without(PATIENT, "id"), score(), patient_id=None)
    assert (found.patient.id, found.patient.gender) == ("1", "female")


def test_a_full_url_cannot_lend_one_patient_the_others_name():
    impostor = Entry({**PATIENT, "id": "2"}, "entry[1]", full_url="https://ehr.example/Patient/1")
    found = record(PATIENT, impostor, score(), score(id="x", subject={"reference": "Patient/2"}))
    assert (len(found.observations), found.foreign) == (1, 2)
    impostor = Entry({**PATIENT, "id": "2", "gender": "male"}, "entry[0]", full_url=UUID)
    found = record(impostor, Entry(PATIENT, "entry[1]", full_url=UUID), score(subject={"reference": UUID}))
    assert (found.patient.gender, len(found.observations), found.foreign) == ("female", 1, 1)


def test_an_unreadable_patient_is_still_the_patient():
    found = record({**PATIENT, "birthDate": "61"}, score(), patient_id=None)
    assert (found.patient.id, found.patient.birth_date, len(found.observations)) == ("1", None, 1)
    assert found.unread[0].reason.startswith("birthDate: ")


# ------------------------------------------------------------------------------------------------ copies


def test_a_resource_sent_twice_is_one():
    narrative = {"text": {"status": "generated", "div": "<div xmlns='http://www.w3.org/1999/xhtml'>x</div>"}}
    assert len(record(score(), score(), score(**narrative)).observations) == 1
    assert len(record(without(score(), "id"), without(score(), "id")).observations) == 2


def test_a_resource_of_nobody_sent_twice_is_told_once():
    nobody = without(score(), "subject")
    assert len(record(score(id="own"), nobody, nobody).unread) == 1
    assert len(record(score(id="own"), nobody, {**nobody, "valueInteger": 5}).unread) == 2


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ({"lastUpdated": "2026-03-01T10:00:00Z"}, {"lastUpdated": "2026-03-01T09:30:00-01:00"}),
        ({"versionId": "9"}, {"versionId": "10"}),
        (
            {"versionId": "2", "lastUpdated": "2026-03-01T10:00:00Z"},
            {"versionId": "1", "lastUpdated": "2026-03-02T10:00:00Z"},
        ),
    ],
)
def test_of_two_versions_the_newer_counts(older, newer):
    for first, second in ((0, 1), (1, 0)):
        pair = [score(meta=older, valueInteger=3), score(meta=newer, valueInteger=8)]
        found = record(pair[first], pair[second])
        assert [each.value for each in found.observations] == [8]
        assert found.unread == ()


def test_a_version_that_was_entered_in_error_takes_the_older_one_with_it():
    gone = score(status="entered-in-error", meta={"versionId": "2"})
    assert record(score(meta={"versionId": "1"}), gone).observations == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {}),
        ({"versionId": "a"}, {"versionId": "b"}),
        ({"versionId": "1"}, {}),
        ({"versionId": "1"}, {"versionId": "1"}),
    ],
)
def test_versions_that_contradict_each_other_are_unread(one, other):
    found = record(request(meta=one), request(meta=other, status="stopped"))
    assert found.medications == ()
    (only,) = found.unread
    assert "versions that differ" in only.reason
    assert only.opens_high
    assert only.concept is not None


def test_a_draft_is_no_copy_of_the_order_that_it_changes():
    draft = Entry(request(status="draft"), "draftOrders[0]", draft=True)
    found = record(request(), draft)
    assert [(each.reference, each.draft) for each in found.medications] == [
        ("MedicationRequest/r", False),
        ("MedicationRequest/r", True),
    ]


def under_one_url(*resources):
    """Resources without ids under one fullUrl, the first with the oldest time of change."""
    return [
        Entry(
            {**without(each, "id"), "meta": {"lastUpdated": f"2026-03-0{number}T10:00:00Z"}},
            f"entry[{number}]",
            full_url="urn:uuid:9f0e",
        )
        for number, each in enumerate(resources, start=1)
    ]


@pytest.mark.parametrize("dose", [request, administration])
def test_a_dose_and_a_score_under_one_full_url_both_count_whichever_is_newer(dose):
    for pair in ((dose(), score()), (score(), dose())):
        found = record(*under_one_url(*pair))
        assert (len(found.medications), len(found.observations), found.unread) == (1, 1, ())


def test_two_kinds_of_dose_under_one_full_url_are_unread_and_open_the_days_of_both():
    later = administration(effectiveDateTime="2026-03-05T08:00:00Z")
    for pair in ((request(), later), (later, request())):
        found = record(*under_one_url(*pair))
        assert found.medications == ()
        (only,) = found.unread
        assert (only.reason, only.opens_high) == ("resources of several types share this fullUrl", True)
        assert only.dates is not None
        assert (str(only.dates[0]), only.dates[1].year) == ("2026-03-01", 2999)


# ------------------------------------------------------------------------------------------------ links


def test_links_lead_to_the_reference_of_the_resource_that_they_name():
    order = Entry(request(), "entry[0]", full_url=UUID)
    links = [UUID.upper().replace("URN:UUID", "urn:uuid"), "https://ehr.example/fhir/MedicationRequest/r/_history/3"]
    for link in links:
        found = record(order, administration(request={"reference": link}))
        assert found.medications[0].links == ("MedicationRequest/r",)
        assert found.medications[1].aliases == ("MedicationRequest/r", UUID.lower())


def test_a_link_to_what_was_not_sent_keeps_its_name():
    found = record(administration(request={"reference": "http://x/MedicationRequest/gone"}, partOf=[{"display": "?"}]))
    assert found.medications[0].links == ("MedicationRequest/gone",)


def test_the_stay_of_a_dose_can_be_joined():
    stay = {"resourceType": "Encounter", "id": "e", "subject": ME, "status": "finished", "class": {"code": "IMP"}}
    found = record(Entry(stay, "entry[0]", full_url=UUID), administration(context={"reference": UUID}))
    assert found.medications[0].encounter == found.encounters[0].reference == "Encounter/e"


def test_the_version_is_told():
    assert record(version=FhirVersion.STU3).version is FhirVersion.STU3
