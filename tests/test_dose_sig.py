"""English sigs: what is understood is exact, the rest is refused."""

import pytest
from dosing import (
    MORPHINE_2_ML,
    OXYCODONE_10,
    administration,
    day,
    dosage,
    doses,
    every,
    mme,
    qty,
    reasons,
    request,
    tablets,
)
from hypothesis import given
from hypothesis import strategies as st

from cds.dose import sig, sig_words


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("1 tab PO BID", 30, 30),
        ("Take 1 tablet by mouth twice daily", 30, 30),
        ("Take one tablet by mouth two times a day.", 30, 30),
        ("TAKE ONE TABLET BY MOUTH EVERY 12 HOURS", 30, 30),
        ("take 1 tablet every 4 hours", 90, 90),
        ("1 tablet q4h", 90, 90),
        ("1 tab q 6 h", 60, 60),
        ("Take 2 tablets three times a day", 90, 90),
        ("Take 1 tablet (10 mg total) by mouth 3 (three) times daily", 45, 45),
        ("1 tablet at bedtime", 15, 15),
        ("1 tab qhs", 15, 15),
        ("Take 1 tablet nightly at bedtime", 15, 15),
        ("Take 1 tablet daily at bedtime", 15, 15),
        ("Take 1 tablet every morning and 2 tablets at bedtime", 45, 45),
        ("take 1 tablet every morning and 2 at night", 45, 45),
        ("2 tabs qam, 1 tab qhs", 45, 45),
        ("1 tablet in the morning and evening", 30, 30),
        ("1 tablet in the morning, 1 tablet at noon and 2 tablets at bedtime", 60, 60),
        ("half a tablet twice daily", 15, 15),
        ("1/2 tablet bid", 15, 15),
        ("1.5 tablets bid", 45, 45),
        ("1 1/2 tablets bid", 45, 45),
        ("one and one-half tablets bid", 45, 45),
        ("1-2 tablets every 4-6 hours", 60, 180),
        ("1 to 2 tabs every 6 hours", 60, 120),
        ("one or two tablets four times daily", 60, 120),
        ("Take 10 mg by mouth every 8 hours", 45, 45),
        ("take 5-10 mg every 6 hours", 30, 60),
        ("10 mg po q8h", 45, 45),
        ("1 tablet every other day", 7.5, 7.5),
        ("1 tablet once a week", 15 / 7, 15 / 7),
        ("1 tablet once daily", 15, 15),
        ("Take one 10 mg tablet twice daily", 30, 30),
        ("1 tablet 4x/day", 60, 60),
        ("1 tab 4 times per day scheduled", 60, 60),
        ("take 1 tablet every 8 hours around the clock", 45, 45),
        ("Take 1 tablet by mouth every 6 (six) hours.", 60, 60),
        ("take 1 tablet twice a day with food", 30, 30),
        ("1 tablet three times daily. Do not crush or chew.", 45, 45),
        ("1 po q8h", 45, 45),
        ("i tab po bid", None, None),
        ("1 tab(s) orally every 12 hours", 30, 30),
        ("Take 1 tablet once every 12 hours", 30, 30),
        ("1 tab po tid with meals", 45, 45),
        ("Take 1 tablet twice a day (morning and evening)", 30, 30),
        ("Take 1 tablet by mouth 2 (two) times a day. Do not crush, chew, or split.", 30, 30),
        ("Oxycodone 10 mg PO BID", 30, 30),
        ("1 tablet every third day", 5, 5),
        ("1 tablet at 8am and 8pm", 30, 30),
        ("1 T PO BID", 30, 30),
        ("take 1 tablet daily, up to 4 tablets daily", 15, 60),
        ("1 tablet every 6 hours up to 6 tablets a day", 60, 90),
        ("1 tablet every 6 hours up to 4 tablets a day", 60, 60),
        ("1 tablet every 6 hours, max 6 tablets a day", 60, 60),
        ("1 tablet daily, up to 4 times daily", 15, 60),
        ("1 tablet every 6 hours, up to 4 times daily", 60, 60),
        ("1 tablet every 6 hours, up to 5 times daily", 60, 75),
        ("1 tablet every 6 hours, max 5 doses daily", 60, 60),
        ("1 tablet daily, up to 4 times daily, max 3 tablets a day", 15, 45),
        ("1 tablet daily, up to 2-3 times daily", 15, 45),
        ("1 tablet in the morning and 1 tablet at bedtime, up to 4 tablets daily", 30, 60),
        ("1 tablet in the morning and 1 tablet at bedtime, up to 2 tablets daily", 30, 30),
        ("1 tablet every morning, up to 2 tablets daily, and 1 tablet at bedtime", 30, 45),
        ("1T PO BID", 30, 30),
        ("Take 2 T three times daily", 90, 90),
        ("1 tab x3 daily", 45, 45),
        ("1 tab po x3/day", 45, 45),
        ("1 tab x 3 per day", 45, 45),
        ("1-2 tablets every 4 hours (max 6)", 90, 90),
        ("Take 1 tab twice daily, hold for sedation", 30, 30),
        ("1 tab q6h (hold if sedated or RR < 12)", 60, 60),
        ("Take 1 tablet twice daily. Hold for oversedation or respiratory rate less than 10.", 30, 30),
    ],
)
def test_a_scheduled_sig_of_a_10_mg_tablet(text, low, high):
    found = mme(request(OXYCODONE_10, {"text": text}))
    expected = (None, None) if low is None else (round(low, 4), round(high, 4))
    assert found is not None
    assert found[:2] == expected


