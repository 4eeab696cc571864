"""The clinician's page in a real browser: both doors, both themes, keyboard, zoom, narrow screens, print, hostile text."""

import copy
import re

import pytest
from browsing import chromium, in_a_browser, overflow, tab, violations
from page_service import DEMO, launched_service, page_url, service
from served import FIXTURES, request_of

pytestmark = pytest.mark.timeout(280)
HOSTILE = '<img src=x onerror="document.title=1"><script>document.title=2</script></svg><b>&amp;'
SHOWN = ["pattern/pain_rises_with_each_increase", "founding/liang_2017_reading_a", "what_was_sent/cannot_be_read"]


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def base(tmp_path_factory, free_port):
    with service(tmp_path_factory.mktemp("pages"), free_port(), explain_silence=True) as found:
        yield found


@in_a_browser
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("fixture", SHOWN)
def test_every_page_is_free_of_violations_in_both_themes(browser, base, fixture, theme):
    with tab(browser, theme) as page:
        page.goto(page_url(base, request_of(fixture)))
        assert violations(page) == []


@in_a_browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_resource_page_and_the_expired_page_are_free_of_violations(browser, base, theme):
    with tab(browser, theme) as page:
        page.goto(page_url(base, request_of(DEMO)))
        page.click("#score-0 a")
        assert '"resourceType": "Observation"' in page.inner_text("pre")
        assert violations(page) == []
        page.click("text=Back to dose and pain")
        assert "Possible OIH pattern" in page.inner_text("h1")
    context = browser.new_context(color_scheme=theme)
    gone = context.new_page()  # its 404 is a line in the console
    assert gone.goto(f"{base}/page/guessed").status == 404
    assert violations(gone) == []
    context.close()


@in_a_browser
@pytest.mark.parametrize("confidential", [False, True], ids=["public", "private_key_jwt"])
def test_the_launch_from_the_chart_ends_on_the_patients_page(browser, tmp_path, free_port, confidential):
    with launched_service(tmp_path, free_port(), confidential=confidential) as (ours, system), tab(browser) as page:
        page.goto(f"{ours}/launch?iss={system.base}&launch=abc")
        assert page.inner_text("h1") == "Possible OIH pattern"
        assert violations(page) == []
        page.click("#score-0 a")
        assert '"resourceType": "Observation"' in page.inner_text("pre")
        page.goto(f"{ours}/launch")
        assert violations(page) == []
        page.click(f"text={system.base}")
        assert page.inner_text("h1") == "Possible OIH pattern"


@in_a_browser
def test_every_number_leads_to_a_row_and_every_row_to_its_resource(browser, base):
    with tab(browser) as page:
        page.goto(page_url(base, request_of(DEMO)))
        inner = page.eval_on_selector_all("a[href^='#']", "all => all.map(each => each.getAttribute('href').slice(1))")
        assert len(inner) > 6
        assert [each for each in inner if page.locator(f"[id='{each}']").count() != 1] == []
        rows = page.locator("#doses ~ .scroll >> tbody tr").count()
        assert rows == page.locator("#doses ~ .scroll >> tbody tr:has(a)").count()
        assert page.locator("#score-0 a").count() == 1


@in_a_browser
def test_the_keyboard_reaches_everything_and_focus_is_seen(browser, base):
    with tab(browser) as page:
        page.goto(page_url(base, request_of(DEMO)))
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        reached = set()
        for _ in range(25):
            page.keyboard.press("Tab")
            reached.add(
                page.evaluate(
                    "document.activeElement.getAttribute('aria-labelledby') || document.activeElement.tagName"
                )
            )
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        assert {"A", "steps"} <= reached


@in_a_browser
@pytest.mark.parametrize("width", [640, 400, 320], ids=["200 % of 1280", "400 px", "400 % of 1280"])
@pytest.mark.parametrize("fixture", SHOWN)
def test_nothing_scrolls_sideways_when_enlarged_or_narrow(browser, base, fixture, width):
    with tab(browser, width=width) as page:
        page.goto(page_url(base, request_of(fixture)))
        assert overflow(page) <= 0
        assert [page.locator(f"svg.chart.{kind}").is_visible() for kind in ("wide", "narrow")].count(True) == 1


