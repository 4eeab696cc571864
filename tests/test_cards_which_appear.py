"""contract.md, "Which card appears", row by row, for the three hooks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest
from assessments import (
    CO_RISE,
    GRADES,
    OPTIONS,
    ORDER_HOOKS,
    TREND,
    assessment,
    cards,
    draft,
    finding,
    graded,
    kinds,
    known,
    rules,
)

from cds.cards import CardOptions, options_in_order
from cds.clinical import (
    Dechallenge,
    DoseTimeline,
    Exposure,
    Gap,
    Gate,
    Patient,
    ProposedDose,
    Source,
    Unread,
)

SLOW_BREATHING = Gate("S-breathing", "replaces", "respiratory rate 8 a minute 0.5 h ago")
RAISE = finding(
    "raise-without-relief", "The dose was raised 2 times and pain changed by +0.5 points.", increases=2.0, change=0.5
)


@pytest.mark.parametrize("grade", ["possible-oih", "strong-pattern"])
def test_a_pattern_brings_its_card_and_the_evidence_card_on_every_hook(grade):
    assert kinds(assessment(grade)) == ["pattern", "evidence"]
    for hook in ORDER_HOOKS:
        assert kinds(assessment(grade, hook=hook, proposed=draft())) == ["pattern", "evidence"]


def test_a_renewal_at_the_same_dose_is_no_increase():
    same = draft(180, 180, raises=False)
    for grade in GRADES:
        assert cards(assessment(grade, hook="order-sign", proposed=same, findings=(RAISE,))) == ()


def test_an_order_whose_dose_is_missing_counts_as_an_increase():
    unknown = draft(180, None, raises=None)
    assert kinds(assessment("possible-oih", hook="order-select", proposed=unknown)) == ["pattern", "evidence"]
    assert rules(assessment("insufficient-data", co_rise=False, hook="order-select", proposed=unknown)) == ["R1"]


@pytest.mark.parametrize("grade", sorted(set(GRADES) - {"out-of-scope", "possible-oih", "strong-pattern"}))
def test_a_co_rise_of_any_other_grade_in_scope_is_one_info_card(grade):
    assert rules(assessment(grade, co_rise=True)) == ["co-rise"]
    assert rules(assessment(grade, co_rise=True, hook="order-sign", proposed=draft())) == ["co-rise"]


def test_a_raise_without_relief_speaks_only_where_the_dose_is_raised():
    assert cards(assessment("no-signal", co_rise=False, findings=(RAISE,))) == ()
    for hook in ORDER_HOOKS:
        found = assessment("no-signal", co_rise=False, findings=(RAISE,), hook=hook, proposed=draft())
        assert rules(found) == ["raise-without-relief"]


@pytest.mark.parametrize(
    ("grade", "reason"),
    [
        ("alternative-first", finding("R2-fever", celsius=38.6, day="2026-05-03")),
        ("withdrawal-compatible", finding("R3-cows", score=8.0, day="2026-05-03")),
        ("confounded", finding("R7-fails")),
    ],
)
def test_another_cause_is_one_info_card_with_that_cause_first(grade, reason):
    for found in (
        assessment(graded(grade, reason), co_rise=False),
        assessment(graded(grade, reason), co_rise=False, hook="order-sign", proposed=draft()),
    ):
        (card,) = cards(found)
        assert (card.kind, card.rule) == ("info", reason.rule)
        assert card.detail.startswith("**First: ")


def test_the_reason_told_is_the_one_that_decided():
    grade = graded(
        "confounded", finding("R4", "Pain rose 1.2 points per doubling."), finding("R6"), finding("R7-fails")
    )
    (card,) = cards(assessment(grade, co_rise=False))
    assert card.rule == "R7-fails"
    assert "pain followed the increases no more than led them" in card.summary


def test_another_cause_stays_first_on_the_info_card_of_a_co_rise():
    (card,) = cards(
        assessment(graded("alternative-first", finding("R2-fever", celsius=38.6, day="2026-05-03")), co_rise=True)
    )
    assert card.rule == "co-rise"
    assert card.detail.startswith("**First: Fever of 38.6 °C on 3 May 2026.**")


@pytest.mark.parametrize("grade", ["no-signal", "tolerance-like", "progression-like"])
def test_nothing_seen_is_silence(grade):
    assert cards(assessment(grade, co_rise=False)) == ()
    assert cards(assessment(grade, co_rise=False, hook="order-sign", proposed=draft())) == ()


def test_too_few_data_speak_only_where_the_dose_is_raised():
    too_few = graded("insufficient-data", finding("R1", missing="7 scores, at least 10"))
    assert cards(assessment(too_few, co_rise=False)) == ()
    (card,) = cards(assessment(too_few, co_rise=False, hook="order-sign", proposed=draft()))
    assert card.rule == "R1"
    assert "7 scores, at least 10" in card.detail


def test_out_of_scope_is_silent_on_every_hook():
    assert cards(assessment("out-of-scope", co_rise=True, findings=(RAISE,))) == ()
    assert cards(assessment("out-of-scope", co_rise=True, findings=(RAISE,), hook="order-sign", proposed=draft())) == ()


@pytest.mark.parametrize("grade", GRADES)
def test_over_sedation_replaces_everything_also_out_of_scope(grade):
    for found in (
        assessment(grade, gates=(SLOW_BREATHING,)),
        assessment(grade, gates=(SLOW_BREATHING,), hook="order-sign", proposed=draft()),
        assessment(grade, gates=(SLOW_BREATHING,), hook="order-sign", proposed=draft(180, 180, raises=False)),
    ):
        (card,) = cards(found)
        assert (card.kind, card.indicator) == ("over-sedation", "warning")
        assert "respiratory rate 8" in card.summary


def test_a_draft_without_any_opioid_is_answered_before_any_data_check():
    none = assessment(
        "strong-pattern",
        hook="order-sign",
        proposed=None,
        gates=(SLOW_BREATHING,),
        gaps=(Gap("conditions", "failed", "conditions: the server answered 500"),),
    )
    assert cards(none) == ()
    assert cards(none, replace(OPTIONS, explain_silence=True)) == ()
    empty = ProposedDose(None, None, None, None, False)
    assert cards(assessment("strong-pattern", hook="order-select", proposed=empty)) == ()


def test_an_opioid_order_of_the_last_72_hours_is_this_increase_on_patient_view():
    assert cards(assessment("no-signal", co_rise=False, findings=(RAISE,))) == ()
    assert rules(assessment("no-signal", co_rise=False, findings=(RAISE,), recent=draft())) == ["raise-without-relief"]
    assert rules(assessment("insufficient-data", co_rise=False, recent=draft())) == ["R1"]


def test_a_first_opioid_raises_nothing():
    naive = DoseTimeline("CDC-2022", opioid_references=frozenset({"MedicationRequest/draft-1"}))
    first = draft(None, 30)
    assert cards(assessment("insufficient-data", co_rise=False, dose=naive, hook="order-sign", proposed=first)) == ()
    unread = replace(naive, unread=(Unread("entry[3]", "refused", "MedicationStatement", opens_high=True),))
    assert rules(assessment("insufficient-data", co_rise=False, dose=unread, hook="order-sign", proposed=first)) == [
        "R1"  # what could not be read may be an opioid that is raised
    ]
    on_one = replace(naive, opioid_references=frozenset({"MedicationRequest/draft-1", "MedicationStatement/9"}))
    assert rules(assessment("insufficient-data", co_rise=False, dose=on_one, hook="order-sign", proposed=first)) == [
        "R1"
    ]


# ---------------------------------------------------------------------------------------------- indicator, silence, identity


def test_warning_only_for_over_sedation_or_a_de_challenge_pattern_on_a_raise():
    asked = {"hook": "order-sign", "proposed": draft()}
    assert [card.indicator for card in cards(assessment("strong-pattern", **asked))] == ["warning", "info"]
    assert [card.indicator for card in cards(assessment("possible-oih", **asked))] == ["info", "info"]
    assert [card.indicator for card in cards(assessment("strong-pattern"))] == ["info", "info"]
    unknown = draft(180, None, raises=None)
    assert [card.indicator for card in cards(assessment("strong-pattern", hook="order-sign", proposed=unknown))] == [
        "info",
        "info",
    ]


def test_a_setting_explains_silence_to_testers():
    silent = assessment("tolerance-like", co_rise=False)
    assert cards(silent) == ()
    (card,) = cards(silent, replace(OPTIONS, explain_silence=True))
    assert "dose rose, pain did not fall" in card.summary
    assert "Silence is not clearance" in card.summary


def test_the_same_call_gives_the_same_uuids_and_another_call_others():
    found = assessment("possible-oih", hook="order-sign", proposed=draft())
    assert cards(found) == cards(found)
    uuids = {card.uuid for card in cards(found)}
    for other in (
        replace(found, case=replace(found.case, instance="another")),
        replace(found, case=replace(found.case, service="oih-order-select")),
        replace(found, record=replace(found.record, patient=Patient("p2"))),
    ):
        assert uuids.isdisjoint({card.uuid for card in cards(other)})


def test_pattern_words_are_about_this_order():
    pattern, _ = cards(assessment("possible-oih", hook="order-sign", proposed=draft(180, 240)))
    assert "This order: 180 to 240 MME/day (CDC-2022)." in pattern.detail
    pattern, _ = cards(assessment("possible-oih", recent=draft(120, 180)))
    assert "Opioid order of the last 72 h: 120 to 180 MME/day (CDC-2022)." in pattern.detail


def test_a_run_of_many_levels_shows_its_ends():
    levels = tuple(replace(CO_RISE.levels[0], dose=60.0 + 10 * step, pain=4.0 + step / 2) for step in range(8))
    (card,) = cards(assessment("no-signal", trend=replace(TREND, co_rise=replace(CO_RISE, levels=levels))))
    assert "60 MME/day" in card.detail
    assert "130 MME/day" in card.detail
    assert "4 levels between" in card.detail


def test_doses_keep_the_decimal_that_decides():
    levels = (replace(CO_RISE.levels[0], dose=float(Decimal("49.6"))), *CO_RISE.levels[1:])
    (card,) = cards(assessment("no-signal", trend=replace(TREND, co_rise=replace(CO_RISE, levels=levels))))
    assert "49.6 to 180 MME/day" in card.summary


def test_suicidal_thoughts_on_record_stand_first_on_every_card():
    gate = Gate("G-suicidality", "caution", "suicidal ideation on record (2026-05-03)")
    thoughts = {"gates": (gate,), "findings": (finding("G-suicidality"), RAISE)}
    asked = {"hook": "order-sign", "proposed": draft()}
    for grade in ("possible-oih", "strong-pattern", "no-signal", "insufficient-data", "confounded"):
        shown = cards(assessment(grade, **thoughts, **asked))
        assert shown
        for card in shown:
            assert card.detail.startswith("**Suicidal thoughts on record: assess this first")
    assert cards(assessment("possible-oih", **thoughts))[0].summary.startswith(
        "Suicidal thoughts on record: assess first. "
    )


def test_recent_surgery_is_told_as_the_cap_and_leads_the_alternatives():
    surgery = finding("R2-surgery-acute", "Surgery on 2026-05-30.", day="2026-05-30")
    pattern, _ = cards(
        assessment(graded("possible-oih", finding("R4"), caps=(surgery,)), trend=replace(TREND, mode="acute"))
    )
    assert "**First rule out:** surgery on 30 May 2026 (caps the grade); disease progression" in pattern.detail
    assert pattern.indicator == "info"


def test_what_held_the_grade_down_is_told():
    low = finding("R13", highest=45.0)
    pattern, _ = cards(assessment(graded("possible-oih", finding("R4"), caps=(low,))))
    assert "Graded no higher: unusual at this dose, 45 MME/day at most." in pattern.detail


def test_every_card_with_a_daily_dose_names_the_table():
    for grade in GRADES:
        for card in cards(assessment(grade, findings=(RAISE,), hook="order-sign", proposed=draft())):
            if "MME" in f"{card.summary} {card.detail}":
                assert "CDC-2022" in card.detail, card.detail


def test_a_report_is_direct_only_where_its_population_is_on_record():
    for rule, label in (
        ("M-amputation", "Liang 2017"),
        ("M-opioid-use-disorder", "Elyn 2024"),
        ("M-crps", "Ocker 2020"),
    ):
        _, evidence = cards(assessment(graded("possible-oih"), findings=(finding(rule),)))
        lines = [line for line in evidence.detail.splitlines() if line.startswith("- ")]
        assert [line.startswith(f"- {label}") for line in lines] == ["indirect" not in line for line in lines]


def test_a_pattern_with_de_challenge_tells_the_fall():
    falls = (
        Dechallenge(datetime(2026, 5, 1), 180.0, 120.0, -2.0),
        Dechallenge(datetime(2026, 4, 1), 180.0, 150.0, -3.0, void="ketamine"),
    )
    pattern, _ = cards(assessment("strong-pattern", trend=replace(TREND, dechallenges=falls)))
    assert "After the reduction of 1 May 2026 (180 to 120 MME/day) pain fell 2 points" in pattern.detail
    assert "ketamine" not in pattern.detail.lower()


def test_the_line_that_points_at_the_page_needs_a_page():
    assert all(
        card.links[0].type == "smart" for card in cards(assessment(), CardOptions("https://cds.example", "smart"))
    )
    assert "see the page" not in "".join(card.detail for card in cards(assessment()))
    for url, linked in ((None, False), ("https://cds.example/page?t=signed", True)):
        options = CardOptions("https://cds.example", "absolute", url)
        links = [link.url for card in cards(assessment(), options) for link in card.links]
        assert ("https://cds.example/page?t=signed" in links) == linked
    with pytest.raises(ValueError, match="'blue' is none of"):
        CardOptions(link_mode="blue")


def test_a_reduction_that_does_not_count_is_told_without_naming_ketamine():
    beside = replace(
        finding("R17", "The reduction is not counted: ketamine."), told={"day": "2026-05-10", "what": "ketamine"}
    )
    pattern, _ = cards(assessment("possible-oih", findings=(beside,)))
    assert "Graded no higher: reduction of 10 May 2026 beside another treatment." in pattern.detail
    assert "ketamine" not in pattern.detail.lower()


def test_the_patients_own_ketamine_stands_on_the_evidence_card():
    given = DoseTimeline("CDC-2022", exposures=tuple(
        Exposure("ketamine", "ketamine", date(2026, month, 3), date(2026, month, last), "MedicationAdministration/1", Source.ADMINISTERED)
        for month, last in ((1, 3), (4, 5), (5, 3))
    ))  # fmt: skip
    pattern, evidence = cards(assessment("possible-oih", dose=given))
    assert "Ketamine on record: 3 May 2026; 3 Apr 2026 - 5 Apr 2026, and 1 more." in evidence.detail
    assert "ketamine" not in pattern.detail.lower()


def test_the_options_stand_in_a_specialists_order():
    def place(word: str, options: tuple[str, ...]) -> int:
        return next(number for number, option in enumerate(options) if word in option)

    options = options_in_order(assessment("possible-oih"), known())
    order = ("allodynia", "adherence", "function", "Hold", "taper", "Rotation", "Non-opioid", "interventional", "Psychological",
             "specialist.", "ketamine", "naloxone")  # fmt: skip
    places = [place(word, options) for word in order]
    assert places == sorted(places)


def test_a_contraindication_or_cancer_takes_options_away():
    contraindicated = assessment("possible-oih", gates=(Gate("G-psychosis", "suppress", "psychosis on record"),))
    assert not any("ketamine" in option for option in options_in_order(contraindicated, known()))
    caution = assessment("possible-oih", gates=(Gate("G-seizure", "caution", "epilepsy on record"),))
    assert any("ketamine" in option for option in options_in_order(caution, known()))
    cancer = options_in_order(assessment("possible-oih", findings=(finding("R0-cancer"),)), known())
    assert not any(word in option for option in cancer for word in ("taper", "reduction", "CDC"))
    assert options_in_order(assessment("out-of-scope"), known()) == ()
    assert options_in_order(assessment(gates=(SLOW_BREATHING,)), known()) == ()