@pytest.mark.parametrize(
    ("text", "high"),
    [
        ("Take 1-2 tablets every 4-6 hours as needed for pain, max 8/day", 120),
        ("1 tab q6h prn", 60),
        ("1 tab q4-6h prn pain", 90),
        ("Take 1 tablet (10 mg total) by mouth every 4 (four) hours as needed for Pain. Max Daily Amount: 60 mg", 90),
        ("Take 1 tablet every 6 hours as needed for severe back pain. Do not exceed 3 tablets per day", 45),
        ("1 tablet up to 4 times daily as needed", 60),
        ("Take 1 tablet every 4 hours if needed, not to exceed 4 tablets in 24 hours", 60),
        ("1-2 tabs po q4h prn, nte 6 tabs/day", 90),
        ("take 1 tablet by mouth every 4 hours as needed for moderate pain (pain score 4-6)", 90),
        ("1 tablet twice daily as needed for breakthrough pain", 30),
        ("Take 1 tablet every 6 hours as needed for pain. Max 4 g acetaminophen per day", 60),
        ("1 tablet q4h prn, MDD 6 tabs/day", 90),
        ("Take 1 tablet by mouth every 4 (four) hours as needed for Pain or shortness of breath.", 90),
        ("Take up to 4 tablets daily", 60),
        ("up to 4 tablets per day", 60),
        ("Take up to 8 tablets in 24 hours", 120),
        ("take up to 60 mg a day", 90),
        ("take as needed for pain, max 4 tablets a day", 60),
        ("1 T q6h prn, max 3 T per day", 45),
        ("1-2 tablets every 4 hours as needed (max 6)", 90),
        ("1-2 tablets q4h prn, max 6 tabs", 90),
        ("1 tab q6h prn max of 3", 45),
        ("1-2 tabs q4h prn (max 6 per day)", 90),
        ("1 tablet daily as needed, up to 4 tablets daily", 60),
        ("1 tablet daily as needed, up to 4 times daily", 60),
        ("1 tablet daily as needed, max 4 tablets daily", 15),
    ],
)
def test_a_sig_as_needed_is_nothing_to_everything(text, high):
    assert mme(request(OXYCODONE_10, {"text": text})) == (0, high, high)


