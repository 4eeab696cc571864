"""All card wording (rules/catalogue.toml) and the numbers behind what a card offers (rules/offers.toml).

A translation touches the one file; this module refuses it when a text is missing, unknown, or fills in other values
than cds/cards hands over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from string import Formatter

from cds.clinical import Coding, Limit
from cds.errors import KnowledgeError
from cds.knowledge.files import read_toml, take

# section -> text -> the values that it must fill in, all of them
_TEXTS: Mapping[str, Mapping[str, str]] = {
    "source": {"label": "", "topic_code": "", "topic_display": ""},
    "seen": {
        "doses": "first last low high unit table from to scores",         "steps": "rising steps beta", "table_iv": "table", "level": "first dose unit pain scores", "level_unscored": "first dose unit",
        "levels": "table", "more_levels": "count", "more_levels_one": "", "dechallenge": "day before after unit fall", "scores_one": "",
        "scores_many": "count", "this_order": "before after table", "this_order_unknown": "",
        "recent_order": "before after table", "recent_order_unknown": "", "unit_chronic": "", "unit_acute": "",
    },
    "pattern": {
        "summary_steps": "grade rising steps from to low high unit", "summary_levels": "grade from to low high unit",
        "summary_plain": "grade", "title": "grade", "title_supported": "grade support", "capped": "reasons",
        "first": "listed", "listed": "reasons", "next": "", "next_gentle": "", "options": "taper",
        "options_rotation_first": "", "change_chronic": "", "change_acute": "", "acute": "",
    },
    "evidence": {
        "summary": "designs", "summary_contraindicated": "reasons", "title": "", "title_contraindicated": "reasons",
        "report": "label design n match claim", "direct": "", "indirect": "", "against": "items",
        "against_item": "label claim", "cautions": "items", "not_assessable": "items", "not_assessable_count": "count", "exposure": "dates",
    },
    "info": {
        "summary_co_rise": "rise from to low high unit", "summary_raise": "count", "summary_alternative": "grade reasons",
        "summary_co_rise_plain": "", "summary_insufficient": "missing", "summary_uncounted": "", "summary_unread": "", "summary_implausible": "", "summary_gap": "", "summary_silent": "grade",
        "first": "reasons", "cannot_tell": "", "grade": "grade", "grade_because": "grade reasons", "missing": "missing",
        "collect": "", "collect_brief": "", "reports": "reports", "report": "label design n", "contraindicated": "reasons",
        "silent": "grade meaning", "alternatives_withdrawal": "", "alternatives_neurotoxicity": "",
        "alternatives_red_flag": "", "alternatives_order": "",
    },
    "sedation": {"summary": "reasons", "title": "reasons", "act": "", "order": "", "replaced": "at", "page": "at"},
    "missing": {
        "uncounted": "items", "uncounted_count": "count", "unread_count": "count", "failed_count": "count", "uncounted_item": "drugs reason", "unread": "items", "unread_item": "count kind",
        "unread_other": "", "failed": "items", "refused": "scores reason", "scores": "items", "scores_brief": "", "long_texts_brief": "", "flags": "items", "more": "count", "few_scores": "",
    },
    "safety": {"crisis": "", "crisis_summary": ""},
    "page": {"more": "", "link": "", "numbers_steps": "first last scores", "numbers_levels": "first last scores"},
    "links": {"report": "label design n", "label_warning": "", "abrupt_stop": ""},
    "suggestions": {
        "withdraw": "", "withdraw_only": "", "withdraw_action": "reference", "referral": "", "referral_action": "", "referral_text": "",
        "peg": "", "peg_action": "", "peg_text": "", "naloxone_action": "", "naloxone_text": "", "naloxone_dose": "limit",
        "naloxone_benzodiazepine": "", "naloxone_use_disorder": "", "naloxone_apnoea": "",
    },
}  # fmt: skip
_CLAIM_VALUES = {"naloxone-offer": {"reasons"}}
_TABLES = {"systems", "grades", "claims", "reasons", "override", "option", *_TEXTS}
_UNLESS = ("", "no-taper", "contraindicated")
_OVERRIDE_KEYS = {"code", "display", "published", "silences", "data_quality"}
_OFFERS = ("naloxone_mme", "recent_days")


@dataclass(frozen=True, slots=True)
class GradeWords:
    """The fixed words of one grade, and what they mean (docs/clinicians.md, the page)."""

    words: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Override:
    """One coded reason to set a card aside.

    coding        ours, as it stands on the card
    published     the code of HL7's non-adherence list that fits, None where none does
    silences      rests the finding for the time of the alert budget
    data_quality  says that the data were wrong: fed back to whoever keeps them
    """

    coding: Coding
    published: Coding | None = None
    silences: bool = False
    data_quality: bool = False


@dataclass(frozen=True, slots=True)
class Option:
    """One thing to consider. unless: "no-taper" or "contraindicated" takes it away; claim: what must be supported."""

    text: str
    claim: str = ""
    unless: str = ""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every printed string; `say` fills in the values."""

    language: str
    months: tuple[str, ...]
    topic_system: str
    grades: Mapping[str, GradeWords]
    claims: Mapping[str, str]
    reasons: Mapping[str, str]
    overrides: tuple[Override, ...]
    options: tuple[Option, ...]
    limits: Mapping[str, Limit]
    _texts: Mapping[str, str]

    def say(self, key: str, **values: object) -> str:
        """The text "section.name" with its values filled in; KeyError for an unknown text is a programming error."""
        return self._texts[key].format(**values)

    @property
    def silencing(self) -> frozenset[str]:
        """Codes of the overrides that rest a finding."""
        return frozenset(str(override.coding.code) for override in self.overrides if override.silences)

    @property
    def offered(self) -> frozenset[tuple[str | None, str | None]]:
        """(system, code) of every coded reason that is ours to know: the cards' own and the published ones."""
        codings = (each for override in self.overrides for each in (override.coding, override.published) if each)
        return frozenset((each.system, each.code) for each in codings)


