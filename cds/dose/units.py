"""Units of doses, strengths and rates, from code or text: an allow-list, since UCUM libraries read MG as megagauss."""

from __future__ import annotations

import re
from decimal import Decimal

from msgspec import Struct

from cds.clinical import Quantity
from cds.dose.values import NotCounted

_MASS = {
    "kg": "1000000", "kilogram": "1000000",
    "g": "1000", "gm": "1000", "gram": "1000",
    "mg": "1", "milligram": "1", "mgm": "1",
    "ug": "0.001", "mcg": "0.001", "microgram": "0.001", "µg": "0.001", "μg": "0.001", "mcgm": "0.001",
    "ng": "0.000001", "nanogram": "0.000001",
}  # fmt: skip
_VOLUME = {
    "ml": "1", "milliliter": "1", "millilitre": "1", "cc": "1", "cm3": "1",
    "l": "1000", "liter": "1000", "litre": "1000", "dl": "100", "ul": "0.001",
    "tsp": "5", "teaspoon": "5", "teaspoonful": "5", "[tsp_us]": "5",  # a dosing teaspoon is 5 mL
    "tbsp": "15", "tablespoon": "15", "tablespoonful": "15", "[tbs_us]": "15",
}  # fmt: skip
_HOURS = {
    "s": "0.00027777777777777777778", "sec": "0.00027777777777777777778", "second": "0.00027777777777777777778",
    "min": "0.016666666666666666667", "minute": "0.016666666666666666667",
    "h": "1", "hr": "1", "hour": "1",
    "d": "24", "day": "24", "24h": "24", "24hr": "24", "24hour": "24",
    "wk": "168", "week": "168", "mo": "720", "month": "720", "a": "8760", "yr": "8760", "year": "8760",
}  # fmt: skip
_COUNT = {
    "tablet": ("tablet", "tab", "tbl", "caplet", "pill", "tabs", "tbls", "tabl", "oral tablet", "film-coated tablet"),
    "capsule": ("capsule", "cap", "caps", "oral capsule", "softgel"),
    "film": ("film", "strip", "flm"),
    "lozenge": ("lozenge", "troche", "loz", "lollipop"),
    "suppository": ("suppository", "supp", "suppositories", "rectal suppository"),
    "actuation": ("actuation", "actuat", "spray", "puff", "inhalation"),
    "patch": ("patch", "patche", "transdermal patch", "transdermal system", "system", "transderm patch", "ptch"),
    "container": (
        "vial", "syringe", "ampule", "ampoule", "amp", "ampul", "cartridge", "bag", "prefilled syringe", "pen",
    ),
    "unit": ("1", "{1}", "[arb'u]", "arb'u", "each", "ea", "unit", "piece", "units", "{unit}", "item", "dosage form"),
}  # fmt: skip


class Unit(Struct, frozen=True):
    """What a unit measures, and what one of it is worth.

    kind    mass (mg), volume (mL), count, or time (h)
    scale   mg, mL or h in one of it; 1 for counts
    per_h   True for a rate; scale is then per hour
    per_kg  True where it is per kilogram of body weight
    word    for counts: tablet, capsule, film, lozenge, suppository, actuation, patch, container or unit
    """

    kind: str
    scale: Decimal
    per_h: bool = False
    per_kg: bool = False
    word: str = ""


_PER = re.compile(r"/|\bper\b")
# "milligrams per kilogram per hour" has 32 characters: what is much longer is no unit.
LONGEST_UNIT = 60
_UCUM = ("unitsofmeasure.org", "2.16.840.1.113883.6.8")
_SCALES = (("mass", _MASS), ("volume", _VOLUME), ("time", _HOURS))
_KNOWN = {
    **{word: Unit("count", Decimal(1), word=kind) for kind, words in _COUNT.items() for word in words},
    **{word: Unit(kind, Decimal(scale)) for kind, scales in _SCALES for word, scale in scales.items()},
}


def unit_of(text: str) -> Unit | None:
    """The unit that a code or a unit text names, None if it is not on the list."""
    if len(text) > LONGEST_UNIT:
        return None
    cleaned = text.strip().lower()
    if cleaned in _KNOWN:
        return _KNOWN[cleaned]
    cleaned = cleaned.replace("(s)", "").replace("/(", "/").strip(" .")
    cleaned = re.sub(r"[{}]", "", cleaned)
    head, *rest = (part.strip() for part in _PER.split(cleaned))
    base = _base(head)
    if base is None or not rest:
        return base
    per_kg, hours = False, None
    for part in rest:
        part = part.removeprefix("1 ").strip()
        if part in ("kg", "kilogram") and not per_kg:
            per_kg = True
        elif hours is None and (found := _hours(part.replace(" ", ""))) is not None:
            hours = found
        else:
            return None
    if base.kind not in ("mass", "volume") and hours is not None:
        return None
    scale = base.scale if hours is None else base.scale / hours
    return Unit(base.kind, scale, per_h=hours is not None, per_kg=per_kg, word=base.word)


def _base(text: str) -> Unit | None:
    """The unit, also in the plural."""
    text = text.strip()
    found = _KNOWN.get(text)
    if found is None and text.endswith("s") and len(text) > 2:
        found = _KNOWN.get(text[:-1])
    if found is None and text.endswith("es"):
        found = _KNOWN.get(text[:-2])
        return found if found is not None and found.kind == "count" else None
    return found


def _hours(text: str) -> Decimal | None:
    found = _base(text)
    return found.scale if found is not None and found.kind == "time" else None


def unit(quantity: Quantity) -> Unit | None:
    """The unit of a quantity, from its code and its text; None where it has neither.

    Raises NotCounted for a unit that is not on the list, and where code and text disagree.
    """
    texts = [text for text in (quantity.code, quantity.unit) if text and text.strip()]
    if not texts:
        return None
    found = [None if _other_case(text, quantity) else unit_of(text) for text in texts]
    known = [each for each in found if each is not None]
    if not known:
        if len(texts[-1]) > LONGEST_UNIT:
            raise NotCounted("unit-not-known", f"the unit is too long to be one: over {LONGEST_UNIT} characters")
        raise NotCounted("unit-not-known", f"the unit '{_short(texts[-1])}' is not one that doses use")
    if any(_differ(known[0], other) for other in known[1:]):
        raise NotCounted(
            "unit-contradiction", f"the unit's code '{_short(texts[0])}' and text '{_short(texts[1])}' differ"
        )
    # "1" says less than the text beside it: {value: 2, code: "1", unit: "tablet"} are tablets.
    return known[-1] if known[0].word == "unit" else known[0]


def _other_case(text: str, quantity: Quantity) -> bool:
    """Whether it is a UCUM code in the wrong case: "Mg" is a megagram. A unit text without UCUM means "mg" by it."""
    if text.strip() not in ("Mg", "Ug"):
        return False
    return bool(quantity.code and quantity.code.strip()) or (quantity.system or "").rstrip("/").endswith(_UCUM)


def _differ(one: Unit, other: Unit) -> bool:
    if one.kind == other.kind == "count":
        return False
    return (one.kind, one.per_h, one.per_kg) != (other.kind, other.per_h, other.per_kg) or one.scale != other.scale


def hours(quantity: Quantity | None) -> Decimal | None:
    """A length of time in hours, None where it is not one."""
    if quantity is None or quantity.value is None:
        return None
    for text in (quantity.code, quantity.unit):
        if text and (found := unit_of(text)) is not None and found.kind == "time" and not found.per_h:
            return quantity.value * found.scale
    return None


def _short(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)[:30]
