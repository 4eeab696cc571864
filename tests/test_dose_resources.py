"""Which resources count on which day, and once: statuses, precedence, renewals, stays, dates (conventions 4-12)."""

import pytest
from dosing import (
    BID,
    DAILY,
    MORPHINE_15,
    MORPHINE_ER_15,
    MORPHINE_INJ,
    ONE_BID,
    OXYCODONE,
    OXYCODONE_5,
    OXYCODONE_10,
    OXYCONTIN_20,
    SUBOXONE_8,
    TID,
    TWO_BID,
    administration,
    day,
    dispense,
    dosage,
    doses,
    every,
    mg,
    mme,
    qty,
    reasons,
    request,
    rx,
    statement,
    tablets,
)  # fmt: skip

COUGH = "1087459"


@pytest.mark.parametrize(
    ("sentence", "order", "expected"),
    [
        ("active", {}, (30, 30, 30)),
        ("on hold", {"status": "on-hold"}, None),
        ("cancelled", {"status": "cancelled"}, None),
        ("a draft outside an order hook", {"status": "draft"}, None),
        ("entered in error", {"status": "entered-in-error"}, None),
        ("a proposal", {"intent": "proposal"}, None),
        ("a plan", {"intent": "plan"}, None),
        ("an option", {"intent": "option"}, None),
        ("a reflex order", {"intent": "reflex-order"}, (30, 30, 30)),
        ("do not perform", {"doNotPerform": True}, None),
        ("unknown", {"status": "unknown"}, (None, None, None)),
        ("written in the future", {"authoredOn": "2024-03-11"}, None),
    ],
)
def test_the_status_of_an_order(sentence, order, expected):
    assert mme(request(OXYCODONE_10, ONE_BID, **order)) == expected


@pytest.mark.parametrize(
    ("sentence", "more", "expected"),
    [
        ("active", {}, (30, 30, 30)),
        ("completed, in its period", {"status": "completed", "effectivePeriod": {"start": "2024-03-01", "end": "2024-03-10"}}, (30, 30, 30)),
        ("completed, after its period", {"status": "completed", "effectivePeriod": {"start": "2024-03-01", "end": "2024-03-09"}}, None),
        ("stopped, in its period", {"status": "stopped", "effectivePeriod": {"start": "2024-03-01", "end": "2024-03-15"}}, (30, 30, 30)),
        ("intended", {"status": "intended"}, None),
        ("on hold", {"status": "on-hold"}, None),
        ("entered in error", {"status": "entered-in-error"}, None),
        ("not taken is a recorded 0", {"status": "not-taken"}, (0, 0, 0)),
        ("unknown", {"status": "unknown"}, (None, None, None)),
    ],
)  # fmt: skip
def test_the_status_of_a_statement(sentence, more, expected):
    assert mme(statement(OXYCODONE_10, ONE_BID, **more)) == expected


@pytest.mark.parametrize(
    ("sentence", "status", "expected"),
    [
        ("completed", "completed", (30, 30, 30)),
        ("in preparation", "preparation", None),
        ("ready for pick-up", "in-progress", None),
        ("cancelled", "cancelled", None),
        ("declined", "declined", None),
        ("on hold", "on-hold", None),
        ("unknown", "unknown", (None, None, None)),
    ],
)
def test_the_status_of_a_dispense(sentence, status, expected):
    assert mme(dispense(OXYCODONE_10, quantity=tablets(60), days=30, status=status)) == expected


def test_an_order_without_an_end_runs_to_the_evaluation_date_and_no_further():
    found = doses(request(OXYCODONE_10, ONE_BID), on="2024-03-10")
    assert [each.day.day for each in found.daily] == list(range(1, 11))


def test_a_day_that_no_record_covers_is_absent():
    found = doses(statement(OXYCODONE_10, ONE_BID, start="2024-03-01", end="2024-03-02", id="a"),
                  statement(OXYCODONE_10, ONE_BID, start="2024-03-05", end="2024-03-05", id="b"), on="2024-03-10")  # fmt: skip
    assert [each.day.day for each in found.daily] == [1, 2, 5]


# ------------------------------------------------------------------------------------------- recorded negatives


