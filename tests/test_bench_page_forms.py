"""The tester's bench: there in development mode only; pick, edit, send, see; in a real browser and without one."""

import json

import httpx
import pytest
from browsing import chromium, in_a_browser, overflow, tab, violations
from page_service import DEMO, service, settings
from served import request_of

from hooks.pages import bench_edit
from hooks.service import create_service

FLAT = "alternatives/one_dose_throughout"


@pytest.fixture(scope="module")
def base(tmp_path_factory, free_port):
    with service(tmp_path_factory.mktemp("bench"), free_port()) as found:
        yield found


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


def send(base, text, hook="patient-view", **more):
    form = {"request": text, "hook": hook, "listed": "", "chosen": "", **more}
    return httpx.post(f"{base}/bench", data=form, timeout=60, trust_env=False)


@in_a_browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_round_trip_shows_cards_drawing_rules_and_the_page(browser, base, theme):
    with tab(browser, theme) as page:
        page.goto(f"{base}/bench")
        page.select_option("#fixture", DEMO)
        page.click("text=Load")
        assert violations(page) == []
        page.click("button[value='patient-view']")
        assert "was answered 200 with 2 cards" in page.inner_text("[role=status]")
        assert page.locator("article.card").count() == 2
        assert page.locator("svg.chart:visible").count() == 1
        assert "R4" in page.inner_text("#trace + .scroll")
        assert violations(page) == []
        assert overflow(page) <= 0
        page.click("text=Open the clinician's page")
        assert page.inner_text("h1") == "Possible OIH pattern"


@in_a_browser
def test_edited_scores_change_the_answer_and_stand_in_the_request(browser, base):
    with tab(browser) as page:
        page.goto(f"{base}/bench?fixture={DEMO}")
        for field in page.locator("input[name*='/valueQuantity/value'], input[name*='/valueInteger']").all():
            field.fill("3")
        page.click("button[value='patient-view']")
        assert "with 0 cards" in page.inner_text("[role=status]")
        sent = json.loads(page.input_value("#request"))
        assert {field.value for field in bench_edit.fields(sent) if field.kind == "score"} == {"3"}


@in_a_browser
@pytest.mark.parametrize("hook", ["order-select", "order-sign"])
def test_an_order_hook_gets_a_draft_that_raises_the_dose(browser, base, hook):
    with tab(browser, width=400) as page:
        page.goto(f"{base}/bench?fixture={DEMO}")
        page.click(f"button[value='{hook}']")
        assert "with 2 cards" in page.inner_text("[role=status]")
        assert "A draft was made" in page.inner_text("main")
        assert "This order: 180 to 270 MME" in page.inner_text(".cards")
        assert overflow(page) <= 0


def test_back_on_patient_view_no_draft_is_left():
    there, _ = bench_edit.for_hook(request_of(DEMO), "order-select")
    assert there["context"]["selections"] == ["MedicationRequest/bench-draft"]
    back, told = bench_edit.for_hook(there, "patient-view")
    assert {"draftOrders", "selections"} & back["context"].keys() == set()
    assert told == ""


def test_numbers_of_another_request_are_no_edits_of_this_one(base):
    request = request_of(DEMO)
    path = bench_edit.fields(request)[0].path
    answer = send(base, json.dumps(request), listed="0" * 64, **{f"edit/{path}": "99"})
    assert "were not used" in answer.text
    assert "99" not in [field.value for field in bench_edit.fields(request)]
    assert "with 2 cards" in answer.text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "JSON"),
        ("[]", "a request is a JSON object"),
        ('{"hook": "order-sign", "context": {}}', "no medication order"),
        ('{"a": 1, "a": 2}', "a"),
    ],
)
def test_what_cannot_be_sent_is_told_and_stays_in_the_box(base, text, says):
    answer = send(base, text, "order-sign")
    assert answer.status_code == 400
    assert says in answer.text
    assert 'role="alert"' in answer.text


def test_a_number_that_is_none_names_its_field():
    request = request_of(DEMO)
    field = bench_edit.fields(request)[0]
    with pytest.raises(Exception, match="is not a number; write"):
        bench_edit.edited(request, {field.path: "1,5"})


def test_a_refused_request_is_shown_as_a_failure(base):
    request = request_of(DEMO)
    del request["prefetch"]["pain"]
    answer = send(base, json.dumps(request))
    assert "was answered 412" in answer.text
    assert "could not evaluate" in answer.text
    assert "prefetch.pain" in answer.text


@pytest.mark.parametrize("raw", ["<script>alert(1)</script>", "</textarea><img src=x>"])
def test_markup_in_a_request_stays_text(base, raw):
    request = request_of(DEMO)
    request["hookInstance"] = raw
    answer = send(base, json.dumps(request))
    assert raw not in answer.text


def test_a_request_of_some_megabytes_fits(base):
    request = request_of(DEMO)
    request["extension"]["x"] = "y" * 3_000_000
    assert send(base, json.dumps(request)).status_code == 200


def test_with_issuers_there_is_no_bench(tmp_path):
    issuers = tmp_path / "issuers.toml"
    issuers.write_text('[[issuer]]\niss = "https://ehr.example"\njku = "https://ehr.example/jwks"\n')
    app = create_service(settings(tmp_path, "https://cds.example.org", issuers=issuers))
    assert app.test_client().get("/bench").status_code == 404
    assert app.test_client().post("/bench", data={}).status_code == 404


def test_a_flat_dose_is_answered_with_silence_that_is_no_clearance(base):
    answer = send(base, json.dumps(request_of(FLAT)))
    assert "with 0 cards" in answer.text
    assert "Silence is not clearance" in answer.text


def test_doses_of_one_drug_are_told_apart_by_when_they_were_given():
    labels = [
        each.label for each in bench_edit.fields(request_of("founding/liang_2017_reading_a")) if each.kind == "dose"
    ]
    given = [label for label in labels if "hydromorphone" in label]
    assert len(given) > 5
    assert len(set(given)) == len(given)
