"""What a sig says twice is meant once; what it says twice and differently is not read."""

import pytest
from dosing import FENTANYL_25, MORPHINE_20_ML, OXYCODONE_10, doses, mme, reasons, request

PERCOCET = {"text": "Percocet 10-325 mg tablet"}


def spoken(text, product=OXYCODONE_10):
    return mme(request(product, {"text": text}), on="2024-03-10")


def refused(text, product=OXYCODONE_10):
    return reasons(doses(request(product, {"text": text}), on="2024-03-10")).get("MedicationRequest/r1")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Take 1 tablet every 12 hours (2 tablets per day)", (30, 30, 30)),
        ("Take 1 tablet 4 times daily as needed (4 tablets a day)", (0, 60, 60)),
        ("Take 1 tablet twice daily, total of 2 tablets daily", (30, 30, 30)),
        ("Take 1 tablet every 12 hours and 1 tablet daily", (45, 45, 45)),
        ("Take 2 tablets now and 1 tablet daily", (15, 15, 15)),
    ],
)
def test_a_total_of_the_day_is_no_second_dose(text, found):
    assert spoken(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "Take 1 tablet every 12 hours (3 tablets per day)",
        "Take 1 tablet every 12 hours (20 mg per day)",
        "Take 2 tablets at bedtime, total 20 mg daily",
        "Take 1 tablet every 12 hours, 1 tablet daily",
        "Take 1 tablet daily for 7 days (1 tablet per day)",
    ],
)
def test_what_may_be_a_total_or_a_second_dose_is_refused(text):
    assert refused(text) == "sig-not-read"


@pytest.mark.parametrize(
    "text",
    [
        "Take 1 tablet once daily in the morning with breakfast",
        "Take 1 tablet every morning at 8 am",
        "Take 1 tablet every morning (8 am)",
        "Take 1 tablet at bedtime (9 pm)",
        "Take 1 tablet every night before bed",
        "Take 1 tablet in the evening with dinner",
        "Take 1 tablet qhs nightly",
    ],
)
def test_a_time_of_day_that_is_named_twice_is_one_dose(text):
    assert spoken(text) == (15, 15, 15)


@pytest.mark.parametrize(
    ("text", "mme_a_day"),
    [
        ("1 tablet in the morning with breakfast and in the evening with dinner", 30),
        ("1 tablet at 8 am and 8 pm", 30),
        ("1 tablet at 8 am, 10 am and 8 pm", 45),
        ("1 tablet in the morning, noon and night", 45),
        ("1 tablet daily in the morning and at bedtime", 30),
    ],
)
def test_different_times_of_day_are_doses_of_their_own(text, mme_a_day):
    assert spoken(text) == (mme_a_day,) * 3


@pytest.mark.parametrize(
    "text",
    [
        "1 tablet in the morning, with breakfast",
        "1 tablet every evening at bedtime",
        "1 tablet at night 8 pm",
        "1 tablet once daily in the morning and at bedtime",
        "1 tablet with meals and at bedtime",
    ],
)
def test_times_that_may_be_one_or_two_are_refused(text):
    assert refused(text) == "sig-not-read"


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Take 1 tablet Mon Wed Fri", 3),
        ("Take 1 tablet Mon,Wed,Fri", 3),
        ("Take 1 tablet Monday; Wednesday; Friday", 3),
        ("Take 1 tablet on Monday and on Thursday", 2),
        ("Take 1 tablet on Mon, Wed, and Fri", 3),
        ("Take 1 tablet once a week on Monday", 1),
    ],
)
def test_each_day_of_a_list_counts(text, days):
    low, mid, high = spoken(text)
    assert low == mid == high == pytest.approx(15 * days / 7, abs=1e-4)


@pytest.mark.parametrize("text", ["Take 1 tablet Monday - Friday", "Take 1 tablet Monday with food Wednesday"])
def test_days_that_are_no_plain_list_are_refused(text):
    assert refused(text) == "sig-not-read"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Take 1 tablet every 4 (four) hours as needed", (0, 90, 90)),
        ("Take 2 (two) tablets daily", (30, 30, 30)),
        ("Take 1 1/2 (one and one-half) tablets daily", (22.5, 22.5, 22.5)),
        ("Take 1 tablet every 72 (seventy-two) hours", (5, 5, 5)),
        ("Take 1 (10 mg) tablet daily", (15, 15, 15)),
    ],
)
def test_a_number_said_twice_is_read_once(text, found):
    assert spoken(text) == found


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Take 1 tablet every 4 (six) hours", "sig-not-read"),
        ("Take 2 (three) tablets daily", "sig-not-read"),
        ("Take 1 (1/2) tablet daily", "sig-not-read"),
        ("Take 1 (5mg) tablet daily", "dose-contradiction"),
    ],
)
def test_a_number_said_twice_and_differently_is_refused(text, reason):
    assert refused(text) == reason


@pytest.mark.parametrize(
    "text", ["Take 10/325 mg every 6 hours", "Take 1 5/500 mg tablet every 6 hours", "5/10 mg every 6 hours"]
)
@pytest.mark.parametrize("product", [PERCOCET, OXYCODONE_10])
def test_the_strengths_of_a_combination_are_no_fraction(text, product):
    assert refused(text, product) == "sig-not-read"


def test_a_fraction_of_a_tablet_is_read():
    assert spoken("Take 1/2 tablet daily") == (7.5, 7.5, 7.5)


@pytest.mark.parametrize(
    ("text", "patches"),
    [
        ("Place 2 patches on the skin every 72 (seventy-two) hours. Rotate application sites", 2),
        ("Apply 2 patches to chest every 72 hours", 2),
        ("Apply two 25 mcg/hr patches every 72 hours", 2),
        ("Apply 50 mcg/hr every 72 hours", 2),
        ("Apply 1 patch (25 mcg/hr) topically every 72 hours", 1),
        ("Apply 1 patch every 72 hours. Remove old patch before applying new one", 1),
        ("Apply to skin every 72 hours", 1),
    ],
)
def test_the_patches_of_a_sig_are_counted(text, patches):
    assert spoken(text, FENTANYL_25) == (60 * patches,) * 3


@pytest.mark.parametrize(
    "text", ["Do not apply", "DISCONTINUED", "Apply three to the chest as shown", "1 patch, 25 mcg/hr"]
)
def test_a_patch_whose_text_is_not_understood_is_not_one_patch(text):
    assert refused(text, FENTANYL_25) == "sig-not-read"


@pytest.mark.parametrize(
    ("day", "found"), [("2024-03-01", (90, 90, 90)), ("2024-03-02", (60, 60, 60)), ("2024-03-20", (60, 60, 60))]
)
def test_a_first_dose_does_not_take_the_day_from_what_follows(day, found):
    order = request(OXYCODONE_10, {"text": "Take 2 tablets now then 1 tablet every 6 hours"}, authored="2024-03-01")
    assert mme(order, on=day) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("10 mg = 1 tab, PO, q6hr, PRN", (0, 60, 60)),
        ("One to be taken four times a day", (60, 60, 60)),
        ("1-2 qds prn", (0, 120, 120)),
        ("1 tablet by oral route every 6 hours", (60, 60, 60)),
        ("Take 1 tablet by mouth every 6 hours as needed for pain. Indications: acute pain", (0, 60, 60)),
    ],
)
def test_the_words_of_different_prescribing_systems_are_read(text, found):
    assert spoken(text) == found


def test_a_spoonful_is_its_millilitres():
    assert spoken("one 5ml spoonful once daily", MORPHINE_20_ML) == (100, 100, 100)
