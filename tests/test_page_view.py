"""What the page says, without a browser: headline, tables, drawing, and what it does with unknowns."""

import copy
import itertools
import json
import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from page_service import DEMO
from served import request_of

from cds import case
from cds.clinical import Coding, Concept, Exposure, Procedure, Source
from hooks import pages
from hooks.pages import rows, sealed_case
from hooks.pages.chart import ChartData, Mark, Point, Stretch
from hooks.pages.chart_data import chart_data
from hooks.pages.drawing import svg
from hooks.pages.html import Html, blueprint
from hooks.pages.view import page_view
from hooks.pages.words import number, signed

LIANG = "founding/liang_2017_reading_a"
NOW = datetime.fromisoformat("2026-11-21T12:00:00+00:00")
DAY = timedelta(days=1)
START = datetime(2026, 1, 1)


@pytest.fixture(scope="module")
def assessed(evaluator):
    def assess(fixture):
        return evaluator.assessment(request_of(fixture), case.Asked(now=NOW))

    return assess


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "not known"), (-0.04, "0"), (0.06, "0.1"), (Decimal("60"), "60"), (49.96, "50"), (Decimal("2.50"), "2.5")],
)
def test_numbers_are_rounded_for_the_eye(value, shown):
    assert number(value) == shown


@pytest.mark.parametrize(("value", "shown"), [(None, "not known"), (-0.01, "0.0"), (0.0, "0.0"), (1.06, "+1.1")])
def test_what_rounds_to_nothing_has_no_sign(value, shown):
    assert signed(value) == shown


def shown(view):
    """The page as a browser gets it."""
    app = Flask(__name__)
    app.register_blueprint(blueprint())
    with app.test_request_context():
        return Html().page("page.html", view=view).get_data(as_text=True)


def told(view):
    """The words on the page, without its drawing and its tags."""
    text = re.sub(r"<svg.*?</svg>|<head>.*?</head>", "", shown(view), flags=re.DOTALL)
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", text).split()))


@pytest.mark.parametrize("fixture", ["safety/hard_to_rouse", "safety/breathing_slows"])
def test_the_page_of_an_over_sedated_patient_opens_with_the_cards_words_and_with_no_pattern(
    fixture, assessed, knowledge
):
    found = assessed(fixture)
    (card,) = found.cards
    view = page_view(found, knowledge)
    html, text = shown(view), told(view)
    assert re.search(r"<h1>(.*?)</h1>", html)[1] == card.summary == re.search(r"<title>(.*?)</title>", html)[1]
    assert "Assess sedation, airway and breathing now, by local protocol" in text
    assert text.index(card.summary) < text.index("doses and scores of the record follow") < text.index("Dose and pain ")
    for other in (
        "pattern",
        "Pain rose",
        "Ketamine",
        "neurotoxicity",
        "nothing on record",
        "replaces:",
        "may be consid",
    ):
        assert other not in text
    assert "Daily dose, in MME" in text


def test_the_page_of_anybody_else_has_no_banner(assessed, knowledge):
    view = page_view(assessed(DEMO), knowledge)
    assert view.warning == ()
    assert "Over-sedation" not in told(view)


def steps_put_on_time():
    """Pain is flat within every level and jumps at every step; the last step is so large that the regression sees time."""
    request = copy.deepcopy(request_of(DEMO))
    (order,) = [
        entry["resource"]
        for part in request["prefetch"].values()
        for entry in (part or {}).get("entry", ())
        if entry["resource"].get("authoredOn", "").startswith("2026-06-22")
    ]
    order["dosageInstruction"][0]["timing"]["repeat"]["frequency"] = 4
    return request


def test_what_the_regression_puts_on_time_is_not_told_as_something_seen(evaluator, knowledge):
    found = evaluator.assessment(steps_put_on_time(), case.Asked(now=NOW))
    assert found.grade.name == "progression-like"
    view = page_view(found, knowledge)
    text = told(view) + found.cards[0].detail
    assert [step.adjusted for step in view.steps] == ["+0.9", "+0.7", "+0.8"]
    for seen in ("without a jump", "Pain climbs", "pain climbs", "between the steps", "between steps", "stands still"):
        assert seen not in text
    assert "the regression puts 0.33 points per 30 days on time, against 0.00 seen within levels, " in text
    assert "0.63 points per doubling on the dose. Time and steps cannot be told apart in this record." in text
    assert "by regression 0.3 points per 30 days on time, against 0.00 seen within levels)" in found.cards[0].detail


