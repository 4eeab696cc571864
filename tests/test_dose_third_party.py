"""Cases that were derived by hand from the published conventions, without a look at the code that answers them."""

import pytest
from dosing import (
    BID,
    DAILY,
    FENTANYL_25,
    MORPHINE_15,
    MORPHINE_INJ,
    OXYCODONE_5,
    OXYCODONE_10,
    RXNORM,
    TID,
    Raw,
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
    statement,
    stay,
    tablets,
    weight,
)

PERCOCET_5, FENTANYL_ROPIVACAINE, OXYCODONE_15, MORPHINE_1_ML = "1049221", "1233685", "1049611", "1728999"
NO_NUMBER = (None, None, None)


def text(said: str, drug: Raw | str = OXYCODONE_5) -> Raw:
    return request(drug, {"text": said})


@pytest.mark.parametrize(
    ("said", "low", "high"),
    [
        ("Take 1 tablet by mouth every 4 (four) hours as needed (pain).", 0, 45),
        ("Take 1 and 1/2 tablets by mouth twice daily", 22.5, 22.5),
        ("1 tab q.i.d.", 30, 30),
        ("1 tab b.i.d.", 15, 15),
        ("1 tab q8h ATC", 22.5, 22.5),
        ("Take up to 2 tablets every 6 hours as needed", 0, 60),
        ("Take up to 2 tablets every 6 hours", 0, 60),
        ("1 TAB ORAL EVERY 4 HOURS PRN PAIN, MODERATE (4-6)", 0, 45),
        ("Take 1 tablet on Monday, Wednesday and Friday", 22.5 / 7, 22.5 / 7),
        ("Take 1 tablet by mouth every 6 hours as needed for pain Earliest Fill Date: 3/1/24", 0, 30),
        ("Take 1 tablet by mouth 2 (two) times daily. Chronic pain G89.4", 15, 15),
        ("take 1 tablet by mouth q4h prn pain mdd 4", 0, 30),
        ("1 tablet every 6 hours as needed. Do not exceed 3,000 mg of acetaminophen per day", 0, 30),
        ("Take 1 tablet by mouth twice daily and 1 tablet every 6 hours as needed", 15, 45),
        ("1-2 tab q6h (max 6)", 30, 45),
        ("1 T PO Q6H PRN", 0, 30),
        ("Take 1 tablet twice daily. Hold for sedation.", 15, 15),
    ],
)
def test_a_sig_that_pharmacies_print_is_read(said, low, high):
    assert mme(text(said)) == pytest.approx((low, high, high), abs=1e-4)


@pytest.mark.parametrize(
    "said",
    [
        "Take 1 tablet (10 mg) by mouth every 6 hours",  # of a 5 mg tablet
        "Take 2 tablets (20 mg total) by mouth every 6 hours",
        "1-2 tab q6h (max 2)",  # a day, or a dose
        "Take 1 tablet every 6 hours. Increase to 2 tablets after one week.",
        "Take 1 tablet every 6 hours OR 2 tablets at bedtime",
        "Take 1 tablet twice daily. Hold for surgery.",
        "Take 1 tablet before physical therapy",
        "Use as directed",
    ],
)
def test_a_sig_that_leaves_a_doubt_is_refused(said):
    found = doses(text(said), on="2024-03-10")
    assert day(found, "2024-03-10") == NO_NUMBER
    assert reasons(found)


def test_a_total_that_agrees_with_the_strength_is_no_doubt():
    assert mme(text("Take 2 tablets (10 mg total) by mouth every 6 hours")) == (60, 60, 60)


def test_a_rounded_total_is_no_doubt():
    assert mme(text("Take 1 tablet (4.9 mg total) by mouth every 6 hours", "637540")) == (29.28,) * 3


def test_a_days_length_may_be_written_x3d():
    found = doses(text("1 tablet q6hr x3d"), on="2024-03-10")
    assert day(found, "2024-03-03") == (30, 30, 30)
    assert day(found, "2024-03-04") is None


def test_a_taper_written_in_two_lines_of_text_has_two_phases():
    first = {"sequence": 1, "text": "Take 2 tablets three times daily for 3 days"}
    then = {"sequence": 2, "text": "then take 1 tablet three times daily for 3 days"}
    found = doses(request(OXYCODONE_5, first, then), on="2024-03-10")
    assert [day(found, f"2024-03-0{on}") for on in (3, 4, 6, 7)] == [(45,) * 3, (22.5,) * 3, (22.5,) * 3, None]


