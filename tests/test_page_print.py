"""The page on paper: nothing that a grade or a caution rests on may be missing there."""

import re

import pytest
from browsing import chromium, in_a_browser, tab
from page_service import page_url, service
from served import request_of

pytestmark = pytest.mark.timeout(280)


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def base(tmp_path_factory, free_port):
    with service(tmp_path_factory.mktemp("paper"), free_port(), explain_silence=True) as found:
        yield found


def on_paper(page, url):
    page.emulate_media(media="print")
    page.goto(url)
    return page


@in_a_browser
@pytest.mark.parametrize(
    ("fixture", "part", "least"),
    [
        ("pattern/pain_falls_after_the_reduction", "why", "Pain fell 2.1 points"),
        ("safety/much_calls_for_caution", "else", "uicidal"),
    ],
)
def test_every_reason_and_every_caution_is_printed(browser, base, fixture, part, least):
    with tab(browser) as page:
        on_paper(page, page_url(base, request_of(fixture)))
        items = page.locator(f"section[aria-labelledby='{part}'] li")
        shown = [items.nth(place).is_visible() for place in range(items.count())]
        assert len(shown) > 5
        assert all(shown)
        assert least in page.locator(f"section[aria-labelledby='{part}']").inner_text()
        assert "Reasons and cautions are printed whole" in page.inner_text("footer")


@in_a_browser
def test_what_was_not_read_is_printed_to_its_fifth_entry_with_how_many_more_there_are(browser, base):
    request = request_of("what_was_sent/cannot_be_read")
    entries = request["prefetch"]["pain"]["entry"]
    for number in range(9):
        damaged = {**entries[0]["resource"], "id": f"damaged-{number}", "status": "done"}
        entries.append({"resource": damaged})
    with tab(browser) as page:
        on_paper(page, page_url(base, request))
        items = page.locator("h3:text-is('Resources not read') + ul > li")
        shown = [items.nth(place).is_visible() for place in range(items.count())]
        assert shown == [True] * 5 + [False] * (len(shown) - 5)
        assert f"And {len(shown) - 5} more, on the screen." in page.inner_text("[aria-labelledby='missing']")


@in_a_browser
@pytest.mark.parametrize("fixture", ["safety/hard_to_rouse", "safety/breathing_slows"])
def test_over_sedation_on_paper_has_the_doses_and_scores_that_its_banner_promises(browser, base, fixture):
    with tab(browser) as page:
        on_paper(page, page_url(base, request_of(fixture)))
        assert "doses and scores of the record follow" in page.inner_text(".banner")
        for name in ("doses", "scores"):
            assert page.locator(f"[aria-labelledby='{name}'] tbody tr").last.is_visible()
            assert not page.locator(f"[aria-labelledby='{name}'] caption").is_visible()
        footer = page.inner_text("footer")
        assert "options" not in footer
        assert "on the screen only" not in footer


@in_a_browser
def test_no_heading_stands_alone_at_the_foot_of_a_printed_column(browser, base):
    with tab(browser) as page:
        on_paper(page, page_url(base, request_of("safety/much_calls_for_caution")))
        breaks = page.eval_on_selector_all("h2, h3", "all => all.map(one => getComputedStyle(one).breakAfter)")
        assert set(breaks) == {"avoid"}


@in_a_browser
@pytest.mark.parametrize(
    ("fixture", "sheets"),
    [
        ("pattern/pain_rises_with_each_increase", 1),
        ("what_was_sent/cannot_be_read", 1),
        ("founding/liang_2017_reading_a", 1),
        ("safety/much_calls_for_caution", 2),
    ],
)
def test_it_prints_on_one_sheet_or_with_many_cautions_on_two(browser, base, fixture, sheets):
    with tab(browser) as page:
        page.goto(page_url(base, request_of(fixture)))
        printed = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) <= sheets
