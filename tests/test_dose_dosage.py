"""From a dosage to milligrams a day: quantities, units, timings. Every answer was worked out by hand."""

import pytest
from dosing import (
    BID,
    BUPRENORPHINE_PATCH,
    DAILY,
    FENTANYL_25,
    HYDROCODONE_5,
    HYDROMORPHONE_2,
    MORPHINE,
    MORPHINE_2_ML,
    MORPHINE_15,
    MORPHINE_20_ML,
    MORPHINE_INJ,
    OXYCODONE,
    OXYCODONE_10,
    TID,
    UCUM,
    dosage,
    doses,
    every,
    mg,
    mme,
    qty,
    reasons,
    request,
    tablets,
)  # fmt: skip

ORAL = {"coding": [{"system": "http://snomed.info/sct", "code": "26643006"}]}
IV = {"coding": [{"system": "http://snomed.info/sct", "code": "47625008"}]}


def ranged(low, high, unit="tablet"):
    return {"low": qty(low, unit), "high": qty(high, unit)}


def ratio(top, bottom):
    return {"numerator": top, "denominator": bottom}


@pytest.mark.parametrize(
    ("sentence", "dose", "expected"),
    [
        ("one tablet is one strength", tablets(1), 30),
        ("10 mg of a 10 mg tablet is one tablet, never ten", mg(10), 30),
        ("the same dose in grams", qty(0.01, "g", "g"), 30),
        ("the same dose in micrograms", qty(10000, "ug", "ug"), 30),
        ("mcg is no UCUM unit but a unit", qty(10000, "mcg", "mcg"), 30),
        ("a unit without a code", qty(1, "tablet"), 30),
        ("tbl", qty(1, "{tbl}"), 30),
        ("TAB of v3-orderableDrugForm", {"value": 1, "system": "http://terminology.hl7.org/CodeSystem/v3-orderableDrugForm", "code": "TAB"}, 30),
        ("Tablet(s)", qty(2, "Tablet(s)"), 60),
        ("the UCUM unity", {"value": 1, "system": UCUM, "code": "1"}, 30),
        ("arbitrary units", {"value": 1, "system": UCUM, "code": "[arb'U]"}, 30),
        ("half a tablet", tablets(0.5), 15),
        ("unity in the code, tablets in the text", {"value": 2, "unit": "tablet", "system": UCUM, "code": "1"}, 60),
        ("each", qty(1, "each"), 30),
        ("a unit text Mg, which is no UCUM, is mg", qty(10, "Mg"), 30),
        ("the UCUM code mg beside the text Mg", qty(10, "Mg", "mg"), 30),
        ("a bare number that can be no milligrams is a count", qty(1), 30),
    ],
)  # fmt: skip
def test_a_dose_of_a_10_mg_tablet_twice_a_day(sentence, dose, expected):
    assert mme(request(OXYCODONE_10, dosage(dose, BID))) == (expected,) * 3


@pytest.mark.parametrize(
    ("sentence", "drug", "dose", "code"),
    [
        ("a unit nobody knows", OXYCODONE_10, qty(1, "glug"), "unit-not-known"),
        ("code and text that differ", OXYCODONE_10, qty(10, "tablet", "mg"), "unit-contradiction"),
        ("ten of nothing may be tablets or milligrams", OXYCODONE_10, qty(10), "no-unit"),
        ("two of nothing for a 2 mg tablet", HYDROMORPHONE_2, qty(2), "no-unit"),
        ("a volume of a tablet", OXYCODONE_10, qty(5, "mL", "mL"), "no-strength"),
        ("a tablet of a solution", MORPHINE_2_ML, tablets(1), "unit-form"),
        ("a dose that is only a bound", OXYCODONE_10, {"value": 10, "unit": "mg", "comparator": "<"}, "dose-comparator"),
        ("a tablet of an ingredient", OXYCODONE, tablets(1), "no-strength"),
        ("UCUM Mg is a megagram", OXYCODONE_10, qty(10, None, "Mg"), "unit-not-known"),
        ("UCUM Mg with its text too", OXYCODONE_10, qty(10, "Mg", "Mg"), "unit-not-known"),
        ("a unit text Mg that claims UCUM", OXYCODONE_10, qty(10, "Mg") | {"system": UCUM}, "unit-not-known"),
    ],
)  # fmt: skip
def test_a_dose_that_leaves_a_doubt_is_declared(sentence, drug, dose, code):
    found = doses(request(drug, dosage(dose, BID)), on="2024-03-10")
    assert reasons(found) == {"MedicationRequest/r1": code}
    assert (found.daily[-1].mid, found.daily[-1].high) == (None, None)