@in_a_browser
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("fixture", SHOWN)
def test_no_row_is_hidden_without_a_word_and_no_word_of_a_table_is_broken(browser, base, fixture, width):
    with tab(browser, width=width) as page:
        page.goto(page_url(base, request_of(fixture)))
        frames = page.eval_on_selector_all(
            ".scroll",
            """all => all.map(one => ({
                name: one.getAttribute('aria-labelledby'),
                hidden: one.scrollHeight - one.clientHeight, aside: one.scrollWidth - one.clientWidth,
                caption: one.querySelector('caption')?.innerText ?? '',
                hint: one.previousElementSibling?.matches('.hint') && one.previousElementSibling.offsetHeight > 0,
                wraps: [...one.querySelectorAll('td, th, td a, td code')].map(cell => getComputedStyle(cell).overflowWrap),
            }))""",
        )
    assert {"steps", "levels", "doses", "scores"} <= {frame["name"] for frame in frames}
    for frame in frames:
        assert frame["hidden"] <= 1 or "rows: more than shows at once" in frame["caption"], frame["name"]
        assert frame["aside"] <= 1 or frame["hint"], frame["name"]
        assert set(frame["wraps"]) <= {"break-word", "normal"}, frame["name"]


@in_a_browser
def test_what_a_clinician_needs_stands_on_one_screen(browser, base):
    with tab(browser) as page:
        page.goto(page_url(base, request_of(DEMO)))
        drawing = page.locator("svg.chart.wide").bounding_box()
        assert drawing["y"] + drawing["height"] <= 800


@in_a_browser
def test_hostile_text_appears_as_text(browser, base):
    request = copy.deepcopy(request_of(DEMO))
    prefetch = request["prefetch"]
    for part in prefetch.values():
        for entry in (part or {}).get("entry", []):
            resource = entry["resource"]
            for key in ("medicationCodeableConcept", "code"):
                if key in resource:
                    resource[key]["text"] = HOSTILE
                    for coding in resource[key].get("coding", []):
                        coding["display"] = HOSTILE
    patient = request["context"]["patientId"]
    procedure = {
        "resourceType": "Procedure",
        "id": "hostile",
        "status": "completed",
        "subject": {"reference": f"Patient/{patient}"},
        "code": {"text": HOSTILE},
        "performedDateTime": "2026-03-20",
    }
    prefetch["procedures"] = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": procedure}]}
    with tab(browser) as page:
        page.goto(page_url(base, request))
        assert page.locator("img, script").count() == 0
        assert HOSTILE in page.inner_text("#events ~ .scroll")
        assert page.title().startswith("Opioid dose and pain")
        page.click("text=Procedure/hostile")
        assert HOSTILE.replace('"', '\\"') in page.inner_text("pre")
        assert page.locator("img, script").count() == 0


@in_a_browser
def test_ten_thousand_scores_make_a_page_that_says_what_it_leaves_out(browser, base):
    request = copy.deepcopy(request_of(DEMO))
    entries = request["prefetch"]["pain"]["entry"]
    model = entries[0]["resource"]
    for number in range(10_000):
        stamp = f"2026-0{1 + number % 8}-{1 + number // 8 % 28:02}T{number // 224 % 24:02}:{number % 60:02}:00Z"
        entries.append({"resource": {**model, "id": f"many-{number}", "effectiveDateTime": stamp}})
    request["prefetch"]["pain"].pop("total", None)
    with tab(browser) as page:
        page.goto(page_url(base, request))
        assert page.locator("#scores + .scroll tbody tr").count() == 400
        assert re.search(
            r"Of \d+ pain scores the latest 400 are listed; all of them were counted\.", page.inner_text("main")
        )
        assert violations(page) == []


@in_a_browser
def test_a_record_without_dose_and_pain_says_so(browser, base):
    request = request_of("too_little/never_had_an_opioid")
    request["prefetch"]["pain"] = None
    with tab(browser, "dark") as page:
        # The bench makes a page for everybody, also where no card leads to one.
        page.goto(f"{base}/bench")
        import json

        page.fill("#request", json.dumps(request))
        page.click("button[value='patient-view']")
        page.click("text=Open the clinician's page")
        assert "nothing to draw" in page.inner_text("main")
        assert violations(page) == []


def test_every_fixture_exists():
    assert [each for each in SHOWN if not (FIXTURES / each / "request.json").exists()] == []