def test_pain_that_climbs_within_the_levels_is_not_told_to_be_flat_there(assessed, knowledge):
    text = told(page_view(assessed("alternatives/pain_climbs_between_steps"), knowledge))
    assert "on time, against 0.18 seen within levels, and -0.29 points per doubling on the dose. (R8" in text
    assert "cannot be told apart in this record" not in text


@pytest.mark.parametrize(
    ("fixture", "measure"),
    [
        (
            DEMO,
            "means of the scores before the first and after the last counted increase; 5 Jan 2026 - 30 Aug 2026, 68 sc",
        ),
        (
            LIANG,
            "before the first and after the last counted increase; 9 Mar 2026 14:00 - 10 Mar 2026 14:00, 6 scores.",
        ),
        (
            "co_rise/plain_on_patient_view",
            "medians of the first and the last level of the latest run of rising doses; ",
        ),
    ],
)
def test_the_pages_headline_is_the_cards_and_says_what_its_numbers_are(fixture, measure, assessed, knowledge):
    found = assessed(fixture)
    view = page_view(found, knowledge)
    assert view.headline == found.cards[0].summary
    assert measure in view.numbers
    assert view.numbers in told(view)


def test_the_founding_definition_is_told_with_its_own_medians_beside_the_grades_numbers(assessed, knowledge):
    row = page_view(assessed(LIANG), knowledge).measures[0]
    assert (row.label, row.value) == ("Pain rose as the dose rose (co-rise)", "yes")
    assert row.meaning.startswith("Median pain by dose in MME per 4 h, 9 Mar 2026 to 10 Mar 2026: 30: 6, ")
    assert row.meaning.endswith("110: 10.")


def test_no_p_is_printed_of_so_few_increases_that_it_could_not_be_low(assessed, knowledge):
    for fixture in (DEMO, "alternatives/pain_climbs_between_steps"):
        text = told(page_view(assessed(fixture), knowledge))
        assert re.search(
            r"Sign test: pain rose beyond the drift after \d of 3 increases, too few increases for a test\.", text
        )
        assert not re.search(r"\bp 0?\.\d|one-sided|[Aa]gainst chance|standard errors\W+How", text)


def test_no_step_carries_a_pattern_that_is_not_there(evaluator, knowledge):
    without = page_view(evaluator.assessment(steps_put_on_time(), case.Asked(now=NOW)), knowledge)
    assert not [each for each in (*without.changes, *(step.without for step in without.steps)) if "the pattern" in each]
    # The same where there is one.
    held = page_view(evaluator.assessment(request_of(DEMO), case.Asked(now=NOW)), knowledge)
    assert all("the pattern" in step.without for step in held.steps)


def test_acute_doses_are_never_called_daily(assessed, knowledge):
    view = page_view(assessed("founding/liang_2017_reading_a"), knowledge)
    assert "30 to 90 MME/4 h" in view.headline
    assert view.unit == "MME per 4 h"
    assert view.reference == ""


def test_doses_out_of_hospital_are_a_day(assessed, knowledge):
    view = page_view(assessed(DEMO), knowledge)
    assert "60 to 180 MME/day" in view.headline
    assert view.reference == "50"


def test_after_a_full_cessation_nothing_given_is_zero_and_no_gap(assessed, knowledge):
    doses = chart_data(assessed("founding/liang_2017_reading_a"), knowledge).doses
    ended = datetime(2026, 3, 10, 18)
    after = [each for each in doses if each.start >= ended]
    assert after[0].mid == 0
    assert all(one.end == two.start for one, two in itertools.pairwise(doses))
    assert after[-1].mid > 0


def test_an_order_and_its_infusions_are_one_mark(assessed, knowledge):
    found = assessed(DEMO)
    ketamine = [
        Exposure("ketamine", "ketamine", date(2026, 5, first), date(2026, 5, last), f"x/{first}", Source.ADMINISTERED)
        for first, last in ((1, 1), (1, 3), (3, 5), (20, 20))
    ]
    found = replace(found, dose=replace(found.dose, exposures=tuple(ketamine)))
    marks = [each for each in chart_data(found, knowledge).events if each.label == "ketamine"]
    assert [(each.at.day, each.end.day) for each in marks] == [(1, 6), (20, 21)]
    assert len(rows.event_rows(found)) == 4


