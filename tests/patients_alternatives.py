"""Patients whose pain has another explanation, and patients about whom too little is known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from chart import ICD10CM, Chart, Resource, at, coded, days, mg, tablets
from patients_escalated import FIRST_DAY, LAST_DAY, RISING, escalated, tablets_for

# ----------------------------------------------------------------------------------------- other explanations


def _tolerance(chart: Chart, start: date, end: date, level: float) -> None:
    """Relief for twelve days after a step, then the old level."""
    if start.isoformat() != FIRST_DAY:
        chart.pain_between(start, start + timedelta(days=11), level - 2)
        start += timedelta(days=12)
    chart.pain_between(start, end, level)


def relief_wears_off() -> Resource:
    levels = [(dose, 6.0) for dose, _pain in RISING]
    return escalated("relief-wears-off", levels, scored=_tolerance).request(LAST_DAY)


def climbs_between_steps() -> Resource:
    """0.02 points a day from first to last, whatever the dose does."""
    chart = escalated("climbs-between-steps", scored=_on_a_line, born="1957-11-03")
    chart.condition(coded(ICD10CM, "M17.0", "Bilateral primary osteoarthritis of knee"), "2019-05-02")
    return chart.request(LAST_DAY)


def _on_a_line(chart: Chart, start: date, end: date, _level: float) -> None:
    gone = (start - date.fromisoformat(FIRST_DAY)).days
    chart.pain_between(start, end, 2.8 + 0.02 * gone, 0.02)


def level_through_ups_and_downs() -> Resource:
    levels = ((60, 4.0), (90, 4.0), (120, 4.0), (60, 4.0))
    return escalated("level-through-ups-and-downs", levels).request(LAST_DAY)


def one_dose_throughout() -> Resource:
    return escalated("one-dose-throughout", ((90, 4.2),), (238,)).request(LAST_DAY)


def treated_flares() -> Resource:
    """Twice pain flares, the dose doubles for three weeks, both go back."""
    levels = ((60, 3.4), (120, 6.4), (60, 3.4), (120, 6.4), (60, 3.4))
    return escalated("treated-flares", levels, (70, 21, 63, 21, 63)).request(LAST_DAY)


def pain_leads_the_dose() -> Resource:
    """Pain jumps three weeks before each increase and once more after it: the dose follows the pain."""
    chart = Chart("pain-leads-the-dose", "1962-06-18")
    levels = ((60, 1.2), (90, 3.0), (120, 4.8), (180, 6.6))
    spans = days("2025-05-01", 135, 135, 135, 100)
    for (dose, pain), (start, end) in zip(levels, spans, strict=True):
        last = dose == 180
        chart.ordered(*tablets_for(dose), start, None if last else end)
        turn = end if last else end - timedelta(days=21)
        chart.pain_between(start, turn, pain)
        if not last:
            chart.pain_between(turn + timedelta(days=1), end, pain + 1.0)
    return chart.request(spans[-1][1])


def withdrawal_after_missed_doses() -> Resource:
    chart = escalated("withdrawal-after-missed-doses", [(dose, 5.0) for dose, _pain in RISING])
    chart.condition(coded(ICD10CM, "F11.23", "Opioid dependence with withdrawal"), "2026-08-21")
    chart.observed({"text": "Clinical Opiate Withdrawal Scale (COWS)"}, at("2026-08-21"), "survey", valueInteger=14)
    for day in ("2026-08-20", "2026-08-21", "2026-08-22"):
        chart.pain(at(day, 16), 8)
        chart.add(
            "MedicationStatement",
            status="not-taken",
            medicationCodeableConcept=coded(
                "http://www.nlm.nih.gov/research/umls/rxnorm", "891893", "morphine 60 mg, extended release oral tablet"
            ),
            effectivePeriod={"start": day, "end": day},
        )
    return chart.request(LAST_DAY)


def broken_hip() -> Resource:
    chart = escalated("broken-hip", [(dose, 4.0) for dose, _pain in RISING], scored=_hurts_after_the_fall)
    fracture = coded(
        ICD10CM,
        "S72.001A",
        "Fracture of unspecified part of neck of right femur, initial encounter for closed fracture",
    )
    chart.condition(fracture, "2026-08-18")
    return chart.request(LAST_DAY)


def _hurts_after_the_fall(chart: Chart, start: date, end: date, level: float) -> None:
    fall = date(2026, 8, 18)
    chart.pain_between(start, min(end, fall - timedelta(days=1)), level)
    if end >= fall:
        chart.pain_between(fall, end, 8.0)


def myoclonus() -> Resource:
    chart = escalated("myoclonus")
    chart.condition(coded(ICD10CM, "G25.3", "Myoclonus"), "2026-08-20")
    return chart.request(LAST_DAY)


def rotation_at_equal_mme() -> Resource:
    """Morphine 60 mg, oxycodone 40 mg, hydromorphone 12 mg a day: 60 MME each; pain rises all the same."""
    chart = Chart("rotation-at-equal-mme", "1979-01-20", "male")
    drugs = (("morphine ER 30", 2), ("oxycodone ER 20", 2), ("hydromorphone 4", 3))
    spans = days(FIRST_DAY, 80, 80, 78)
    for (product, times), (start, end), pain in zip(drugs, spans, (3.4, 5.0, 6.6), strict=True):
        chart.taken(product, tablets(1), times, start, None if end == spans[-1][1] else end)
        chart.pain_between(start, end, pain)
    return chart.request(LAST_DAY)


# ----------------------------------------------------------------------------------------- too little to say


def at_the_ceiling() -> Resource:
    return escalated("at-the-ceiling", [(dose, 9.4) for dose, _pain in RISING]).request(LAST_DAY)


def too_few_scores() -> Resource:
    chart = Chart("too-few-scores", "1983-07-07")
    for dose, (start, end), score in zip((60, 90, 120), days(FIRST_DAY, 80, 80, 78), (5, 5, 6), strict=True):
        chart.ordered(*tablets_for(dose), start, None if dose == 120 else end)
        chart.pain(at(start + timedelta(days=40)), score)
    return chart.request(LAST_DAY)


def never_had_an_opioid() -> Resource:
    chart = Chart("never-had-an-opioid", "1995-12-24")
    chart.taken("acetaminophen", mg(1000), 3, date.fromisoformat(FIRST_DAY))
    chart.pain_between(*days(FIRST_DAY, 238)[0], 5.0)
    return chart.request(LAST_DAY)


def scored_only_at_the_changes() -> Resource:
    """In hospital: the pump is raised every 20 hours, pain is scored half an hour before and an hour after."""
    chart = Chart("scored-only-at-the-changes", "1975-10-10", "male")
    first = datetime(2026, 8, 27, 4)
    chart.stay(f"{first - timedelta(hours=9)}-05:00".replace(" ", "T"))
    hours = ((-8, 0), (0, 20), (20, 40), (40, 60), (60, 64))
    for (begin, end), per_hour in zip(hours, (0.4, 0.55, 0.75, 1.05, 1.45), strict=True):
        when = (first + timedelta(hours=begin), first + timedelta(hours=end))
        amount = round(per_hour * (end - begin), 2)
        chart.given(
            "hydromorphone injection", amount, at(when[0].date(), when[0].hour), at(when[1].date(), when[1].hour)
        )
    for number, change in enumerate((0, 20, 40, 60)):
        before, after = first + timedelta(hours=change - 0.5), first + timedelta(hours=change + 1)
        chart.pain(at(before.date(), before.hour, 30), 3 + number)
        chart.pain(at(after.date(), after.hour), 4 + number)
    return chart.request(at("2026-08-29", 21))


ALTERNATIVES: dict[str, Callable[[], Resource]] = {
    "alternatives/relief_wears_off": relief_wears_off,
    "alternatives/pain_climbs_between_steps": climbs_between_steps,
    "alternatives/level_through_ups_and_downs": level_through_ups_and_downs,
    "alternatives/one_dose_throughout": one_dose_throughout,
    "alternatives/treated_flares": treated_flares,
    "alternatives/pain_leads_the_dose": pain_leads_the_dose,
    "alternatives/withdrawal_after_missed_doses": withdrawal_after_missed_doses,
    "alternatives/broken_hip": broken_hip,
    "alternatives/myoclonus": myoclonus,
    "alternatives/rotation_at_equal_mme": rotation_at_equal_mme,
    "too_little/pain_at_the_ceiling": at_the_ceiling,
    "too_little/too_few_scores": too_few_scores,
    "too_little/never_had_an_opioid": never_had_an_opioid,
    "too_little/scored_only_at_the_changes": scored_only_at_the_changes,
}
