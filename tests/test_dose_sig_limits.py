"""Limits, several doses and written amounts of a sig: exact, or refused."""

import pytest
from dosing import (
    BID,
    FENTANYL_25,
    MORPHINE_2_ML,
    MORPHINE_20_ML,
    OXYCODONE_5,
    OXYCODONE_10,
    day,
    dosage,
    doses,
    every,
    mg,
    mme,
    qty,
    reasons,
    request,
    tablets,
)

ON = "2024-03-10"


def said(text, drug=OXYCODONE_10):
    return mme(request(drug, {"text": text}), on=ON)


def refused(text, drug=OXYCODONE_10):
    return reasons(doses(request(drug, {"text": text}), on=ON)).get("MedicationRequest/r1")


@pytest.mark.parametrize("limit", ["Max Daily Amount: 1 patch", "not to exceed 1 patch per day", "MDD 1"])
def test_a_maximum_in_patches_does_not_turn_the_dose_of_an_hour_into_that_of_a_day(limit):
    text = f"Place 1 patch onto the skin every third day. {limit}"
    assert said(text, FENTANYL_25) == (60, 60, 60)
    worn = dosage(qty(1, "patch"), every(1, 72, "h"), text=text)
    assert mme(request(FENTANYL_25, worn), on=ON) == (60, 60, 60)


@pytest.mark.parametrize(
    ("text", "drug"),
    [
        ("10 mg every 4 hours as needed, max 6 per day", OXYCODONE_10),
        ("10 mg every 6 hours, no more than 4 in 24 hours", OXYCODONE_10),
        ("10 mg q4h MDD 6", OXYCODONE_10),
        ("5 mL every 6 hours, max 4/day", MORPHINE_20_ML),
    ],
)
def test_a_maximum_without_a_unit_beside_milligrams_or_millilitres_is_refused(text, drug):
    assert refused(text, drug) == "sig-not-read"


def test_a_maximum_without_a_unit_beside_tablets_counts_tablets():
    assert said("1 tablet every 4 hours as needed, max 4 per day") == (0, 60, 60)


def test_a_maximum_without_a_unit_leaves_a_structured_dose_in_milligrams_and_is_named():
    structured = dosage(mg(10), every(6), text="10 mg every 4 hours, max 6/day")
    found = doses(request(OXYCODONE_10, structured), on=ON)
    assert day(found, ON) == (90, 90, 90)
    assert any("a maximum in the text could not be read" in flag for flag in found.flags)


@pytest.mark.parametrize(
    "text",
    [
        "6 tablets every 12 hours plus up to 2 tablets daily as needed",
        "1 tablet every 12 hours and up to 4 tablets daily as needed for breakthrough pain",
    ],
)
def test_as_needed_up_to_a_maximum_that_is_added_to_a_schedule_is_refused(text):
    assert refused(text) == "sig-not-read"


def test_a_maximum_of_the_whole_may_follow_an_and():
    assert said("1 tablet every 4 hours as needed and no more than 4 tablets per day") == (0, 60, 60)


def test_a_dose_added_to_a_structured_schedule_does_not_swallow_it():
    structured = dosage(tablets(6), BID, text="6 tablets bid plus up to 2 tablets daily as needed")
    assert mme(request(OXYCODONE_10, structured), on=ON) == (180, 180, 180)


@pytest.mark.parametrize(
    ("text", "drug", "dose"),
    [
        (".5 tablet twice daily", OXYCODONE_10, 15),
        ("Oxycodone .5 tablet twice daily", OXYCODONE_10, 15),
        ("... 0.5 tablet twice daily", OXYCODONE_10, 15),
        (".25 mL every 4 hours", MORPHINE_20_ML, 30),
    ],
)
def test_a_number_that_begins_with_its_point_keeps_it(text, drug, dose):
    assert said(text, drug) == (dose, dose, dose)


def test_half_a_tablet_is_a_fraction_and_11_2_is_none():
    assert said("1/2 tablet bid") == (15, 15, 15)
    assert said("1 1/2 tablets bid") == (45, 45, 45)
    assert refused("11/2 tablets bid") == "sig-not-read"


@pytest.mark.parametrize(
    "text",
    [
        "1 tab daily x 14 days, 2 tabs daily x 14 days, 3 tabs daily",
        "1 tab tid x7d, 1 tab bid x7d, 1 tab daily x7d",
        "1 tablet 3 times daily for 7 days. 1 tablet daily for 7 days.",
    ],
)
def test_a_taper_without_then_is_refused(text):
    assert refused(text) == "sig-not-read"


