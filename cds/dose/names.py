"""Opioids, strengths and forms in running text, such as "Oxycodone-acetaminophen 5-325 mg tablet"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from cds.dose.units import unit_of
from cds.knowledge.drugs import Drugs

# Possessive (++), and never begun inside a number: a long run of digits or blanks is looked at once, not once for each
# of its characters.
_NUMBER = r"((?<!\d)\d++(?:,\d{3})*+(?:\.\d++)?+|\.\d++)"
_STRENGTH = re.compile(
    rf"{_NUMBER}(?:\s*+(?:(?:mg|mcg)\s*+)?+[-/]\s*+(\d++(?:\.\d++)?+))?\s*+(mg|mcg|ug|µg|g|milligrams?|micrograms?)\b"
    r"(?:\s*+(?:/|per)\s*+(\d*+\.?+\d*+)\s*+(ml|h|hr|hour|actuat\w*|spray|tablet|tab|capsule|cap)\b)?"
)
# "5-325": the second number is the partner's, no opioid is dosed in hundreds beside one.
_PAIR = re.compile(
    r"(?<![\d.])(\d{1,2}(?:\.\d+)?)\s*[-/]\s*([2-7]\d\d)(?![\d.])|(?<![\d.])([2-7]\d\d)\s*[-/]\s*(\d{1,2}(?:\.\d+)?)(?![\d.])"
)
# Codeine with acetaminophen is called by number.
_NUMBERED = re.compile(r"(?:#|no\.?|tylenol)\s*([234])\b")
_NUMBERED_MG = {"2": Decimal(15), "3": Decimal(30), "4": Decimal(60)}
_FORMS = (
    ("patch", r"\b(patch(es)?|transdermal|duragesic|butrans)\b"),
    ("suppository", r"\bsuppositor(y|ies)\b"),
    ("lozenge", r"\b(lozenges?|troches?|lollipops?)\b"),
    ("film", r"\b(film|strips?)\b"),
    ("spray", r"\b(spray|nasal)\b"),
    ("injection", r"\b(inject\w*|vials?|syringes?|ampou?les?|ampules?|cartridge|infusion|pca|iv|bag)\b"),
    ("solution", r"\b(solution|syrup|elixir|suspension|liquid|concentrate|soln|oral sol)\b"),
    ("capsule", r"\b(capsules?|caps?)\b"),
    ("tablet", r"\b(tablets?|tabs?|caplets?|pills?)\b"),
)
_FORM_PATTERNS = tuple((form, re.compile(pattern)) for form, pattern in _FORMS)
_EXTENDED = re.compile(
    r"\b(er|xr|sr|cr|la|xl|pr|sa|(extended|sustained|controlled|prolonged|modified|slow)[ -]release|12 ?hr?|24 ?hr?"
    r"|abuse-deterrent er|\w*contin(us)?|kadian|avinza|exalgo|hysingla|zohydro|xtampza|embeda|arymo|morphabond|belbuca)\b"
)
_IMMEDIATE = re.compile(r"\b(ir|immediate[ -]release)\b")
_TRANSMUCOSAL = re.compile(r"\b(sublingual|buccal|mucosal|sl)\b")
ROUTES = {
    "patch": "transdermal", "suppository": "rectal", "lozenge": "transmucosal", "film": "transmucosal",
    "injection": "parenteral", "solution": "oral", "capsule": "oral", "tablet": "oral",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Named:
    """What a text says about a drug; None and "" where it says nothing.

    mg, per  strength, as in cds.knowledge.drugs.Product
    """

    opioid: str
    mg: Decimal | None
    per: str
    form: str
    route: str | None
    release: str
    partners: tuple[str, ...]
    cough_cold: bool


def family(form: str) -> str:
    """tablet, capsule, solution, injection, patch, film, lozenge, suppository, spray or "": what a form is called in text."""
    lower = form.lower()
    return next((word for word, pattern in _FORM_PATTERNS if pattern.search(lower)), "")


def extended(text: str) -> str:
    """ "ER", "IR" or "" for not said."""
    lower = text.lower()
    if _EXTENDED.search(lower):
        return "ER"
    return "IR" if _IMMEDIATE.search(lower) else ""


def opioids_in(text: str, drugs: Drugs) -> frozenset[str]:
    """Opioids that a text names; "opioid" where it only says that it is one."""
    found = {drugs.names[match].opioid for match in drugs.name_pattern.findall(text.lower())}
    return frozenset(found - {"opioid"} or found)


def read(text: str, drugs: Drugs) -> Named | None:
    """The one opioid that a text names, None if it names none or several."""
    lower = text.lower()
    found = opioids_in(lower, drugs)
    if len(found) != 1:
        return None
    names = [drugs.names[match] for match in drugs.name_pattern.findall(lower)]
    partners = tuple(sorted({_plain(word) for word in drugs.partners if re.search(rf"\b{word}\b", lower)}))
    cough = any(name.kind == "cough brand" for name in names) or any(
        re.search(rf"\b{word}\b", lower) for word in drugs.cough_partners
    )
    form = family(lower)
    mg, per = _strength(lower, drugs, partners)
    if per == "unit" and form in ("solution", "injection"):
        mg, per = None, ""  # "morphine 10 mg injection" does not say per how many mL
    if form == "patch":
        per = "h" if mg is not None else ""
    route = "transmucosal" if _TRANSMUCOSAL.search(lower) else ROUTES.get(form)
    if route is None and re.search(r"\b(oral|po)\b", lower):
        route = "oral"
    release = extended(lower) or ("IR" if form in ("tablet", "capsule", "solution", "injection") else "")
    return Named(next(iter(found)), mg, per, form, route, release, partners, cough)


def _plain(partner: str) -> str:
    return {"apap": "acetaminophen", "paracetamol": "acetaminophen", "asa": "aspirin"}.get(partner, partner)


def _strength(text: str, drugs: Drugs, partners: tuple[str, ...]) -> tuple[Decimal | None, str]:
    """The opioid's strength in mg per unit, mL, h or actuation; None where the text leaves a doubt."""
    found = list(_STRENGTH.finditer(text))
    if not found:
        return _unwritten(text)
    opioid_at = [match.start() for match in drugs.name_pattern.finditer(text)]
    partner_at = [match.start() for word in drugs.partners for match in re.finditer(rf"\b{word}\b", text)]
    if len(found) > 1:
        # "acetaminophen 325 mg / oxycodone 5 mg": the strength that follows the opioid and precedes the next name.
        after = [match for match in found if match.start() > opioid_at[0]]
        next_name = min((at for at in partner_at if at > opioid_at[0]), default=len(text))
        found = [match for match in after if match.start() < next_name]
    partner_first = bool(partner_at) and min(partner_at) < opioid_at[0]
    # "100 mg/5 mL (20 mg/mL)" says one strength twice.
    values = {_value(match, partner_first, bool(partner_at) or bool(partners)) for match in found}
    return values.pop() if len(values) == 1 else (None, "")