def load(root: Path) -> Catalogue:
    """Reads both files. Raises KnowledgeError naming the text that is missing, unknown, empty, or filled in wrongly."""
    where = "catalogue.toml"
    table = read_toml(root / where)
    for key in table:
        if key not in _TABLES | {"language", "months"}:
            raise KnowledgeError(f"{where}: unknown key '{key}'")
    texts: dict[str, str] = {}
    for section, expected in _TEXTS.items():
        written = _strings(take(table, section, dict, where), f"{where} [{section}]", empty=("direct",))
        if set(written) != set(expected):
            names = ", ".join(sorted(set(written) ^ set(expected)))
            raise KnowledgeError(f"{where} [{section}]: missing or unknown: {names}")
        for name, text in written.items():
            _check_values(text, set(expected[name].split()), f"{where} [{section}] {name}")
            texts[f"{section}.{name}"] = text
    systems = _strings(take(table, "systems", dict, where), f"{where} [systems]")
    if set(systems) != {"overrides", "topics", "published"}:
        raise KnowledgeError(f"{where} [systems]: needs overrides, topics and published")
    claims = _strings(take(table, "claims", dict, where), f"{where} [claims]")
    for name, text in claims.items():
        _check_values(text, _CLAIM_VALUES.get(name, set()), f"{where} [claims] {name}")
    months = take(table, "months", list, where)
    if len(months) != 12 or not all(isinstance(month, str) and month for month in months):
        raise KnowledgeError(f"{where}: 'months' needs twelve names")
    return Catalogue(
        language=take(table, "language", str, where),
        months=tuple(months),
        topic_system=systems["topics"],
        grades=_grades(take(table, "grades", dict, where), where),
        claims=claims,
        reasons=_strings(take(table, "reasons", dict, where), f"{where} [reasons]"),
        overrides=tuple(_override(row, systems, where) for row in take(table, "override", list, where)),
        options=tuple(_option(row, claims, where) for row in take(table, "option", list, where)),
        limits=_limits(root),
        _texts=texts,
    )


def _check_values(text: str, expected: set[str], where: str) -> None:
    try:
        found = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    except ValueError as error:
        raise KnowledgeError(f"{where}: {error}") from None
    if found != expected:
        raise KnowledgeError(
            f"{where}: fills in {sorted(found) or 'nothing'}, must fill in {sorted(expected) or 'nothing'}"
        )


def _strings(table: Mapping[str, object], where: str, empty: tuple[str, ...] = ()) -> dict[str, str]:
    strings: dict[str, str] = {}
    for key, text in table.items():
        if not isinstance(text, str) or not (text.strip() or key in empty):
            raise KnowledgeError(f"{where} {key}: must be a text that is not empty")
        strings[key] = text
    return strings


def _grades(table: Mapping[str, object], where: str) -> dict[str, GradeWords]:
    grades: dict[str, GradeWords] = {}
    for name, row in table.items():
        words = _strings(row if isinstance(row, dict) else {}, f"{where} [grades.{name}]")
        if set(words) != {"words", "meaning"}:
            raise KnowledgeError(f"{where} [grades.{name}]: needs words and meaning")
        grades[name] = GradeWords(**words)
    if len({grade.words for grade in grades.values()}) != len(grades):
        raise KnowledgeError(f"{where} [grades]: two grades are printed with the same words")
    return grades


def _override(row: object, systems: Mapping[str, str], where: str) -> Override:
    if not isinstance(row, dict) or not {"code", "display"} <= set(row) <= _OVERRIDE_KEYS:
        raise KnowledgeError(
            f"{where} [[override]]: needs code and display; known are {', '.join(sorted(_OVERRIDE_KEYS))}"
        )
    code, display = (take(row, key, str, f"{where} [[override]]") for key in ("code", "display"))
    published = row.get("published")
    return Override(
        coding=Coding(systems["overrides"], code, display),
        published=None if published is None else Coding(systems["published"], take(row, "published", str, where), None),
        silences=take({"silences": False, **row}, "silences", bool, where),
        data_quality=take({"data_quality": False, **row}, "data_quality", bool, where),
    )


def _option(row: object, claims: Mapping[str, str], where: str) -> Option:
    if not isinstance(row, dict) or not {"text"} <= set(row) <= {"text", "claim", "unless"}:
        raise KnowledgeError(f"{where} [[option]]: needs text; may have claim and unless")
    option = Option(**{key: take(row, key, str, f"{where} [[option]]") for key in row})
    if not option.text or option.unless not in _UNLESS or (option.claim and option.claim not in claims):
        raise KnowledgeError(f"{where} [[option]] '{option.text[:40]}': empty, an unknown 'unless' or an unknown claim")
    return option


def _limits(root: Path) -> dict[str, Limit]:
    where = "offers.toml"
    table = take(read_toml(root / where), "limits", dict, where)
    if set(table) != set(_OFFERS):
        raise KnowledgeError(f"{where}: needs exactly the limits {', '.join(_OFFERS)}")
    limits: dict[str, Limit] = {}
    for name, row in table.items():
        place = f"{where} limit {name}"
        if not isinstance(row, dict) or set(row) != {"value", "unit", "meaning", "source", "reviewed"}:
            raise KnowledgeError(f"{place}: needs value, unit, meaning, source and reviewed")
        unit, meaning, source = (take(row, key, str, place) for key in ("unit", "meaning", "source"))
        limits[name] = Limit(
            take(row, "value", float, place), unit, meaning, source, take(row, "reviewed", date, place)
        )
    return limits