@pytest.mark.parametrize("sign", ["\u202e", "\u2066", "\u200b", "\u00ad", "\x1b[31m", "\n", "\U000e0041"])
def test_the_name_of_a_procedure_holds_no_sign_that_nobody_sees(sign, assessed):
    found = assessed(DEMO)
    concepts = (
        Concept(text=f"{sign}ampu{sign}tation"),
        Concept(codings=(Coding("urn:x", "1", f"{sign}ampu{sign}tation"),)),
        Concept(codings=(Coding("urn:x", f"{sign}ampu{sign}tation"),)),
    )
    for concept in concepts:
        record = replace(found.record, procedures=(Procedure("Procedure/1", concept),))
        (row,) = [each for each in rows.event_rows(replace(found, record=record)) if each.reference == "Procedure/1"]
        assert row.what.isprintable()
        assert row.what.startswith(("ampu", "[31m"))


@pytest.mark.parametrize("text", ["\u200b", " ", "\x1b"])
def test_a_procedure_whose_name_nobody_could_see_is_said_to_have_none(text, assessed):
    found = assessed(DEMO)
    record = replace(found.record, procedures=(Procedure("Procedure/1", Concept(text=text)),))
    assert "procedure without a name" in [each.what for each in rows.event_rows(replace(found, record=record))]


def test_every_step_leads_to_rows_that_exist(assessed, knowledge):
    view = page_view(assessed(DEMO), knowledge)
    anchors = {row.anchor for row in (*view.doses, *view.scores)}
    for step in view.steps:
        assert {step.anchor, step.before, step.after} <= anchors
        assert step.before != step.after


def test_every_dose_and_score_names_its_resource(assessed, knowledge):
    view = page_view(assessed(DEMO), knowledge, resources="/here")
    assert all(row.sums for row in view.doses)
    assert view.resource_url(view.scores[0].reference).startswith("/here?ref=Observation%2F")
    assert page_view(assessed(DEMO), knowledge).resource_url("Observation/1") is None


def test_a_proposed_order_is_told_and_drawn(assessed, knowledge):
    view = page_view(assessed("orders/raised_again"), knowledge)
    assert view.proposed == "The order would change the scheduled dose from 180 to 240 MME a day."
    assert "proposed 240" in view.chart


def test_a_page_without_an_order_says_nothing_of_one(assessed, knowledge):
    assert page_view(assessed(DEMO), knowledge).proposed == ""


def test_caps_stand_once_and_not_as_changes_too(assessed, knowledge):
    view = page_view(assessed("founding/liang_2017_reading_a"), knowledge)
    assert view.caps
    assert not [each for each in view.changes for cap in view.caps if cap.text in each]


def test_doses_under_which_there_is_no_pattern_stand_among_the_caps_and_nowhere_else(assessed, knowledge):
    view = page_view(assessed("pattern/breakthrough_tablets_made_regular"), knowledge)
    assert [cap.rule for cap in view.caps] == ["D-range"]
    assert not [each for each in view.changes if "doses that" in each or "as-needed" in each]


@pytest.mark.parametrize(("z", "told"), [(-0.4, True), (0.4, False)])
def test_a_rise_beyond_the_drift_with_standard_errors_below_zero_is_explained(assessed, knowledge, z, told):
    found = assessed(DEMO)
    trend = replace(found.trend, statistics=replace(found.trend.statistics, beta=1.2, z=z))
    findings = tuple(finding for finding in found.findings if finding.rule != "R4")
    changes = page_view(replace(found, trend=trend, findings=findings), knowledge).changes
    assert any("against the dose" in each for each in changes) is told


def test_what_is_not_computable_is_not_known_and_never_zero(assessed, knowledge):
    view = page_view(assessed("too_little/never_had_an_opioid"), knowledge)
    assert view.measures[0].value == "no"
    assert {row.value for row in view.measures[1:6]} <= {"not known", "0 points"}
    assert view.measures[1].value == "not known"
    assert "No opioid" in view.headline


def test_gaps_are_never_joined():
    days = [Stretch(START + n * DAY, START + (n + 1) * DAY, 60, 60, 60) for n in (0, 1, 5, 6)]
    drawn = svg(ChartData("MME a day", tuple(days), ()))
    whole = svg(ChartData("MME a day", tuple(days[:2]), ()))
    assert paths(drawn) == paths(whole) + 1


def test_a_run_of_uncounted_days_has_one_triangle():
    days = [Stretch(START + n * DAY, START + (n + 1) * DAY, 60, 60, None) for n in range(30)]
    one = svg(ChartData("MME a day", tuple(days), ()))
    none = svg(ChartData("MME a day", tuple(replace(each, high=60) for each in days), ()))
    assert one.count("<use ") == none.count("<use ") + 1


