"""What must hold for any record: order, splitting, units and offsets change nothing, and the unknown never lowers high."""

from datetime import timedelta
from decimal import Decimal

import pytest
from dosing import (
    BID,
    FENTANYL_25,
    HYDROMORPHONE_2,
    MORPHINE_15,
    MORPHINE_20_ML,
    MORPHINE_INJ,
    OXYCODONE,
    OXYCODONE_5,
    OXYCODONE_10,
    OXYCONTIN_10,
    SUBOXONE_8,
    TID,
    administration,
    dispense,
    dosage,
    doses,
    every,
    mg,
    qty,
    request,
    statement,
    stay,
    tablets,
)  # fmt: skip
from hypothesis import given, settings
from hypothesis import strategies as st
from versions import resource

from cds.clinical import FhirVersion

DRUGS = [OXYCODONE_10, OXYCODONE_5, OXYCONTIN_10, MORPHINE_15, HYDROMORPHONE_2]
DAYS = st.integers(1, 28).map(lambda number: f"2024-03-{number:02d}")
TIMINGS = st.sampled_from([
    BID, TID, every(1, 4, "h"), {"repeat": {"when": ["MORN"]}}, {"repeat": {"when": ["HS"]}}, {"code": {"text": "QID"}}, None,
])  # fmt: skip
DOSAGES = st.builds(
    lambda count, timing, needed: dosage(tablets(count), timing, asNeededBoolean=needed),
    st.integers(1, 4), TIMINGS, st.booleans(),
)  # fmt: skip
STATUSES = st.sampled_from(["active", "active", "active", "completed", "stopped", "on-hold", "cancelled", "unknown"])


@st.composite
def resources(draw):
    found = []
    for number in range(draw(st.integers(1, 6))):
        kind = draw(
            st.sampled_from(
                ["order", "order", "statement", "dispense", "given", "not given", "buprenorphine", "unclear"]
            )
        )
        drug, on, name = draw(st.sampled_from(DRUGS)), draw(DAYS), f"x{number}"
        if kind == "order":
            found.append(request(drug, draw(DOSAGES), authored=on, id=name, status=draw(STATUSES)))
        elif kind == "statement":
            found.append(
                statement(
                    drug,
                    draw(DOSAGES),
                    start=on,
                    id=name,
                    status=draw(st.sampled_from(["active", "completed", "not-taken"])),
                )
            )
        elif kind == "dispense":
            found.append(
                dispense(
                    drug, on=on, quantity=tablets(draw(st.integers(10, 90))), days=draw(st.integers(5, 30)), id=name
                )
            )
        elif kind == "given":
            found.append(administration(drug, tablets(draw(st.integers(1, 3))), at=f"{on}T08:00:00Z", id=name))
        elif kind == "not given":
            found.append(administration(drug, at=f"{on}T08:00:00Z", id=name, status="not-done"))
        elif kind == "buprenorphine":
            found.append(request(SUBOXONE_8, dosage(tablets(1), BID), authored=on, id=name))
        else:
            found.append(request({"text": "oxycodone"}, {"text": "as directed"}, authored=on, id=name))
    if draw(st.booleans()):
        found.append(stay("2024-03-10", "2024-03-14"))
    return found


def told(found):
    return [(each.day, each.low, each.mid, each.high) for each in found.daily]


@settings(max_examples=60, deadline=None)
@given(resources(), st.randoms(use_true_random=False))
def test_the_order_of_resources_changes_nothing(sent, random):
    shuffled = list(sent)
    random.shuffle(shuffled)
    first, second = doses(*sent), doses(*shuffled)
    assert (told(first), first.uncounted, first.series, first.flags) == (
        told(second),
        second.uncounted,
        second.series,
        second.flags,
    )


@settings(max_examples=60, deadline=None)
@given(resources())
def test_low_is_at_most_mid_and_mid_at_most_high(sent):
    for each in doses(*sent).daily:
        assert (each.low is None) == (each.mid is None)
        if each.low is not None:
            assert Decimal(0) <= each.low <= each.mid
        if each.high is not None:
            assert each.mid is not None
            assert each.mid <= each.high
        if each.contributors and each.mid is not None:
            assert sum(share.mid for share in each.contributors) == each.mid


@settings(max_examples=60, deadline=None)
@given(resources())
def test_an_unknown_opioid_never_lowers_high(sent):
    before = {each.day: each.high for each in doses(*sent).daily}
    unknown = request({"text": "morphine"}, {"text": "as the nurse said"}, id="unknown", authored="2024-03-01")
    for each in doses(*sent, unknown).daily:
        high = before.get(each.day)
        assert each.high is None or (high is not None and each.high >= high)


