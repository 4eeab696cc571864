"""Coded triggers: which codes and phrases mean fever, withdrawal, a contraindication, cancer, ...

rules/codes/conditions.csv    one trigger a line, with its source and how far the code was checked
rules/codes/code_systems.csv  the URIs under which records name a code system
rules/conditions.toml         what is searched for in a long text
rules/codes/interactions.csv  what a drug, or a class of drugs, means beside ketamine or a failing kidney
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from cds.clinical import Concept
from cds.errors import KnowledgeError
from cds.knowledge.files import read_rows, read_toml, take

_COLUMNS = ("system", "match", "code", "group", "word", "source", "verified")
_INTERACTION = ("kind", "name", "meaning", "word", "source")
_MATCHES = ("code", "prefix", "except", "phrase", "name")
_VERIFIED = ("yes", "from memory", "design choice")
_DENIED = re.compile(
    r"\b(no|not|non|denie[sd]|without|absent|absence|negative|unlikely|rule[d]? out|r/o|risk|family|history|h/o|former"
    r"|resolved|prior|screen\w*|assess\w*|test\w*|monitor\w*|educat\w*|prevent\w*|prophyla\w*|precaution\w*)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Trigger:
    """One line: a code, a prefix of codes, an exception from a prefix, a phrase of a text, or the name of a scale.

    group  what rules ask for, such as "psychosis"
    word   what texts print, such as "psychotic disorder"
    """

    system: str
    match: str
    code: str
    group: str
    word: str
    source: str
    verified: str


@dataclass(frozen=True, slots=True)
class Conditions:
    """All triggers, ready to be asked about a concept.

    longest_text    characters up to which a text is searched for every phrase
    in_long_texts   groups that are found in a longer one
    """

    triggers: tuple[Trigger, ...]
    systems: Mapping[str, str]
    _codes: Mapping[tuple[str, str], tuple[Trigger, ...]]
    _prefixes: Mapping[tuple[str, str], tuple[Trigger, ...]]
    _longest_prefix: int
    _phrases: tuple[tuple[re.Pattern[str], Trigger], ...]
    _any_phrase: re.Pattern[str]
    _interactions: Mapping[tuple[str, str], str]
    longest_text: int
    in_long_texts: frozenset[str]

    @property
    def groups(self) -> frozenset[str]:
        return frozenset(trigger.group for trigger in self.triggers)

    @property
    def interactions(self) -> frozenset[str]:
        return frozenset(self._interactions.values())

    def of_drug_class(self, drug_class: str) -> str | None:
        """What a class of drugs means beside ketamine, None if nothing is known to us."""
        return self._interactions.get(("class", drug_class))

    def of_drug(self, drug: str) -> str | None:
        return self._interactions.get(("drug", drug))

    def of(self, concept: Concept | None) -> dict[str, str]:
        """group -> word for everything that the concept means to a rule.

        Codes decide; a text is only read where no coding is known to us, and not where it denies or hedges. Of a long
        text only some groups are believed.
        """
        return {} if concept is None else self._found(concept)[0]

    def passed_over(self, concept: Concept | None) -> dict[str, str]:
        """group -> word for what only a long text of the concept names, and `of` leaves out for that."""
        if concept is None or all(len(text) <= self.longest_text for text in _texts(concept)):
            return {}
        return self._found(concept)[1]

    def _found(self, concept: Concept) -> tuple[dict[str, str], dict[str, str]]:
        found: dict[str, str] = {}
        passed_over: dict[str, str] = {}
        for coding in concept.codings:
            system = self.systems.get(coding.system or "", "")
            if system and coding.code:
                self._add(system, coding.code, found)
        if not found:
            for text in _texts(concept):
                for group, word in self._named(text):
                    believed = len(text) <= self.longest_text or group in self.in_long_texts
                    (found if believed else passed_over).setdefault(group, word)
        return found, {group: word for group, word in passed_over.items() if group not in found}

    def _add(self, system: str, written: str, found: dict[str, str]) -> None:
        code = written.strip().upper().replace(".", "") if system.startswith("icd") else written.strip()
        excepted: set[str] = set()
        # The longest prefix first, so that an exception stands before its rule.
        for length in range(min(len(code), self._longest_prefix), 0, -1):
            for trigger in self._prefixes.get((system, code[:length]), ()):
                if trigger.match == "except":
                    excepted.add(trigger.group)
                elif trigger.group not in excepted:
                    found.setdefault(trigger.group, trigger.word)
        for trigger in self._codes.get((system, code), ()):
            found[trigger.group] = trigger.word

    def _named(self, text: str) -> Iterator[tuple[str, str]]:
        if not self._any_phrase.search(text):
            return
        denied = _DENIED.search(text) is not None
        for phrase, trigger in self._phrases:
            if (trigger.match == "name" or not denied) and phrase.search(text):
                yield trigger.group, trigger.word


def _texts(concept: Concept) -> list[str]:
    return [text for text in (concept.text, *(coding.display for coding in concept.codings)) if text]


def load(root: Path) -> Conditions:
    """Reads the lists. Raises KnowledgeError naming file and line for a wrong word, or a system without a URI."""
    systems = dict(
        read_rows(
            root / "codes" / "code_systems.csv", ("uri", "system", "source"), lambda row: (row["uri"], row["system"])
        )
    )
    names = frozenset(systems.values()) | {"text"}
    triggers = read_rows(root / "codes" / "conditions.csv", _COLUMNS, lambda row: _trigger(row, names))
    codes: dict[tuple[str, str], list[Trigger]] = {}
    prefixes: dict[tuple[str, str], list[Trigger]] = {}
    phrases: list[tuple[re.Pattern[str], Trigger]] = []
    seen: set[tuple[str, str, str, str]] = set()
    for trigger in triggers:
        key = (trigger.system, trigger.match, trigger.code, trigger.group)
        if key in seen:
            raise KnowledgeError(f"conditions.csv: {trigger.system} {trigger.code} stands twice in '{trigger.group}'")
        seen.add(key)
        if trigger.system == "text":
            start = "" if trigger.code.startswith("*") else r"\b"  # "*ectomy" is the end of a word
            phrases.append((re.compile(start + re.escape(trigger.code.lstrip("*")), re.IGNORECASE), trigger))
            continue
        code = trigger.code.replace(".", "") if trigger.system.startswith("icd") else trigger.code
        (codes if trigger.match == "code" else prefixes).setdefault((trigger.system, code), []).append(trigger)
    longest, in_long_texts = _long_text(root / "conditions.toml", {trigger.group for trigger in triggers})
    return Conditions(
        triggers=triggers,
        systems=systems,
        _codes={key: tuple(found) for key, found in codes.items()},
        _prefixes={key: tuple(found) for key, found in prefixes.items()},
        _longest_prefix=max((len(code) for _, code in prefixes), default=0),
        _phrases=tuple(phrases),
        # One search instead of one for each phrase: most texts name nothing that matters here.
        _any_phrase=re.compile("|".join(phrase.pattern for phrase, _ in phrases), re.IGNORECASE),
        _interactions=dict(read_rows(root / "codes" / "interactions.csv", _INTERACTION, _interaction)),
        longest_text=longest,
        in_long_texts=in_long_texts,
    )


def _long_text(path: Path, known: set[str]) -> tuple[int, frozenset[str]]:
    where = f"{path.name} [long_text]"
    table = take(read_toml(path), "long_text", dict, path.name)
    limit = take(table, "longest", dict, where)
    for each in (table, limit):
        take(each, "reviewed", date, where)
        if not take(each, "source", str, where).strip():
            raise KnowledgeError(f"{where}: a source is empty")
    groups = frozenset(take(table, "groups", list, where))
    if unknown := sorted(groups - known):
        raise KnowledgeError(f"{where}: no line of conditions.csv is of group '{unknown[0]}'")
    longest = take(limit, "value", int, where)
    if longest <= 0:
        raise KnowledgeError(f"{where}: longest must be above 0")
    return longest, groups


def _interaction(row: Mapping[str, str]) -> tuple[tuple[str, str], str]:
    if row["kind"] not in ("class", "drug"):
        raise ValueError(f"kind '{row['kind']}' is neither class nor drug")
    if not row["name"] or not row["meaning"] or not row["source"]:
        raise ValueError("name, meaning and source must not be empty")
    return (row["kind"], row["name"]), row["meaning"]


def _trigger(row: Mapping[str, str], systems: frozenset[str]) -> Trigger:
    if row["system"] not in systems:
        raise ValueError(f"system '{row['system']}' is not in code_systems.csv")
    if row["match"] not in _MATCHES or (row["match"] in ("phrase", "name")) != (row["system"] == "text"):
        raise ValueError(f"match '{row['match']}' is none of {', '.join(_MATCHES)}, or not of this system")
    if row["verified"] not in _VERIFIED:
        raise ValueError(f"verified '{row['verified']}' is none of {', '.join(_VERIFIED)}")
    for column in ("code", "group", "word", "source"):
        if not row[column].strip():
            raise ValueError(f"{column} is empty")
    return Trigger(**{column: row[column] for column in _COLUMNS})
