"""The cards as a client draws them: a narrow panel of a real browser shows every word without scrolling sideways."""

from __future__ import annotations

from pathlib import Path

import pytest
from cards_look import page
from fixture_cards import every_fixture
from playwright.sync_api import sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
NARROW = 240  # an eighth of 1920 pixels


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's chromium: apt-get install chromium")
def test_every_fixtures_cards_read_at_an_eighth_of_a_screen():
    columns = {f"{place} {found.folder}": found.assessment.cards for place, found in enumerate(every_fixture())}
    html = page({title: cards for title, cards in columns.items() if cards}).replace(
        "width: 300px", f"width: {NARROW}px"
    )
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        tab = browser.new_page()
        asked = []
        tab.on("request", lambda request: asked.append(request.url))
        tab.set_content(html)
        shown = tab.eval_on_selector_all(
            "article", "all => all.map(one => [one.scrollWidth, one.clientWidth, one.innerText])"
        )
        browser.close()
    assert asked == []
    assert len(shown) == sum(len(cards) for cards in columns.values())
    for needed, given, text in shown:
        assert needed <= given <= NARROW, text
        assert "&#" not in text
        assert "**" not in text
