"""What one part of a sig says, held against the product that it is about."""

from __future__ import annotations

from decimal import Decimal

from msgspec.structs import replace

from cds.clinical import Quantity, QuantityRange
from cds.dose.drug import Opioid
from cds.dose.sig import Part
from cds.dose.sig_elements import Cap
from cds.dose.values import ONE, NotCounted, Range, plain


def in_tablets(parts: tuple[Part, ...] | None, opioid: Opioid) -> tuple[Part, ...] | None:
    """ "1 T" of a tablet is one tablet; of a liquid it may be a spoon, and stays a unit that nobody knows."""
    if parts is None or opioid.form != "tablet":
        return parts
    return tuple(replace(part, unit=_tablet(part.unit), cap=_capped(part.cap)) for part in parts)


def _capped(cap: Cap | None) -> Cap | None:
    return None if cap is None else replace(cap, unit=_tablet(cap.unit))


def _tablet(unit: str) -> str:
    return "tablet" if unit == "t" else unit


def is_limit(part: Part) -> bool:
    """Whether the text names the most of a day and no dose: "up to 4 tablets daily", "as needed, max 4 tablets a day"."""
    cap, schedule = part.cap, part.schedule
    if part.low is not None or cap is None or not cap.unit:
        return False
    return (cap.up_to or schedule.prn) and schedule.per_day is None and not schedule.once


def at_most(part: Part) -> Part:
    """Anything between nothing and the limit: none of it must be taken."""
    if part.cap is None:
        return part
    schedule = replace(part.schedule, per_day=Range.exact(ONE), prn=True)
    return replace(part, low=part.cap.amount, high=part.cap.amount, unit=part.cap.unit, cap=None, schedule=schedule)


def fit(part: Part, opioid: Opioid) -> None:
    """Raises NotCounted for "1 tablet (10 mg)" of a 5 mg tablet: one of the two is wrong, and nobody knows which.

    So for "0.5 mL (10 mg)" of 2 mg/mL, and for "1 patch (50 mcg)" of 25 mcg/h.
    """
    if part.total_mg is None or opioid.mg is None or opioid.per not in ("unit", "mL", "h"):
        return
    if not (is_volume(part) if opioid.per == "mL" else counts(part)):
        return
    # Texts round: 4.88 mg of oxycodone is prescribed as "(4.9 mg total)".
    if abs(part.total_mg - opioid.mg) > opioid.mg / 10:
        said = f"the text says {plain(part.total_mg)} mg a unit, the product has {plain(opioid.mg)} mg"
        raise NotCounted("dose-contradiction", said)


def strengthened(part: Part, opioid: Opioid) -> Opioid:
    """Where only the text tells the strength ("1 tablet (10 mg total)"), it is used, with low certainty."""
    if opioid.mg is None and part.total_mg is not None and counts(part):
        return replace(opioid, mg=part.total_mg, per="unit")
    return opioid


def quantities(low: Decimal, high: Decimal, text: str) -> Quantity | QuantityRange:
    if low == high:
        return Quantity(low, text)
    return QuantityRange(Quantity(low, text), Quantity(high, text))


def counts(part: Part) -> bool:
    """Whether the dose is counted in tablets, patches or the like, or in nothing that is named."""
    return not part.unit.startswith(("mg", "milli", "mc", "ug", "micro", "ml", "cc"))


def is_volume(part: Part) -> bool:
    return part.unit.startswith(("ml", "millil", "cc"))
