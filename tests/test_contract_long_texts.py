"""A narrative silences nothing and lowers no grade; what it names and nobody used is told."""

from datetime import UTC, datetime

import pytest
from contract_patients import TODAY, at, possible

from cds.case import Asked

ASKED = Asked(now=datetime(2026, 9, 1, tzinfo=UTC))


def text_of(end, length):
    """Back pain and what ends so, this many characters in all."""
    return "Back pain ".ljust(length - len(end), ".") + end


def with_problem(end, length, system="urn:local", code="1"):
    return possible().condition(system, code, TODAY - 10, text=text_of(end, length))


def used(evaluator, patient):
    """(grade, what is told as not used)."""
    found = evaluator.assessment(patient.request(), ASKED)
    return found.grade.name, [gap.text for gap in found.case.gaps if gap.kind == "not used"]


@pytest.mark.parametrize(
    ("end", "grade", "named"),
    [
        (" discussed cancer pain guidelines and hospice brochure", "out-of-scope", "hospice or palliative care"),
        (" mother with metastatic breast cancer", "alternative-first", "cancer"),
        (" return at once in case of fever, fracture", "alternative-first", "fracture"),
    ],
)
def test_a_text_of_200_characters_is_used_and_one_of_201_is_told_instead(evaluator, end, grade, named):
    assert used(evaluator, with_problem(end, 200)) == (grade, [])
    found, (told,) = used(evaluator, with_problem(end, 201))
    assert found == "possible-oih"
    assert told.startswith("long texts (over 200 characters) name ")
    assert named in told


def test_the_card_says_which_words_of_long_texts_were_not_used():
    assert "Not used: long texts" in with_problem(" metastatic", 300).text()
    assert "Not used" not in with_problem(" no better", 300).text()


@pytest.mark.parametrize("end", [" no metastasis", " at home"])
def test_a_long_text_that_denies_or_names_nothing_is_not_told(evaluator, end):
    assert used(evaluator, with_problem(end, 300)) == ("possible-oih", [])


def test_a_known_code_decides_whatever_its_text_says_and_however_long_it_is(evaluator):
    icd = "http://hl7.org/fhir/sid/icd-10-cm"
    assert used(evaluator, with_problem(" hospice", 300, icd, "Z51.5")) == ("out-of-scope", [])
    assert used(evaluator, with_problem(" metastatic", 300, icd, "G40.909")) == ("possible-oih", [])


def test_a_scale_that_only_a_long_text_names_is_told(evaluator):
    for length, told in ((200, False), (201, True)):
        patient = possible().measured("x", 3, None, at(TODAY - 3))
        patient.parts["vitals"][-1]["code"] = {"text": text_of(" COWS", length)}
        assert bool(used(evaluator, patient)[1]) is told