@pytest.mark.parametrize("amount", [325, 650])
def test_the_milligrams_of_a_combinations_partner_are_not_the_opioids(amount):
    found = doses(request(PERCOCET_5, dosage(mg(amount), TID)), on="2024-03-10")
    assert day(found, "2024-03-10") == NO_NUMBER
    assert reasons(found) == {"MedicationRequest/r1": "dose-contradiction"}


def test_a_combination_in_milligrams_of_the_opioid_counts():
    assert mme(request(PERCOCET_5, dosage(mg(10), TID))) == (45, 45, 45)


def test_an_opioid_mixed_with_a_local_anaesthetic_is_epidural_where_no_route_is_written():
    found = doses(administration(FENTANYL_ROPIVACAINE, qty(10, "mL", "mL")), on="2024-03-01")
    assert day(found, "2024-03-01") == NO_NUMBER
    assert reasons(found) == {"MedicationAdministration/a1": "neuraxial"}


def test_a_tablet_cannot_be_injected():
    found = doses(request(MORPHINE_15, dosage(tablets(1), TID, route={"text": "IV"})), on="2024-03-10")
    assert day(found, "2024-03-10") == NO_NUMBER
    assert reasons(found) == {"MedicationRequest/r1": "route-not-clear"}


def test_an_injection_that_was_swallowed_counts_as_oral():
    assert mme(administration(MORPHINE_INJ, mg(10), route="oral"), on="2024-03-01") == (10, 10, 10)


def test_two_strengths_dispensed_on_one_day_for_one_order_are_both_taken():
    ordered = request(OXYCODONE_15, dosage(tablets(1), BID), id="o")
    linked: Raw = {"authorizingPrescription": [{"reference": "MedicationRequest/o"}]}
    tens = dispense(OXYCODONE_10, quantity=tablets(60), days=30, id="d10", **linked)
    fives = dispense(OXYCODONE_5, quantity=tablets(60), days=30, id="d5", **linked)
    assert mme(ordered, tens, fives) == (15, 45, 45)
    assert mme(ordered, tens, tens | {"id": "again"}) == (30, 30, 30)


def test_two_orders_that_replace_each_other_do_not_both_vanish():
    one = request(OXYCODONE_5, dosage(tablets(1), TID), id="a", priorPrescription={"reference": "MedicationRequest/b"})
    two = request(OXYCODONE_10, dosage(tablets(1), TID), id="b", priorPrescription={"reference": "MedicationRequest/a"})
    assert mme(one, two) == (67.5, 67.5, 67.5)
    assert mme({name: value for name, value in one.items() if name != "priorPrescription"}, two, on="2024-03-10") == (
        45,
        45,
        45,
    )


def test_a_pca_is_what_was_delivered_basal_rate_and_boluses():
    night: Raw = {
        "at": None,
        "effectivePeriod": {"start": "2024-03-01T00:00:00Z", "end": "2024-03-02T00:00:00Z"},
    }
    demand = administration(MORPHINE_1_ML, mg(30), id="demand", **night)
    basal = administration(MORPHINE_1_ML, rate=qty(1, "mg/h", "mg/h"), id="basal", **night)
    basal["dosage"]["text"] = "PCA basal"
    bolus = administration(MORPHINE_1_ML, mg(2), id="bolus")
    assert mme(demand, basal, bolus, on="2024-03-01") == (168, 168, 168)


def test_a_pca_order_is_no_dose():
    ordered = request(MORPHINE_1_ML, {"text": "PCA 1 mg demand, lockout 8 min", **dosage(qty(1, "mg", "mg"))})
    found = doses(ordered, on="2024-03-10")
    assert reasons(found) == {"MedicationRequest/r1": "pca-order"}


def test_codes_of_two_opioids_are_not_counted():
    drug: Raw = {"coding": [{"system": RXNORM, "code": "7052"}, {"system": RXNORM, "code": OXYCODONE_5}]}
    found = doses(request(drug, dosage(tablets(1), TID)), on="2024-03-10")
    assert reasons(found) == {"MedicationRequest/r1": "conflicting-codes"}