@pytest.mark.parametrize(
    "text",
    [
        "as directed",
        "take as needed",
        "take 1 tablet",
        "take 1 tablet twice daily or three times daily",
        "take 1 tablet twice daily at bedtime",
        "1 tablet every 4 to 6 hours or 2 tablets at night if the pain is bad",
        "take 1 tablet 30 minutes before physical therapy twice daily",
        "1 tab bid tid",
        "take 1 tablet po or iv every 6 hours",
        "increase by 1 tablet every 3 days",
        "take 2-1 tablets twice daily",
        "hold if sedated, else 1 tablet twice daily",
        "1 tableta dos veces al dia",
        "take 1 tablet twice daily except on Sunday",
        "take half of 1 tablet twice daily",
        "hydrocodone-apap 5-325 mg q6h",
        "5-325 mg every 6 hours",
        "1/0 tablet twice daily",
        "take 1 tablet every 4 hours while awake",
        "1 tab x3",
        "1 tab daily x3",
        "1 tab bid x3 daily",
        "up to 4",
        "take up to 4 tablets",
        "take up to 4 tablets daily and 2 at night",
        "max 4 tablets per day",
        "1-2 tablets every 4 hours (max 2)",
        "1-2 tablets every 4 hours (max 40 mg)",
        "2 tabs qam, 1 tab qhs (max 2)",
        "hold for sedation",
        "hold for sedation, then 1 tablet twice daily",
    ],
)
def test_a_sig_that_leaves_a_doubt_is_refused(text):
    found = doses(request(OXYCODONE_10, {"text": text}), on="2024-03-10")
    assert len(reasons(found)) == 1
    assert found.daily[-1].high is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5 mL q6h prn", (0, 40, 40)),
        ("Take 5 mL by mouth every 6 hours", (40, 40, 40)),
        ("1 teaspoon every 6 hours", (40, 40, 40)),
        ("2.5 ml q4h", (30, 30, 30)),
    ],
)
def test_a_sig_of_a_2_mg_per_ml_solution(text, expected):
    assert mme(request(MORPHINE_2_ML, {"text": text})) == expected


@pytest.mark.parametrize(("drug", "expected"), [(OXYCODONE_10, (30, 30, 30)), (MORPHINE_2_ML, (None, None, None))])
def test_1_t_is_a_tablet_where_it_can_be_no_spoon(drug, expected):
    assert mme(request(drug, {"text": "1 T PO BID"})) == expected


def test_up_to_4_tablets_daily_is_no_scheduled_dose():
    (last,) = doses(request(OXYCODONE_10, {"text": "take up to 4 tablets daily"}), on="2024-03-01").series
    assert (last.low, last.mid, last.high, last.prn_only) == (0, 0, 60, True)


def test_a_limit_in_the_text_stays_a_limit_beside_a_structured_dose():
    order = request(OXYCODONE_10, dosage(tablets(1), every(6), text="up to 4 tablets daily"))
    assert mme(order) == (60, 60, 60)


PERMITS = "MedicationRequest/r1: the text permits more a day than is scheduled: the high value is what it permits"


@pytest.mark.parametrize(
    ("text", "low", "high", "flags"),
    [
        ("1 tablet 3 times daily, up to 6 tablets daily", 45, 90, (PERMITS,)),
        ("1 tablet 3 times daily, up to 6 times daily", 45, 90, (PERMITS,)),
        ("1 tablet 3 times daily, up to 60 mg daily", 45, 90, (PERMITS,)),
        ("up to 6 tablets daily", 45, 90, (PERMITS,)),
        ("1 tablet 3 times daily as needed, up to 6 tablets daily", 0, 90, (PERMITS,)),
        (
            "1 tablet in the morning, 1 tablet at noon and 1 tablet at bedtime, up to 6 tablets daily",
            45,
            90,
            (PERMITS,),
        ),
        ("1 tablet 3 times daily, up to 3 tablets daily", 45, 45, ()),
        ("1 tablet 3 times daily, up to 2 tablets daily", 30, 30, ()),
        ("1 tablet 3 times daily, max 6 tablets daily", 45, 45, ()),
    ],
)
def test_what_a_text_permits_beside_a_structured_dose_is_the_high_value(text, low, high, flags):
    found = doses(request(OXYCODONE_10, dosage(tablets(1), every(3), text=text)), on="2024-03-10")
    assert (day(found, "2024-03-10"), found.flags) == ((low, high, high), flags)