def _unwritten(text: str) -> tuple[Decimal | None, str]:
    """The strength of a name that has no unit: "Endocet 10-325", "Tylenol #3"."""
    pairs = {match.group(1) or match.group(4) for match in _PAIR.finditer(text)}
    if len(pairs) == 1:
        return Decimal(pairs.pop()), "unit"
    numbered = {match.group(1) for match in _NUMBERED.finditer(text)}
    if not pairs and len(numbered) == 1 and re.search(r"\b(codeine|tylenol)\b", text):
        return _NUMBERED_MG[numbered.pop()], "unit"
    return None, ""


def _value(match: re.Match[str], partner_first: bool, combination: bool) -> tuple[Decimal | None, str]:
    first, second, unit, amount, denominator = match.groups()
    value = Decimal(first.replace(",", ""))
    if second is not None:
        other = Decimal(second)
        if partner_first:
            value, other = other, value
        if not combination and value > other:
            return None, ""
    scale = unit_of(unit)
    if scale is None:
        return None, ""
    mg = value * scale.scale
    if denominator is None:
        return mg, "unit"
    count = Decimal(amount) if amount not in ("", ".") else Decimal(1)
    if count <= 0:
        return None, ""
    per = {"ml": "mL", "h": "h", "hr": "h", "hour": "h"}.get(denominator)
    if per is None:
        per = "unit" if denominator[:3] in ("tab", "cap") else "actuation"
    return mg / count, per