def test_a_unit_of_60_characters_is_read_and_one_of_61_is_declared_too_long():
    at_most, beyond = "mg" + " " * 55 + "/kg", "mg" + " " * 56 + "/kg"
    assert (len(at_most), len(beyond)) == (60, 61)
    dose = dosage(qty(1, at_most), BID)
    assert [each.code for each in doses(request(MORPHINE_15, dose)).uncounted] == ["no-weight"]
    found = doses(request(MORPHINE_15, dosage(qty(1, beyond), BID)))
    assert [(each.code, each.reason) for each in found.uncounted] == [
        ("unit-not-known", "the unit is too long to be one: over 60 characters")
    ]


@pytest.mark.parametrize(
    ("sentence", "timing", "low", "high"),
    [
        ("twice a day", every(2), 20, 20),
        ("every 4 hours", every(1, 4, "h"), 60, 60),
        ("every 5 hours is 4.8 times a day", every(1, 5, "h"), 48, 48),
        ("every 90 minutes", every(1, 90, "min"), 160, 160),
        ("every other day", every(1, 2, "d"), 5, 5),
        ("once a week", every(1, 1, "wk"), 10 / 7, 10 / 7),
        ("three times a week", every(3, 1, "wk"), 30 / 7, 30 / 7),
        ("once a month is every 30 days", every(1, 1, "mo"), 10 / 30, 10 / 30),
        ("3 to 4 times a day", every(3, 1, "d", frequencyMax=4), 30, 40),
        ("every 4 to 6 hours", every(1, 4, "h", periodMax=6), 40, 60),
        ("up to 4 times a day", {"repeat": {"frequencyMax": 4, "period": 1, "periodUnit": "d"}}, 0, 40),
        ("period without frequency is once", {"repeat": {"period": 12, "periodUnit": "h"}}, 20, 20),
        ("frequency without period number", {"repeat": {"frequency": 3, "periodUnit": "d", "period": 1}}, 30, 30),
        ("morning and bedtime", {"repeat": {"when": ["MORN", "HS"]}}, 20, 20),
        ("with every meal", {"repeat": {"when": ["C"]}}, 30, 30),
        ("before breakfast", {"repeat": {"when": ["ACM"]}}, 10, 10),
        ("three clock times", {"repeat": {"timeOfDay": ["08:00:00", "14:00:00", "22:00:00"]}}, 30, 30),
        ("clock times beside their own frequency", every(2, timeOfDay=["08:00:00", "20:00:00"]), 20, 20),
        ("one a day beside two clock times: the times say how often", every(1, timeOfDay=["08:00:00", "20:00:00"]), 20, 20),
        ("every second day at 8:00 and 20:00", every(1, 2, "d", timeOfDay=["08:00:00", "20:00:00"]), 10, 10),
        ("Monday, Wednesday, Friday", every(1, dayOfWeek=["mon", "wed", "fri"]), 30 / 7, 30 / 7),
        ("twice on two days of the week", every(2, dayOfWeek=["mon", "thu"]), 40 / 7, 40 / 7),
        ("once a week on Monday", every(1, 1, "wk", dayOfWeek=["mon"]), 10 / 7, 10 / 7),
        ("days of the week alone", {"repeat": {"dayOfWeek": ["mon", "tue"]}}, 20 / 7, 20 / 7),
        ("code BID", {"code": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation", "code": "BID"}]}}, 20, 20),
        ("code TID", {"code": {"coding": [{"code": "TID"}]}}, 30, 30),
        ("code QID", {"code": {"coding": [{"code": "QID"}]}}, 40, 40),
        ("code Q4H", {"code": {"coding": [{"code": "Q4H"}]}}, 60, 60),
        ("code Q8H", {"code": {"coding": [{"code": "Q8H"}]}}, 30, 30),
        ("code QOD", {"code": {"coding": [{"code": "QOD"}]}}, 5, 5),
        ("code BED", {"code": {"coding": [{"code": "BED"}]}}, 10, 10),
        ("code WK", {"code": {"coding": [{"code": "WK"}]}}, 10 / 7, 10 / 7),
        ("a timing told in words", {"code": {"text": "every 6 hours"}}, 40, 40),
        ("a local code with a display", {"code": {"coding": [{"system": "urn:local", "code": "17", "display": "Twice daily"}]}}, 20, 20),
        ("structure beside an equal code", {"code": {"text": "BID"}, **every(2)}, 20, 20),
        ("structure wins over another code", {"code": {"text": "TID"}, **every(2)}, 20, 20),
    ],
)  # fmt: skip
def test_how_often_10_mg_of_morphine_are_taken(sentence, timing, low, high):
    assert mme(request(MORPHINE, dosage(mg(10), timing, route=ORAL))) == (round(low, 4), round(high, 4), round(high, 4))


@pytest.mark.parametrize(
    ("sentence", "timing"),
    [
        ("no timing at all", None),
        ("a frequency without any period", {"repeat": {"frequency": 2}}),
        ("a timing code nobody knows", {"code": {"text": "per protocol"}}),
        ("only a bound", {"repeat": {"boundsDuration": qty(30, "d", "d")}}),
    ],
)
def test_a_dose_without_a_frequency_is_declared_not_taken_once(sentence, timing):
    found = doses(request(OXYCODONE_10, dosage(tablets(1), timing)), on="2024-03-10")
    assert reasons(found) == {"MedicationRequest/r1": "no-timing"}
    assert found.daily[-1].high is None


@pytest.mark.parametrize(
    ("sentence", "written", "expected"),
    [
        ("a range counts from its least to its most", dosage(ranged(1, 2), TID), (45, 90, 90)),
        ("a range of doses and of intervals", dosage(ranged(1, 2), every(1, 4, "h", periodMax=6)), (60, 180, 180)),
        ("as needed is nothing to everything", dosage(ranged(1, 2), every(1, 4, "h", periodMax=6), asNeededBoolean=True), (0, 180, 180)),
        ("a maximum a day caps it", dosage(ranged(1, 2), every(1, 4, "h"), asNeededBoolean=True, maxDosePerPeriod=ratio(tablets(8), qty(1, "d", "d"))), (0, 120, 120)),
        ("a maximum in milligrams", dosage(tablets(1), every(1, 4, "h"), asNeededBoolean=True, maxDosePerPeriod=ratio(mg(40), qty(24, "h", "h"))), (0, 60, 60)),
        ("a maximum per 12 hours", dosage(tablets(1), every(1, 2, "h"), asNeededBoolean=True, maxDosePerPeriod=ratio(tablets(3), qty(12, "h", "h"))), (0, 90, 90)),
        ("a maximum of doses", dosage(tablets(2), every(1, 4, "h"), asNeededBoolean=True, maxDosePerPeriod=ratio(qty(4, "doses"), qty(1, "d", "d"))), (0, 120, 120)),
        ("as needed without a frequency but with a maximum", dosage(tablets(1), asNeededBoolean=True, maxDosePerPeriod=ratio(tablets(4), qty(1, "d", "d"))), (0, 60, 60)),
        ("as needed for something", dosage(tablets(1), BID, asNeededCodeableConcept={"text": "pain"}), (0, 30, 30)),
        ("a scheduled dose above its maximum", dosage(tablets(2), TID, maxDosePerPeriod=ratio(tablets(4), qty(1, "d", "d"))), (60, 60, 60)),
        ("a maximum of acetaminophen changes nothing", dosage(tablets(1), TID, maxDosePerPeriod=ratio(mg(4000), qty(1, "d", "d"))), (45, 45, 45)),
        ("a maximum for one dose", dosage(ranged(1, 3), TID, maxDosePerAdministration=tablets(2)), (45, 90, 90)),
        ("only an upper end", dosage({"high": tablets(2)}, TID), (0, 90, 90)),
    ],
)  # fmt: skip
def test_ranges_and_as_needed(sentence, written, expected):
    assert mme(request(OXYCODONE_10, written)) == expected


def test_two_lines_of_one_order_are_taken_side_by_side():
    lines = (dosage(tablets(1), {"repeat": {"when": ["MORN"]}}), dosage(tablets(2), {"repeat": {"when": ["HS"]}}))
    assert mme(request(OXYCODONE_10, *lines)) == (45, 45, 45)


def test_a_scheduled_and_an_as_needed_line_of_one_order_add():
    lines = (dosage(tablets(1), BID), dosage(tablets(1), every(1, 6, "h"), asNeededBoolean=True))
    assert mme(request(OXYCODONE_10, *lines)) == (30, 90, 90)


def test_ordered_and_calculated_dose_are_one_dose():
    written = {
        "doseAndRate": [
            {"type": {"text": "ordered"}, "doseQuantity": mg(10)},
            {"type": {"text": "calculated"}, "doseQuantity": tablets(1)},
        ],
        "timing": BID,
    }
    assert mme(request(OXYCODONE_10, written)) == (30, 30, 30)


def test_two_doses_that_differ_make_a_range_and_say_so():
    written = {"doseAndRate": [{"doseQuantity": mg(10)}, {"doseQuantity": mg(20)}], "timing": BID}
    found = doses(request(OXYCODONE_10, written), on="2024-03-10")
    assert (float(found.daily[-1].low), float(found.daily[-1].high)) == (30, 60)
    assert "several doses" in found.flags[0]


@pytest.mark.parametrize(
    ("sentence", "drug", "dose", "expected"),
    [
        ("5 mL of 2 mg/mL", MORPHINE_2_ML, qty(5, "mL", "mL"), 20),
        ("a teaspoon is 5 mL", MORPHINE_2_ML, qty(1, "tsp"), 20),
        ("0.5 mL of 20 mg/mL", MORPHINE_20_ML, qty(0.5, "mL", "mL"), 20),
        ("milligrams of a solution", MORPHINE_20_ML, mg(10), 20),
        ("the opioid's milligrams of a combination", HYDROCODONE_5, mg(5), 10),
        ("two tablets of a combination", HYDROCODONE_5, tablets(2), 20),
        ("two salts of one opioid are their sum", "637540", tablets(1), 2 * 4.88 * 1.5),
    ],
)
def test_strengths_and_volumes_twice_a_day(sentence, drug, dose, expected):
    assert mme(request(drug, dosage(dose, BID))) == (round(expected, 4),) * 3


@pytest.mark.parametrize(
    ("sentence", "written", "expected"),
    [
        ("changed every 72 hours", dosage(qty(1, "patch", "{patch}"), every(1, 72, "h")), 60),
        ("changed every 48 hours is the same patch", dosage(qty(1, "patch"), every(1, 48, "h")), 60),
        ("changed every 3 days", dosage(qty(1, "patch"), every(1, 3, "d")), 60),
        ("without an interval it is worn continuously", dosage(qty(1, "patch")), 60),
        ("without any dosage", None, 60),
        ("given as 25 ug/h", dosage(qty(25, "ug/h", "ug/h"), every(1, 72, "h")), 60),
        ("given as mcg/hr", dosage(qty(25, "mcg/hr"), every(1, 72, "h")), 60),
        ("given as 25 mcg", dosage(qty(25, "mcg"), every(1, 72, "h")), 60),
        ("a bare 1", dosage(qty(1), every(1, 72, "h")), 60),
        ("two at once", dosage(qty(2, "patch"), every(1, 72, "h")), 120),
        ("worn 72 hours of every week", dosage(qty(1, "patch"), every(1, 1, "wk")), 60 * 3 / 7),
        ("as a sig", {"text": "Apply 1 patch every 72 hours"}, 60),
    ],
)
def test_a_patch_of_25_mcg_an_hour(sentence, written, expected):
    order = request(FENTANYL_25, written) if written else request(FENTANYL_25)
    assert mme(order) == (round(expected, 4),) * 3


def test_an_ingredient_with_a_rate_on_the_skin_is_a_patch():
    skin = {"coding": [{"system": "http://snomed.info/sct", "code": "45890007"}]}
    assert mme(request({"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "4337"}]},
                       dosage(qty(50, "ug/h", "ug/h"), every(1, 72, "h"), route=skin))) == (120, 120, 120)  # fmt: skip


def test_a_buprenorphine_patch_is_declared_and_opens_the_day():
    found = doses(request(BUPRENORPHINE_PATCH, dosage(qty(1, "patch"), every(1, 7, "d"))), on="2024-03-10")
    assert reasons(found) == {"MedicationRequest/r1": "never-summed"}
    assert (found.daily[-1].mid, found.daily[-1].high) == (None, None)


@pytest.mark.parametrize(
    ("sentence", "drug", "route", "expected"),
    [
        ("an injection given by mouth counts as oral", MORPHINE_INJ, ORAL, 20),
        ("an injection into a vein", MORPHINE_INJ, IV, 60),
        ("an injection without a route", MORPHINE_INJ, None, 60),
        ("under the skin", MORPHINE_INJ, {"text": "subcutaneous"}, 60),
        ("IM of v3", MORPHINE_INJ, {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-RouteOfAdministration", "code": "IM"}]}, 60),
        ("an ingredient by mouth", MORPHINE, {"text": "PO"}, 20),
        ("an ingredient into a vein", MORPHINE, {"text": "Intravenous route"}, 60),
        ("down a stomach tube", MORPHINE_2_ML, {"text": "per NG tube"}, 20),
        ("an opioid that is oral if nothing is said", HYDROCODONE_5, None, 20),
    ],
)  # fmt: skip
def test_the_route_of_10_mg_twice_a_day_decides_the_factor(sentence, drug, route, expected):
    assert mme(request(drug, dosage(mg(10), BID, **({"route": route} if route else {})))) == (expected,) * 3


@pytest.mark.parametrize(
    ("sentence", "drug", "route", "code"),
    [
        ("epidural", MORPHINE_INJ, {"text": "Epidural"}, "neuraxial"),
        ("intrathecal by code", MORPHINE_INJ, {"coding": [{"system": "http://snomed.info/sct", "code": "72607000"}]}, "neuraxial"),
        ("rectal has no factor in the clinical table", "892603", None, "no-factor"),
        ("under the tongue", MORPHINE_20_ML, {"text": "sublingual"}, "no-factor"),
        ("nebulised", MORPHINE_INJ, {"text": "nebulized"}, "no-factor"),
        ("a route nobody knows is not the product's own", MORPHINE_INJ, {"text": "by catheter"}, "no-factor"),
        ("no route for a drug that is swallowed and injected", MORPHINE, None, "route-not-clear"),
        ("methadone into a vein", "864706", {"text": "IV"}, "no-factor"),
        ("remifentanil", "73032", {"text": "IV"}, "no-factor"),
    ],
)  # fmt: skip
def test_routes_without_a_factor_are_declared(sentence, drug, route, code):
    found = doses(request(drug, dosage(mg(10), BID, **({"route": route} if route else {}))), on="2024-03-10")
    assert reasons(found) == {"MedicationRequest/r1": code}
    assert found.daily[-1].high is None


def test_5_ml_of_a_concentrate_every_4_hours_are_counted_and_flagged():
    found = doses(request(MORPHINE_20_ML, dosage(qty(5, "mL", "mL"), every(1, 4, "h"))), on="2024-03-10")
    assert float(found.daily[-1].high) == 600
    assert any("concentrate" in flag for flag in found.flags)


def test_5_ml_of_the_weak_solution_are_not_flagged():
    assert doses(request(MORPHINE_2_ML, dosage(qty(5, "mL", "mL"), every(1, 4, "h"))), on="2024-03-10").flags == ()


def test_ten_times_the_usual_maximum_is_counted_and_flagged():
    found = doses(request(MORPHINE_15, dosage(mg(1500), BID)), on="2024-03-10")
    assert float(found.daily[-1].high) == 3000
    assert any("implausible amount" in flag for flag in found.flags)


def test_ten_tablets_at_once_are_counted_and_flagged():
    found = doses(request(OXYCODONE_10, dosage(tablets(10), BID)), on="2024-03-10")
    assert float(found.daily[-1].high) == 300
    assert any("10 units at once" in flag for flag in found.flags)


def test_a_resource_of_500_dosages_is_counted_and_one_of_501_is_declared():
    one = dosage(tablets(1), DAILY)
    assert mme(request(OXYCODONE_10, *[one] * 500)) == (7500, 7500, 7500)
    found = doses(request(OXYCODONE_10, *[one] * 501))
    assert [(each.code, each.reason) for each in found.uncounted] == [
        ("too-many-dosages", "more than 500 dosages in one resource")
    ]
    assert (found.daily[-1].mid, found.daily[-1].high) == (None, None)


def test_a_resource_of_100000_characters_of_sigs_is_counted_and_one_of_100001_is_declared():
    one, text = dosage(tablets(1), DAILY), "take " * 196 + "1 tablet once  a day"
    full = [one | {"text": text}] * 100
    assert mme(request(OXYCODONE_10, *full)) == (1500, 1500, 1500)
    # What is too long to be a sig is not looked at, and does not count.
    assert mme(request(OXYCODONE_10, *full, one | {"text": f"{text}."})) == (1515, 1515, 1515)
    found = doses(request(OXYCODONE_10, *full, one | {"text": "1"}))
    assert [(each.code, each.reason) for each in found.uncounted] == [
        ("too-much-text", "more than 100000 characters of text in the dosages of one resource")
    ]
    assert (found.daily[-1].mid, found.daily[-1].high) == (None, None)


def test_a_dose_that_is_hard_to_believe_is_said_on_each_piece_of_its_order():
    found = doses(request(OXYCODONE_10, dosage(tablets(10), DAILY), dosage(tablets(1), DAILY)))
    flags = [[flag for flag in each.flags if flag.startswith("implausible")] for each in found.daily[-1].contributors]
    assert flags == [["implausible dose: 10 units at once"]]


def test_milligrams_that_fit_no_tablet_are_named():
    assert any(
        "no whole or half" in flag for flag in doses(request(HYDROCODONE_5, dosage(mg(7), BID)), on="2024-03-10").flags
    )
