"""Home and inpatient doses around a stay."""

import pytest
from dosing import (
    BID,
    HYDROMORPHONE_2,
    ONE_BID,
    OXYCODONE_10,
    administration,
    day,
    dispense,
    dosage,
    doses,
    mme,
    request,
    statement,
    stay,
    tablets,
)  # fmt: skip


def inpatient(drug, *dosages, id="i1", authored="2024-03-08", **more):
    return request(drug, *dosages, id=id, authored=authored, category=[{"coding": [{"code": "inpatient"}]}], **more)


HOME = request(OXYCODONE_10, ONE_BID)
STAY = stay("2024-03-08T10:00:00Z", "2024-03-12T11:00:00Z")


@pytest.mark.parametrize("on", ["2024-03-08", "2024-03-10", "2024-03-12"])
def test_home_doses_do_not_count_from_admission_to_discharge(on):
    found = doses(HOME, STAY, administration(HYDROMORPHONE_2, tablets(1), at=f"{on}T12:00:00Z"), on="2024-03-20")
    assert day(found, on) == (10, 10, 10)
    home = next(each for each in found.uncounted if each.code == "home")
    assert (home.reason, home.opens_high) == ("home, not counted", False)
    assert (str(home.first), str(home.last)) == ("2024-03-08", "2024-03-12")


@pytest.mark.parametrize("on", ["2024-03-07", "2024-03-13"])
def test_home_doses_count_before_and_after(on):
    assert day(doses(HOME, STAY, on="2024-03-20"), on) == (30, 30, 30)


@pytest.mark.parametrize(
    ("sentence", "resources", "expected"),
    [
        ("an in-patient order counts where nothing was administered", (STAY, HOME, inpatient(HYDROMORPHONE_2, dosage(tablets(1), BID))), (20, 20, 20)),
        ("an administration counts alone", (STAY, HOME, inpatient(HYDROMORPHONE_2, dosage(tablets(1), BID)), administration(HYDROMORPHONE_2, tablets(1), at="2024-03-10T09:00:00Z")), (10, 10, 10)),
        ("an order of the stay's encounter is an in-patient order", (STAY, request(HYDROMORPHONE_2, dosage(tablets(1), BID), encounter={"reference": "Encounter/e1"}, authored="2024-03-08")), (20, 20, 20)),
        ("a discharge order of that encounter is a home order", (STAY, request(HYDROMORPHONE_2, dosage(tablets(1), BID), encounter={"reference": "Encounter/e1"}, authored="2024-03-08", category=[{"coding": [{"code": "discharge"}]}])), (None, None, None)),
        ("a dispense of these days is a home dose", (STAY, dispense(OXYCODONE_10, quantity=tablets(60), days=30)), (None, None, None)),
        ("a statement of these days is a home dose", (STAY, statement(OXYCODONE_10, ONE_BID)), (None, None, None)),
        ("a stay of class ACUTE", (stay("2024-03-08", "2024-03-12", code="ACUTE"), HOME), (None, None, None)),
        ("an out-patient visit is no stay", (stay("2024-03-08", "2024-03-12", code="AMB"), HOME), (30, 30, 30)),
        ("an emergency visit is no stay", (stay("2024-03-10", "2024-03-10", code="EMER"), HOME), (30, 30, 30)),
        ("a planned stay is no stay", (stay("2024-03-08", "2024-03-12", status="planned"), HOME), (30, 30, 30)),
        ("a cancelled stay is no stay", (stay("2024-03-08", "2024-03-12", status="cancelled"), HOME), (30, 30, 30)),
        ("an open stay lasts", (stay("2024-03-08"), HOME), (None, None, None)),
    ],
)  # fmt: skip
def test_a_day_in_hospital(sentence, resources, expected):
    assert mme(*resources) == expected


def test_an_inpatient_order_ends_with_its_stay():
    found = doses(STAY, inpatient(HYDROMORPHONE_2, dosage(tablets(1), BID)), on="2024-03-20")
    assert day(found, "2024-03-12") == (20, 20, 20)
    assert day(found, "2024-03-13") is None
