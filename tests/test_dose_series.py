"""The detector's series, exposures, drafts and recent orders."""

from datetime import date, timedelta

import pytest
from dosing import (
    BID,
    DAILY,
    FENTANYL,
    HYDROCODONE_5,
    MORPHINE,
    MORPHINE_15,
    MORPHINE_ER_15,
    MORPHINE_ER_30,
    ONE_BID,
    OXYCODONE_5,
    OXYCODONE_10,
    OXYCONTIN_10,
    SUBOXONE_8,
    TID,
    administration,
    as_of,
    day,
    dispense,
    dosage,
    doses,
    every,
    knowledge,
    mg,
    qty,
    request,
    rx,
    statement,
    stay,
    tablets,
)  # fmt: skip

NEEDED = dosage(tablets(1), every(1, 6, "h"), asNeededBoolean=True)


def last(found):
    return found.series[-1]


def numbers(each):
    return tuple(None if value is None else float(value) for value in (each.low, each.mid, each.high))


def test_the_series_tells_each_day_that_has_a_dose_once():
    found = doses(
        dispense(OXYCODONE_10, ONE_BID, on="2024-02-01", days=10),
        request(OXYCODONE_10, ONE_BID, id="b", authored="2024-02-20"),
        request(OXYCODONE_5, NEEDED, id="c", authored="2024-03-01"),
        on="2024-03-10",
    )
    told = [(alike.day, alike.last) for alike in found.series]
    assert [
        (first + timedelta(days=number), alike.low, alike.high)
        for (first, last), alike in zip(told, found.series, strict=True)
        for number in range((last - first).days + 1)
    ] == [(each.day, each.low, each.high) for each in found.daily]
    assert told == [
        (date(2024, 2, 1), date(2024, 2, 10)),
        (date(2024, 2, 20), date(2024, 2, 29)),
        (date(2024, 3, 1), date(2024, 3, 10)),
    ]


@pytest.mark.parametrize(
    ("sentence", "resources", "expected", "prn_only"),
    [
        ("scheduled doses are the series", (request(OXYCODONE_10, ONE_BID),), (30, 30, 30), False),
        ("as-needed doses are outside mid and inside high", (request(OXYCODONE_10, ONE_BID), request(OXYCODONE_5, NEEDED, id="b")), (30, 30, 60), False),
        ("as-needed doses alone are marked", (request(OXYCODONE_5, NEEDED),), (0, 0, 30), True),
        ("an administration is a fact, as needed or not", (request(OXYCODONE_5, NEEDED), administration(OXYCODONE_5, tablets(1), at="2024-03-10T08:00:00Z")), (7.5, 7.5, 7.5), False),
        ("a scheduled range is its most", (request(OXYCODONE_10, dosage({"low": tablets(1), "high": tablets(2)}, BID)),), (30, 60, 60), False),
        ("an uncounted opioid leaves the day out", (request(OXYCODONE_10, ONE_BID), request(SUBOXONE_8, dosage(tablets(1), DAILY), id="b")), (None, None, None), False),
    ],
)  # fmt: skip
def test_the_detector_s_dose(sentence, resources, expected, prn_only):
    each = last(doses(*resources, on="2024-03-10"))
    assert numbers(each) == expected
    assert each.prn_only is prn_only


def test_the_series_holds_native_milligrams_by_drug_and_route():
    found = doses(
        request(OXYCODONE_10, ONE_BID),
        administration(MORPHINE, mg(4), route="IV", at="2024-03-10T08:00:00Z"),
        on="2024-03-10",
    )
    assert {pair: float(amount) for pair, amount in last(found).drugs.items()} == {
        ("oxycodone", "oral"): 20,
        ("morphine", "parenteral"): 4,
    }


def test_a_drug_without_a_factor_keeps_its_milligrams_and_is_named():
    each = last(doses(request(SUBOXONE_8, dosage(tablets(2), DAILY)), on="2024-03-10"))
    assert {pair: float(amount) for pair, amount in each.drugs.items()} == {("buprenorphine", "transmucosal"): 16}
    assert each.uncounted == {"buprenorphine"}


