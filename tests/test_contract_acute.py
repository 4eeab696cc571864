"""In acute mode: which stays it applies to, what caps it, and hours that are real hours."""

import pytest
from contract_patients import ICD, MORPHINE, RXNORM, SNOMED, Made, at, concept, day

ADMITTED = 200
DOSES = (10, 12, 15, 20, 25, 32)


def admitted(pains=(3, 4, 5, 6, 7, 8), *, discharged=None, scores_in="-05:00", as_of=None):
    """Two doses and two scores every four hours from 2 o'clock on."""
    made = Made(as_of=as_of or at(ADMITTED, 30))
    period = {"start": at(ADMITTED, 0), **({"end": discharged} if discharged else {})}
    made.add("encounters", resourceType="Encounter", status="finished" if discharged else "in-progress",
             period=period, **{"class": {"code": "IMP"}})  # fmt: skip
    for place, (mg, pain) in enumerate(zip(DOSES, pains, strict=True)):
        for hours in (2, 4):
            dose = {"value": mg, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}
            made.add(
                "medicationAdministrations",
                resourceType="MedicationAdministration",
                status="completed",
                medicationCodeableConcept=concept(RXNORM, *MORPHINE),
                effectiveDateTime=at(ADMITTED, 4 * place + hours),
                dosage={"route": concept(SNOMED, "26643006"), "dose": dose},
            )
            hour = 4 * place + hours + 1 + (5 if scores_in == "+00:00" else 0)
            made.measured("72514-3", pain, None, at(ADMITTED, hour, offset=scores_in), key="pain")
    return made


def test_scores_written_in_utc_beside_doses_in_local_time_say_the_same():
    local, mixed = admitted().answer(), admitted(scores_in="+00:00").answer()
    assert local["grade"] == "possible-oih"
    assert (mixed["grade"], mixed["co_rise"], mixed["statistics"]) == ("possible-oih", True, local["statistics"])


@pytest.mark.parametrize(("days", "grade"), [(29, "possible-oih"), (30, "possible-oih"), (31, "insufficient-data")])
def test_acute_mode_applies_to_a_stay_that_ended_within_thirty_days(days, grade):
    assert admitted(discharged=at(ADMITTED + 1, 12), as_of=day(ADMITTED + 1 + days)).grade() == grade


def test_recent_surgery_is_listed_and_does_not_replace_the_grade():
    made = admitted().surgery(ADMITTED)
    assert (made.grade(), made.kinds()) == ("possible-oih", ["pattern", "evidence"])
    assert "urgery" in made.text()


def test_a_red_flag_other_than_surgery_comes_first_in_a_stay_too():
    assert admitted().measured("8310-5", 39, "Cel", at(ADMITTED, 20)).grade() == "alternative-first"


def test_pain_that_falls_as_the_dose_rises_is_no_signal():
    answer = admitted((8, 7, 6, 5, 4, 3)).answer()
    assert (answer["grade"], answer["co_rise"], answer["cards"]) == ("no-signal", False, [])


def test_what_follows_a_full_cessation_sets_no_grade():
    made = admitted(as_of=at(ADMITTED + 4, 12))
    for hour in range(30, 80, 8):
        made.measured("72514-3", 2, None, at(ADMITTED, hour), key="pain")
    made.condition(ICD, "F11.23", ADMITTED + 3)
    assert made.grade() == admitted(as_of=at(ADMITTED + 4, 12)).grade() == "possible-oih"
