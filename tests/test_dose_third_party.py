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
    tablets,
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
    ],
)
def test_a_sig_that_pharmacies_print_is_read(said, low, high):
    assert mme(text(said)) == pytest.approx((low, high, high), abs=1e-4)


@pytest.mark.parametrize(
    "said",
    [
        "Take 1 tablet (10 mg) by mouth every 6 hours",  # of a 5 mg tablet
        "Take 2 tablets (20 mg total) by mouth every 6 hours",
        "1-2 tab q6h (max 6)",  # a day, or a dose of mg
        "1 T PO Q6H PRN",  # tablet, teaspoon or tablespoon
        "Take 1 tablet every 6 hours. Increase to 2 tablets after one week.",
        "Take 1 tablet every 6 hours OR 2 tablets at bedtime",
        "Take 1 tablet twice daily. Hold for sedation.",
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
    assert mme(one | {"priorPrescription": None}, two, on="2024-03-10") == (45, 45, 45)


def test_a_pca_is_what_was_delivered_basal_rate_and_boluses():
    night: Raw = {
        "effectiveDateTime": None,
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
