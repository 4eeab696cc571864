"""One dose: a quantity and a strength become milligrams, or milligrams an hour for patches and infusions."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from cds.clinical import Quantity, QuantityRange, Ratio
from cds.dose.drug import Opioid
from cds.dose.units import Unit, unit
from cds.dose.values import NOTE, ONE, NotCounted, Range, Weigh, plain, refuse_absurd, spread, unweighed
from cds.knowledge.drugs import Drugs

_SOLID = ("tablet", "capsule", "film", "lozenge", "suppository", "unit")


class Dose(Struct, frozen=True):
    """What is taken each time.

    mg       milligrams of the opioid; for a rate, per hour
    rate     True: `mg` is per hour (patch or infusion)
    text     "2 x 10 mg", as the arithmetic begins
    """

    mg: Range
    rate: bool
    text: str
    flags: tuple[str, ...] = ()


def of_dose(
    dose: Quantity | QuantityRange, opioid: Opioid, route: str | None, drugs: Drugs, weigh: Weigh = unweighed
) -> Dose:
    """Raises NotCounted where quantity, unit or strength leave a doubt."""
    if isinstance(dose, Quantity):
        return _of_range(dose, dose, opioid, route, drugs, weigh)
    low, high = dose.low or dose.high, dose.high or dose.low
    if low is None or high is None:
        raise NotCounted("no-dose", "the dose range is empty")
    if dose.low is None:
        # Only the upper end is written: nothing says that anything must be taken.
        top = _of_range(high, high, opioid, route, drugs, weigh)
        return Dose(Range(Decimal(0), top.mg.high), top.rate, f"up to {top.text}", top.flags)
    if dose.high is None:
        raise NotCounted("no-dose", "the dose range has no upper end")
    if not (low.unit or low.code) and (high.unit or high.code):
        low = Quantity(low.value, high.unit, high.system, high.code, low.comparator)
    return _of_range(low, high, opioid, route, drugs, weigh)


def of_rate(rate: Ratio | QuantityRange | Quantity, opioid: Opioid, weigh: Weigh) -> Dose:
    """Milligrams an hour of an infusion. Raises NotCounted."""
    if isinstance(rate, QuantityRange):
        if rate.low is None or rate.high is None:
            raise NotCounted("no-rate", "the rate range lacks an end")
        low, high = of_rate(rate.low, opioid, weigh), of_rate(rate.high, opioid, weigh)
        mg = Range(low.mg.low, high.mg.high)
        return Dose(mg, True, f"{spread(mg)} mg/h", (*low.flags, *high.flags))
    if isinstance(rate, Ratio):
        return _of_ratio(rate, opioid, weigh)
    value, found = _value(rate), unit(rate)
    if found is None or not found.per_h:
        raise NotCounted("no-rate", "the rate has no unit of amount per time")
    return _per_hour(value * found.scale, found, opioid, weigh)


def _of_ratio(rate: Ratio, opioid: Opioid, weigh: Weigh) -> Dose:
    if rate.numerator is None:
        raise NotCounted("no-rate", "the rate has no numerator")
    top = unit(rate.numerator)
    if top is None:
        raise NotCounted("no-rate", "the rate's numerator has no unit")
    if top.per_h:
        return _per_hour(_value(rate.numerator) * top.scale, top, opioid, weigh)
    bottom = unit(rate.denominator) if rate.denominator else None
    if rate.denominator is None or bottom is None or bottom.kind != "time" or bottom.per_h:
        raise NotCounted("no-rate", "the rate's denominator is no time")
    each = _value(rate.denominator) if rate.denominator.value is not None else ONE
    if each <= 0:
        raise NotCounted("no-rate", "the rate's denominator is zero")
    return _per_hour(_value(rate.numerator) * top.scale / (each * bottom.scale), top, opioid, weigh)


def _per_hour(value: Decimal, found: Unit, opioid: Opioid, weigh: Weigh) -> Dose:
    flags: tuple[str, ...] = ()
    if found.per_kg:
        kg, flags = _weighed(weigh, "rate")
        value *= kg
    if found.kind == "mass":
        return Dose(Range.exact(value), True, f"{plain(value)} mg/h", flags)
    if found.kind == "volume" and opioid.per == "mL" and opioid.mg is not None:
        text = f"{plain(value)} mL/h x {plain(opioid.mg)} mg/mL"
        return Dose(Range.exact(value * opioid.mg), True, text, flags)
    raise NotCounted("no-strength", "a rate in mL without a known concentration")


def _of_range(low: Quantity, high: Quantity, opioid: Opioid, route: str | None, drugs: Drugs, weigh: Weigh) -> Dose:
    bottom = _of_quantity(low, opioid, route, drugs, weigh)
    if low is high:
        return bottom
    top = _of_quantity(high, opioid, route, drugs, weigh)
    if bottom.rate != top.rate or top.mg.high < bottom.mg.low:
        raise NotCounted("dose-range", "the ends of the dose range do not fit each other")
    _, _, tail = top.text.partition(" ")
    text = f"{bottom.text.partition(' ')[0]}-{top.text.partition(' ')[0]} {tail}"
    return Dose(Range(bottom.mg.low, top.mg.high), top.rate, text, tuple(dict.fromkeys((*bottom.flags, *top.flags))))


def _of_quantity(quantity: Quantity, opioid: Opioid, route: str | None, drugs: Drugs, weigh: Weigh) -> Dose:
    value, found = _value(quantity), unit(quantity)
    if found is None:
        return _unitless(value, opioid, drugs)
    if found.kind == "mass":
        return _of_mass(value, found, opioid, route, drugs, weigh)
    if found.kind == "volume" and not found.per_h:
        if opioid.per != "mL" or opioid.mg is None:
            raise NotCounted("no-strength", "a dose in mL without a known concentration")
        if found.per_kg:
            raise NotCounted("unit-not-known", "a dose in mL per kilogram")
        ml = value * found.scale
        return Dose(Range.exact(ml * opioid.mg), False, f"{plain(ml)} mL x {plain(opioid.mg)} mg/mL")
    if found.kind == "volume":
        return _per_hour(value * found.scale, found, opioid, weigh)
    if found.kind == "count":
        return _of_count(value, found.word, opioid)
    raise NotCounted("unit-not-known", "the dose has a unit of time")


def _of_mass(value: Decimal, found: Unit, opioid: Opioid, route: str | None, drugs: Drugs, weigh: Weigh) -> Dose:
    if found.per_h:
        dose = _per_hour(value * found.scale, found, opioid, weigh)
        return Dose(dose.mg, True, f"{plain(dose.mg.high * 1000)} mcg/h", dose.flags)
    mg = value * found.scale
    flags: tuple[str, ...] = ()
    if found.per_kg:
        kg, flags = _weighed(weigh, "dose")
        mg *= kg
    if opioid.patch or route == "transdermal":
        return _patch_by_mass(mg, opioid)
    if opioid.partners and opioid.per == "unit" and opioid.mg and mg > drugs.limits["combination_units"] * opioid.mg:
        said = f"{plain(mg)} mg of a combination with {plain(opioid.mg)} mg of the opioid may be the partner's"
        raise NotCounted("dose-contradiction", said)
    if opioid.per == "unit" and opioid.mg and mg % opioid.mg not in (0, opioid.mg / 2):
        flags = (*flags, f"{plain(mg)} mg is no whole or half number of units of {plain(opioid.mg)} mg")
    return Dose(Range.exact(mg), False, _mass_text(mg), flags)


def _weighed(weigh: Weigh, what: str) -> tuple[Decimal, tuple[str, ...]]:
    """The kilograms, and what has to be said about them."""
    weight = weigh()
    if weight is None:
        raise NotCounted("no-weight", f"the {what} is per kilogram and no body weight is on record")
    said = f"{NOTE}body weight {plain(weight.kg)} kg"
    if not weight.far:
        return weight.kg, (said,)
    return weight.kg, (said, f"the {what} is per kilogram and uses a body weight of {weight.day}")


def _mass_text(mg: Decimal) -> str:
    return f"{plain(mg)} mg" if mg >= 1 or mg == 0 else f"{plain(mg * 1000)} mcg"


def _patch_by_mass(mg: Decimal, opioid: Opioid) -> Dose:
    """'25 mcg' of a 25 mcg/h patch means the patch; any other mass on a patch says nothing."""
    if opioid.mg is None or opioid.mg == 0 or mg % opioid.mg != 0 or mg == 0:
        raise NotCounted("patch-dose", "a patch dosed by mass that is no multiple of its mcg/h")
    flag = f"{NOTE}{plain(mg * 1000)} mcg of a patch is read as mcg/h"
    return Dose(Range.exact(mg), True, f"{plain(mg * 1000)} mcg/h", (flag,))


def _of_count(value: Decimal, word: str, opioid: Opioid) -> Dose:
    if opioid.mg is None:
        raise NotCounted("no-strength", "a count of units without a known strength")
    if opioid.per == "h" and word in ("patch", "unit"):
        return Dose(Range.exact(value * opioid.mg), True, f"{plain(value)} x {plain(opioid.mg * 1000)} mcg/h")
    if opioid.per == "unit" and (word in (*_SOLID, "container") or (word == "patch" and not opioid.form)):
        return Dose(Range.exact(value * opioid.mg), False, f"{plain(value)} x {plain(opioid.mg)} mg")
    if opioid.per == "actuation" and word in ("actuation", "unit"):
        return Dose(Range.exact(value * opioid.mg), False, f"{plain(value)} x {plain(opioid.mg)} mg")
    if opioid.per == "mL" and word == "container" and opioid.container_ml is not None:
        text = f"{plain(value)} x {plain(opioid.container_ml)} mL x {plain(opioid.mg)} mg/mL"
        return Dose(Range.exact(value * opioid.container_ml * opioid.mg), False, text)
    raise NotCounted("unit-form", f"a dose in units of '{word}' does not fit a product measured per {opioid.per}")


def _unitless(value: Decimal, opioid: Opioid, drugs: Drugs) -> Dose:
    """A bare number is a count of tablets or patches, unless it could be milligrams as well."""
    if opioid.mg is None or opioid.per not in ("unit", "h"):
        raise NotCounted("no-unit", "the dose has no unit")
    most = drugs.limits["bare_units"]
    if opioid.per == "h":
        if value == opioid.mg * 1000 and value > most:
            return Dose(
                Range.exact(opioid.mg), True, f"{plain(value)} mcg/h", ("a dose without a unit is read as mcg/h",)
            )
        if value > most:
            raise NotCounted("no-unit", "the patch dose has no unit")
    elif value > most or (value > 1 and (value / opioid.mg) % Decimal("0.5") == 0) or value == opioid.mg:
        raise NotCounted("no-unit", f"the dose has no unit: {plain(value)} units or {plain(value)} mg")
    dose = _of_count(value, "unit", opioid)
    return Dose(dose.mg, dose.rate, dose.text, (f"{NOTE}a dose without a unit is read as a count",))


def _value(quantity: Quantity) -> Decimal:
    if quantity.value is None:
        raise NotCounted("no-dose", "the dose has no value")
    if quantity.value < 0:
        raise NotCounted("no-dose", "the dose is negative")
    if quantity.comparator:
        raise NotCounted("dose-comparator", f"the dose is only known as '{quantity.comparator}' a value")
    refuse_absurd(quantity.value)
    return quantity.value