def test_a_length_at_the_end_is_that_of_all_doses_side_by_side():
    found = doses(request(OXYCODONE_10, {"text": "1 tablet in the morning and 2 tablets at bedtime for 5 days"}), on=ON)
    assert (day(found, "2024-03-05"), day(found, "2024-03-06")) == ((45, 45, 45), None)


@pytest.mark.parametrize(
    "text",
    [
        "2 tablets in the morning and 2 tablets at bedtime, and 1 tablet every 4 hours as needed",
        "2 tabs qam, 2 tabs qhs, 1 tab q4h prn",
    ],
)
def test_doses_at_named_times_stay_scheduled_beside_one_as_needed(text):
    assert said(text) == (60, 150, 150)


def test_a_dose_at_a_named_time_stays_scheduled_beside_one_as_needed_without_a_frequency():
    assert said("1 tablet in the morning plus 1 tablet as needed, max 6 tablets daily") == (15, 90, 90)


def test_as_needed_at_the_end_of_named_times_belongs_to_all_of_them():
    assert said("1 tablet in the morning and 1 tablet at bedtime as needed") == (0, 30, 30)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1 tablet q4h prn mild pain; 2 tablets q4h prn severe pain; max 12 tablets daily", (0, 180, 180)),
        ("1 tablet every 6 hours and 2 tablets at bedtime. Max Daily Amount: 40 mg", (60, 60, 60)),
        ("1 tablet in the morning and 2 at bedtime, up to 2 tablets daily", (30, 30, 30)),
        ("1 tablet bid and 1 tablet every 4 hours as needed, max 4 tablets daily", (30, 60, 60)),
        ("1 tablet every 4 hours as needed and 1 tablet bid, max 4 tablets daily", (30, 60, 60)),
        ("1 tablet bid and 1 tablet every 4 hours as needed, max 20 tablets daily", (30, 120, 120)),
    ],
)
def test_doses_side_by_side_stay_within_the_maximum_of_the_sentence(text, found):
    assert said(text) == found


def test_a_structured_maximum_is_one_of_all_doses_side_by_side():
    limit = {"numerator": qty(4, "tablet"), "denominator": qty(1, "day", "d")}
    text = "1 tablet bid and 1 tablet every 4 hours as needed"
    assert mme(request(OXYCODONE_10, {"text": text, "maxDosePerPeriod": limit}), on=ON) == (30, 60, 60)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("10 mg in the morning and 2 tablets at night, max 6/day", (45, 45, 45)),
        ("10 mg in the morning and 2 tablets at night, max 2/day", (30, 30, 30)),
    ],
)
def test_a_maximum_at_the_end_counts_what_the_last_dose_is_counted_in(text, found):
    assert said(text) == found


def test_of_two_maxima_nobody_knows_whether_the_last_is_that_of_the_whole():
    assert refused("1 tablet q4h prn max 4 tablets daily and 1 tablet q6h prn max 3 tablets daily") == "sig-not-read"


@pytest.mark.parametrize(
    ("drug", "text"),
    [
        (MORPHINE_2_ML, "Take 0.5 mL (10 mg total) by mouth every 4 hours"),
        (MORPHINE_20_ML, "Take 5 mL (10 mg total) by mouth every 4 hours"),
        (FENTANYL_25, "Place 1 patch (50 mcg total) onto the skin every 72 hours"),
        (OXYCODONE_5, "1 tablet (10 mg total) bid"),
    ],
)
def test_milligrams_that_contradict_the_strength_of_the_product_are_refused(drug, text):
    assert refused(text, drug) == "dose-contradiction"


@pytest.mark.parametrize(
    ("drug", "text", "found"),
    [
        (OXYCODONE_10, "Take 10 mg (1 tablet) by mouth twice daily", (30, 30, 30)),
        (OXYCODONE_10, "20 mg (2 tablets) every 6 hours as needed (max 6 daily)", (0, 90, 90)),
        (OXYCODONE_10, "10 mg (1 tablet) tid prn pain, max 6 tablets daily", (0, 45, 45)),
        (MORPHINE_20_ML, "5 mg (0.25 mL) every 4 hours", (30, 30, 30)),
    ],
)
def test_milligrams_before_the_tablets_are_the_same_dose(drug, text, found):
    assert said(text, drug) == found


