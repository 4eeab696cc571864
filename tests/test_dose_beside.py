"""What a text says beside a structured dose is compared where it is understood, and said where it is not."""

import pytest
from dosing import BID, DAILY, MORPHINE_INJ, OXYCODONE_10, day, dosage, doses, every, mg, mme, reasons, request, tablets

DIFFER = ("MedicationRequest/r1: structure and text of the dosage differ; the structure is used",)
CHANGE = ("MedicationRequest/r1: the text of the dosage may speak of a change or of no intake; its structure is used",)
AS_NEEDED = ("MedicationRequest/r1: only the text of the dosage says as needed: low is 0",)


def told(structure):
    found = doses(request(OXYCODONE_10, structure), on="2024-03-10")
    return day(found, "2024-03-10"), found.flags


@pytest.mark.parametrize(
    ("structure", "found"),
    [
        (dosage(tablets(1), DAILY, text="Take 1 tablet in the morning and 2 tablets at bedtime"), 15),
        (dosage(tablets(1), DAILY, text="Take 2 tablets daily"), 15),
        (dosage(tablets(1), DAILY, text="1 tablet daily for 7 days then 2 tablets daily"), 15),
        (dosage(tablets(1), text="Take 2 tablets every 6 hours"), 60),
    ],
)
def test_a_text_that_says_another_dose_is_named(structure, found):
    assert told(structure) == ((found, found, found), DIFFER)


def test_a_frequency_in_the_text_that_differs_from_the_structured_one_is_named():
    found, flags = told(dosage(None, DAILY, text="Take 1 tablet every 4 hours"))
    assert (found, flags) == ((15, 15, 15), DIFFER)


@pytest.mark.parametrize(
    "structure",
    [
        dosage(tablets(1), BID, text="Take 1 tablet in the morning and 1 tablet at bedtime"),
        dosage(tablets(1), BID, text="Take 1 tablet twice daily"),
        dosage(tablets(1), BID, text="As discussed with the pain team"),
    ],
)
def test_a_text_that_says_the_same_or_nothing_of_the_dose_is_not_named(structure):
    assert told(structure) == ((30, 30, 30), ())


@pytest.mark.parametrize(
    "text",
    [
        "Take 1 tablet daily (Patient not taking: Reported on 3/1)",
        "(Patient taking differently: Take 3 tablets daily)",
        "1 tablet daily, increase by 1 tablet every 3 days to 4 tablets daily",
    ],
)
def test_a_text_that_may_speak_of_a_change_or_of_no_intake_is_named(text):
    assert told(dosage(tablets(1), DAILY, text=text)) == ((15, 15, 15), CHANGE)


def test_what_only_an_unread_text_calls_as_needed_may_not_be_taken():
    unread = "Take 1 tablet every 6 hours as needed. See the leaflet"
    assert told(dosage(tablets(1), every(4), text=unread)) == ((0, 60, 60), AS_NEEDED)


def test_of_two_amounts_in_an_unread_text_nobody_knows_which_one_is_as_needed():
    unread = "Take 1 tablet every 6 hours plus 1 tablet as needed. See the leaflet"
    assert told(dosage(tablets(1), every(4), text=unread)) == ((60, 60, 60), ())


@pytest.mark.parametrize("sequence", [None, 2])
def test_a_dosage_that_begins_with_then_needs_to_say_when(sequence):
    first = {"text": "Take 2 tablets daily for 7 days", "sequence": 1}
    then = {"text": "then take 1 tablet daily for 7 days"} | ({} if sequence is None else {"sequence": sequence})
    order = request(OXYCODONE_10, first, then, authored="2024-03-01")
    days = [mme(order, on=day) for day in ("2024-03-02", "2024-03-10")]
    if sequence is None:
        assert [one and one[2] for one in days] == [None, None]
        assert reasons(doses(order, on="2024-03-10"))["MedicationRequest/r1"] == "sig-not-read"
    else:
        assert days == [(30, 30, 30), (15, 15, 15)]


@pytest.mark.parametrize(
    ("structure", "reason"),
    [
        (dosage(mg(2), DAILY, text="Intrathecal pump, 2 mg a day"), "neuraxial"),
        (dosage(mg(2), DAILY, method={"text": "Epidural injection"}), "neuraxial"),
        (dosage(mg(2), DAILY, text="given epidurally", route={"text": "intravenous"}), "route-not-clear"),
    ],
)
def test_a_dose_beside_the_spinal_cord_is_never_an_intravenous_one(structure, reason):
    found = doses(request(MORPHINE_INJ, structure), on="2024-03-10")
    assert reasons(found)["MedicationRequest/r1"] == reason


def test_a_disease_of_the_spine_is_no_route():
    structure = dosage(tablets(1), DAILY, text="1 tablet daily for spinal stenosis")
    assert mme(request(OXYCODONE_10, structure), on="2024-03-10") == (15, 15, 15)


@pytest.mark.parametrize(
    ("repeat", "days"),
    [
        ({"frequency": 3, "period": 7, "periodUnit": "d", "dayOfWeek": ["mon", "wed", "fri"]}, 3),
        ({"frequency": 1, "period": 168, "periodUnit": "h", "dayOfWeek": ["mon"]}, 1),
        ({"frequency": 3, "period": 1, "periodUnit": "wk", "dayOfWeek": ["mon", "wed", "fri"]}, 3),
        ({"frequency": 1, "period": 1, "periodUnit": "d", "dayOfWeek": ["mon", "wed", "fri"]}, 3),
    ],
)
def test_days_of_the_week_count_once_however_a_week_is_written(repeat, days):
    low, _, high = mme(request(OXYCODONE_10, dosage(tablets(1), {"repeat": repeat})), on="2024-03-10")
    assert low == high == pytest.approx(15 * days / 7, abs=1e-4)