@pytest.mark.parametrize(
    ("sentence", "resources", "expected"),
    [
        ("not taken over an active order", (request(OXYCODONE_10, ONE_BID), statement(OXYCODONE_10, status="not-taken", start="2024-03-09", end="2024-03-11")), (0, 0, 0)),
        ("not taken on other days", (request(OXYCODONE_10, ONE_BID), statement(OXYCODONE_10, status="not-taken", start="2024-03-11", end="2024-03-12")), (30, 30, 30)),
        ("not taken over an active statement", (statement(OXYCODONE_10, ONE_BID), statement(OXYCODONE_10, id="n", status="not-taken", start="2024-03-10")), (0, 0, 0)),
        ("not taken leaves the other drug", (request(MORPHINE_15, ONE_BID), statement(OXYCODONE_10, status="not-taken")), (30, 30, 30)),
        ("not done over an active order", (request(OXYCODONE_10, ONE_BID), administration(OXYCODONE_10, status="not-done", at="2024-03-10T08:00:00Z")), (0, 0, 0)),
        ("one given, one not", (administration(OXYCODONE_10, tablets(1), at="2024-03-10T08:00:00Z"), administration(OXYCODONE_10, id="b", status="not-done", at="2024-03-10T20:00:00Z")), (15, 15, 15)),
        ("a negative alone is a day of 0", (administration(OXYCODONE_10, status="not-done", at="2024-03-10T08:00:00Z"),), (0, 0, 0)),
        ("told by ingredient", (request(OXYCODONE_10, ONE_BID), statement(OXYCODONE, status="not-taken", start="2024-03-09")), (0, 0, 0)),
    ],
)  # fmt: skip
def test_a_recorded_negative_is_zero(sentence, resources, expected):
    assert mme(*resources) == expected


# ------------------------------------------------------------------------------------------- dates


@pytest.mark.parametrize(
    ("sentence", "resource", "on", "expected"),
    [
        ("a statement told on a day goes on", statement(OXYCODONE_10, ONE_BID, start=None, effectiveDateTime="2024-03-01"), "2024-03-10", (30, 30, 30)),
        ("a completed one is of that day", statement(OXYCODONE_10, ONE_BID, start=None, effectiveDateTime="2024-03-01", status="completed"), "2024-03-02", None),
        ("a month begins on its first day", statement(OXYCODONE_10, ONE_BID, start="2024-03"), "2024-03-01", (30, 30, 30)),
        ("a month ends on its last day", statement(OXYCODONE_10, ONE_BID, start="2024-02", end="2024-03", status="completed"), "2024-03-31", (30, 30, 30)),
        ("and not later", statement(OXYCODONE_10, ONE_BID, start="2024-02", end="2024-03", status="completed"), "2024-04-01", None),
        ("only asserted", statement(OXYCODONE_10, ONE_BID, start=None, dateAsserted="2024-03-05"), "2024-03-10", (30, 30, 30)),
        ("midnight at the end belongs to the day before", statement(OXYCODONE_10, ONE_BID, start="2024-03-01", end="2024-03-10T00:00:00Z"), "2024-03-10", None),
        ("eight o'clock at the end is that day", statement(OXYCODONE_10, ONE_BID, start="2024-03-01", end="2024-03-10T08:00:00Z"), "2024-03-10", (30, 30, 30)),
        ("validity ends an order", request(OXYCODONE_10, ONE_BID, dispenseRequest={"validityPeriod": {"start": "2024-03-01", "end": "2024-03-10"}}), "2024-03-11", None),
    ],
)  # fmt: skip
def test_dates(sentence, resource, on, expected):
    assert mme(resource, on=on) == expected


def test_a_change_of_dose_at_eight_gives_the_day_to_the_new_one():
    old = statement(OXYCODONE_10, ONE_BID, start="2024-03-01", end="2024-03-10T08:00:00Z", id="a", status="completed")
    new = statement(OXYCODONE_5, dosage(tablets(6), BID), start="2024-03-10T08:00:00Z", id="b")
    assert mme(old, new) == (90, 90, 90)


def test_an_active_order_without_a_date_counts_today_and_opens_the_days_before():
    other = request(MORPHINE_15, ONE_BID, id="b", authored="2024-03-08")
    found = doses(request(OXYCODONE_10, ONE_BID, authored=None), other, on="2024-03-10")
    assert day(found, "2024-03-10") == (60, 60, 60)
    assert day(found, "2024-03-09") == (30, 30, None)
    assert reasons(found) == {"MedicationRequest/r1": "no-date"}


def test_an_administration_without_a_date_opens_every_known_day():
    found = doses(
        administration(OXYCODONE_10, tablets(1), at=None, effectivePeriod={}),
        request(MORPHINE_15, ONE_BID),
        on="2024-03-10",
    )
    assert day(found, "2024-03-05") == (30, 30, None)


@pytest.mark.parametrize(("authored", "low"), [("2014-03-09", 0), ("2014-03-10", 30)])
def test_an_open_order_older_than_ten_years_counts_with_low_0_and_is_named(authored, low):
    found = doses(request(OXYCODONE_10, ONE_BID, authored=authored), on="2024-03-10")
    assert day(found, "2024-03-10") == (low, 30, 30)
    assert any("10 years" in flag for flag in found.flags) is (low == 0)


