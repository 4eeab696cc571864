"""An unread medication resource: whether it may be an opioid, which one, and on which days."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from fhir_samples import DRUG, ME, RXNORM, administration, record, request, score, unread, without

from cds.clinical import Entry, FhirVersion

SINCE_FEBRUARY = (date(2026, 2, 1), date(2999, 12, 31))


def begins(day):
    """A dosage with a start of its own."""
    return {"timing": {"repeat": {"boundsPeriod": {"start": day}}}}


def test_an_unread_order_opens_the_days_from_its_first_date_on():
    found = unread(request(status="?", dispenseRequest={"validityPeriod": {"start": "2026-02-27"}}))
    assert found.opens_high
    assert found.dates is not None
    assert found.dates[0] == date(2026, 2, 27)
    assert found.dates[1].year == 2999


@pytest.mark.parametrize(
    ("resource", "dates"),
    [
        (administration(status="?"), (date(2026, 3, 1), date(2026, 3, 1))),
        (administration(effectiveDateTime="2026-03-01T08:00"), (date(2026, 3, 1), date(2026, 3, 1))),
        (administration(status="?", effectiveDateTime="2026-03"), (date(2026, 3, 1), date(2026, 3, 31))),
        (administration(effectiveDateTime="morning"), None),
        (
            request(status="?", dispenseRequest={"validityPeriod": {"end": "2026-03-31"}}),
            (date(2026, 3, 1), date(2026, 3, 31)),
        ),
        (
            {
                "resourceType": "MedicationDispense",
                "status": "?",
                "subject": ME,
                "medicationCodeableConcept": DRUG,
                "whenHandedOver": "2026-03-01",
                "daysSupply": {"value": 7},
            },
            (date(2026, 3, 1), date(2026, 3, 8)),
        ),
        (request(status="?", dosageInstruction=[begins("2026-02-01"), begins("2026-05-01")]), SINCE_FEBRUARY),
        (request(status="?", dosageInstruction=[begins("2026-05-01")], authoredOn="2026-02-01"), SINCE_FEBRUARY),
        (request(status="?", dosageInstruction=[begins("soon")], authoredOn="2026-02-01"), None),
    ],
)
def test_the_days_of_an_unread_dose_are_told_where_they_can_be_read(resource, dates):
    assert unread(resource).dates == dates


def test_the_days_of_an_unread_dose_are_those_of_the_configured_zone():
    night = administration(status="?", effectiveDateTime="2026-03-01T02:00:00Z")
    assert unread(night, zone=ZoneInfo("America/New_York")).dates == (date(2026, 2, 28), date(2026, 2, 28))


@pytest.mark.parametrize("status", ["cancelled", "on-hold", "draft"])
def test_an_unread_order_that_counts_nothing_opens_nothing(status):
    assert not unread(request(status=status, authoredOn="?")).opens_high
    assert unread(request(status="active", authoredOn="?")).opens_high
    assert not unread(request(intent="plan", authoredOn="?")).opens_high


def test_an_unread_draft_of_an_order_hook_may_be_a_dose_but_of_no_day_of_the_record():
    for draft in (request(status="draft", authoredOn="?"), request(status="?")):
        found = unread(Entry(draft, "draftOrders[0]", draft=True, selected=True))
        assert (found.opens_high, found.draft) == (True, True)
        assert found.dates == (date(2999, 12, 31), date(2999, 12, 31))


@pytest.mark.parametrize(
    "resource",
    [request(resourceType="MedicationRequest "), request(resourceType="MedRequest"), {"id": "x"}, None, ["x"]],
)
def test_a_draft_without_a_readable_type_may_be_a_dose_if_it_was_asked_of_but_of_no_day_of_the_record(resource):
    for asked in (True, False):
        found = unread(Entry(resource, "draftOrders[0]", draft=True, selected=asked))
        assert (found.opens_high, found.draft) == (asked, True)
        assert found.dates == (date(2999, 12, 31), date(2999, 12, 31))


def test_the_same_content_as_a_draft_and_in_the_record_is_told_as_both_in_whatever_order():
    raw = {"id": "x", "note": "no type"}
    asked = Entry(raw, "draftOrders[0]", full_url="urn:uuid:1", draft=True, selected=True)
    other = Entry(raw, "draftOrders[1]", full_url="urn:uuid:1", draft=True)
    stored = Entry(raw, "entry[1]", full_url="urn:uuid:1")
    found = record(asked, other, stored)
    assert sorted((each.draft, each.opens_high) for each in found.unread) == [
        (False, False),
        (True, False),
        (True, True),
    ]
    assert record(stored, other, asked) == found


def test_an_unread_order_of_the_record_is_no_draft():
    assert not unread(request(status="?")).draft
    assert not unread(Entry(score(status="?"), "draftOrders[0]", draft=True, selected=True)).draft


def test_a_readable_drug_of_an_unread_order_is_told():
    assert unread(request(status="?")).concept.codings[0].code == "1049621"
    half = {"coding": [{"code": "161"}, {"code": 7804}]}
    assert unread(request(medicationCodeableConcept=half)).concept is None
    assert unread(request(medicationReference={"reference": "Medication/m"})).concept is None


IBUPROFEN = {"coding": [{"system": RXNORM, "code": "5640"}]}
MORPHINE = {"coding": [{"system": RXNORM, "code": "7052"}]}


def in_version(version, code, *drugs):
    """A Medication of that code and those ingredients."""
    items = [
        {"item": {"concept": each}} if version is FhirVersion.R5 else {"itemCodeableConcept": each} for each in drugs
    ]
    return {"resourceType": "Medication", "id": "m", "code": code, **({"ingredient": items} if items else {})}


@pytest.mark.parametrize("version", list(FhirVersion))
@pytest.mark.parametrize("where", ["contained", "beside"])
def test_the_ingredients_of_the_medication_that_an_unread_order_names_are_told_with_its_code(version, where):
    def codes(medicine):
        reference = {"reference": "#m" if where == "contained" else "Medication/m"}
        drug = (
            {"medication": {"reference": reference}}
            if version is FhirVersion.R5
            else {"medicationReference": reference}
        )
        order = without(request(status="?", **drug), "medicationCodeableConcept")
        sent = (order | {"contained": [medicine]},) if where == "contained" else (order, medicine)
        (only,) = (each for each in record(*sent, version=version).unread if each.kind == "MedicationRequest")
        return only.concept and [each.code for each in only.concept.codings]

    assert codes(in_version(version, IBUPROFEN)) == ["5640"]
    assert codes(in_version(version, {"text": "capsule of the house"}, IBUPROFEN, MORPHINE)) == ["5640", "7052"]
    assert codes(in_version(version, IBUPROFEN) | {"ingredient": [{}]}) is None  # it may be the opioid


def test_of_two_versions_of_a_medication_neither_shows_what_an_unread_order_holds():
    order = without(request(medicationReference={"reference": "Medication/m"}), "medicationCodeableConcept")
    medicines = [in_version(FhirVersion.R4, code) for code in (IBUPROFEN, MORPHINE)]
    of_order = [each for each in record(order, *medicines).unread if each.kind == "MedicationRequest"]
    assert [each.concept for each in of_order] == [None]


def test_entered_in_error_vanishes_even_where_it_is_invalid():
    gone = {"status": "entered-in-error"}
    found = record(
        request(**gone, authoredOn="?"),
        administration(**gone),
        score(**gone),
        without(request(**gone, id="x"), "subject"),
        {
            "resourceType": "Condition",
            "id": "c",
            "subject": ME,
            "vendor": 1,
            "verificationStatus": {"coding": [{"code": "entered-in-error"}]},
        },
    )
    assert (found.medications, found.observations, found.conditions, found.unread) == ((), (), (), ())
