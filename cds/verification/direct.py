"""An invented patient as the detector's own input, without FHIR: for tuning loops over thousands of patients.

The measurement that is published goes through the whole walk; a test holds both ways to the same statistics.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, time, timedelta
from decimal import Decimal

from cds.clinical import AsOf, DoseDay, DoseTimeline, FhirVersion, PainScore, PainSeries, PatientRecord
from cds.clinical import Patient as ChartPatient
from cds.verification.patient import AS_OF, Invented

INSTRUMENT = "nrs"


def as_of() -> AsOf:
    """The end of the last simulated day."""
    return AsOf(AS_OF.isoformat(), datetime.combine(AS_OF + timedelta(days=1), time.min), AS_OF)


def record(patient: Invented) -> PatientRecord:
    """Nothing but the patient: no condition, no procedure, no other drug."""
    return PatientRecord(FhirVersion.R4, ChartPatient(patient.name, gender=patient.gender))


def timeline(patient: Invented, table: str = "CDC-2022") -> DoseTimeline:
    """The detector's daily series of scheduled doses, summed over the prescriptions."""
    mme: dict[int, Decimal] = defaultdict(Decimal)
    drugs: dict[int, dict[tuple[str, str], Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    limited = set()
    days = len(patient.scheduled)
    for order in patient.orders:
        amount = Decimal(str(order.daily_mme))
        native = amount / Decimal(str(order.tablet.mme)) * Decimal(str(order.tablet.mg))
        for day in range(order.first, days if order.last is None else min(order.last + 1, days)):
            mme[day] += amount
            drugs[day][order.tablet.drug, "oral"] += native
            if order.temporary:
                limited.add(day)
    series = tuple(
        DoseDay(patient.day(day), mme[day], mme[day], mme[day], drugs=dict(drugs[day]), time_limited=day in limited)
        for day in range(days)
    )
    return DoseTimeline(table, series=series)


def scores(patient: Invented, instrument: str = INSTRUMENT) -> PainSeries:
    """The recorded scores on one instrument."""
    return PainSeries(
        instrument,
        tuple(
            PainScore(at, float(score), instrument, f"Observation/{patient.name}-pain-{number}")
            for number, (at, score) in enumerate(patient.scores)
        ),
    )
