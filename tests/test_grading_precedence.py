"""The grade is what contract.md's order says, whatever else was found."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_rules import fact, ids, response

from cds.clinical import Finding
from cds.grading import gates, grade

CANDIDATE = (response(), fact("rise", points=3.0), fact("rising-steps", share=1.0))
PATTERN = (*CANDIDATE, fact("ordering", result="holds"))
FALL = fact("dechallenge", fall=1.5, later_rise=0.0)
STRONG = (*PATTERN, FALL)
FLAT = {"beta": 0.1, "pain_change": 1.5}
MADE = {
    "out-of-scope": (fact("age", most_years=17.0),),
    "alternative-first": (fact("fever", celsius=38.4, days=3.0),),
    "insufficient-data": (fact("data", sufficient=False),),
    "withdrawal-compatible": (fact("cows", score=9.0, days=2.0),),
    "confounded": (*CANDIDATE, fact("ordering", result="fails")),
    "strong-pattern": STRONG,
    "possible-oih": PATTERN,
    "progression-like": (fact("drift", per_30d=0.5, **FLAT),),
    "tolerance-like": (fact("escalation", dose_ratio=2.0, **FLAT),),
    "no-signal": (fact("data", sufficient=True),),
}
CAPS = {
    "R13": fact("dose-level", highest=45.0),
    "R2b": fact("event-among-steps", days_apart=0.0),
    "R0-cancer": fact("on-record", group="cancer"),
    "R0-sickle-cell": fact("on-record", group="sickle-cell"),
    "R0-age-unknown": fact("age-unknown", assessable=False),
    "R2-surgery-acute": fact("surgery-near-steps", hours=30.0, acute=True),
    "A-phantom": fact("phantom-pain", acute=True),
    "A-ceiling": fact("top-score", score=10.0, acute=True),
    "R2-undated": fact("undated", group="red-flag"),
    "R18-undated": fact("undated", group="neurotoxic-sign"),
    "R0-palliative-evaluated": fact("palliative", evaluated=True),
    "R1-scores": fact("score-count", scores=9.0, acute=False),
}
FUNCTION = fact("function", improvement=35.0, pain_change=2.0)
DOWNGRADES = {"R16": FUNCTION, "D-range": fact("dose-range", holds=False)}


@pytest.fixture
def graded(engine, knowledge):
    return lambda *facts: grade(engine.run(facts), knowledge)


@pytest.mark.parametrize("name", MADE)
def test_each_grade_can_be_reached(graded, name):
    assert graded(*MADE[name]).name == name


ORDER = list(MADE)
# A pattern that holds without the days of withdrawal stands (next test); and an ordering cannot both hold and fail.
TOGETHER = {
    (one, other) for one in ("withdrawal-compatible", "confounded") for other in ("strong-pattern", "possible-oih")
}


@pytest.mark.parametrize(
    ("first", "later"),
    [pair for place, one in enumerate(ORDER) for other in ORDER[place + 1 :] if (pair := (one, other)) not in TOGETHER],
)
def test_the_earlier_grade_of_the_contract_wins(graded, first, later):
    assert graded(*MADE[first], *MADE[later]).name == first


def test_withdrawal_does_not_replace_a_pattern_that_holds_without_its_days(graded):
    assert graded(*MADE["withdrawal-compatible"], *PATTERN).name == "possible-oih"
    assert graded(*MADE["withdrawal-compatible"], *CANDIDATE).name == "withdrawal-compatible"


def test_an_ordering_that_cannot_be_assessed_makes_no_pattern(graded):
    unknown = graded(*CANDIDATE, fact("ordering", result="not assessable"))
    assert unknown.name == "insufficient-data"
    assert ids(unknown.reasons) == ["R4", "R5-points", "R6", "R7-unknown"]


@pytest.mark.parametrize("missing", range(4))
def test_a_pattern_needs_each_of_r4_to_r7(graded, missing):
    assert graded(*(one for place, one in enumerate(PATTERN) if place != missing)).name == "no-signal"


@pytest.mark.parametrize(
    ("rule", "limit", "kind", "rest"),
    [
        ("R4", "beta", "response", {"z": 2.0}),
        ("R4", "z", "response", {"beta": 1.0}),
        ("R5-points", "points", "rise", {}),
        ("R5-percent", "percent", "relative-rise", {}),
        ("R6", "share", "rising-steps", {}),
    ],
)
def test_each_limit_of_the_pattern_counts_from_its_own_value(graded, knowledge, rule, limit, kind, rest):
    value = knowledge.rules.limit(rule, limit)
    replaced = {"rise", "relative-rise"} if kind == "relative-rise" else {kind}
    others = [one for one in PATTERN if one.kind not in replaced]
    assert graded(*others, fact(kind, **rest, **{limit: value - 0.001})).name == "no-signal"
    assert graded(*others, fact(kind, **rest, **{limit: value})).name == "possible-oih"


@pytest.mark.parametrize("rule", CAPS)
def test_a_cap_holds_a_strong_pattern_down_and_is_told(graded, rule):
    capped = graded(*STRONG, CAPS[rule])
    assert capped.name == "possible-oih"
    assert rule in ids(capped.caps)
    assert rule in ids(capped.reasons)


@pytest.mark.parametrize("rule", CAPS)
def test_a_cap_raises_nothing(graded, rule):
    assert graded(CAPS[rule], fact("data", sufficient=True)).name == "no-signal"


@pytest.mark.parametrize("rule", DOWNGRADES)
def test_a_downgrade_lowers_by_one_grade_and_is_told(graded, rule):
    assert graded(*STRONG, DOWNGRADES[rule]).name == "possible-oih"
    assert graded(*PATTERN, DOWNGRADES[rule]).name == "no-signal"
    assert rule in ids(graded(*PATTERN, DOWNGRADES[rule]).reasons)
    assert graded(*STRONG, DOWNGRADES[rule], CAPS["R13"]).name == "possible-oih"


def test_two_downgrades_lower_a_pattern_by_two(graded):
    assert graded(*STRONG, *DOWNGRADES.values()).name == "no-signal"
    assert graded(*PATTERN, *DOWNGRADES.values()).name == "no-signal"


def test_a_fall_without_a_pattern_is_no_pattern(graded):
    assert graded(FALL, fact("data", sufficient=True)).name == "no-signal"


def test_a_rise_after_any_reduction_takes_the_fall_back(graded):
    assert graded(*PATTERN, fact("dechallenge", fall=2.0, later_rise=1.5)).name == "possible-oih"
    assert graded(*PATTERN, fact("dechallenge", fall=2.0, later_rise=1.4)).name == "strong-pattern"


def test_allodynia_supports_a_pattern_and_makes_none(graded):
    allodynia = fact("on-record", group="hyperalgesia")
    assert graded(*PATTERN, allodynia).supported
    assert graded(*PATTERN, allodynia).name == "possible-oih"
    assert not graded(allodynia, fact("data", sufficient=True)).supported
    assert not graded(*MADE["confounded"], allodynia).supported
    assert not graded(*PATTERN, allodynia, FUNCTION).supported


def test_a_reduction_that_does_not_count_is_told_beside_the_pattern(graded):
    beside = fact("co-intervention", days_apart=0.0)
    found = graded(*PATTERN, beside)
    assert found.name == "possible-oih"
    assert ids(found.reasons)[-1] == "R17"
    assert ids(found.caps) == []


def test_the_reasons_are_the_findings_that_made_the_grade(graded):
    assert ids(graded(*STRONG).reasons) == ["R4", "R5-points", "R6", "R7", "R11"]
    assert ids(graded(*MADE["alternative-first"], *STRONG).reasons) == ["R2-fever"]
    assert graded(*MADE["no-signal"]).reasons == ()


def test_no_finding_at_all_is_no_signal(knowledge):
    assert grade((), knowledge).name == "no-signal"


# ------------------------------------------------------------------------------------------ the contract, word by word


def contract(flags):
    """The precedence of the contract, written down a second time without the data file."""

    def any_of(prefix):
        return any(flag.startswith(prefix) for flag in flags)

    candidate = {"R4", "R6"} <= flags and any_of("R5-")
    if flags & {"R0-minor", "R0-palliative"}:
        return "out-of-scope"
    if flags & {
        "R18-sign",
        "R18-creatinine",
        "R2-fever",
        "R2-fever-recorded",
        "R2-cancer",
        "R2-condition",
        "R2-surgery",
    }:
        return "alternative-first"
    if flags & {"R1", "R14"}:
        return "insufficient-data"
    if any_of("R3-") and not (candidate and "R7" in flags):
        return "withdrawal-compatible"
    if candidate and "R7-fails" in flags:
        return "confounded"
    if candidate and "R7-unknown" in flags:
        return "insufficient-data"
    if candidate and "R7" in flags:
        place = 0 if "R11" in flags else 1
        place = min(2, place + ("R16" in flags) + ("D-range" in flags))
        if flags & set(CAPS):
            place = max(place, 1)
        return ("strong-pattern", "possible-oih", "no-signal")[place]
    if "R8" in flags:
        return "progression-like"
    return "tolerance-like" if "R9" in flags else "no-signal"


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_any_findings_give_the_grade_that_the_contract_gives(knowledge, data):
    likely = st.sets(
        st.sampled_from(["R4", "R5-points", "R5-percent", "R6", "R11", "R8", "R9", "R16", "D-range"]), min_size=3
    )
    ordering = st.sampled_from([set(), {"R7"}, {"R7-fails"}, {"R7-unknown"}])
    rest = st.sets(st.sampled_from(sorted(knowledge.rules.by_id)), max_size=3)
    flags = data.draw(likely) | data.draw(ordering) | (data.draw(rest) - {"R7", "R7-fails", "R7-unknown"})
    findings = [Finding(rule, "1.0.0", rule) for rule in sorted(flags)]
    found = grade(findings, knowledge)
    assert found.name == contract(flags)
    assert {one.rule for one in found.reasons} <= flags


# ------------------------------------------------------------------------------------------ gates


def test_a_gate_names_every_record_that_caused_it_once(knowledge):
    findings = [
        Finding("G-psychosis", "1.0.0", "psychosis on record", {}, ("Condition/1", "Condition/2"), date(2026, 2, 1)),
        Finding("G-psychosis", "1.0.0", "psychosis on record", {}, ("Condition/2", "Condition/3"), date(2025, 2, 1)),
        Finding("R4", "1.0.0", "no gate"),
    ]
    (gate,) = gates(findings, knowledge)
    assert (gate.id, gate.effect) == ("G-psychosis", "suppress")
    assert gate.references == ("Condition/1", "Condition/2", "Condition/3")
    assert gate.first == date(2025, 2, 1)


@pytest.mark.parametrize(
    ("made", "effect"),
    [
        (fact("on-record", group="pregnancy"), "suppress"),
        (fact("blood-pressure", systolic=180.0, hours=3.0), "suppress"),
        (fact("diastolic", diastolic=100.0, hours=3.0), "caution"),
        (fact("on-record", group="heart-failure"), "caution"),
        (fact("respiration", per_minute=9.0, hours=1.0), "replaces"),
        (fact("saturation", percent=91.0, hours=1.0, home_oxygen=False), "replaces"),
        (fact("sedation", poss=3.0, hours=1.0), "replaces"),
        (fact("not-assessable", topic="liver"), "not assessable"),
    ],
)
def test_each_kind_of_gate_has_its_effect(engine, knowledge, made, effect):
    assert [gate.effect for gate in gates(engine.run((made,)), knowledge)] == [effect]


@pytest.mark.parametrize(
    "made",
    [
        fact("blood-pressure", systolic=179.0, hours=3.0),
        fact("blood-pressure", systolic=190.0, hours=24.1),
        fact("diastolic", diastolic=99.0, hours=3.0),
        fact("respiration", per_minute=10.0, hours=1.0),
        fact("respiration", per_minute=8.0, hours=4.1),
        fact("saturation", percent=92.0, hours=1.0, home_oxygen=False),
        fact("saturation", percent=85.0, hours=1.0, home_oxygen=True),
        fact("sedation", poss=2.0, hours=1.0),
        fact("liver-test", times_upper=2.9, days=3.0),
    ],
)
def test_just_beyond_its_limit_no_gate_closes(engine, knowledge, made):
    assert gates(engine.run((made,)), knowledge) == ()
