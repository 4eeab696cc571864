"""Opioids, strengths and forms in running text, such as "Oxycodone-acetaminophen 5-325 mg tablet"."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

from cds.dose.units import unit_of
from cds.knowledge.drugs import Drugs

# Possessive (++), and never begun inside a number: a long run of digits or blanks is looked at once, not once for each
# of its characters; and the 5 of "2,5 mg" is no 5 mg.
_NUMBER = r"((?<!\d)(?<!\d[.,])\d++(?:,\d{3})*+(?:\.\d++)?+|(?<!\d)\.\d++)"
_STRENGTH = re.compile(
    rf"{_NUMBER}(?:\s*+(?:(?:mg|mcg)\s*+)?+[-/]\s*+(\d++(?:\.\d++)?+))?\s*+(mg|mcg|ug|µg|g|milligrams?|micrograms?)\b"
    r"(?:\s*+(?:/|per)\s*+(\d*+\.?+\d*+)\s*+(ml|h|hr|hour|actuat\w*|spray|tablet|tab|capsule|cap)\b)?"
)
# "5-325": the second number is the partner's, no opioid is dosed in hundreds beside one.
_PAIR = re.compile(
    r"(?<![\d.])(\d{1,2}(?:\.\d+)?)\s*[-/]\s*([2-7]\d\d)(?![\d.])|(?<![\d.])([2-7]\d\d)\s*[-/]\s*(\d{1,2}(?:\.\d+)?)(?![\d.])"
)
# "50-325-40-30 mg": which of three or more numbers is the opioid's is not written. "5-325 mg/15 mL" has only two.
_MASS = r"(?:\s*+(?:mg|mcg|ug|µg|g))?+"
_LINK = r"\s*+[-/+]\s*+"
_CHAIN = re.compile(
    rf"(?<!\d)(?<!\d[.,])\d++(?:[.,]\d++)?+{_MASS}{_LINK}\d++(?:[.,]\d++)?+{_MASS}{_LINK}\d++(?:[.,]\d++)?+"
    r"(?!\s*+(?:ml|h|hr|hours?|actuat\w*|sprays?)\b|(?<=[/ ]1)\s*+(?:tablets?|tabs?|capsules?|caps?)\b)"
)
# No opioid is dosed above one of these beside it, nor in hundreds of milligrams.
_HEAVIER = frozenset({"acetaminophen", "aspirin", "ibuprofen"})
_HUNDREDS = Decimal(200)
# "opioid antagonist", "for fentanyl overdose", "morphine-induced": the drug is another one.
_EFFECT = re.compile(
    r"[\s-]*+(?:induced|related|overdos\w*|antagonists?|antidotes?|revers\w*|toxicity|poisoning|intoxication|emergenc\w*"
    r"|exposure|(?:respiratory |cns )?depression)\b"
)
_LISTED = re.compile(r"\s++(?:or|and/or)\s++")
_PURPOSE = re.compile(r"\bfor\b")
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
    r"\b(er|xr|sr|cr|la|xl|pr|sa|mr|(extended|sustained|controlled|prolonged|modified|slow)[ -]release|12 ?hr?|24 ?hr?"
    r"|retard\w*|abuse-deterrent er|\w*contin(us)?|belbuca)\b"
)
_IMMEDIATE = re.compile(r"\b(ir|immediate[ -]release)\b")
_SIGNS = {
    **dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"), "-"),
    **dict.fromkeys(map(ord, "\u2044\u2215\uff0f"), "/"),
    **dict.fromkeys(map(ord, "™®©"), " "),
    **dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"), None),
    ord("\u03bc"): "µ",
}
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
    lower = plain(form)
    return next((word for word, pattern in _FORM_PATTERNS if pattern.search(lower)), "")


def extended(text: str) -> str:
    """ "ER", "IR" or "" for not said."""
    lower = plain(text)
    if _EXTENDED.search(lower):
        return "ER"
    return "IR" if _IMMEDIATE.search(lower) else ""


def opioids_in(text: str, drugs: Drugs) -> frozenset[str]:
    """Opioids that a text names; "opioid" where it only says that it is one."""
    found = {drugs.names[match.group()].opioid for match in _named(plain(text), drugs)}
    return frozenset(found - {"opioid"} or found)


def partners_in(text: str, drugs: Drugs) -> frozenset[str]:
    """What a text names as given with an opioid, in words or by a brand that always holds it."""
    lower = plain(text)
    worded = {_plain(word) for word in drugs.partners if re.search(rf"\b{word}\b", lower)}
    return frozenset(worded.union(*(drugs.names[match.group()].partners for match in _named(lower, drugs))))


def only_purpose(text: str, drugs: Drugs) -> bool:
    """Whether another known drug is named, and an opioid only behind "for": "naltrexone for opioid dependence"."""
    lower = plain(text)
    named = _named(lower, drugs)
    other = drugs.other_pattern.search(lower)
    if other is None or not named:
        return False
    purpose = _PURPOSE.search(lower, other.end())
    return purpose is not None and purpose.start() < named[0].start()


def plain(text: str) -> str:
    """In lower case, with the blanks, dashes and letters of a keyboard: a no-break space parts words like any other."""
    if text.isascii():
        return text.lower()
    composed = unicodedata.normalize("NFKD", text.translate(_SIGNS).lower()).translate(_SIGNS)
    return "".join(char for char in composed if not unicodedata.combining(char))


def _named(lower: str, drugs: Drugs) -> list[re.Match[str]]:
    """Where a text names an opioid as the drug itself, not as the cause of what another drug is given for."""
    kept: list[re.Match[str]] = []
    effect_at: int | None = None
    for match in reversed(list(drugs.name_pattern.finditer(lower))):
        listed = _LISTED.match(lower, match.end())
        if _EFFECT.match(lower, match.end()) or (listed and listed.end() == effect_at):
            effect_at = match.start()
        else:
            kept.append(match)
    return kept[::-1]


def read(text: str, drugs: Drugs) -> Named | None:
    """The one opioid that a text names, None if it names none or several."""
    lower = plain(text)
    found = opioids_in(lower, drugs)
    if len(found) != 1:
        return None
    names = [drugs.names[match.group()] for match in _named(lower, drugs)]
    partners = tuple(sorted(partners_in(lower, drugs)))
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
    branded = next((name.release for name in names if name.release), "")
    release = extended(lower) or branded or ("IR" if form in ("tablet", "capsule", "solution", "injection") else "")
    return Named(next(iter(found)), mg, per, form, route, release, partners, cough)


def _plain(partner: str) -> str:
    return {"apap": "acetaminophen", "paracetamol": "acetaminophen", "asa": "aspirin"}.get(partner, partner)


def _strength(text: str, drugs: Drugs, partners: tuple[str, ...]) -> tuple[Decimal | None, str]:
    """The opioid's strength in mg per unit, mL, h or actuation; None where the text leaves a doubt."""
    chains = [match.span() for match in _CHAIN.finditer(text)]
    found = list(_STRENGTH.finditer(text))
    if not found:
        return _unwritten(text, chains)
    opioid_at = [match.start() for match in _named(text, drugs)]
    partner_at = [match.start() for word in drugs.partners for match in re.finditer(rf"\b{word}\b", text)]
    if len(found) > 1:
        # "acetaminophen 325 mg / oxycodone 5 mg": the strength that follows the opioid and precedes the next name.
        after = [match for match in found if match.start() > opioid_at[0]]
        next_name = min((at for at in partner_at if at > opioid_at[0]), default=len(text))
        found = [match for match in after if match.start() < next_name]
    elif _of_partner(found[0], opioid_at, partner_at):
        return None, ""
    if any(_overlap(match.span(), chain) for match in found for chain in chains):
        return None, ""
    partner_first = bool(partner_at) and min(partner_at) < opioid_at[0]
    # "100 mg/5 mL (20 mg/mL)" says one strength twice.
    values = {_value(match, partner_first, frozenset(partners)) for match in found}
    return values.pop() if len(values) == 1 else (None, "")


