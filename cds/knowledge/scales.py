"""Which codes are pain or function scores, and on which scale (rules/codes/pain_scales.csv and a site's own codes)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from cds.clinical import Concept
from cds.errors import KnowledgeError
from cds.knowledge.files import read_rows

_COLUMNS = ("system", "code", "instrument", "kind", "scale", "values", "recall_days", "display", "source")
_SITE_COLUMNS = ("system", "code", "instrument", "scale")
_KINDS = frozenset({"pain", "function"})
_SCALES = frozenset({"0-10", "0-100", "auto"})
_VALUES = frozenset({"any", "integer", "even"})
# One code system under two names: HL7 registers the OID as the URI's equal.
_SAME_SYSTEM = {"urn:oid:2.16.840.1.113883.6.1": "http://loinc.org", "http://loinc.org/": "http://loinc.org"}


@dataclass(frozen=True, slots=True)
class Scale:
    """One code of a pain or function instrument.

    kind         "pain" or "function"
    scale        "0-10", "0-100" (divided by ten), or "auto": decided from all of a patient's values of the instrument
    values       "any", "integer" (a fraction is no score of this code) or "even" (faces: 0, 2, 4 ... 10)
    recall_days  length of the period that the question asks about; 0 for pain now
    """

    system: str
    code: str
    instrument: str
    kind: str
    scale: str
    values: str
    recall_days: int
    display: str
    source: str

    def __post_init__(self) -> None:
        if not (self.system and self.code and self.instrument and self.source):
            raise ValueError("system, code, instrument and source must not be empty")
        for word, allowed in ((self.kind, _KINDS), (self.scale, _SCALES), (self.values, _VALUES)):
            if word not in allowed:
                raise ValueError(f"'{word}' is not one of {', '.join(sorted(allowed))}")
        if not 0 <= self.recall_days <= 31:
            raise ValueError(f"recall_days {self.recall_days} is outside 0-31")


@dataclass(frozen=True, slots=True)
class Scales:
    """All known codes, in the order in which one wins where a concept carries several."""

    rows: tuple[Scale, ...]
    by_code: Mapping[tuple[str, str], Scale]
    rank: Mapping[str, int]  # instrument -> place in the file; breaks ties for the primary instrument

    def of(self, concept: Concept | None) -> Scale | None:
        """The first row of the file that one of the concept's codings names, None if none does."""
        if concept is None:
            return None
        found = [
            row
            for coding in concept.codings
            if coding.system and coding.code
            if (row := self.by_code.get((_SAME_SYSTEM.get(coding.system, coding.system), coding.code.strip())))
        ]
        return min(found, key=self.rows.index) if found else None


def load(root: Path, site: Path | None = None) -> Scales:
    """The scales of rules/ (`root`), extended by a site's pain_codes.csv (system,code,instrument,scale).

    Raises KnowledgeError naming file and line; a site row must not redefine a code of rules/.
    """
    rows = read_rows(root / "codes" / "pain_scales.csv", _COLUMNS, _row)
    if site is not None:
        rows += read_rows(site, _SITE_COLUMNS, _site_row)
    by_code: dict[tuple[str, str], Scale] = {}
    for row in rows:
        if (row.system, row.code) in by_code:
            raise KnowledgeError(f"pain codes: {row.system}|{row.code} appears twice; keep one line")
        by_code[row.system, row.code] = row
    rank = {row.instrument: place for place, row in reversed(list(enumerate(rows)))}
    return Scales(rows=rows, by_code=MappingProxyType(by_code), rank=MappingProxyType(rank))


def _row(line: Mapping[str, str]) -> Scale:
    return Scale(**{**line, "recall_days": int(line["recall_days"])})  # type: ignore[arg-type]


def _site_row(line: Mapping[str, str]) -> Scale:
    return Scale(
        system=line["system"].strip(),
        code=line["code"].strip(),
        instrument=line["instrument"].strip(),
        kind="pain",
        scale=line["scale"].strip(),
        values="any",
        recall_days=0,
        display="",
        source="site/pain_codes.csv",
    )
