"""The words that the engine speaks: frozen values, checked where they are born.

Times are the patient's own wall clock (mme.md convention 5): a `Moment` keeps the local time as written, so a
calendar day never moves with the reader's zone. Doses are Decimal, in the unit that the field's name or docstring
gives; MME stands for milligrams of oral-morphine equivalent. `None` means "not known" everywhere; it is never zero.
"""

from cds.clinical.asked import MOST_ENTRIES, Case, Entry, FhirVersion, Gap, too_many_entries
from cds.clinical.cards import Action, Assessment, Card, CardLink, Citation, Finding, Gate, Grade, Limit, Suggestion
from cds.clinical.codes import Coding, Concept, Quantity, QuantityRange, Ratio
from cds.clinical.dose import (
    Contributor,
    DailyDose,
    DoseDay,
    DoseEvent,
    DoseTimeline,
    Doubt,
    Exposure,
    ProposedDose,
    Uncounted,
)
from cds.clinical.medications import Dosage, DoseAndRate, Ingredient, Medication, MedicationUse, Repeat, Source, Timing
from cds.clinical.pain import FunctionScore, PainScore, PainSeries
from cds.clinical.record import (
    Allergy,
    Component,
    Condition,
    Encounter,
    Observation,
    Patient,
    PatientRecord,
    Procedure,
    Unread,
)
from cds.clinical.time import AsOf, Moment, Precision, Span
from cds.clinical.trend import CoRise, Dechallenge, LeftOut, Level, Plateau, Statistics, Step, Trend

__all__ = [
    "MOST_ENTRIES",
    "Action",
    "Allergy",
    "AsOf",
    "Assessment",
    "Card",
    "CardLink",
    "Case",
    "Citation",
    "CoRise",
    "Coding",
    "Component",
    "Concept",
    "Condition",
    "Contributor",
    "DailyDose",
    "Dechallenge",
    "Dosage",
    "DoseAndRate",
    "DoseDay",
    "DoseEvent",
    "DoseTimeline",
    "Doubt",
    "Encounter",
    "Entry",
    "Exposure",
    "FhirVersion",
    "Finding",
    "FunctionScore",
    "Gap",
    "Gate",
    "Grade",
    "Ingredient",
    "LeftOut",
    "Level",
    "Limit",
    "Medication",
    "MedicationUse",
    "Moment",
    "Observation",
    "PainScore",
    "PainSeries",
    "Patient",
    "PatientRecord",
    "Plateau",
    "Precision",
    "Procedure",
    "ProposedDose",
    "Quantity",
    "QuantityRange",
    "Ratio",
    "Repeat",
    "Source",
    "Span",
    "Statistics",
    "Step",
    "Suggestion",
    "Timing",
    "Trend",
    "Uncounted",
    "Unread",
    "too_many_entries",
]