def _of_partner(match: re.Match[str], opioid_at: list[int], partner_at: list[int]) -> bool:
    """Whether the only strength of a text stands behind the partner's name: "oxycodone / acetaminophen 325 mg"."""
    if match.group(2) is not None or match.group(3) not in ("mg", "g", "milligram", "milligrams"):
        return False  # a pair says both; no partner is dosed in micrograms
    before = [at for at in (*opioid_at, *partner_at) if at < match.start()]
    return bool(before) and max(before) in partner_at


def _overlap(one: tuple[int, int], two: tuple[int, int]) -> bool:
    return one[0] < two[1] and two[0] < one[1]


def _unwritten(text: str, chains: list[tuple[int, int]]) -> tuple[Decimal | None, str]:
    """The strength of a name that has no unit: "Endocet 10-325", "Tylenol #3"."""
    written = list(_PAIR.finditer(text))
    if any(_overlap(match.span(), chain) for match in written for chain in chains):
        return None, ""
    pairs = {match.group(1) or match.group(4) for match in written}
    if len(pairs) == 1:
        return Decimal(pairs.pop()), "unit"
    numbered = {match.group(1) for match in _NUMBERED.finditer(text)}
    if not pairs and len(numbered) == 1 and re.search(r"\b(codeine|tylenol)\b", text):
        return _NUMBERED_MG[numbered.pop()], "unit"
    return None, ""


def _value(match: re.Match[str], partner_first: bool, partners: frozenset[str]) -> tuple[Decimal | None, str]:
    first, second, unit, amount, denominator = match.groups()
    value = Decimal(first.replace(",", ""))
    heavy = not _HEAVIER.isdisjoint(partners)
    if second is not None:
        other = Decimal(second)
        if partner_first:
            value, other = other, value
        if (heavy or not partners) and value > other:
            return None, ""
        if not partners and other < _HUNDREDS:
            return None, ""  # "oxycodone 5-10 mg" is a dose, no strength
    scale = unit_of(unit)
    if scale is None:
        return None, ""
    if "," in first and (first.startswith("0") or (scale.scale >= 1 and not first.endswith(",000"))):
        return None, ""  # "0,125 mg" is a decimal comma
    mg = value * scale.scale
    if heavy and mg >= _HUNDREDS and denominator is None:
        return None, ""
    if denominator is None:
        return mg, "unit"
    count = Decimal(amount) if amount not in ("", ".") else Decimal(1)
    if count <= 0:
        return None, ""
    per = {"ml": "mL", "h": "h", "hr": "h", "hour": "h"}.get(denominator)
    if per is None:
        per = "unit" if denominator[:3] in ("tab", "cap") else "actuation"
    return mg / count, per
