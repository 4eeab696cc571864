"""A real browser (Debian's chromium) for the tests of pages, and what each page owes everybody."""

from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def in_a_browser(test):
    """Marks a test that needs chromium; without it the test is skipped and says which package is missing."""
    missing = pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's package chromium")
    return pytest.mark.browser(missing(test))


@contextmanager
def chromium():
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def tab(browser, theme="light", width=1280, height=800, **more):
    """A tab that must end without any message of script, style or policy in its console, and without foreign requests."""
    context = browser.new_context(color_scheme=theme, viewport={"width": width, "height": height}, **more)
    page = context.new_page()
    said, asked = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    try:
        yield page
        assert said == []
        assert [url for url in asked if not url.startswith("http://127.0.0.1:")] == []
    finally:
        context.close()


def violations(page):
    """What axe finds against WCAG 2.2 AA, as (rule, first places)."""
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": _TAGS}}).response["violations"]
    return [(each["id"], [node["target"] for node in each["nodes"]][:3]) for each in found]


def overflow(page):
    """Pixels by which the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
