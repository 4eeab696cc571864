"""Drugs, factors and reading limits: rules/codes/{opioid_products,opioid_names,mme_factors,other_drugs,routes}.csv, rules/dose.toml.

A site may add an NDC crosswalk (columns ndc,rxcui): NDCs are not shipped, since the public list rests on a licensed one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import groupby
from pathlib import Path

from cds.errors import KnowledgeError
from cds.knowledge.files import number, read_rows, read_toml, take

IV_TABLE = "IV convention v1"

_PRODUCT = [
    "rxcui",
    "tty",
    "name",
    "opioid",
    "mg",
    "per",
    "form",
    "route",
    "release_hours",
    "container_ml",
    "partners",
    "cough_cold",
    "note",
    "source",
]
_FACTOR = [
    "table",
    "opioid",
    "route",
    "above_mg",
    "to_mg",
    "factor",
    "unit",
    "alternative",
    "authority",
    "source",
    "reviewed",
]
_NAME = ("name", "opioid", "kind", "release", "partners", "source")
_OTHER = ("rxcui", "tty", "name", "drug", "drug_class", "source")
_ROUTE = ("system", "code", "route", "display", "source")
_PER = ("unit", "mL", "h", "actuation", "")
_KINDS = ("generic", "synonym", "brand", "cough brand", "class")


@dataclass(frozen=True, slots=True, eq=False)
class Product:
    """One RxNorm opioid product, or an ingredient (tty IN: no strength, form or route). A row is equal to itself only.

    mg             milligrams of the opioid in one `per`
    per            unit (tablet, capsule, ...), mL, h (patch) or actuation
    release_hours  interval of an extended-release form or wear time of a patch
    container_ml   volume of one vial or syringe
    """

    rxcui: str
    tty: str
    name: str
    opioid: str
    mg: Decimal | None
    per: str
    form: str
    route: str
    release_hours: Decimal | None
    container_ml: Decimal | None
    partners: tuple[str, ...]
    cough_cold: bool


@dataclass(frozen=True, slots=True, eq=False)
class Factor:
    """MME per milligram for daily amounts above `above` and up to `to` mg. A row is equal to itself only.

    unit         "mg", or "mcg/h worn" for a patch
    alternative  another factor in use for the same drug, None where nobody disagrees
    authority    "CDC" or "not CDC"
    """

    table: str
    opioid: str
    route: str
    above: Decimal
    to: Decimal | None
    value: Decimal
    unit: str
    alternative: Decimal | None
    authority: str


@dataclass(frozen=True, slots=True)
class OpioidName:
    """A name of an opioid, and what a brand says about its products.

    release   "ER" where every product of the brand is extended release, else ""
    partners  what every product of the brand holds besides the opioid
    """

    name: str
    opioid: str
    kind: str
    release: str
    partners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OtherDrug:
    name: str
    drug_class: str


@dataclass(frozen=True, slots=True)
class Maximum:
    """Usual highest amounts in mg: of a day, and of one dose of a liquid."""

    day: Decimal
    liquid_dose: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Drugs:
    """Everything that the dose engine knows about drugs."""

    products: Mapping[str, Product]
    names: Mapping[str, OpioidName]
    factors: Mapping[tuple[str, str, str], tuple[Factor, ...]]
    others: Mapping[str, OtherDrug]
    other_names: Mapping[str, OtherDrug]
    routes: Mapping[tuple[str, str], str]
    limits: Mapping[str, Decimal]
    maxima: Mapping[tuple[str, str], Maximum]
    weakest: Mapping[tuple[str, str], Decimal]  # (opioid, route) -> weakest mg/mL of its liquids
    stay_classes: frozenset[str]
    weight_codes: frozenset[str]
    oral_if_unstated: frozenset[str]
    never_swallowed: frozenset[str]
    local_anaesthetics: frozenset[str]
    long_acting: frozenset[str]
    long_acting_hours: Decimal
    never_summed: frozenset[str]
    cough_partners: tuple[str, ...]
    partners: tuple[str, ...]
    name_pattern: re.Pattern[str]
    other_pattern: re.Pattern[str]
    ndc: Mapping[str, str] = field(default_factory=dict)

    @property
    def antagonists(self) -> frozenset[str]:
        return frozenset(drug.name for drug in self.others.values() if drug.drug_class == "opioid-antagonist")

    @property
    def tables(self) -> tuple[str, ...]:
        """Factor tables that may be asked for; the IV convention is part of each."""
        return tuple(sorted({table for table, _, _ in self.factors} - {IV_TABLE}))

    def factor(self, table: str, opioid: str, route: str) -> tuple[Factor, ...]:
        """The tiers for one drug by one route, lowest first; empty where the table has none."""
        return self.factors.get((IV_TABLE if route == "parenteral" else table, opioid, route), ())


def load(root: Path | None = None, ndc_file: Path | None = None) -> Drugs:
    """Reads the data files. Raises KnowledgeError naming file and line.

    root      the rules directory; None: the one beside the package
    ndc_file  a site's crosswalk, None if it has none
    """
    root = root or Path(__file__).resolve().parents[2] / "rules"
    codes = root / "codes"
    products = _unique(read_rows(codes / "opioid_products.csv", _PRODUCT, _product), "opioid_products.csv")
    names = {row.name: row for row in read_rows(codes / "opioid_names.csv", _NAME, _name)}
    others = dict(read_rows(codes / "other_drugs.csv", _OTHER, _other))
    routes = dict(read_rows(codes / "routes.csv", _ROUTE, _route))
    path = root / "dose.toml"
    rules = read_toml(path)
    words = _sourced(rules, "words")
    other_names = {drug.name: drug for drug in others.values()}
    return Drugs(
        products=products,
        names=names,
        factors=_factors(read_rows(codes / "mme_factors.csv", _FACTOR, _factor)),
        others=others,
        other_names=other_names,
        routes=routes,
        limits=_limits(take(rules, "reading", dict, path.name), path.name),
        maxima=_maxima(_sourced(rules, "usual_maximum"), path.name),
        weakest=_weakest(products.values()),
        stay_classes=_words(rules, "stay", "classes"),
        weight_codes=_words(rules, "weight", "loinc"),
        oral_if_unstated=_words(rules, "oral_if_unstated", "opioids"),
        never_swallowed=_words(rules, "never_swallowed", "opioids"),
        local_anaesthetics=_words(rules, "local_anaesthetics", "partners"),
        long_acting=_words(rules, "long_acting", "opioids"),
        long_acting_hours=_decimal(take(rules, "long_acting", dict, path.name).get("hours"), "long_acting.hours"),
        never_summed=_words(rules, "never_summed", "opioids"),
        cough_partners=tuple(take(words, "cough_partners", list, path.name)),
        partners=tuple(take(words, "partners", list, path.name)),
        name_pattern=_pattern(names),
        other_pattern=_pattern(other_names),
        ndc={} if ndc_file is None else dict(read_rows(ndc_file, ("ndc", "rxcui"), _ndc)),
    )


def eleven_digits(ndc: str) -> tuple[str, ...]:
    """The 11-digit forms that an NDC may stand for.

    4-4-2, 5-3-2 and 5-4-1 say where the zero belongs; ten digits without hyphens leave three possibilities.
    """
    parts = ndc.strip().split("-")
    digits = "".join(parts)
    if not digits.isascii() or not digits.isdigit():
        return ()
    if len(parts) == 3 and len(parts[0]) <= 5 and len(parts[1]) <= 4 and len(parts[2]) <= 2:
        return (parts[0].zfill(5) + parts[1].zfill(4) + parts[2].zfill(2),)
    if len(parts) == 1 and len(digits) == 11:
        return (digits,)
    if len(parts) == 1 and len(digits) == 10:
        return ("0" + digits, digits[:5] + "0" + digits[5:], digits[:9] + "0" + digits[9:])
    return ()


# ---------------------------------------------------------------------------------------------- one line of a file


def _product(row: Mapping[str, str]) -> Product:
    if row["per"] not in _PER or (row["per"] == "") != (row["mg"] == ""):
        raise ValueError(f"per '{row['per']}' and mg '{row['mg']}' do not go together")
    if not row["source"]:
        raise ValueError("the source is empty")
    return Product(
        rxcui=row["rxcui"],
        tty=row["tty"],
        name=row["name"],
        opioid=row["opioid"],
        mg=_optional(row["mg"]),
        per=row["per"],
        form=row["form"],
        route=row["route"],
        release_hours=_optional(row["release_hours"]),
        container_ml=_optional(row["container_ml"]),
        partners=tuple(part for part in row["partners"].split("; ") if part),
        cough_cold=row["cough_cold"] == "yes",
    )


def _name(row: Mapping[str, str]) -> OpioidName:
    if row["kind"] not in _KINDS:
        raise ValueError(f"kind '{row['kind']}' is none of {', '.join(_KINDS)}")
    if row["release"] not in ("ER", ""):
        raise ValueError(f"release '{row['release']}' is neither ER nor empty")
    if not row["source"]:
        raise ValueError("the source is empty")
    partners = tuple(part for part in row["partners"].split("; ") if part)
    return OpioidName(row["name"], row["opioid"], row["kind"], row["release"], partners)


def _other(row: Mapping[str, str]) -> tuple[str, OtherDrug]:
    return row["rxcui"], OtherDrug(row["drug"], row["drug_class"])


def _route(row: Mapping[str, str]) -> tuple[tuple[str, str], str]:
    return (row["system"], row["code"].upper()), row["route"]


def _ndc(row: Mapping[str, str]) -> tuple[str, str]:
    forms = eleven_digits(row["ndc"])
    if len(forms) != 1:
        raise ValueError(f"'{row['ndc']}' is no NDC of 11 digits or with hyphens")
    return forms[0], row["rxcui"]


def _factor(row: Mapping[str, str]) -> Factor:
    date.fromisoformat(row["reviewed"])
    if not row["source"]:
        raise ValueError("the source is empty")
    return Factor(
        table=row["table"],
        opioid=row["opioid"],
        route=row["route"],
        above=number(row["above_mg"]),
        to=_optional(row["to_mg"]),
        value=number(row["factor"]),
        unit=row["unit"],
        alternative=_optional(row["alternative"]),
        authority=row["authority"],
    )


def _optional(text: str) -> Decimal | None:
    return number(text) if text else None


# ---------------------------------------------------------------------------------------------- whole files


def _unique(rows: tuple[Product, ...], file: str) -> dict[str, Product]:
    products = {row.rxcui: row for row in rows}
    if len(products) != len(rows):
        raise KnowledgeError(f"{file}: an rxcui stands there twice")
    return products


def _factors(rows: tuple[Factor, ...]) -> dict[tuple[str, str, str], tuple[Factor, ...]]:
    tiers: dict[tuple[str, str, str], tuple[Factor, ...]] = {}
    for row in sorted(rows, key=lambda row: row.above):
        key = (row.table, row.opioid, row.route)
        below = tiers.get(key, ())
        if row.above != (below[-1].to if below else Decimal(0)):
            raise KnowledgeError(f"mme_factors.csv: the tiers of {', '.join(key)} leave a gap or overlap")
        tiers[key] = (*below, row)
    for key, rows_of_key in tiers.items():
        if rows_of_key[-1].to is not None:
            raise KnowledgeError(f"mme_factors.csv: {', '.join(key)} has no tier without an upper end")
    return tiers


def _weakest(products: Iterable[Product]) -> dict[tuple[str, str], Decimal]:
    weakest: dict[tuple[str, str], Decimal] = {}
    for product in products:
        if product.per == "mL" and product.mg is not None and not product.cough_cold and not product.partners:
            key = (product.opioid, product.route)
            weakest[key] = min(weakest.get(key, product.mg), product.mg)
    return weakest


def _words(rules: Mapping[str, object], table: str, key: str) -> frozenset[str]:
    return frozenset(take(_sourced(rules, table), key, list, f"dose.toml [{table}]"))


def _sourced(rules: Mapping[str, object], name: str) -> Mapping[str, object]:
    """A table that says where its lines come from, and when they were looked at last."""
    table = take(rules, name, dict, "dose.toml")
    if not take(table, "source", str, f"dose.toml [{name}]").strip():
        raise KnowledgeError(f"dose.toml [{name}]: the source is empty")
    take(table, "reviewed", date, f"dose.toml [{name}]")
    return table


def _limits(table: Mapping[str, object], file: str) -> dict[str, Decimal]:
    limits: dict[str, Decimal] = {}
    for key, entry in table.items():
        if not isinstance(entry, dict):
            raise KnowledgeError(
                f"{file}: reading.{key} must be a table with value, unit, meaning, source and reviewed"
            )
        for word in ("unit", "meaning", "source"):
            if not take(entry, word, str, f"{file} reading.{key}"):
                raise KnowledgeError(f"{file}: reading.{key}.{word} is empty")
        take(entry, "reviewed", date, f"{file} reading.{key}")
        limits[key] = _decimal(entry.get("value"), f"reading.{key}.value")
    return limits


def _maxima(table: Mapping[str, object], file: str) -> dict[tuple[str, str], Maximum]:
    maxima: dict[tuple[str, str], Maximum] = {}
    for opioid, routes in table.items():
        if not isinstance(routes, dict):
            continue  # source and reviewed
        for route, entry in routes.items():
            where = f"usual_maximum.{opioid}.{route}"
            if not isinstance(entry, dict):
                raise KnowledgeError(f"{file}: {where} must be a table")
            dose = entry.get("liquid_dose")
            maxima[opioid, route] = Maximum(
                day=_decimal(entry.get("day"), f"{where}.day"),
                liquid_dose=None if dose is None else _decimal(dose, f"{where}.liquid_dose"),
            )
    return maxima


def _decimal(value: object, where: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise KnowledgeError(f"dose.toml: {where} must be a number above 0")
    return Decimal(str(value))


def _pattern(names: Mapping[str, object]) -> re.Pattern[str]:
    """Finds any of the names as whole words; the longest wins, so that hydromorphone is not read as morphine.

    A strength may follow without a blank ("oxycodone10mg"), but not a name that ends in a digit: "tylenol 325" is no
    "tylenol 3". Grouped by their first two letters, so that a place in a text is held against a few names and not
    against hundreds.
    """
    ordered = sorted(names, key=lambda name: (name[:2], -len(name)))
    groups = [
        f"{re.escape(head)}(?:{'|'.join(re.escape(name[2:]) for name in group)})"
        for head, group in groupby(ordered, key=lambda name: name[:2])
    ]
    return re.compile(rf"(?<![a-z0-9])(?:{'|'.join(groups)})(?![a-z])(?!(?<=[0-9])[0-9])")