def test_milligrams_before_the_tablets_that_contradict_the_product_are_refused():
    assert refused("20 mg (1 tablet) bid") == "dose-contradiction"
    assert refused("5-10 mg (2 tablets) bid") is not None


@pytest.mark.parametrize(
    ("drug", "text", "dose"),
    [
        (MORPHINE_2_ML, "Take 5 mL (10 mg total) by mouth every 4 hours", 60),
        (MORPHINE_20_ML, "Take 0.5 mL (10 mg total) by mouth every 4 hours", 60),
        (FENTANYL_25, "Place 1 patch (25 mcg total) onto the skin every 72 hours", 60),
    ],
)
def test_milligrams_that_agree_with_the_strength_of_the_product_change_nothing(drug, text, dose):
    assert said(text, drug) == (dose, dose, dose)


@pytest.mark.parametrize(
    "text",
    [
        "2 tablets stat, 1 tablet every 6 hours as needed. Max 60 mg daily",
        "Take 2 tablets now and 1 tablet every 6 hours as needed for pain, max 4 tablets daily",
    ],
)
def test_a_first_dose_takes_nothing_from_the_limit_of_the_days_after_it(text):
    assert said(text) == (0, 60, 60)


@pytest.mark.parametrize(
    "text",
    [
        "6 tablets every 12 hours plus 1 tablet every 4 hours as needed for breakthrough pain, max 4/day",
        "2 tablets bid and 1 tablet every 4 hours as needed, max 4 tablets daily",
        "1 tablet bid and 1 tablet prn up to 2 tablets daily",
    ],
)
def test_a_limit_that_leaves_nothing_for_what_is_as_needed_is_refused(text):
    assert refused(text) == "sig-not-read"


def test_a_limit_that_leaves_one_tablet_for_what_is_as_needed_is_that_of_the_sum():
    assert said("2 tablets bid and 1 tablet every 4 hours as needed, max 5 tablets daily") == (60, 75, 75)


@pytest.mark.parametrize(
    "text",
    [
        "6 tablets every 12 hours plus prn up to 2 tablets daily",
        "6 tablets every 12 hours and as needed up to 2 tablets daily",
        "6 tablets every 12 hours plus no more than 2 tablets daily as needed",
        "1 tablet bid and prn up to 4 times daily",
    ],
)
def test_a_limit_of_its_own_behind_a_schedule_is_refused(text):
    assert refused(text) == "sig-not-read"


def test_an_up_to_behind_what_is_as_needed_already_is_its_limit():
    assert said("Take 1-2 tablets by mouth every 4 to 6 hours as needed and up to 8 tablets daily") == (0, 120, 120)


@pytest.mark.parametrize(
    "text",
    [
        "1 tablet bid for 11/2 weeks",
        "1 tablet bid, max 11/2 doses per day",
        "1 tablet every 4 hours as needed, up to 11/2 times daily",
        "1 tablet 3/2 times a day",
        "1 tablet 0 times a day",
        "1 tablet x0 daily",
        "1 3/2 tablets bid",
        "as needed, max 11/2 tablets a day",
        "1 tablet bid, max daily dose 0 tablets",
    ],
)
def test_no_number_is_never_taken_for_zero(text):
    assert refused(text) == "sig-not-read"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2 tablets in the morning and 1 tablet at bedtime daily as needed for pain", (0, 45, 45)),
        ("1 tablet in the morning and 1 tablet at bedtime as needed, max 2 doses per day", (0, 30, 30)),
    ],
)
def test_as_needed_behind_a_named_time_is_that_of_all_named_times(text, found):
    assert said(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1-2 tablets bid and 1 tablet every 6 hours, max 6 tablets daily", (90, 90, 90)),
        ("1 tablet every 6 hours and 1-2 tablets bid, max 6 tablets daily", (90, 90, 90)),
        ("1-2 tablets in the morning and 2 tablets at bedtime, max 3 tablets daily", (45, 45, 45)),
        ("1-2 tablets bid and 1 tablet every 4 hours as needed, max 4 tablets daily", (30, 60, 60)),
    ],
)
def test_the_least_of_a_range_comes_before_the_most_of_another_dose(text, found):
    assert said(text) == found