def test_an_ingredient_code_before_the_product_does_not_win():
    drug: Raw = {"coding": [{"system": RXNORM, "code": "7804"}, {"system": RXNORM, "code": OXYCODONE_5}]}
    assert mme(request(drug, dosage(tablets(1), TID))) == (22.5, 22.5, 22.5)


def test_one_strength_said_twice_is_one_strength():
    drug = {"text": "morphine 100 mg/5 mL (20 mg/mL) concentrated oral solution"}
    assert mme(request(drug, dosage(qty(0.5, "mL", "mL"), every(1, 4, "h")))) == (60, 60, 60)


def test_a_patch_is_known_by_its_brand():
    drug = {"text": "fentaNYL (DURAGESIC) 25 mcg/hr"}
    assert mme(request(drug, dosage(qty(1, "patch", "{patch}"), every(1, 72, "h")))) == (60, 60, 60)


def test_tablets_are_not_counted_in_patches():
    found = doses(request(OXYCODONE_5, dosage(qty(2, "patch"), BID)), on="2024-03-10")
    assert reasons(found) == {"MedicationRequest/r1": "unit-form"}


@pytest.mark.parametrize("unit", ["mg", "MG", "mgs", "milligrams"])
def test_a_milligram_has_many_spellings(unit):
    assert mme(request(OXYCODONE_10, dosage(qty(10, unit), BID))) == (30, 30, 30)


def test_a_day_of_three_kinds_of_opioid_is_their_sum():
    patch = request(FENTANYL_25, dosage(qty(1, "patch", "{patch}"), every(1, 72, "h")), id="p")
    ordered = request(OXYCODONE_5, dosage(tablets(1), every(1, 6, "h"), asNeededBoolean=True), id="o")
    stated = statement(MORPHINE_15, dosage(tablets(1), DAILY))
    assert mme(patch, ordered, stated) == (75, 105, 105)


@pytest.mark.parametrize(
    ("name", "each_day"),
    [
        ("Endocet 10-325", 45),
        ("Lortab 7.5-325", 22.5),
        ("HYDROcodone/APAP 5/325", 15),
        ("acetaminophen-codeine 300-30", 13.5),
        ("Tylenol #3", 13.5),
        ("Tylenol 4", 27),
        ("Tylenol-Codeine No.3", 13.5),
        ("Dilaudid 2 mg", 30),
        ("Kadian 30 mg", 90),
        ("Morphine Sulfate ER 15 mg", 45),
    ],
)
def test_a_name_as_charts_write_it_tells_strength_and_route(name, each_day):
    assert mme(request({"text": name}, dosage(tablets(1), TID))) == (each_day,) * 3


@pytest.mark.parametrize("name", ["oxycodone 10", "Percocet", "fentanyl 100 mcg", "Tylenol 325 with codeine"])
def test_a_name_without_a_strength_or_a_route_is_not_guessed(name):
    assert mme(request({"text": name}, dosage(tablets(1), TID))) == NO_NUMBER


def test_robitussin_ac_is_a_cough_product():
    found = doses(request({"text": "Robitussin AC"}, dosage(qty(5, "mL", "mL"), TID)), on="2024-03-10")
    assert reasons(found) == {"MedicationRequest/r1": "cough-cold"}
    assert day(found, "2024-03-10") == (0, 0, 0)


def test_a_supply_of_tablets_needs_no_unit():
    assert mme(dispense(OXYCODONE_5, quantity=qty(90), days=30)) == (22.5, 22.5, 22.5)


def test_an_administration_with_an_end_alone_was_given_then():
    ended = administration(OXYCODONE_5, mg(5), at=None, effectivePeriod={"end": "2024-03-01T08:00:00Z"})
    assert mme(ended, on="2024-03-01") == (7.5, 7.5, 7.5)


def test_an_infusion_with_an_end_alone_has_no_number():
    rate = administration(
        MORPHINE_INJ, rate=qty(2, "mg/h", "mg/h"), at=None, effectivePeriod={"end": "2024-03-01T08:00:00Z"}
    )
    assert reasons(doses(rate, on="2024-03-01")) == {"MedicationAdministration/a1": "no-date"}


def to(kind: str, id: str) -> Raw:
    return {"reference": f"{kind}/{id}"}


