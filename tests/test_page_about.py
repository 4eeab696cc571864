"""/about: a page in a browser, JSON for whoever does not ask for one."""

import pytest
from browsing import chromium, in_a_browser, overflow, tab, violations
from page_service import service

FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def base(tmp_path_factory, free_port):
    with service(tmp_path_factory.mktemp("about"), free_port()) as found:
        yield found


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (FIREFOX, "text/html; charset=utf-8"),
        ("text/html", "text/html; charset=utf-8"),
        ("TEXT/HTML", "text/html; charset=utf-8"),
        ("text/html, application/json", "text/html; charset=utf-8"),
        ("text/html;q=0.5, application/json", "application/json"),
        ("text/html;q=0", "application/json"),
        ("application/json", "application/json"),
        ("application/fhir+json, application/json", "application/json"),
        ("text/*", "application/json"),
        ("*/*", "application/json"),
        ("", "application/json"),
        (";;,", "application/json"),
    ],
)
def test_the_source_of_a_card_is_a_page_for_whoever_asks_for_one(base, accept, kind):
    import httpx

    answer = httpx.get(f"{base}/about", headers={"Accept": accept}, trust_env=False)
    assert (answer.status_code, answer.headers["Content-Type"], answer.headers["Vary"]) == (200, kind, "Accept")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_the_page_tells_all_that_the_json_tells(base):
    import html

    import httpx

    told = httpx.get(f"{base}/about", trust_env=False).json()
    page = html.unescape(httpx.get(f"{base}/about", headers={"Accept": FIREFOX}, trust_env=False).text)
    for each in (*told["evidenceBased"], *told["further"]):
        assert each["name"] in page
        assert each["value"] in page
    for each in told["citations"]:
        assert each["citation"] in page
        assert each["notShown"] in page
    assert all(each["citation"] in page for each in told["readNotUsed"])


@in_a_browser
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390, 320])
def test_the_source_of_a_card_is_readable_in_both_themes_and_on_narrow_screens(browser, base, theme, width):
    with tab(browser, theme, width=width) as page:
        page.goto(f"{base}/about")
        assert page.get_by_role("heading", level=1).inner_text() == "About this service"
        assert violations(page) == []
        assert overflow(page) <= 0


@in_a_browser
def test_the_source_of_a_card_is_printed_whole(browser, base):
    with tab(browser) as page:
        page.emulate_media(media="print")
        page.goto(f"{base}/about")
        assert page.locator(".reports li").last.is_visible()
        assert page.locator("dd").last.is_visible()
