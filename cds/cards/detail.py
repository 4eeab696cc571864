"""Puts lines together until 120 words are full; what must stand is never dropped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import unescape

MOST_WORDS = 120  # contract.md: what does not fit goes to the page
MOST_CHARACTERS = 139  # CDS Hooks: a summary is shorter than 140


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a detail. rank 0 always stands; a higher rank is taken in later.

    brief  what stands instead where the whole line does not fit
    page   what stands instead on the page, where the line itself is cut short; "" where it is not
    """

    text: str
    rank: int = 0
    bullet: bool = False
    brief: str = ""
    page: str = ""


def detail(lines: Sequence[Line], more: str = "") -> str:
    """The lines as short GFM paragraphs and bullets; `more` is added where something did not fit.

    Lines are taken in by rank, of one rank the earlier first (the order of a card is the order of its weight), while
    they fit; a line that does not fit leaves its place to shorter ones behind it.
    """
    said = _brief_enough([line for line in lines if line.text])
    kept = {place: line for place, line in enumerate(said) if line.rank == 0}
    room = MOST_WORDS - sum(_cost(line) for line in kept.values())
    for place, line in sorted(enumerate(said), key=lambda each: (each[1].rank, each[0])):
        forms = (line, replace(line, text=line.brief)) if line.rank > 0 else ()
        fits = next((form for form in forms if form.text and _cost(form) <= room), None)
        if fits is not None:
            kept[place] = fits
            room -= _cost(fits)
    text = _joined([kept[place] for place in sorted(kept)])
    return f"{text}\n\n{more}" if more and text != whole(lines) and words(more) <= room else text


def whole(lines: Sequence[Line]) -> str:
    """Everything, for the page."""
    return _joined([replace(line, text=line.page or line.text) for line in lines if line.text])


def words(text: str) -> int:
    """Words as a reader's editor counts them, list markers included."""
    return len(text.split())


def summary(text: str) -> str:
    """Plain text, at most 139 characters, cut at a word; a summary is no Markdown, so it holds no entity and no tag."""
    text = unescape(text).replace("<", "").replace(">", "")
    if len(text) <= MOST_CHARACTERS:
        return text
    return text[: MOST_CHARACTERS - 3].rsplit(" ", 1)[0].rstrip(",;:(") + " ..."


def _brief_enough(lines: list[Line]) -> list[Line]:
    """The lines, from the first on in their brief form, until those that must stand fit."""
    for place, line in enumerate(lines):
        if sum(_cost(each) for each in lines if each.rank == 0) <= MOST_WORDS:
            break
        if line.brief and line.rank == 0:
            lines[place] = replace(line, text=line.brief)
    return lines


def _cost(line: Line) -> int:
    return words(line.text) + line.bullet


def _joined(lines: Sequence[Line]) -> str:
    text = ""
    for before, line in zip((None, *lines), lines, strict=False):
        if before is not None:
            text += "\n" if before.bullet and line.bullet else "\n\n"
        text += f"- {line.text}" if line.bullet else line.text
    return text