@settings(max_examples=40, deadline=None)
@given(resources(), st.sampled_from(["CDC-2022", "CDC-2016"]))
def test_every_day_without_a_number_has_a_reason(sent, table):
    found = doses(*sent, table=table)
    for each in found.daily:
        if each.high is None:
            assert any(
                (one.first is None or one.first <= each.day) and (one.last is None or each.day <= one.last)
                for one in found.uncounted
            ), each.day


@settings(max_examples=60, deadline=None)
@given(resources(), st.sampled_from([FhirVersion.R5, FhirVersion.STU3]))
def test_another_fhir_version_changes_nothing(sent, version):
    first, second = doses(*sent), doses(*(resource(raw, version) for raw in sent), version=version)
    assert (told(first), first.uncounted, first.series, first.flags) == (
        told(second),
        second.uncounted,
        second.series,
        second.flags,
    )


@settings(max_examples=40, deadline=None)
@given(resources(), st.integers(-11, 12).filter(bool))
def test_the_same_wall_times_under_another_offset_change_nothing(sent, hours):
    offset = f"{'-' if hours < 0 else '+'}{abs(hours):02d}:00"
    moved = [
        {key: value.replace("Z", offset) if key == "effectiveDateTime" else value for key, value in raw.items()}
        for raw in sent
    ]
    assert told(doses(*sent)) == told(doses(*moved))


@given(st.integers(1, 40), st.sampled_from([("mg", Decimal(1)), ("g", Decimal("0.001")), ("ug", Decimal(1000))]))
def test_the_unit_changes_nothing(amount, unit):
    name, scale = unit
    order = request(OXYCODONE_10, dosage(qty(str(amount * scale), name, name), BID))
    assert doses(order, on="2024-03-02").daily[-1].mid == amount * 3


@given(st.integers(1, 8).map(lambda count: count * 2))
def test_a_dose_split_into_halves_at_morning_and_bedtime_is_the_same_day(count):
    whole = request(OXYCODONE_10, dosage(tablets(count), {"repeat": {"when": ["MORN"]}}))
    halves = [
        request(OXYCODONE_10, dosage(tablets(count // 2), {"repeat": {"when": [when]}}), id=when)
        for when in ("MORN", "HS")
    ]
    lines = request(
        OXYCODONE_10, *(dosage(tablets(count // 2), {"repeat": {"when": [when]}}) for when in ("MORN", "HS"))
    )
    expected = told(doses(whole, on="2024-03-05"))
    assert told(doses(*halves, on="2024-03-05")) == expected
    assert told(doses(lines, on="2024-03-05")) == expected


@given(st.integers(1, 30), st.integers(0, 23), st.integers(1, 71))
def test_an_infusion_cut_in_two_is_the_same_infusion(rate, hour, length):
    from datetime import datetime

    start = datetime(2024, 3, 1, hour)
    middle, end = start + timedelta(hours=length / 2), start + timedelta(hours=length)

    def infusion(first, last, name):
        raw = administration(MORPHINE_INJ, rate=qty(rate, "mg/h", "mg/h"), route="IV", at=None, id=name)
        return raw | {"effectivePeriod": {"start": f"{first.isoformat()}Z", "end": f"{last.isoformat()}Z"}}

    whole = doses(infusion(start, end, "a"), on="2024-03-08").daily
    cut = doses(infusion(start, middle, "a"), infusion(middle, end, "b"), on="2024-03-08").daily
    assert [each.day for each in whole] == [each.day for each in cut]
    assert [float(each.mid) for each in whole] == pytest.approx([float(each.mid) for each in cut])
    assert float(sum(each.mid for each in whole)) == pytest.approx(rate * length * 3)


@pytest.mark.parametrize("value", ["1e400", "-1", "0.0000000001", "99999999999999999999", "1e-300", "0"])
def test_any_number_is_answered(value):
    odd = qty(value, "mg", "mg")
    for raw in (
        request(OXYCODONE_10, dosage(odd, BID)),
        request(OXYCODONE, dosage(mg(1), {"repeat": {"frequency": 1, "period": Decimal(value), "periodUnit": "h"}})),
        request(
            MORPHINE_20_ML,
            dosage(
                qty(1, "mL"),
                {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d", "boundsDuration": qty(value, "d", "d")}},
            ),
        ),
        request(
            FENTANYL_25,
            dispenseRequest={"expectedSupplyDuration": qty(value, "d", "d"), "quantity": qty(value, "patch")},
        ),
    ):
        found = doses(raw, on="2024-03-10", version=FhirVersion.R4)
        assert all(each.high is None or each.high >= 0 for each in found.daily)
