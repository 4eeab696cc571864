"""R5 and STU3 twins of R4 resources give the same dose."""

import pytest
from dosing import (
    BID,
    FENTANYL_25,
    HYDROMORPHONE_2,
    MORPHINE,
    MORPHINE_15,
    ONE_BID,
    OXYCODONE_5,
    OXYCODONE_10,
    administration,
    dispense,
    dosage,
    doses,
    every,
    mg,
    qty,
    reasons,
    record,
    request,
    statement,
    stay,
    tablets,
    weight,
)  # fmt: skip
from versions import ADHERENCE, resource

from cds.clinical import FhirVersion

R5, STU3 = FhirVersion.R5, FhirVersion.STU3

SCENARIOS = {
    "an order": (request(OXYCODONE_10, ONE_BID),),
    "a range as needed with a maximum": (request(OXYCODONE_10, dosage({"low": tablets(1), "high": tablets(2)}, every(1, 4, "h"), asNeededBoolean=True, maxDosePerPeriod={"numerator": tablets(8), "denominator": qty(1, "d", "d")})),),
    "order, statement and dispense": (request(OXYCODONE_10, ONE_BID), statement(OXYCODONE_10, ONE_BID), dispense(OXYCODONE_10, quantity=tablets(60), days=30)),
    "not taken": (request(OXYCODONE_10, ONE_BID), statement(OXYCODONE_10, status="not-taken", start="2024-03-09")),
    "not given": (request(OXYCODONE_10, ONE_BID), administration(OXYCODONE_10, status="not-done", at="2024-03-10T08:00:00Z")),
    "a linked dispense": (request(OXYCODONE_10, ONE_BID), dispense(OXYCODONE_5, ONE_BID, days=30, authorizingPrescription=[{"reference": "MedicationRequest/r1"}])),
    "a linked administration": (request(MORPHINE_15, ONE_BID), administration(MORPHINE, mg(30), route="PO", at="2024-03-10T08:00:00Z", request={"reference": "MedicationRequest/r1"})),
    "an infusion per kilogram": (weight(70), {key: value for key, value in administration(MORPHINE, rate=qty(10, "ug/kg/h", "ug/kg/h"), route="IV").items() if key != "effectiveDateTime"} | {"effectivePeriod": {"start": "2024-03-10T08:00:00Z", "end": "2024-03-10T18:00:00Z"}}),
    "a patch": (request(FENTANYL_25, dosage(qty(1, "patch"), every(1, 72, "h"))),),
    "a stay": (request(OXYCODONE_10, ONE_BID), stay("2024-03-09", "2024-03-11"), administration(HYDROMORPHONE_2, tablets(1), at="2024-03-10T08:00:00Z")),
    "a taper": (request(OXYCODONE_10, *(dosage(tablets(count), {"repeat": {"frequency": 2, "period": 1, "periodUnit": "d", "boundsDuration": qty(5, "d", "d")}}, sequence=number) for number, count in ((1, 3), (2, 1)))),),
    "a renewal": (request(OXYCODONE_10, ONE_BID), request(OXYCODONE_10, dosage(tablets(2), BID), id="b", authored="2024-03-05", priorPrescription={"reference": "MedicationRequest/r1"})),
}  # fmt: skip


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("version", [R5, STU3])
def test_twins_give_the_same_dose(name, version):
    first = doses(*SCENARIOS[name], on="2024-03-10")
    second = doses(*(resource(raw, version) for raw in SCENARIOS[name]), on="2024-03-10", version=version)
    assert [(each.day, each.low, each.mid, each.high) for each in second.daily] == [
        (each.day, each.low, each.mid, each.high) for each in first.daily
    ]
    assert reasons(second) == reasons(first)
    assert first.daily[-1].mid is not None


@pytest.mark.parametrize(
    ("adherence", "expected"),
    [
        ("taking", (30, 30)), ("taking-as-directed", (30, 30)), ("taking-not-as-directed", (30, 30)), ("not-taking", (0, 0)),
        ("on-hold", None), ("on-hold-as-directed", None), ("unknown", (None, None)),
    ],
)  # fmt: skip
def test_r5_says_the_use_in_adherence(adherence, expected):
    raw = resource(statement(OXYCODONE_10, ONE_BID), R5) | {
        "adherence": {"code": {"coding": [{"system": ADHERENCE, "code": adherence}]}}
    }
    found = doses(raw, on="2024-03-10", version=R5)
    seen = None if not found.daily else (found.daily[-1].mid, found.daily[-1].high)
    assert seen == expected