PO: Raw = {"route": "oral"}
SLOW_20, MS_30, METHADONE_10, METHADONE_5, FENTANYL_50_ML, BUPRENORPHINE_8 = (
    "1049563", "892660", "864706", "864718", "1735003", "351265",
)  # fmt: skip
ORDERED = request(OXYCODONE_5, dosage(tablets(1), TID), id="o")
HOME = request(SLOW_20, dosage(tablets(1), BID), authored="2024-01-01", id="home")
WARD = administration("895014", mg(10), at="2024-03-05T08:00:00Z", **PO)
IV_2_MG_H: Raw = {"rate": qty(2, "mg/h", "mg/h"), "route": "IV", "at": None}


def lasting(start: str, end: str) -> Raw:
    return {"effectivePeriod": {"start": start, "end": end}}


def phase(number: int, count: float, times: int) -> Raw:
    return dosage(tablets(count), every(times, boundsDuration=qty(3, "d", "d")), sequence=number)


def named(when: str, count: float, id: str) -> Raw:
    return request(OXYCODONE_5, dosage(tablets(count), {"repeat": {"when": [when]}}), id=id)


# Each: the sentence, the resources, and (low, mid, high) of days in March 2024; None for a day that is absent.
HAND_DERIVED = [
    ("order, statement and dispense of one product are one therapy",
     [ORDERED, statement(OXYCODONE_5, dosage(tablets(1), TID)), dispense(OXYCODONE_5, quantity=tablets(90), days=30)],
     {10: 22.5}),
    ("an administration outranks the rest on its day alone",
     [ORDERED, dispense(OXYCODONE_5, quantity=tablets(150), days=30),
      administration(OXYCODONE_5, mg(5), at="2024-03-05T08:00:00Z", **PO)],
     {4: 37.5, 5: 7.5, 6: 37.5}),
    ("a dispense of another strength that names the order is the order's therapy",
     [ORDERED, dispense(OXYCODONE_10, quantity=tablets(60), days=30, authorizingPrescription=[to("MedicationRequest", "o")])],
     {10: 30}),
    ("a statement derived from the order is the order's therapy, whatever the strength",
     [ORDERED, statement(OXYCODONE_10, dosage(tablets(1), BID), derivedFrom=[to("MedicationRequest", "o")])],
     {10: 30}),
    ("an administration of another strength that names the order is the order's therapy",
     [ORDERED, administration(OXYCODONE_10, mg(10), at="2024-03-05T08:00:00Z", request=to("MedicationRequest", "o"))],
     {4: 22.5, 5: 15, 6: 22.5}),
    ("two strengths with the same daily milligrams are one or two",
     [request(OXYCODONE_5, dosage(tablets(2), BID), id="a"), request(OXYCODONE_10, dosage(tablets(1), BID), id="b")],
     {10: (30, 60, 60)}),
    ("two strengths with other daily milligrams are summed",
     [ORDERED, request(OXYCODONE_10, dosage(tablets(1), TID), id="b")], {10: 67.5}),
    ("extended and immediate release are summed, also at the same milligrams",
     [request(SLOW_20, dosage(tablets(1), DAILY), id="a"), request(OXYCODONE_5, dosage(tablets(1), every(4)), id="b")],
     {10: 60}),
    ("morning and bedtime orders are parts", [named("MORN", 2, "a"), named("HS", 1, "b")], {10: 22.5}),
    ("a later order of the product replaces the earlier from its start",
     [ORDERED, request(OXYCODONE_5, dosage(tablets(2), TID), authored="2024-03-06")], {5: 22.5, 6: 45, 10: 45}),
    ("a later order that cannot be read replaces too",
     [ORDERED, request(OXYCODONE_5, {"text": "as directed"}, authored="2024-03-06")], {5: 22.5, 10: NO_NUMBER}),
    ("priorPrescription replaces whatever the drug",
     [ORDERED, request(MS_30, dosage(tablets(1), BID), authored="2024-03-06", priorPrescription=to("MedicationRequest", "o"))],
     {5: 22.5, 6: 60}),
    ("an overlap of supplies is never a sum",
     [dispense(OXYCODONE_5, quantity=tablets(60), days=20, id=name, on=on) for name, on in (("a", "2024-02-25"), ("b", "2024-03-02"))],
     {1: 22.5, 5: 22.5, 10: 22.5}),
    ("a dispense of fewer days than the order leaves the rest to the order",
     [ORDERED, dispense(OXYCODONE_5, quantity=tablets(20), days=5)], {5: 30, 6: 22.5}),
    ("not taken is a recorded 0 over an active order",
     [ORDERED, statement(OXYCODONE_5, start="2024-03-04", end="2024-03-06", status="not-taken")], {3: 22.5, 4: 0, 6: 0, 7: 22.5}),
    ("a taper runs through its phases and ends",
     [request(OXYCODONE_5, phase(2, 1, 3), phase(1, 2, 3))], {3: 45, 4: 22.5, 6: 22.5, 7: None}),
    ("home doses wait from the day of admission to the day of discharge",
     [HOME, stay("2024-03-04T14:00:00Z", "2024-03-06T10:00:00Z"), WARD], {3: 60, 5: 10, 7: 60}),
    ("a dose given on the day of discharge is the whole of that day",
     [HOME, stay("2024-03-03T14:00:00Z", "2024-03-05T10:00:00Z"), WARD], {2: 60, 5: 10, 6: 60}),
    ("an emergency visit is no stay", [HOME, stay("2024-03-05", "2024-03-05", code="EMER")], {5: 60}),
    ("an infusion is integrated over midnight",
     [administration(MORPHINE_INJ, **IV_2_MG_H, **lasting("2024-03-04T18:00:00Z", "2024-03-05T06:00:00Z"))], {4: 36, 5: 36, 6: None}),
    ("a weight in pounds serves a rate per kilogram",
     [administration(FENTANYL_50_ML, rate=qty(1, "ug/kg/h", "ug/kg/h"), route="IV", at=None,
                     **lasting("2024-03-05T00:00:00Z", "2024-03-06T00:00:00Z")),
      weight(80) | {"valueQuantity": qty(200, "[lb_av]", "[lb_av]")}], {5: 653.173}),
    ("a patch is worn 72 hours after it was put on",
     [administration(FENTANYL_25, qty(1, "patch", "{patch}"), at="2024-03-04T12:00:00Z")], {4: 30, 5: 60, 6: 60, 7: 30, 8: None}),
    ("buprenorphine opens the day that it was given, and no other",
     [ORDERED, administration(BUPRENORPHINE_8, mg(8), at="2024-03-05T08:00:00Z")], {4: 22.5, 5: (22.5, 22.5, None), 6: 22.5}),
    ("the least of cap and sig holds",
     [request(OXYCODONE_5, dosage({"low": tablets(1), "high": tablets(2)}, every(1, 4, "h"), asNeededBoolean=True,
                                  maxDosePerPeriod={"numerator": mg(40), "denominator": qty(24, "h", "h")}))],
     {10: (0, 60, 60)}),
    ("ten doses twice a day are five days", [request(OXYCODONE_5, dosage(tablets(1), every(2, count=10)))], {5: 15, 6: None}),
    ("three days of the week are three sevenths",
     [request(OXYCODONE_10, dosage(tablets(2), {"repeat": {"dayOfWeek": ["mon", "wed", "fri"]}}))], {10: 12.8571}),
    ("an order of eleven years ago counts, with low 0",
     [request(OXYCODONE_5, dosage(tablets(1), TID), authored="2013-01-01")], {10: (0, 22.5, 22.5)}),
    ("a future order counts nothing", [ORDERED, request(OXYCODONE_10, dosage(tablets(1), TID), authored="2024-03-20", id="b")], {10: 22.5}),
]  # fmt: skip


@pytest.mark.parametrize(("resources", "expected"), [pytest.param(*rest, id=said) for said, *rest in HAND_DERIVED])
def test_a_day_is_what_was_derived_by_hand(resources, expected):
    found = doses(*resources, on="2024-03-10")
    got = {on: day(found, f"2024-03-{on:02d}") for on in expected}
    assert got == {on: (each,) * 3 if isinstance(each, int | float) else each for on, each in expected.items()}


@pytest.mark.parametrize(("tablets_a_day", "each_day"), [(2, 80), (2.5, 200), (4, 320), (6, 600), (6.5, 780)])
def test_the_tier_of_cdc_2016_is_chosen_on_all_methadone_of_the_day(tablets_a_day, each_day):
    five = request(METHADONE_5, dosage(tablets(1), DAILY), id="five")
    tens = request(METHADONE_10, dosage(tablets(tablets_a_day - 0.5), DAILY), id="tens")
    assert mme(five, tens, table="CDC-2016") == (each_day,) * 3