def paths(drawn):
    return drawn.count("--chart-dose")


def test_the_drawing_needs_no_style_no_script_and_no_address():
    data = ChartData(
        "MME a day",
        (Stretch(START, START + DAY, 30, 60, 90),),
        (Point(START, 5, "nrs"), Point(START + DAY, 6, "peg")),
        steps=(Mark(START, "1"),),
        events=(Mark(START, "ketamine", START + DAY), Mark(START + DAY, "procedure")),
        reference=50,
        proposed=(START + DAY, 90, 60),
        title='"><script>',
    )
    drawn = svg(data)
    for forbidden in ("<style", "style=", "<script", "http://www.w3.org/1999/xhtml", "onload"):
        assert forbidden not in drawn
    assert drawn == svg(data)


@given(st.text(max_size=60))
def test_no_title_breaks_out_of_its_attribute(text):
    drawn = svg(ChartData("MME a day", (), (Point(START, 5, "nrs"),), title=text or "x"))
    opening = drawn[: drawn.index(">")]
    assert opening.count('"') % 2 == 0
    assert "<" not in opening[1:]


def test_a_sealed_case_comes_back_as_it_was(assessed):
    for fixture in (DEMO, "orders/raised_again", "founding/liang_2017_reading_a"):
        found = assessed(fixture).case
        assert sealed_case.load(sealed_case.dump(found, "https://ehr.example")) == (found, "https://ehr.example")


def test_long_tables_are_cut_and_the_page_says_so(evaluator, knowledge):
    request = copy.deepcopy(request_of(DEMO))
    entries = request["prefetch"]["pain"]["entry"]
    model = json.dumps(entries[0]["resource"])
    for n in range(1000):
        resource = json.loads(model) | {
            "id": f"o{n}",
            "effectiveDateTime": f"2026-0{1 + n % 8}-{1 + n // 8 % 28:02}T{n // 224:02}:{n % 60:02}:00Z",
        }
        entries.append({"resource": resource})
    view = page_view(evaluator.assessment(request, case.Asked(now=NOW)), knowledge)
    assert len(view.scores) == rows.MOST_ROWS
    assert any("pain scores the latest 400" in each for each in view.left_out)
    assert page_view(evaluator.assessment(request_of(DEMO), case.Asked(now=NOW)), knowledge).left_out == ()


# ------------------------------------------------------------------------------------------ words


def test_the_page_of_a_stay_speaks_of_hours_and_of_one_day(assessed, knowledge):
    text = told(page_view(assessed(LIANG), knowledge))
    assert "gaps are hours without a known dose" in text
    assert "Over 1 day." in text
    assert "gaps are days without a known dose" in told(page_view(assessed(DEMO), knowledge))


def test_home_doses_that_the_table_counts_before_the_stay_are_not_said_to_have_no_number(assessed, knowledge):
    found = assessed(LIANG)
    text = told(page_view(found, knowledge))
    assert "without a number" not in text
    assert "morphine: not counted (home, during the stay)" in text


def test_the_page_tells_a_doubt_to_its_last_number(assessed, knowledge):
    found = assessed(LIANG)
    (flag,) = [flag for flag in found.dose.flags if "not CDC" in flag]
    assert flag.endswith("would be 270 MME, not 360")
    assert (
        "Check: IV convention v1 is not CDC: fentanyl x 300, hydromorphone x 20, morphine x 3." in found.cards[0].whole
    )
    assert "would be 270 MME, not 360." in found.cards[0].whole
    assert "x..." not in told(page_view(found, knowledge))


def test_a_proposed_increase_is_not_drawn_in_the_colour_of_approval(assessed, knowledge):
    css = (Path(pages.__file__).parent / "static" / "page.css").read_text(encoding="utf-8")
    drawn = page_view(assessed("orders/raised_again"), knowledge).chart
    colours = re.findall(r"--chart-proposed[:,] (#\w{6})", css + drawn)
    assert len(colours) > 3
    for colour in colours:
        red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
        assert red <= green <= blue
        assert blue - red < 0x20


def test_where_nothing_would_change_the_grade_the_page_says_what_was_looked_at(assessed, knowledge):
    view = page_view(assessed("pattern/pain_falls_after_the_reduction"), knowledge)
    assert view.changes == ()
    assert "None of the steps alone, and no limit or missing part that is looked at here; new scores" in told(view)
