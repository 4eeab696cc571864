"""One invented adult, and what may be on record about him, as the engine's own values."""

from datetime import datetime, timedelta
from decimal import Decimal

from cds.clinical import (
    AsOf,
    Case,
    Coding,
    Component,
    Concept,
    Condition,
    CoRise,
    DoseTimeline,
    Moment,
    Observation,
    PainSeries,
    Patient,
    PatientRecord,
    Precision,
    Procedure,
    Quantity,
    Span,
    Statistics,
    Step,
    Trend,
)
from cds.facts import derive

NOW = datetime(2026, 6, 1, 12)
TODAY = NOW.date()
ICD = "http://hl7.org/fhir/sid/icd-10-cm"
SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
_PRECISION = {1: Precision.YEAR, 2: Precision.MONTH, 3: Precision.DAY}


def moment(text):
    """ "2008", "2008-05", "2008-05-17" or "2008-05-17T08:00"."""
    if "T" in text:
        at = datetime.fromisoformat(text)
        return Moment(at, at, Precision.TIME, timedelta(0))
    parts = [int(part) for part in text.split("-")]
    start = datetime(*parts, *[1] * (3 - len(parts)))
    following = {1: (start.year + 1, 1, 1), 2: (start.year + start.month // 12, start.month % 12 + 1, 1)}
    end = datetime(*following[len(parts)]) if len(parts) < 3 else start + timedelta(days=1)
    return Moment(start, end, _PRECISION[len(parts)])


def ago(days=0.0, hours=0.0):
    """A date some days ago; with hours, an instant."""
    at = NOW - timedelta(days=days, hours=hours)
    return at.isoformat() if hours else at.date().isoformat()


def concept(system, code, text=None):
    return Concept((Coding(system, code),), text)


def condition(code, onset=None, *, system=ICD, text=None, name="c", **more):
    if onset is not None:
        more["onset"] = moment(onset)
    return Condition(f"Condition/{name}", concept(system, code, text), **more)


def procedure(code, on=None, *, system=SNOMED, text=None, status="completed"):
    performed = Span(moment(on), moment(on)) if on else None
    return Procedure("Procedure/p", concept(system, code, text), status, (), performed)


def observation(code, value, at, unit=None, *, system=LOINC, text=None, status="final", components=()):
    amount = Quantity(Decimal(str(value)), unit) if type(value) in (int, float) else value
    span = Span(moment(at), moment(at))
    return Observation("Observation/o", status, concept(system, code, text), span, value=amount, components=components)


def component(code, value, unit):
    return Component(concept(LOINC, code), Quantity(Decimal(str(value)), unit))


def step(day, before=60.0, after=90.0, *, number=1, void=None):
    return Step(number, datetime.combine(day, datetime.min.time()), before, after, 0.6, 4.0, 5.0, 2, 2, 1.0, 1.0, void)


STEPS = tuple(step(TODAY - timedelta(days=days), number=number) for number, days in enumerate((150, 100), start=1))


def trend(mode="chronic", steps=STEPS, statistics=None, co_rise=None, **more):
    return Trend(mode, statistics or Statistics(), co_rise or CoRise(False), steps=steps, **more)


def facts_of(
    knowledge,
    *,
    birth="1970-03-05",
    gender="male",
    as_of=NOW,
    dose=None,
    pain=None,
    seen=None,
    evaluate_palliative=False,
    **record,
):
    patient = Patient("made", moment(birth) if birth else None, gender)
    case = Case(
        "assess",
        "patient-view",
        "made",
        (),
        AsOf(as_of.isoformat(), as_of, (as_of - timedelta(seconds=1)).date()),
        evaluate_palliative=evaluate_palliative,
    )
    made = PatientRecord(case.version, patient, **{name: tuple(found) for name, found in record.items()})
    return derive(case, made, dose or DoseTimeline("CDC-2022"), pain or PainSeries(None), seen or trend(), knowledge)


def flagged(engine, knowledge, **chart):
    """Ids of the rules that the chart raises, without those that only say what is not assessable."""
    found = engine.run(facts_of(knowledge, **chart))
    return [one.rule for one in found if not one.rule.startswith("U-")]
