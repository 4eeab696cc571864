"""The evidence registry: one report a file in rules/evidence, each with what it does not show.

A card prints a claim (rules/catalogue.toml, `claims`) only while a report here supports it; a report that supports
nothing says why it was read and not used. What rests on memory, is in conflict, or is a regimen lies in `held_back`
and has no way onto a card or page.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from cds.clinical import Citation
from cds.errors import KnowledgeError
from cds.knowledge.files import read_toml, take

_TEXTS = (
    "label", "citation", "commercial_interest", "design", "n", "population", "ketamine_regimen", "mme_before",
    "mme_after", "finding", "not_shown", "cebm", "grade", "grade_about", "read", "retraction_check", "licence", "reviewer",
)  # fmt: skip
_FLAGS = ("peer_reviewed", "is_oih_population", "pain_outcome_reported")
_LISTS = ("limits", "supports", "must_not_support")
_DATES = ("verified_on", "reviewed")
_KEYS = {"id", "url", "doi", "not_used", "held_back", *_TEXTS, *_FLAGS, *_LISTS, *_DATES}
_HELD_KEYS = {"item", "kind", "value", "why"}
_HELD_KINDS = ("memory", "conflict", "regimen")


@dataclass(frozen=True, slots=True)
class HeldBack:
    """A value that is stored and never printed. kind: "memory", "conflict" or "regimen"."""

    item: str
    kind: str
    value: str
    why: str


@dataclass(frozen=True, slots=True)
class Report:
    """One file of rules/evidence; facts in our words, never the abstract's.

    supports         claims that may be printed because of this report
    must_not_support what it may never be cited for
    not_used         why it was read and supports nothing; "" where it is used
    """

    id: str
    label: str
    citation: str
    url: str
    doi: str
    peer_reviewed: bool
    commercial_interest: str
    design: str
    n: str
    population: str
    is_oih_population: bool
    pain_outcome_reported: bool
    ketamine_regimen: str
    mme_before: str
    mme_after: str
    finding: str
    not_shown: str
    limits: tuple[str, ...]
    cebm: str
    grade: str
    grade_about: str
    supports: tuple[str, ...]
    must_not_support: tuple[str, ...]
    not_used: str
    read: str
    verified_on: date
    retraction_check: str
    licence: str
    reviewer: str
    reviewed: date
    held_back: tuple[HeldBack, ...] = ()

    @property
    def level(self) -> str:
        return f"CEBM {self.cebm}; GRADE {self.grade} ({self.grade_about})"

    @property
    def short_citation(self) -> Citation:
        """The report as the card, the page and the store carry it."""
        return Citation(
            self.id, self.citation, self.url, self.label, self.design, self.n, self.finding, self.not_shown, self.level
        )


@dataclass(frozen=True, slots=True)
class Evidence:
    """All reports by file stem, and the claims that they support."""

    reports: Mapping[str, Report]
    supporters: Mapping[str, tuple[Report, ...]]

    def __getitem__(self, name: str) -> Report:
        return self.reports[name]

    @property
    def not_used(self) -> tuple[Report, ...]:
        """Read, and kept out of every card: the page lists them with the reason."""
        return tuple(report for report in self.reports.values() if report.not_used)

    def supports(self, claim: str) -> bool:
        return claim in self.supporters

    def check_names(self, names: Collection[str]) -> None:
        """Raises KnowledgeError for a name, as rules give them, that is no report or one that may not be cited."""
        for name in sorted(names):
            if name not in self.reports:
                raise KnowledgeError(f"rules/evidence: there is no report '{name}'; add {name}.toml or mend the rule")
            if self.reports[name].not_used:
                raise KnowledgeError(
                    f"{name}.toml: marked not used, so no rule may cite it: {self.reports[name].not_used}"
                )


def load(root: Path, claims: Collection[str]) -> Evidence:
    """Every rules/evidence/*.toml against the claims that the catalogue words.

    Raises KnowledgeError naming the file for an unknown or missing key, an id other than the file's stem, a link that is
    not https, a claim that nobody words or supports, a report that supports nothing without saying why, or a report that
    is neither peer-reviewed nor a public body's and still supports something.
    """
    reports: dict[str, Report] = {}
    supporters: dict[str, list[Report]] = {}
    for path in sorted((root / "evidence").glob("*.toml")):
        report = _report(path)
        for claim in report.supports:
            if claim not in claims:
                raise KnowledgeError(f"{path.name}: claim '{claim}' has no sentence in catalogue.toml")
            supporters.setdefault(claim, []).append(report)
        reports[report.id] = report
    if not reports:
        raise KnowledgeError("rules/evidence: holds no report")
    for claim in claims:
        if claim not in supporters:
            raise KnowledgeError(f"catalogue.toml: no report supports the claim '{claim}', so it may not be printed")
    return Evidence(reports, {claim: tuple(found) for claim, found in supporters.items()})


def _report(path: Path) -> Report:
    table = read_toml(path)
    where = path.name
    for key in table:
        if key not in _KEYS:
            raise KnowledgeError(f"{where}: unknown key '{key}'; known are {', '.join(sorted(_KEYS))}")
    if take(table, "id", str, where) != path.stem:
        raise KnowledgeError(f"{where}: id must be '{path.stem}', the name of the file")
    for key in ("doi", "not_used"):
        table.setdefault(key, "")
    texts = {key: take(table, key, str, where).strip() for key in _TEXTS}
    for key, text in texts.items():
        if not text:
            raise KnowledgeError(f'{where}: \'{key}\' is empty; write "none" or "not seen" where that is so')
    url = take(table, "url", str, where)
    if url and not url.startswith("https://"):
        raise KnowledgeError(f"{where}: url '{url}' must start with https://")
    fields: dict[str, Any] = {
        **texts,
        **{key: take(table, key, bool, where) for key in _FLAGS},
        **{key: _names(table, key, where) for key in _LISTS},
        **{key: take(table, key, date, where) for key in _DATES},
    }
    report = Report(
        id=path.stem,
        url=url,
        doi=take(table, "doi", str, where),
        not_used=take(table, "not_used", str, where).strip(),
        held_back=tuple(_held(row, where) for row in take({"held_back": [], **table}, "held_back", list, where)),
        **fields,
    )
    if bool(report.supports) == bool(report.not_used):
        raise KnowledgeError(f"{where}: a report either supports a claim or says in 'not_used' why it supports none")
    if report.supports and not report.peer_reviewed and not report.commercial_interest.startswith("none: public "):
        raise KnowledgeError(f"{where}: neither peer-reviewed nor a public body's: it may support no claim")
    return report


def _held(row: object, where: str) -> HeldBack:
    if (
        not isinstance(row, dict)
        or set(row) != _HELD_KEYS
        or not all(isinstance(text, str) and text for text in row.values())
    ):
        raise KnowledgeError(f"{where}: held_back needs {', '.join(sorted(_HELD_KEYS))}, each a text")
    if row["kind"] not in _HELD_KINDS:
        raise KnowledgeError(f"{where}: held_back kind '{row['kind']}' is none of {', '.join(_HELD_KINDS)}")
    return HeldBack(**row)


def _names(table: Mapping[str, object], key: str, where: str) -> tuple[str, ...]:
    names = take(table, key, list, where)
    if not all(isinstance(name, str) and name for name in names):
        raise KnowledgeError(f"{where}: '{key}' must be a list of texts")
    return tuple(names)