def bounded(days, tabs=1):
    return dosage(
        tablets(tabs),
        {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d", "boundsDuration": qty(days, "d", "d")}},
    )


@pytest.mark.parametrize(
    ("sentence", "orders", "expected"),
    [
        ("a short course of its own", (request(OXYCODONE_10, bounded(30)),), True),
        ("a course of 42 days is long", (request(OXYCODONE_10, bounded(42)),), False),
        ("41 days are short", (request(OXYCODONE_10, bounded(41)),), True),
        ("an open order", (request(OXYCODONE_10, ONE_BID),), False),
        ("a month that the next month continues", (request(OXYCODONE_10, bounded(30), authored="2024-02-08", id="a"), request(OXYCODONE_10, bounded(30, 2), authored="2024-03-09", id="b")), False),
        ("a month of supply is no course", (request(OXYCODONE_10, ONE_BID, dispenseRequest={"expectedSupplyDuration": qty(30, "d", "d")}),), False),
    ],
)  # fmt: skip
def test_time_limited_courses(sentence, orders, expected):
    assert last(doses(*orders, on="2024-03-10")).time_limited is expected


# ------------------------------------------------------------------------------------------- exposures


@pytest.mark.parametrize(
    ("drug", "word"),
    [
        (rx("6130", "ketamine"), "ketamine"), (rx("25480"), "gabapentinoid"), ({"text": "Pregabalin 75 mg capsule"}, "gabapentinoid"),
        ({"text": "Duloxetine 60 MG Oral Capsule"}, "snri"), ({"text": "nortriptyline 25 mg"}, "tca"),
        ({"text": "prednisone 20 mg tablet"}, "steroid"), (rx("197590"), "benzodiazepine"), (rx("7242"), "opioid-antagonist"),
    ],
)  # fmt: skip
def test_other_drugs_are_exposures(drug, word):
    found = doses(request(drug, dosage(tablets(1), DAILY)), on="2024-03-10")
    assert [(each.drug_class, each.first, each.last) for each in found.exposures] == [
        (word, date(2024, 3, 1), date(2024, 3, 10))
    ]


def test_the_naloxone_of_a_combination_is_no_rescue_naloxone():
    suboxone = rx(SUBOXONE_8, "buprenorphine 8 MG / naloxone 2 MG Sublingual Tablet")
    assert doses(request(suboxone, dosage(tablets(1), DAILY)), on="2024-03-10").exposures == ()


@pytest.mark.parametrize("status", ["cancelled", "on-hold", "entered-in-error", "draft"])
def test_what_was_never_taken_is_no_exposure(status):
    assert doses(request(rx("6130", "ketamine"), dosage(mg(10), DAILY), status=status), on="2024-03-10").exposures == ()


def test_a_given_infusion_of_ketamine_has_its_hours():
    given = administration(rx("6130", "ketamine"), mg(10), route="IV", at="2024-03-02T08:30:00Z")
    exposure = doses(given, on="2024-03-10").exposures[0]
    assert (exposure.start.hour, exposure.first, exposure.last) == (8, date(2024, 3, 2), date(2024, 3, 2))


# ------------------------------------------------------------------------------------------- drafts and recent orders


def draft(drug, *dosages, id="draft", **more):
    return request(drug, *dosages, id=id, authored="2024-03-10", status="draft", **more)


@pytest.mark.parametrize(
    ("sentence", "active", "drafts", "before", "after", "raises"),
    [
        ("a renewal at the same dose", (request(OXYCODONE_10, ONE_BID),), (draft(OXYCODONE_10, ONE_BID),), 30, 30, False),
        ("a higher dose of the same product", (request(OXYCODONE_10, ONE_BID),), (draft(OXYCODONE_10, dosage(tablets(2), BID)),), 30, 60, True),
        ("a lower dose", (request(OXYCODONE_10, dosage(tablets(2), BID)),), (draft(OXYCODONE_10, ONE_BID),), 60, 30, False),
        ("another strength of drug, form and release", (request(MORPHINE_ER_15, ONE_BID),), (draft(MORPHINE_ER_30, ONE_BID),), 30, 60, True),
        ("immediate release beside extended release adds", (request(OXYCONTIN_10, ONE_BID),), (draft(OXYCODONE_10, ONE_BID),), 30, 60, True),
        ("another drug adds", (request(OXYCODONE_10, ONE_BID),), (draft(MORPHINE_15, ONE_BID),), 30, 60, True),
        ("a rotation that names what it replaces", (request(OXYCODONE_10, ONE_BID),), (draft(MORPHINE_15, ONE_BID, priorPrescription={"reference": "MedicationRequest/r1"}),), 30, 30, False),
        ("the first opioid", (), (draft(OXYCODONE_10, ONE_BID),), 0, 30, True),
        ("as needed raises what is permitted", (request(OXYCODONE_10, ONE_BID),), (draft(MORPHINE_15, NEEDED),), 30, 30, True),
        ("two drafts together", (), (draft(OXYCODONE_10, ONE_BID), draft(MORPHINE_15, ONE_BID, id="d2")), 0, 60, True),
        ("a dose nobody can read", (request(OXYCODONE_10, ONE_BID),), (draft(MORPHINE_15, {"text": "as needed for days"}),), 30, None, None),
        ("buprenorphine", (request(OXYCODONE_10, ONE_BID),), (draft(SUBOXONE_8, dosage(tablets(1), DAILY)),), 30, None, None),
    ],
)  # fmt: skip
def test_a_draft(sentence, active, drafts, before, after, raises):
    found = doses(*active, on="2024-03-10", drafts=drafts).proposed
    assert (found.raises, float(found.before), None if found.after is None else float(found.after)) == (
        raises,
        before,
        after,
    )
    assert set(found.references) == {f"MedicationRequest/{each['id']}" for each in drafts}


def test_drafts_are_not_in_the_daily_dose():
    found = doses(request(OXYCODONE_10, ONE_BID), on="2024-03-10", drafts=(draft(MORPHINE_15, ONE_BID),))
    assert day(found, "2024-03-10") == (30, 30, 30)


def test_a_draft_of_another_drug_proposes_nothing():
    assert (
        doses(on="2024-03-10", drafts=(draft(rx("314076", "lisinopril"), dosage(tablets(1), DAILY)),)).proposed is None
    )


def test_a_cough_draft_raises_nothing():
    found = doses(
        request(OXYCODONE_10, ONE_BID), on="2024-03-10", drafts=(draft("1087459", dosage(qty(5, "mL", "mL"), BID)),)
    ).proposed
    assert found.raises is False
    assert [each.code for each in found.uncounted] == ["cough-cold"]


def test_a_taper_draft_proposes_its_first_phase():
    phases = [
        dosage(
            tablets(count),
            {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d", "boundsDuration": qty(7, "d", "d")}},
            sequence=number,
        )
        for number, count in ((1, 2), (2, 1))
    ]
    found = doses(
        request(OXYCODONE_10, dosage(tablets(3), BID)), on="2024-03-10", drafts=(draft(OXYCODONE_10, *phases),)
    ).proposed
    assert (float(found.before), float(found.after), found.raises) == (90, 60, False)


def test_a_draft_on_the_ward_is_compared_with_the_orders_of_the_ward():
    ward = {"category": [{"coding": [{"code": "inpatient"}]}]}
    resources = (
        stay("2024-03-08"),
        request(OXYCODONE_10, dosage(tablets(4), BID)),
        request(MORPHINE_15, ONE_BID, id="w", authored="2024-03-08", **ward),
    )
    found = doses(*resources, on="2024-03-10", drafts=(draft(MORPHINE_15, dosage(tablets(2), BID), **ward),)).proposed
    assert (float(found.before), float(found.after), found.raises) == (30, 60, True)


@pytest.mark.parametrize(
    ("sentence", "authored", "new", "raises"),
    [
        ("an increase of yesterday", "2024-03-09", dosage(tablets(2), BID), True),
        ("an increase of 72 hours ago", "2024-03-08", dosage(tablets(2), BID), True),
        ("an older increase", "2024-03-06", dosage(tablets(2), BID), None),
        ("a renewal of yesterday", "2024-03-09", ONE_BID, None),
    ],
)
def test_a_recent_order(sentence, authored, new, raises):
    found = doses(
        request(OXYCODONE_10, ONE_BID, id="a"), request(OXYCODONE_10, new, id="b", authored=authored), on="2024-03-10"
    )
    if raises is None:
        assert found.recent_order is None
    else:
        assert found.recent_order.raises is raises
        assert (float(found.recent_order.before), float(found.recent_order.after)) == (30, 60)


def test_a_recent_dispense_is_no_order():
    assert doses(dispense(OXYCODONE_10, ONE_BID, on="2024-03-09", days=30), on="2024-03-10").recent_order is None


def test_opioid_references_name_every_resource_with_an_opioid():
    found = doses(request(OXYCODONE_10, ONE_BID), statement(rx("314076"), id="x"), request(HYDROCODONE_5, id="c", status="cancelled"),
                  administration(FENTANYL, mg(0.1), route="IV", id="f"), on="2024-03-10")  # fmt: skip
    assert found.opioid_references == {"MedicationRequest/r1", "MedicationRequest/c", "MedicationAdministration/f"}


def test_three_times_a_day_is_more_than_twice():
    found = doses(
        request(OXYCODONE_10, ONE_BID), on="2024-03-10", drafts=(draft(OXYCODONE_10, dosage(tablets(1), TID)),)
    ).proposed
    assert found.raises is True


def test_the_evaluation_date_is_the_test_s_own():
    assert as_of("2024-03-10").day == date(2024, 3, 10)
    assert knowledge().tables == ("CDC-2016", "CDC-2022")
