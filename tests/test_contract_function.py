"""R16: function improves by 30 % or more while pain rises, and the grade falls by one."""

import pytest
from contract_patients import TODAY, at, possible, strong


def with_peg(patient, *scores):
    for number, peg in scores:
        patient.measured("91147-9", peg, "{score}", at(number), key="pain")
    return patient


@pytest.mark.parametrize(("peg", "grade"), [(5.6, "no-signal"), (5.7, "possible-oih")])
def test_better_function_at_the_top_takes_a_possible_pattern_away(peg, grade):
    assert with_peg(possible(), (20, 8), (TODAY - 5, peg)).grade() == grade


def test_better_function_before_a_later_reduction_is_seen():
    assert with_peg(strong(), (20, 8), (160, 4)).grade() == "possible-oih"


def test_better_function_after_the_reduction_goes_with_the_pattern():
    assert with_peg(strong(), (20, 8), (220, 4)).grade() == "strong-pattern"
