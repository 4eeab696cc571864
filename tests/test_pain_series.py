"""Observations become pain scores: which codes, which values, which times; what is refused is named."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from trend_charts import NOBODY, RULES, end_of

from cds import pain
from cds.clinical import (
    AsOf,
    Coding,
    Component,
    Concept,
    Moment,
    Observation,
    PainSeries,
    Precision,
    Quantity,
    Span,
)
from cds.errors import KnowledgeError
from cds.knowledge import scales
from cds.knowledge.scales import Scales

LOINC = "http://loinc.org"
NRS, VAS, REPORTED, WEEK, FACES, FLACC = "72514-3", "38214-3", "38208-5", "75893-8", "38221-8", "38215-0"
NINE = datetime(2026, 1, 5, 9)


@cache
def known() -> Scales:
    return scales.load(RULES)


def coded(*codes: str, system: str = LOINC) -> Concept:
    return Concept(tuple(Coding(system, code) for code in codes))


def moment(at: datetime, offset: timedelta | None = None) -> Moment:
    return Moment(at, at, Precision.TIME, offset)


def instant(at: datetime) -> Span:
    return Span(moment(at), moment(at))


def points(value: float | str, unit: str | None = None, comparator: str | None = None) -> Quantity:
    return Quantity(Decimal(str(value)), unit, None, unit, comparator)


def observed(value: Any, code: str = NRS, reference: str = "Observation/1", **more: Any) -> Observation:
    given = {"status": "final", "effective": instant(NINE), **more}
    return Observation(reference=reference, concept=coded(code), value=value, **given)


def read(*observations: Observation, as_of: AsOf | None = None, using: Scales | None = None) -> PainSeries:
    record = replace(NOBODY, observations=observations)
    return pain.series(record, using or known(), as_of=as_of or end_of(30))


def values(found: PainSeries) -> list[float]:
    return [score.score for score in found.scores]


@pytest.mark.parametrize("value", [7, "7", " 7 ", "7/10", points(7), points("7.0", "{score}"), points(7, "/10")])
def test_seven_is_seven_however_it_is_written(value: Any) -> None:
    assert values(read(observed(value))) == [7]


@pytest.mark.parametrize(
    "value", ["7-8", "about 7", "seven", "", "7/5", True, None, points(7, None, "<"), points(7, "kg")]
)
def test_what_could_mean_two_things_is_refused_with_a_reason(value: Any) -> None:
    found = read(observed(value))
    assert values(found) == []
    assert [reference for reference, _ in found.rejected] == ["Observation/1"]


def test_a_text_of_20_characters_may_be_a_number_and_a_longer_one_is_none() -> None:
    assert values(read(observed("7" + " " * 16 + "/10"))) == [7]
    assert read(observed("7" + " " * 17 + "/10")).rejected == (("Observation/1", "nrs: the text is not one number"),)


@pytest.mark.parametrize(
    ("unit", "kept"),
    [("score" * 100_000 + "\nx", [7]), ("{" * 500_000, []), ("0" + " " * 500_000 + "x", []), ("(" + " " * 500_000, [])],
)
def test_a_long_unit_of_a_score_is_looked_at_once(unit: str, kept: list[float]) -> None:
    # Were every place held against the rest of the text, this would take hours.
    assert values(read(observed(points(7, unit)))) == kept


def test_a_coded_answer_counts_only_where_its_words_are_a_number() -> None:
    assert values(read(observed(Concept((Coding(LOINC, "LA6118-9", "7"),))))) == [7]
    assert values(read(observed(Concept((Coding("urn:x", "7", "severe"),))))) == []
    assert values(read(observed(Concept((Coding("urn:x", "a", "7"), Coding("urn:x", "b", "8")))))) == []


@pytest.mark.parametrize(("value", "kept"), [(0, [0]), (10, [10]), (11, []), (-1, [])])
def test_the_scale_ends_at_0_and_10(value: int, kept: list[float]) -> None:
    assert values(read(observed(value))) == kept


@pytest.mark.parametrize(("value", "kept"), [(7, [7]), ("7", [7]), (points("7.5"), []), ("moderate", [])])
def test_the_qualitative_code_is_a_score_only_as_an_integer(value: Any, kept: list[float]) -> None:
    assert values(read(observed(value, REPORTED))) == kept


def test_a_visual_scale_is_read_in_millimetres_once_one_value_says_so() -> None:
    low, high = observed(8, VAS), observed(65, VAS, "Observation/2", effective=instant(NINE + timedelta(days=1)))
    assert values(read(low)) == [8]
    assert values(read(low, high)) == [0.8, 6.5]


def test_ten_on_a_visual_scale_does_not_make_it_a_hundred() -> None:
    assert values(read(observed(10, VAS))) == [10]
    assert values(read(observed(11, VAS))) == [1.1]


def test_a_unit_decides_the_visual_scale() -> None:
    assert values(read(observed(points(8, "mm"), VAS))) == [0.8]
    assert values(read(observed(points(8, "cm"), VAS), observed(points(65, "mm"), VAS, "Observation/2"))) == [6.5, 8]


def test_instruments_are_kept_apart_and_the_one_with_most_scores_leads() -> None:
    found = read(
        observed(6, FACES),
        observed(7, reference="Observation/2"),
        observed(3, FLACC, "Observation/3"),
        observed(8, FACES, "Observation/4", effective=instant(NINE + timedelta(days=1))),
    )
    assert {score.instrument for score in found.scores} == {"faces-wong-baker", "nrs", "flacc"}
    assert found.primary == "faces-wong-baker"


def test_with_as_many_scores_the_numeric_rating_leads() -> None:
    assert read(observed(6, FACES), observed(7, reference="Observation/2")).primary == "nrs"


def test_an_odd_face_does_not_exist() -> None:
    assert values(read(observed(6, FACES))) == [6]
    assert values(read(observed(7, FACES))) == []


def test_a_recall_item_tells_about_the_middle_of_its_week() -> None:
    (score,) = read(observed(6, WEEK)).scores
    assert score.at == NINE - timedelta(days=3.5)
    assert not score.timed


@pytest.mark.parametrize("status", ["final", "amended", "corrected", "preliminary"])
def test_valid_statuses_count(status: str) -> None:
    assert values(read(observed(7, status=status))) == [7]


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled", "registered", "unknown", None])
def test_other_statuses_do_not(status: str | None) -> None:
    assert values(read(observed(7, status=status))) == []


def test_an_entry_in_error_withdraws_every_version_of_it() -> None:
    assert values(read(observed(7), observed(7, status="entered-in-error"))) == []


def test_a_correction_replaces_the_score_of_the_same_time_or_of_the_same_reference() -> None:
    assert values(read(observed(7), observed(4, reference="Observation/2", status="corrected"))) == [4]
    later = instant(NINE + timedelta(hours=1))
    assert values(read(observed(7), observed(4, status="amended", effective=later))) == [4]


def test_two_values_at_one_time_without_a_correction_both_stand() -> None:
    assert values(read(observed(7), observed(4, reference="Observation/2"))) == [4, 7]


def test_a_duplicate_is_one_score() -> None:
    assert values(read(observed(7), observed(points(7), reference="Observation/2"))) == [7]


def test_components_of_a_panel_are_read() -> None:
    panel = Observation(
        "Observation/1",
        "final",
        coded("91148-7"),
        effective=instant(NINE),
        components=(
            Component(coded(WEEK), 6),
            Component(coded("91147-9"), points("5.7")),
            Component(coded("8480-6"), 120),
        ),
    )
    found = read(panel)
    assert values(found) == [6]
    assert [(f.instrument, f.score) for f in found.function] == [("peg", 5.7)]


def test_function_scores_stand_beside_pain() -> None:
    found = read(observed(points("4.5"), "77565-0"))
    assert (found.scores, [f.score for f in found.function]) == ((), [4.5])


def test_of_several_codings_the_numeric_rating_wins_over_the_qualitative_one() -> None:
    both = structs.replace(observed(points("7.5")), concept=coded(REPORTED, NRS))
    assert [s.instrument for s in read(both).scores] == ["nrs"]


def test_a_score_after_the_evaluation_date_is_not_known_yet() -> None:
    at = AsOf("2026-01-05T09:00:00-05:00", NINE, NINE.date(), timedelta(hours=-5))
    same = Span(moment(NINE, timedelta(hours=-5)), moment(NINE, timedelta(hours=-5)))
    late = Span(moment(NINE, timedelta(hours=-6)), moment(NINE, timedelta(hours=-6)))
    assert values(read(observed(7, effective=same), as_of=at)) == [7]
    assert values(read(observed(7, effective=late), as_of=at)) == []


def test_midnight_after_the_last_day_is_the_next_day() -> None:
    midnight = datetime(2026, 1, 6)
    assert values(read(observed(7, effective=instant(midnight)), as_of=end_of(4))) == []
    assert values(read(observed(7, effective=instant(midnight)), as_of=end_of(5))) == [7]


def test_a_date_is_a_day_without_an_hour_and_a_month_is_no_time() -> None:
    day = Moment(datetime(2026, 1, 5), datetime(2026, 1, 6), Precision.DAY)
    month = Moment(datetime(2026, 1, 1), datetime(2026, 2, 1), Precision.MONTH)
    (score,) = read(observed(7, effective=Span(day, day))).scores
    assert not score.timed
    assert read(observed(7, effective=Span(month, month))).rejected[0][1] == "nrs: the day of the score is not given"
    assert read(observed(7, effective=None)).rejected[0][1] == "nrs: no single time of the score is given"


def test_a_missing_score_with_its_reason_is_silent() -> None:
    assert read(observed(None, data_absent=True)).rejected == ()


def test_a_reason_never_quotes_a_long_text() -> None:
    ((_, reason),) = read(observed("the patient says it is like knives", NRS)).rejected
    assert "knives" not in reason


def test_the_body_site_is_one_stable_word() -> None:
    sites = (Concept((Coding("http://snomed.info/sct", "61685007"),), "Lower limb"),)
    assert read(observed(7, body_sites=sites)).scores[0].body_site == "http://snomed.info/sct|61685007"


def test_a_site_names_its_own_codes(tmp_path: Path) -> None:
    own = tmp_path / "pain_codes.csv"
    own.write_text(
        "system,code,instrument,scale\nurn:site:flowsheet,301070,nrs,0-10\nurn:site:flowsheet,9,vas-site,0-100\n"
    )
    using = scales.load(RULES, own)
    local = structs.replace(observed(7), concept=coded("301070", system="urn:site:flowsheet"))
    large = structs.replace(observed(7, reference="Observation/2"), concept=coded("9", system="urn:site:flowsheet"))
    assert [(s.instrument, s.score) for s in read(local, large, using=using).scores] == [("nrs", 7), ("vas-site", 0.7)]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("http://loinc.org,72514-3,nrs,0-10", "appears twice"),
        ("urn:site,1,nrs,0-5", "line 2: '0-5' is not one of"),
        ("urn:site,,nrs,0-10", "line 2: system, code"),
    ],
)
def test_a_wrong_site_file_stops_the_start(tmp_path: Path, line: str, complaint: str) -> None:
    own = tmp_path / "pain_codes.csv"
    own.write_text(f"system,code,instrument,scale\n{line}\n")
    with pytest.raises(KnowledgeError, match=complaint):
        scales.load(RULES, own)


ANY = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 200),
    st.text(max_size=8),
    st.builds(
        Quantity,
        st.none() | st.decimals(-20, 200, places=2),
        st.none() | st.sampled_from(["mm", "cm", "{score}", "/10", "/100", "kg", "%"]),
        st.none(),
        st.none(),
        st.none() | st.sampled_from(["<", ">="]),
    ),
)


@given(st.lists(st.tuples(ANY, st.sampled_from([NRS, VAS, REPORTED, FACES, FLACC, WEEK])), max_size=8), st.randoms())
def test_whatever_is_sent_becomes_scores_or_reasons_in_any_order(found: list[tuple[Any, str]], random: Any) -> None:
    observations = [
        observed(value, code, f"Observation/{n}", effective=instant(NINE + timedelta(hours=n % 3)))
        for n, (value, code) in enumerate(found)
    ]
    first = read(*observations)
    assert all(0 <= score.score <= 10 for score in first.scores)
    random.shuffle(observations)
    assert read(*observations) == first
    assert read(*observations, *observations) == first