def test_an_evaluation_date_inside_a_day_includes_the_day():
    found = doses(request(OXYCODONE_10, ONE_BID), on="2024-03-10T06:00:00+00:00")
    assert day(found, "2024-03-10") == (30, 30, 30)


def test_nothing_after_the_evaluation_instant_is_known():
    dose = administration(OXYCODONE_10, tablets(1), at="2024-03-10T08:00:00Z")
    assert doses(dose, on="2024-03-10T07:00:00+00:00").daily == ()
    assert len(doses(dose, on="2024-03-10T09:00:00+00:00").daily) == 1
    assert doses(dose, on="2024-03-10T09:00:00+02:00").daily == ()


# ------------------------------------------------------------------------------------------- unknown opens high


@pytest.mark.parametrize(
    ("sentence", "resource", "code"),
    [
        ("buprenorphine", request(SUBOXONE_8, dosage(tablets(1), DAILY), id="x"), "never-summed"),
        ("a text nobody can read", request(MORPHINE_15, {"text": "as the doctor said"}, id="x"), "sig-not-read"),
        ("no factor in the table", request("197945", dosage(mg(50), BID), id="x"), "no-factor"),
    ],
)
def test_an_uncounted_opioid_opens_high_and_leaves_mid(sentence, resource, code):
    if sentence == "no factor in the table":
        resource = request({"text": "levorphanol 2 mg tablet"}, dosage(tablets(1), BID), id="x")
    found = doses(request(OXYCODONE_10, ONE_BID), resource, on="2024-03-10")
    assert day(found, "2024-03-10") == (30, 30, None)
    assert reasons(found) == {"MedicationRequest/x": code}


def test_a_day_of_a_cough_product_alone_is_a_day_of_known_dose():
    found = doses(request(COUGH, dosage(qty(5, "mL", "mL"), every(1, 12, "h"))), on="2024-03-10")
    assert day(found, "2024-03-10") == (0, 0, 0)
    assert [(each.code, each.opens_high) for each in found.uncounted] == [("cough-cold", False)]


def test_a_cough_product_leaves_high_closed():
    assert mme(request(OXYCODONE_10, ONE_BID), request(COUGH, dosage(qty(5, "mL", "mL"), BID), id="c")) == (30, 30, 30)


def test_a_medication_that_was_not_sent_may_be_an_opioid():
    missing = request(
        OXYCODONE_10, ONE_BID, id="x", medicationReference={"reference": "Medication/gone", "display": "lisinopril"}
    )
    del missing["medicationCodeableConcept"]
    found = doses(request(OXYCODONE_10, ONE_BID), missing, on="2024-03-10")
    assert day(found, "2024-03-10") == (30, 30, None)
    assert [each.reason for each in found.uncounted] == ["medication not sent"]


@pytest.mark.parametrize(
    ("sentence", "drug", "high"),
    [
        ("an opioid", rx(OXYCODONE_10), None),
        ("a drug that is none", rx("314076", "lisinopril 10 MG Oral Tablet"), 30),
        ("no drug at all", {"text": "?"}, 30),
    ],
)
def test_an_unread_resource_opens_its_days_unless_its_code_shows_no_opioid(sentence, drug, high):
    bad = request(
        drug, id="x", authored="2024-03-05", status="active", intent="order", dosageInstruction=[{"doseAndRate": "two"}]
    )
    found = doses(request(OXYCODONE_10, ONE_BID), bad, on="2024-03-10")
    assert day(found, "2024-03-10") == (30, 30, high)
    assert day(found, "2024-03-04") == (30, 30, 30)


@pytest.mark.parametrize("written", ["yesterday", "2024-13-45"])
def test_an_order_alone_whose_date_cannot_be_read_makes_the_evaluation_day_unknown(written):
    found = doses(request(OXYCODONE_10, ONE_BID, authored=written), on="2024-03-10")
    assert [(str(each.day), each.low, each.mid, each.high) for each in found.daily] == [
        ("2024-03-10", None, None, None)
    ]


def test_beside_an_order_whose_date_cannot_be_read_no_draft_starts_from_0():
    draft = request(OXYCODONE_10, dosage(tablets(2), BID), id="d", authored="2024-03-10", status="draft")
    unread = request(OXYCODONE_10, ONE_BID, authored="yesterday")
    (beside, alone) = (doses(*known, on="2024-03-10", drafts=(draft,)).proposed for known in ((unread,), ()))
    assert beside is not None
    assert alone is not None
    assert (beside.before, beside.after, beside.raises) == (None, None, True)
    assert (alone.before, alone.after, alone.raises) == (0, 60, True)


def test_another_drug_whose_date_cannot_be_read_makes_no_day():
    order = request(rx("314076", "lisinopril 10 MG Oral Tablet"), dosage(tablets(1), DAILY), authored="yesterday")
    assert doses(order, on="2024-03-10").daily == ()


