"""Hours are real hours, whatever offsets a record mixes: over-sedation's four, and the 72 of a recent order."""

import pytest
from contract_patients import ESCALATED, TODAY, at, few, possible


@pytest.mark.parametrize(
    ("written", "kinds"),
    [
        (at(TODAY, 20, offset="+00:00"), ["banner"]),  # 15:00 here, two hours ago
        (at(TODAY, 18, offset="+00:00"), ["banner"]),  # 13:00 here, four hours ago
        (at(TODAY, 17, 59, offset="+00:00"), ["pattern", "evidence"]),
        (at(TODAY, 16, offset="-08:00"), ["pattern", "evidence"]),  # 19:00 here, still to come
        (at(TODAY, 13), ["banner"]),
        (at(TODAY, 12, 59), ["pattern", "evidence"]),
    ],
)
def test_over_sedation_needs_breathing_of_the_last_four_hours_on_any_clock(written, kinds):
    patient = possible().measured("9279-1", 7, "/min", written)
    patient.as_of = at(TODAY, 17)
    assert patient.kinds() == kinds


@pytest.mark.parametrize(
    ("authored", "kinds"),
    [
        (at(TODAY - 3, 23, 1, offset="+00:00"), ["info"]),  # 18:01 here
        (at(TODAY - 3, 22, 59, offset="+00:00"), []),
        (at(TODAY - 3, 18, 1), ["info"]),
        (at(TODAY - 3, 17, 59), []),
    ],
)
def test_patient_view_treats_an_opioid_order_of_the_last_72_hours_as_this_increase(authored, kinds):
    patient = few(5, 5, 5, levels=ESCALATED[:3]).order(180, TODAY - 3, authoredOn=authored)
    patient.as_of = at(TODAY, 18)
    assert patient.kinds() == kinds
