"""Numbers, dates and other people's text, as a card prints them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Protocol

from cds.clinical import Finding, Gate
from cds.errors import KnowledgeError
from cds.knowledge.catalogue import Catalogue
from cds.knowledge.evidence import Evidence

# Control, format (bidi, zero-width), surrogate, private-use characters, and line separators.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_MARKUP = {ord(sign): f"&#{ord(sign)};" for sign in "&<>`*_~[]#|\\"}
# GFM turns bare addresses into links, after it has resolved entities: only broken text stays text.
_ADDRESS = re.compile(r"://|@|(?i:xmpp|mailto|https?|ftp):|\.(?=[^\W\d_])")
_DATE = re.compile(r"\b\d{4}-\d\d-\d\d\b", re.ASCII)


class CardKnowledge(Protocol):
    """The part of cds.knowledge.Knowledge that cards need."""

    @property
    def catalogue(self) -> Catalogue: ...

    @property
    def evidence(self) -> Evidence: ...


@dataclass(frozen=True, slots=True)
class Words:
    """The catalogue, with the registry standing guard over its claims."""

    catalogue: Catalogue
    evidence: Evidence

    def say(self, key: str, **values: object) -> str:
        return self.catalogue.say(key, **values)

    def claim(self, name: str, **values: object) -> str:
        """A claim's sentence. Raises KnowledgeError if no report supports it: what nobody supports is not printed."""
        if not self.evidence.supports(name):
            raise KnowledgeError(f"no report of rules/evidence supports the claim '{name}'")
        return self.catalogue.claims[name].format(**values)

    def day(self, day: date) -> str:
        """1 Mar 2026, and the hour where there is one: 1 Mar 2026 18:00"""
        text = f"{day.day} {self.catalogue.months[day.month - 1]} {day.year}"
        return f"{text} {day:%H:%M}" if isinstance(day, datetime) else text

    def reason(self, finding: Finding) -> str:
        """Why, in a few words: the catalogue's for that rule, else the rule's own sentence."""
        template = self.catalogue.reasons.get(finding.rule)
        told = {**finding.fact, **finding.told}
        # A rule whose fact no longer carries what the short words name is told by its own sentence, which always fits.
        if template is None or not set(re.findall(r"\{(\w+)", template)) <= set(told):
            return short(self.dated(finding.text.rstrip(".")), 14)
        return short(self.dated(template.format_map(told)), 14)

    def gate(self, gate: Gate, words: int = 11) -> str:
        """What a gate found, in a few words."""
        return self.catalogue.reasons.get(gate.id) or short(self.dated(gate.text), words)

    def dated(self, text: str) -> str:
        """Dates as the card writes them, where a sentence has them as 2026-03-01."""

        def written(found: re.Match[str]) -> str:
            try:
                return self.day(date.fromisoformat(found[0]))
            except ValueError:  # four digits, two, two, and no date
                return found[0]

        return _DATE.sub(written, text)

    def reasons(self, findings: Iterable[Finding], most: int = 2) -> str:
        """The first few reasons, each once."""
        return self.some([self.reason(finding) for finding in findings], most)

    def few(self, items: Sequence[str], most: int) -> str:
        """Like `some`, with commas: single words."""
        return self.some(items, most, ", ")

    def some(self, items: Sequence[str], most: int, mark: str = "; ") -> str:
        """The first `most` of the items, each once, and how many more there are."""
        each = list(dict.fromkeys(items))
        named = mark.join(each[:most])
        return f"{named}, {self.say('missing.more', count=len(each) - most)}" if len(each) > most else named


def capital(text: str) -> str:
    """The text with a capital at its beginning, the rest as it is."""
    return text[:1].upper() + text[1:]


def number(value: float | Decimal, places: int = 1) -> str:
    """At most `places` decimals, half up, no trailing zero: 49.6 must not pass for 50."""
    exact = Decimal(str(value))
    if exact.adjusted() > 15:  # decimal refuses to round what needs more digits than its precision has
        return format(exact, ".3E")
    rounded = exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    text = f"{rounded:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def plain(text: str) -> str:
    """Somebody else's text on one line, without characters that nobody sees."""
    if not (text.isascii() and text.isprintable()):
        signs = unicodedata.normalize("NFC", text)
        text = "".join(" " if unicodedata.category(sign) in _INVISIBLE else sign for sign in signs)
    return " ".join(text.split())


def escape(text: str) -> str:
    """Somebody else's text for GitHub-flavoured Markdown: it can make no tag, no emphasis, no link, no table."""
    broken = _ADDRESS.sub(lambda found: f"{found[0][:-1]} {found[0][-1]} ", plain(text))
    return " ".join(broken.translate(_MARKUP).split())


def short(text: str, words: int) -> str:
    """Escaped, at most so many words of at most 40 signs."""
    each = escape(" ".join(word[:40] for word in plain(text)[:400].split())).split()
    if len(each) <= words:
        return " ".join(each)
    return " ".join(_without_half_a_number(each[:words], each[words])).rstrip(",;:") + "..."


def _without_half_a_number(kept: list[str], following: str) -> list[str]:
    """Cut back to the end of a clause where the cut would part a number from its name or its unit."""
    if not (following[:1].isdigit() or kept[-1][-1:].isdigit()):
        return kept
    ends = [place for place, word in enumerate(kept, start=1) if word[-1] in ",;:."]
    if ends:
        return kept[: ends[-1]]
    kept = kept[:-1]
    while kept and kept[-1][-1:].isdigit():
        kept = kept[:-1]
    return kept
