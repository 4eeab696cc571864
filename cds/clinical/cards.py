"""Findings, grades, gates, cards, and the assessment that holds them all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from cds.clinical.asked import Case
from cds.clinical.codes import Coding
from cds.clinical.dose import DoseTimeline
from cds.clinical.pain import PainSeries
from cds.clinical.record import PatientRecord
from cds.clinical.trend import Trend


@dataclass(frozen=True, slots=True)
class Limit:
    value: float
    unit: str
    meaning: str
    source: str
    reviewed: date


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that matched, with the fact that it saw.

    text        one plain sentence with the numbers of the fact; no patient's text
    told        the fixed words and dates that the sentence names beside the fact
    references  the records that the fact came from
    first       day of the earliest of them, where known
    """

    rule: str
    version: str
    text: str
    fact: Mapping[str, float | str | bool] = field(default_factory=dict)
    references: tuple[str, ...] = ()
    first: date | None = None
    told: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Grade:
    """What can be said about the cause, and the findings that led there (contract.md's precedence).

    name       one of the contract's grades
    supported  R12: coded hyperalgesia, allodynia or a new body site
    reasons    the findings that produced the grade, caps included, in the order in which they are told
    caps       the findings among them that held a higher grade down
    """

    name: str
    supported: bool
    reasons: tuple[Finding, ...] = ()
    caps: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Gate:
    """One safety gate of the ketamine evidence (clinical.md 4.1).

    effect      "suppress" | "caution" | "not assessable" | "replaces"
    text        "uncontrolled hypertension", in plain words
    references  the records that caused it; empty for "not assessable"
    """

    id: str
    effect: str
    text: str
    references: tuple[str, ...] = ()
    first: date | None = None


@dataclass(frozen=True, slots=True)
class Citation:
    """One record of rules/evidence."""

    id: str
    citation: str
    url: str
    label: str
    design: str
    n: str
    finding: str
    not_shown: str
    level: str


@dataclass(frozen=True, slots=True)
class CardLink:
    label: str
    url: str
    type: str = "absolute"
    app_context: str | None = None


@dataclass(frozen=True, slots=True)
class Action:
    type: str
    description: str
    resource: Mapping[str, object] | None = None
    resource_id: str | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    uuid: str
    label: str
    actions: tuple[Action, ...] = ()
    recommended: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """One CDS Hooks card; hooks/schemas.py turns it into JSON and checks it again.

    whole  the detail before anything was left out to keep to 120 words: the page prints it
    """

    uuid: str
    kind: str  # pattern | evidence | info | over-sedation
    rule: str  # the rule that raised it, for the store
    summary: str
    indicator: str
    detail: str
    source_label: str
    source_url: str
    topic: Coding
    links: tuple[CardLink, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    selection_behavior: str | None = None
    override_reasons: tuple[Coding, ...] = ()
    evidence: tuple[str, ...] = ()
    whole: str = ""


@dataclass(frozen=True, slots=True)
class Assessment:
    """Everything that one evaluation found; the page, the card, `assess` and `explain` are views of it."""

    case: Case
    record: PatientRecord
    dose: DoseTimeline
    pain: PainSeries
    trend: Trend
    findings: tuple[Finding, ...]
    grade: Grade
    gates: tuple[Gate, ...] = ()
    cards: tuple[Card, ...] = ()