@pytest.mark.parametrize(("most", "high"), [(5, 75), (3, 45), (9, 90)])
@pytest.mark.parametrize("structured", [{"dose": tablets(1), "timing": every(3)}, {}])
def test_a_structured_maximum_caps_what_the_text_permits(structured, most, high):
    limit = {"numerator": tablets(most), "denominator": qty(1, "d", "d")}
    order = dosage(**structured, text="1 tablet 3 times daily, up to 6 tablets daily", maxDosePerPeriod=limit)
    assert mme(request(OXYCODONE_10, order)) == (45, high, high)


def test_a_structured_maximum_above_the_schedule_permits_no_more_than_the_schedule():
    limit = {"numerator": tablets(6), "denominator": qty(1, "d", "d")}
    assert mme(request(OXYCODONE_10, dosage(tablets(1), every(3), maxDosePerPeriod=limit))) == (45, 45, 45)


@pytest.mark.parametrize(("most", "rises"), [(6, 90), (3, 45)])
def test_a_draft_whose_text_permits_more_than_the_order_that_it_renews_raises_the_dose(most, rises):
    draft = request(
        OXYCODONE_10,
        dosage(tablets(1), every(3), text=f"1 tablet 3 times daily, up to {most} tablets daily"),
        id="d1", status="draft",
    )  # fmt: skip
    proposed = doses(request(OXYCODONE_10, dosage(tablets(1), every(3))), on="2024-03-10", drafts=(draft,)).proposed
    assert proposed is not None
    assert (proposed.before, proposed.after, proposed.raises) == (45, rises, rises > 45)


def test_what_was_given_is_a_fact_whatever_its_text_permits():
    written = {"dose": tablets(1), "text": "1 tablet daily, up to 4 tablets daily"}
    found = doses(administration(OXYCODONE_10) | {"dosage": written}, on="2024-03-01")
    assert (day(found, "2024-03-01"), found.flags) == ((15, 15, 15), ())


def test_then_is_a_taper():
    found = doses(
        request(OXYCODONE_10, {"text": "Take 2 tablets twice daily for 7 days, then 1 tablet twice daily for 7 days"}),
        on="2024-03-31",
    )
    assert [day(found, on) for on in ("2024-03-07", "2024-03-08", "2024-03-15")] == [(60, 60, 60), (30, 30, 30), None]


def test_for_5_days_ends_after_5_days():
    order = request(OXYCODONE_10, {"text": "1 tablet every 6 hours for 5 days"})
    assert [mme(order, on=on) for on in ("2024-03-05", "2024-03-06")] == [(60, 60, 60), None]


def test_a_dose_without_a_timing_takes_it_from_the_text():
    assert mme(request(OXYCODONE_10, dosage(tablets(2), text="2 tablets every 8 hours"))) == (90, 90, 90)


def test_a_timing_without_a_dose_takes_it_from_the_text():
    assert mme(request(OXYCODONE_10, dosage(None, {"code": {"text": "TID"}}, text="Take 2 tablets"))) == (90, 90, 90)


def test_a_strength_that_only_the_text_tells_is_used():
    assert mme(request({"text": "oxycodone tablet"}, {"text": "Take 1 tablet (5 mg total) by mouth twice daily"})) == (
        15,
        15,
        15,
    )


