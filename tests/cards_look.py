"""Draws the cards of some fixtures as a CDS Hooks client shows them: `python tests/cards_look.py docs/cards.png`.

Columns are 300 px wide, about what a side panel of an EHR leaves; detail is rendered as Markdown by markdown-it.
"""

from __future__ import annotations

import sys
from html import escape
from pathlib import Path

from fixture_cards import FIXTURES, every_fixture
from markdown_it import MarkdownIt
from playwright.sync_api import sync_playwright

from cds.clinical import Card

SHOWN = (
    ("co_rise", "plain_on_order_sign"),
    ("orders", "raised_again"),
    ("founding", "liang_2017_reading_a_day_1_18h"),
    ("alternatives", "myoclonus"),
    ("safety", "breathing_slows"),
)
STYLE = """
body { font: 14px/1.4 "DejaVu Sans", sans-serif; margin: 12px; background: #eee; display: flex; gap: 12px; align-items: flex-start }
section { width: 300px } h2 { font-size: 13px; color: #444; margin: 0 0 6px }
article { background: #fff; border-left: 6px solid #2f6fb0; padding: 8px 10px; margin-bottom: 10px; overflow-wrap: anywhere }
article.warning { border-color: #b35900 } h3 { font-size: 15px; margin: 0 0 6px } p { margin: 6px 0 } ul { margin: 6px 0; padding-left: 18px }
small { color: #555 } button, a { display: block; text-align: left; margin: 4px 0; font: inherit } a { color: #1a5fb4 }
"""
GFM = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def page(columns: dict[str, tuple[Card, ...]]) -> str:
    """One HTML page, a column a fixture."""
    sections = "".join(
        f"<section><h2>{escape(name)}</h2>{''.join(map(article, cards))}</section>" for name, cards in columns.items()
    )
    return f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Cards</title><style>{STYLE}</style>{sections}</html>'


def article(card: Card) -> str:
    buttons = "".join(f"<button>{escape(each.label)}</button>" for each in card.suggestions)
    links = "".join(f'<a href="{escape(link.url)}">{escape(link.label)}</a>' for link in card.links)
    return (
        f'<article class="{card.indicator}"><h3>{escape(card.summary)}</h3>'
        f"<small>{escape(card.source_label)}</small>{GFM.render(card.detail)}{buttons}{links}</article>"
    )


def columns() -> dict[str, tuple[Card, ...]]:
    wanted = {str(FIXTURES.joinpath(*name)): " / ".join(name) for name in SHOWN}
    found = {found.folder: found.assessment.cards for found in every_fixture()}
    return {title: found[folder] for folder, title in wanted.items()}


def draw(target: Path, html: str, width: int) -> None:
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": width, "height": 600})
        tab.set_content(html)
        tab.screenshot(path=target, full_page=True)
        browser.close()


if __name__ == "__main__":
    shown = columns()
    draw(Path(sys.argv[1]), page(shown), 312 * len(shown) + 12)