@pytest.mark.parametrize(("taken", "expected"), [("y", 30), ("n", 0), ("unk", None), ("na", 30)])
def test_stu3_says_the_use_in_taken(taken, expected):
    found = doses(resource(statement(OXYCODONE_10, ONE_BID), STU3) | {"taken": taken}, on="2024-03-10", version=STU3)
    assert found.daily[-1].mid == expected


def test_an_r5_order_that_ended_counts_to_its_status_change():
    raw = resource(request(OXYCODONE_10, ONE_BID), R5) | {"status": "ended", "statusChanged": "2024-03-05"}
    found = doses(raw, on="2024-03-10", version=R5)
    assert [each.day.day for each in found.daily] == [1, 2, 3, 4, 5]


def test_an_r5_rendered_sig_is_a_sig():
    raw = resource(request(OXYCODONE_10), R5) | {"renderedDosageInstruction": "Take 1 tablet twice daily"}
    assert float(doses(raw, on="2024-03-10", version=R5).daily[-1].mid) == 30


def in_version(raw, version):
    return raw if version is FhirVersion.R4 else resource(raw, version)


BROKEN = {"doseAndRate": [{"doseQuantity": {"value": "ten", "unit": "tablet"}}]}


@pytest.mark.parametrize("version", [FhirVersion.R4, R5, STU3])
@pytest.mark.parametrize(
    "negative",
    [
        statement(OXYCODONE_10, status="not-taken", start="2024-03-09"),
        administration(OXYCODONE_10, status="not-done", at="2024-03-10T08:00:00Z"),
    ],
    ids=["not taken", "not given"],
)
def test_what_was_not_taken_is_0_though_its_dosage_cannot_be_read(version, negative):
    broken = in_version(negative, version)
    broken["dosage"] = [BROKEN] if broken["resourceType"] == "MedicationStatement" else {"dose": {"value": "ten"}}
    read = record(in_version(request(OXYCODONE_10, ONE_BID), version), broken, version=version)
    assert [(each.partial, each.opens_high, each.reason) for each in read.unread] == [
        (True, False, "read without: dosage")
    ]
    found = doses(in_version(request(OXYCODONE_10, ONE_BID), version), broken, on="2024-03-10", version=version)
    assert (found.daily[-1].low, found.daily[-1].mid, found.daily[-1].high) == (0, 0, 0)


@pytest.mark.parametrize("version", [FhirVersion.R4, R5, STU3])
def test_what_was_not_taken_is_0_though_its_timing_is_in_no_word_of_ours(version):
    """The models accept any code in `when`; the reader does not."""
    order = in_version(request(OXYCODONE_10, ONE_BID), version)
    negative = in_version(statement(OXYCODONE_10, status="not-taken", start="2024-03-09"), version)
    negative["dosage"] = [{"timing": {"repeat": {"when": ["WHENEVER"]}}}]
    read = record(order, negative, version=version)
    assert [(each.partial, each.reason) for each in read.unread] == [(True, "read without: dosage")]
    assert doses(order, negative, on="2024-03-10", version=version).daily[-1].high == 0


@pytest.mark.parametrize("version", [FhirVersion.R4, R5, STU3])
@pytest.mark.parametrize(("status", "high"), [("not-taken", 30), ("active", None)])
def test_an_unread_negative_opens_nothing_in_any_version(version, status, high):
    """Unread for its medication, beside another order of the day; what was taken opens the day's high."""
    unread = in_version(statement(OXYCODONE_10, status=status, start="2024-03-09"), version)
    unread = {key: value for key, value in unread.items() if not key.startswith("medication")}
    found = doses(in_version(request(OXYCODONE_10, ONE_BID), version), unread, on="2024-03-10", version=version)
    assert found.daily[-1].high == high


@pytest.mark.parametrize("wrong", [{"notGiven": True}, {"status": "completed", "notDone": True}])
def test_a_negative_in_the_words_of_another_version_is_not_believed(wrong):
    found = doses(
        request(OXYCODONE_10, ONE_BID),
        administration(OXYCODONE_10, tablets(1), at="2024-03-10T08:00:00Z") | wrong,
        on="2024-03-10",
    )
    assert found.daily[-1].high is None