def test_an_amount_in_a_patient_instruction_is_read():
    assert mme(request(OXYCODONE_10, {"patientInstruction": "Take 1 tablet twice daily"})) == (30, 30, 30)


def test_a_dose_for_a_day_is_no_dose_for_a_tablet():
    assert mme(request(MORPHINE_2_ML, {"text": "1 tablet twice daily"})) == (None, None, None)


TOO_LONG = "the text of the dosage is too long to be read: over 1000 characters"


OF_1000 = "take " * 196 + "1 tablet twice a day"


def test_a_text_of_1000_characters_is_a_sig_and_one_of_1001_is_refused_with_its_length():
    assert len(OF_1000) == 1000
    assert mme(request(OXYCODONE_10, {"text": OF_1000})) == (30, 30, 30)
    found = doses(request(OXYCODONE_10, {"text": f"{OF_1000}."}))
    assert [(each.code, each.reason) for each in found.uncounted] == [("sig-not-read", TOO_LONG)]


def test_a_text_that_is_too_long_leaves_the_structured_dose_and_is_named():
    def order(text):
        return request(OXYCODONE_10, dosage(tablets(1), every(2), text=text))

    assert doses(order(OF_1000)).flags == ()
    found = doses(order(f"{OF_1000}."))
    assert (day(found, "2024-03-31"), found.flags) == ((30, 30, 30), (f"MedicationRequest/r1: {TOO_LONG}",))


def test_a_run_of_digits_is_looked_at_once():
    # Were every digit given back in turn, this would take days.
    assert all(
        not pattern.match("1" * 200_000) for pattern in (sig_words.AMOUNT, sig_words.BARE, sig_words.PARTNER_LIMIT)
    )
    assert not sig_words.EVERY.match("every " + "1" * 200_000)
    assert not sig_words.MAX.match("max " + "1" * 200_000)


def test_24_doses_side_by_side_are_read_and_25_are_refused():
    def order(count):
        return request(OXYCODONE_10, {"text": " and ".join(["1 tablet daily"] * count)})

    assert mme(order(24)) == (360, 360, 360)
    assert reasons(doses(order(25))) == {"MedicationRequest/r1": "sig-not-read"}


def test_signs_between_the_words_are_skipped_at_once(monkeypatch):
    steps = []
    step = sig._step
    monkeypatch.setattr(sig, "_step", lambda *told: steps.append(told[1]) or step(*told))
    assert sig.read("(((" + "(" * 900 + "1 tablet, (daily).") is not None
    assert len(steps) == 2


def test_a_sig_that_many_orders_repeat_is_read_once_in_an_evaluation(monkeypatch):
    seen = []
    phase = sig._phase
    monkeypatch.setattr(sig, "_phase", lambda *told: seen.append(told[0]) or phase(*told))
    orders = [request(OXYCODONE_10, {"text": "1 tablet daily"}, {"text": "1 tablet daily"}, id=f"r{n}") for n in "123"]
    for evaluations in (1, 2):
        doses(*orders)
        assert len(seen) == evaluations


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused_without_failing(text):
    parts = sig.read(text)
    assert parts is None or all(part.schedule is not None for part in parts)


@given(
    st.integers(1, 3),
    st.integers(0, 2),
    st.integers(1, 12),
    st.booleans(),
    st.sampled_from(["tablet", "tablets", "tabs", "mg"]),
)
def test_a_sig_means_the_same_as_its_structure(low, more, hours, needed, unit):
    text = f"Take {low}-{low + more} {unit} by mouth every {hours} hours{' as needed for pain' if needed else ''}"
    dose = qty(low, unit) if not more else {"low": qty(low, unit), "high": qty(low + more, unit)}
    structure = dosage(dose, {"repeat": {"frequency": 1, "period": hours, "periodUnit": "h"}}, asNeededBoolean=needed)
    assert mme(request(OXYCODONE_10, {"text": text})) == mme(request(OXYCODONE_10, structure))
