"""Administrations are facts: instants, infusions over midnight, rate changes, PCA, patches on and off the skin."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from dosing import (
    BID,
    BUPRENORPHINE_PATCH,
    FENTANYL,
    FENTANYL_25,
    FENTANYL_INJ,
    HYDROMORPHONE,
    MORPHINE,
    MORPHINE_15,
    MORPHINE_INJ,
    OXYCODONE_10,
    administration,
    as_of,
    day,
    dosage,
    doses,
    every,
    knowledge,
    mg,
    qty,
    reasons,
    record,
    request,
    stay,
    tablets,
    weight,
)  # fmt: skip
from msgspec.structs import replace

from cds.dose import administered
from cds.dose.administered import Given
from cds.dose.course import Plan
from cds.dose.drug import Opioid
from cds.dose.values import NOTHING, ONE, Range


def per_hour(value, unit="mg"):
    return qty(value, f"{unit}/h", f"{unit}/h")


def ratio(top, bottom):
    return {"numerator": top, "denominator": bottom}


def span(start, end=None):
    return {"effectivePeriod": {"start": start} | ({"end": end} if end else {}), "effectiveDateTime": None}


def given(drug, *, dose=None, rate=None, route="IV", id="a1", **more):
    raw = administration(drug, dose, rate=rate, route=route, id=id, **more)
    return {key: value for key, value in raw.items() if value is not None}


@pytest.mark.parametrize(
    ("sentence", "resource", "expected"),
    [
        ("tablets", administration(OXYCODONE_10, tablets(2)), 30),
        ("milligrams", administration(OXYCODONE_10, mg(20)), 30),
        ("an injected volume", administration(MORPHINE_INJ, qty(1, "mL", "mL")), 30),
        ("IV morphine x 3", administration(MORPHINE, mg(4), route="IV"), 12),
        ("IV hydromorphone x 20", administration(HYDROMORPHONE, mg(1), route="Intravenous"), 20),
        ("IV fentanyl 0.3 per mcg", administration(FENTANYL, qty(100, "ug", "ug"), route="IV"), 30),
        ("an injection swallowed", administration(MORPHINE_INJ, mg(10), route="PO"), 10),
        ("a syringe", administration("894912", qty(1, "syringe")), 30),
    ],
)
def test_a_dose_is_booked_on_its_instant(sentence, resource, expected):
    found = doses(resource, on="2024-03-05")
    assert [(str(each.day), float(each.low), float(each.mid), float(each.high)) for each in found.daily] == [
        ("2024-03-01", expected, expected, expected)
    ]


@pytest.mark.parametrize(
    ("sentence", "resource", "expected"),
    [
        ("2 mg/h from 20:00 to 04:00", given(MORPHINE, rate=per_hour(2), **span("2024-03-01T20:00:00Z", "2024-03-02T04:00:00Z")), {1: 24, 2: 24}),
        ("over two midnights", given(MORPHINE, rate=per_hour(1), **span("2024-03-01T12:00:00Z", "2024-03-03T06:00:00Z")), {1: 36, 2: 72, 3: 18}),
        ("whole days", given(MORPHINE, rate=per_hour(1), **span("2024-03-01", "2024-03-02")), {1: 72, 2: 72}),
        ("a total dose over a period is spread", given(MORPHINE, dose=mg(24), **span("2024-03-01T18:00:00Z", "2024-03-02T06:00:00Z")), {1: 36, 2: 36}),
        ("mg per hour as a ratio", given(MORPHINE, rate=ratio(mg(2), qty(1, "h", "h")), **span("2024-03-01T00:00:00Z", "2024-03-01T12:00:00Z")), {1: 72}),
        ("mg per 30 minutes", given(MORPHINE, rate=ratio(mg(1), qty(30, "min", "min")), **span("2024-03-01T00:00:00Z", "2024-03-01T12:00:00Z")), {1: 72}),
        ("mL per hour of a known strength", given(MORPHINE_INJ, rate=per_hour(0.2, "mL"), **span("2024-03-01T00:00:00Z", "2024-03-01T12:00:00Z")), {1: 72}),
        ("mcg per hour", given(FENTANYL_INJ, rate=per_hour(50, "ug"), **span("2024-03-01T00:00:00Z", "2024-03-01T10:00:00Z")), {1: 150}),
        ("mg per 24 hours", given(MORPHINE, rate=ratio(mg(48), qty(24, "h", "h")), **span("2024-03-01T00:00:00Z", "2024-03-01T12:00:00Z")), {1: 72}),
        ("a stopped infusion counts to its stop", given(MORPHINE, rate=per_hour(2), status="stopped", **span("2024-03-01T20:00:00Z", "2024-03-01T22:00:00Z")), {1: 12}),
    ],
)  # fmt: skip
def test_infusions_are_integrated_over_the_days(sentence, resource, expected):
    found = doses(resource, on="2024-03-05")
    assert {each.day.day: round(float(each.mid), 6) for each in found.daily} == expected


def test_a_rate_holds_until_the_next_rate_and_0_stops_it():
    rates = [
        given(MORPHINE, rate=per_hour(1), at="2024-03-01T00:00:00Z", id="a"),
        given(MORPHINE, rate=per_hour(3), at="2024-03-01T12:00:00Z", id="b"),
        given(MORPHINE, rate=per_hour(0), at="2024-03-01T18:00:00Z", id="c", status="in-progress"),
    ]
    found = doses(*rates, on="2024-03-01")
    assert float(found.daily[0].mid) == (12 * 1 + 6 * 3) * 3
    assert "no-end" not in reasons(found).values()


def test_of_many_rates_of_one_instant_each_looks_for_its_end_once():
    # Held against each other they would be looked at five thousand million times.
    (use,) = record(given(MORPHINE_INJ, rate=per_hour(1))).medications
    plan = Plan(use, Opioid("morphine"), "parenteral", (), date(2024, 3, 1), None, False, None)
    at = datetime(2024, 3, 1, 8)
    rate = Given(plan, at, at, NOTHING, "1 mg/h", rate=Range.exact(ONE), open_end=True)
    later = replace(rate, start=at + timedelta(hours=2))
    settled = administered.settle([rate] * 100_000 + [later], knowledge(), as_of("2024-03-02"))
    assert [each.mg for each in settled[:-1]] == [Range.exact(Decimal(2))] * 100_000


def test_a_running_infusion_counts_to_the_evaluation_instant():
    running = given(MORPHINE, rate=per_hour(2), status="in-progress", **span("2024-03-01T20:00:00Z"))
    found = doses(running, on="2024-03-02T03:00:00+00:00")
    assert {each.day.day: float(each.mid) for each in found.daily} == {1: 24, 2: 18}


def test_a_finished_infusion_without_an_end_is_declared():
    found = doses(given(MORPHINE, rate=per_hour(2), at="2024-03-01T20:00:00Z"), on="2024-03-02")
    assert reasons(found) == {"MedicationAdministration/a1": "no-end"}
    assert found.daily[0].high is None


@pytest.mark.parametrize(
    ("sentence", "rate", "expected"),
    [
        ("mcg/kg/min", qty(0.02, "ug/kg/min", "ug/kg/min"), 0.02 * 70 * 60 * 10 * 0.3),
        ("mcg/kg/hr", qty(1, "mcg/kg/hr"), 70 * 10 * 0.3),
        (
            "a ratio per kilogram",
            {"numerator": qty(1, "ug/kg", "ug/kg"), "denominator": qty(1, "h", "h")},
            70 * 10 * 0.3,
        ),
    ],
)
def test_a_rate_per_kilogram_takes_the_weight_on_record(sentence, rate, expected):
    infusion = given(FENTANYL, rate=rate, **span("2024-03-01T08:00:00Z", "2024-03-01T18:00:00Z"))
    assert float(doses(infusion, weight(70), on="2024-03-01").daily[0].mid) == pytest.approx(expected)


def test_a_rate_per_kilogram_without_a_weight_is_declared():
    infusion = given(
        FENTANYL, rate=qty(1, "ug/kg/h", "ug/kg/h"), **span("2024-03-01T08:00:00Z", "2024-03-01T18:00:00Z")
    )
    assert reasons(doses(infusion, on="2024-03-01")) == {"MedicationAdministration/a1": "no-weight"}


@pytest.mark.parametrize(
    ("weighed", "named"),
    [
        ("2024-03-01", False),
        ("2023-03-02", False),  # 365 days before
        ("2023-02-28", True),
        ("2019-05-06", True),
    ],
)
def test_a_weight_of_more_than_a_year_before_the_dose_is_named(weighed, named):
    dose = given(FENTANYL, dose=qty(1, "ug/kg", "ug/kg"), at="2024-03-01T08:00:00Z")
    found = doses(dose, weight(70, at=f"{weighed}T08:00:00Z"), on="2024-03-01")
    assert found.daily[0].mid == 21
    flag = f"MedicationAdministration/a1: the dose is per kilogram and uses a body weight of {weighed}"
    assert (flag in found.flags) is named


def test_an_old_weight_is_not_named_where_no_dose_depends_on_it():
    dose = given(FENTANYL, dose=qty(70, "ug", "ug"), at="2024-03-01T08:00:00Z")
    assert (
        doses(dose, weight(70, at="2019-05-06T08:00:00Z"), on="2024-03-01").flags == doses(dose, on="2024-03-01").flags
    )


def test_pounds_are_a_weight_too():
    raw = weight(0) | {"valueQuantity": qty(220, "lb", "[lb_av]")}
    infusion = given(FENTANYL, dose=qty(1, "ug/kg", "ug/kg"))
    assert float(doses(infusion, raw, on="2024-03-01").daily[0].mid) == pytest.approx(220 * 0.45359237 * 0.3)


def test_pca_is_the_sum_of_what_was_delivered():
    pca = [
        given(HYDROMORPHONE, dose=mg(0.2), at="2024-03-01T09:00:00Z", id="a"),
        given(HYDROMORPHONE, dose=mg(0.2), at="2024-03-01T09:10:00Z", id="b"),
        given(HYDROMORPHONE, rate=per_hour(0.1), id="c", **span("2024-03-01T08:00:00Z", "2024-03-01T18:00:00Z")),
        given(HYDROMORPHONE, dose=mg(0.5), at="2024-03-01T08:00:00Z", id="d"),
    ]
    assert float(doses(*pca, on="2024-03-01").daily[0].mid) == pytest.approx((0.2 + 0.2 + 1 + 0.5) * 20)


def test_a_pca_that_only_the_product_names_is_one():
    product = {"text": "HYDROmorphone PCA 0.2 mg/mL injection"}
    order = request(product, dosage(mg(0.2), every(1, 8, "min"), asNeededBoolean=True))
    assert reasons(doses(order, on="2024-03-10")) == {"MedicationRequest/r1": "pca-order"}


def test_a_pca_order_never_counts_its_four_hour_limit():
    order = request(
        HYDROMORPHONE,
        dosage(
            mg(0.2),
            every(1, 10, "min"),
            text="PCA 0.2 mg demand, lockout 10 min",
            asNeededBoolean=True,
            route={"text": "IV"},
            maxDosePerPeriod={"numerator": mg(4), "denominator": qty(4, "h", "h")},
        ),
    )
    found = doses(order, on="2024-03-10")
    assert reasons(found) == {"MedicationRequest/r1": "pca-order"}


@pytest.mark.parametrize(
    ("sentence", "resources", "expected"),
    [
        ("72 hours without a removal", (given(FENTANYL_25, dose=qty(1, "patch"), route=None, at="2024-03-01T08:00:00Z"),), {1: 40, 2: 60, 3: 60, 4: 20}),
        ("until its removal", (given(FENTANYL_25, dose=qty(1, "patch"), route=None, **span("2024-03-01T12:00:00Z", "2024-03-02T12:00:00Z")),), {1: 30, 2: 30}),
        ("until the next patch", (given(FENTANYL_25, dose=qty(1, "patch"), route=None, at="2024-03-01T12:00:00Z"), given(FENTANYL_25, dose=qty(1, "patch"), route=None, at="2024-03-03T12:00:00Z", id="b")), {1: 30, 2: 60, 3: 60, 4: 60, 5: 60, 6: 30}),
        ("two applied together are both worn", (given(FENTANYL_25, dose=qty(1, "patch"), route=None, at="2024-03-01T12:00:00Z"), given(FENTANYL_25, dose=qty(1, "patch"), route=None, at="2024-03-01T12:05:00Z", id="b")), {1: 59.7917, 2: 120, 3: 120, 4: 60.2083}),
        ("a removal that is recorded by itself", (given(FENTANYL_25, dose=qty(1, "patch"), route=None, at="2024-03-01T12:00:00Z"), given(FENTANYL_25, route=None, at="2024-03-02T12:00:00Z", id="b", dosage={"text": "Patch removed"})), {1: 30, 2: 30}),
        ("an ingredient with a rate on the skin", (given(FENTANYL, dose=qty(25, "ug/h", "ug/h"), route="transdermal", at="2024-03-01T00:00:00Z"),), {1: 60, 2: 60, 3: 60}),
        ("a rate as the dose", (given(FENTANYL_25, dose=qty(25, "ug/h", "ug/h"), route=None, at="2024-03-01T00:00:00Z"),), {1: 60, 2: 60, 3: 60}),
    ],
)  # fmt: skip
def test_a_patch_counts_for_the_hours_that_it_is_worn(sentence, resources, expected):
    found = doses(*resources, on="2024-03-08")
    assert {each.day.day: round(float(each.mid), 4) for each in found.daily} == expected


def test_a_patch_worn_for_the_last_hours_of_the_evaluation_day_counts_its_whole_day():
    patch = given(FENTANYL_25, dose=qty(1, "patch"), route=None, at="2024-03-01T00:00:00Z")
    assert day(doses(patch, on="2024-03-02T06:00:00+00:00"), "2024-03-02") == (60, 60, 60)


def test_a_buprenorphine_patch_opens_the_seven_days_that_it_is_worn():
    found = doses(
        given(BUPRENORPHINE_PATCH, dose=qty(1, "patch"), route=None, at="2024-03-01T00:00:00Z"), on="2024-03-20"
    )
    assert [each.day.day for each in found.daily] == [1, 2, 3, 4, 5, 6, 7]
    assert all(each.high is None for each in found.daily)


@pytest.mark.parametrize(
    ("sentence", "resource", "code"),
    [
        ("no dose", administration(OXYCODONE_10), "no-dose"),
        ("no unit", administration(MORPHINE, qty(4), route="IV"), "no-unit"),
        ("no route for a drug of both", administration(MORPHINE, mg(4)), "route-not-clear"),
        ("epidural", administration(FENTANYL, qty(100, "ug"), route="epidural"), "neuraxial"),
        ("remifentanil", administration("73032", mg(1), route="IV"), "no-factor"),
        ("sufentanil", administration("56795", qty(10, "ug"), route="IV"), "no-factor"),
        ("IV methadone", administration("6813", mg(10), route="IV"), "no-factor"),
        ("meperidine is not in the convention", administration("6754", mg(50), route="IV"), "no-factor"),
        ("unknown status", administration(OXYCODONE_10, tablets(1), status="unknown"), "status-unknown"),
    ],
)
def test_what_was_given_but_has_no_number_is_declared(sentence, resource, code):
    found = doses(resource, on="2024-03-01")
    assert reasons(found) == {"MedicationAdministration/a1": code}
    assert (found.daily[0].mid, found.daily[0].high) == (None, None)


@pytest.mark.parametrize("status", ["on-hold", "entered-in-error"])
def test_what_was_not_given_says_nothing(status):
    assert doses(administration(OXYCODONE_10, tablets(1), status=status), on="2024-03-01").daily == ()


def test_a_month_is_no_day_on_which_a_dose_must_have_been_given():
    found = doses(administration(OXYCODONE_10, tablets(1), at="2024-03"), on="2024-04-10")
    assert len(found.daily) == 31
    assert day(found, "2024-03-15") == (0, 15, 15)


def test_the_order_counts_on_days_without_an_administration():
    order = request(OXYCODONE_10, dosage(tablets(1), BID))
    found = doses(order, administration(OXYCODONE_10, tablets(1), at="2024-03-05T08:00:00Z"), on="2024-03-06")
    assert [day(found, f"2024-03-0{number}") for number in (4, 5, 6)] == [(30, 30, 30), (15, 15, 15), (30, 30, 30)]


def test_a_linked_administration_outranks_its_order_whatever_the_strength():
    order = request(MORPHINE_15, dosage(tablets(1), BID))
    dose = administration(
        MORPHINE, mg(30), route="PO", at="2024-03-05T08:00:00Z", request={"reference": "MedicationRequest/r1"}
    )
    assert day(doses(order, dose, on="2024-03-05"), "2024-03-05") == (30, 30, 30)


def test_the_iv_convention_is_told_with_its_alternative():
    found = doses(administration(MORPHINE, mg(10), route="IV"), on="2024-03-01")
    assert found.daily[0].contributors[0].table == "IV convention v1 (not CDC)"
    assert any("not CDC" in flag and "25 MME, not 30" in flag for flag in found.flags)


def test_administered_events_carry_their_instants():
    found = doses(administration(MORPHINE, mg(4), route="IV", at="2024-03-01T08:15:00Z"), on="2024-03-01")
    event = found.events[0]
    assert (event.start.hour, event.start.minute, float(event.mme), float(event.amount_mg), event.long) == (
        8,
        15,
        12,
        4,
        False,
    )


@pytest.mark.parametrize(("drug", "hours"), [("1049502", 12), ("864706", 8)])
def test_long_acting_doses_are_spread_over_their_interval(drug, hours):
    event = doses(administration(drug, tablets(1)), on="2024-03-01").events[0]
    assert event.long
    assert (event.end - event.start).total_seconds() == hours * 3600


def test_a_listed_event_of_an_order_is_a_timed_dose():
    order = request(OXYCODONE_10, dosage(tablets(1), {"event": ["2024-03-01T08:00:00Z", "2024-03-01T20:00:00Z"]}))
    assert [(each.start.hour, float(each.mme)) for each in doses(order, on="2024-03-02").events] == [(8, 15), (20, 15)]


def test_a_stay_with_a_mar_counts_the_mar():
    home = request(OXYCODONE_10, dosage(tablets(1), BID))
    mar = [
        administration(MORPHINE, mg(4), route="IV", at=f"2024-03-10T{hour:02d}:00:00Z", id=f"a{hour}")
        for hour in (2, 6, 10)
    ]
    found = doses(home, stay("2024-03-09", "2024-03-11"), *mar, on="2024-03-10")
    assert day(found, "2024-03-10") == (36, 36, 36)


def test_summer_time_takes_an_hour_from_an_infusion():
    raw = given(MORPHINE, rate=per_hour(1), at=None) | {
        "effectivePeriod": {"start": "2024-03-10T00:00:00-05:00", "end": "2024-03-10T06:00:00-04:00"}
    }
    assert float(doses(raw, on="2024-03-10").daily[0].mid) == pytest.approx(5 * 3)


def test_a_dose_told_in_words_is_read():
    assert (
        float(doses(administration(OXYCODONE_10, dosage={"text": "10 mg PO given"}), on="2024-03-01").daily[0].mid)
        == 15
    )