def test_other_drugs_are_ignored():
    found = doses(request(rx("314076", "lisinopril 10 MG Oral Tablet"), dosage(tablets(1), DAILY)), on="2024-03-10")
    assert (found.daily, found.uncounted, found.opioid_references) == ((), (), frozenset())


def test_an_unknown_table_is_refused():
    from cds.errors import UnsupportedVersion

    with pytest.raises(UnsupportedVersion, match="CDC-1999"):
        doses(request(OXYCODONE_10, ONE_BID), table="CDC-1999")


def test_ten_thousand_resources_are_swept_once():
    from datetime import timedelta

    from dosing import as_of, knowledge, record
    from msgspec.structs import replace

    from cds.clinical import FhirVersion, MedicationUse, Patient, PatientRecord, Source
    from cds.dose import timeline

    one = record(administration(MORPHINE_INJ, mg(4), route="IV")).medications[0]
    many = tuple(
        replace(one, reference=f"MedicationAdministration/{number}", effective=replace(
            one.effective,
            start=replace(one.effective.start, start=one.effective.start.start - timedelta(hours=4 * number), end=one.effective.start.end - timedelta(hours=4 * number)),
            end=replace(one.effective.start, start=one.effective.start.start - timedelta(hours=4 * number), end=one.effective.start.end - timedelta(hours=4 * number)),
        ))
        for number in range(2000)
    )  # fmt: skip
    found = timeline(
        PatientRecord(FhirVersion.R4, Patient("1"), many), knowledge(), table="CDC-2022", as_of=as_of("2024-03-10")
    )
    assert len(found.daily) == 334
    assert float(found.daily[10].mid) == 72
    assert isinstance(many[0], MedicationUse)
    assert many[0].source is Source.ADMINISTERED


def test_extended_release_morphine_of_two_strengths_adds():
    orders = (request(MORPHINE_ER_15, ONE_BID, id="a"), request("891888", ONE_BID, id="b"))
    assert mme(*orders) == (90, 90, 90)


def test_oxycontin_20_three_times():
    assert mme(request(OXYCONTIN_20, dosage(tablets(1), TID))) == (90, 90, 90)


def test_a_stopped_order_before_its_planned_end_may_have_ended_on_any_day():
    planned = {
        "repeat": {
            "frequency": 2,
            "period": 1,
            "periodUnit": "d",
            "boundsPeriod": {"start": "2024-03-01", "end": "2024-04-30"},
        }
    }
    found = doses(request(OXYCODONE_10, dosage(tablets(1), planned), status="stopped"), on="2024-03-10")
    assert day(found, "2024-03-09") == (0, 30, 30)
    assert day(found, "2024-03-10") is None
    assert "no date says when" in found.flags[0]


def test_a_stopped_order_counts_to_a_written_end():
    planned = {
        "repeat": {
            "frequency": 2,
            "period": 1,
            "periodUnit": "d",
            "boundsPeriod": {"start": "2024-03-01", "end": "2024-03-05"},
        }
    }
    found = doses(request(OXYCODONE_10, dosage(tablets(1), planned), status="stopped"), on="2024-03-10")
    assert [each.day.day for each in found.daily] == [1, 2, 3, 4, 5]
    assert day(found, "2024-03-05") == (30, 30, 30)


def test_an_order_written_early_begins_and_replaces_where_its_sig_begins():
    later = {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d", "boundsPeriod": {"start": "2024-03-15"}}}
    orders = (request(OXYCODONE_10, ONE_BID, id="a", authored="2024-02-01"),
              request(OXYCODONE_10, dosage(tablets(2), later), id="b"))  # fmt: skip
    assert [mme(*orders, on=on) for on in ("2024-03-14", "2024-03-15")] == [(30, 30, 30), (60, 60, 60)]


def test_care_plans_link_nothing():
    orders = (request(OXYCODONE_10, ONE_BID, basedOn=[{"reference": "CarePlan/1"}]),
              request(OXYCODONE_5, ONE_BID, id="b", basedOn=[{"reference": "CarePlan/1"}]))  # fmt: skip
    assert mme(*orders) == (45, 45, 45)


def test_a_link_never_joins_two_opioids():
    assert mme(
        request(OXYCODONE_10, ONE_BID),
        dispense(MORPHINE_15, ONE_BID, days=30, authorizingPrescription=[{"reference": "MedicationRequest/r1"}]),
    ) == (60, 60, 60)


def test_two_orders_of_one_instant_that_differ_are_a_range_and_said():
    found = doses(request(OXYCODONE_10, ONE_BID), request(OXYCODONE_10, TWO_BID, id="b"), on="2024-03-10")
    assert day(found, "2024-03-10") == (30, 60, 60)
    assert "differ" in found.flags[0]
