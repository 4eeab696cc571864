"""The words that the engine speaks: frozen values, checked where they are born.

Times are the patient's own wall clock (mme.md convention 5): a `Moment` keeps the local time as written, so a
calendar day never moves with the reader's zone. Doses are Decimal, in the unit that the field's name or docstring
gives; MME stands for milligrams of oral-morphine equivalent. `None` means "not known" everywhere; it is never zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from enum import IntEnum, StrEnum

# ---------------------------------------------------------------------------------------------- time


class Precision(IntEnum):
    """How exactly a FHIR date or dateTime was written."""

    YEAR = 0
    MONTH = 1
    DAY = 2
    TIME = 3


@dataclass(frozen=True, slots=True)
class Moment:
    """A FHIR date, dateTime or instant, on the wall clock of its own offset.

    start      first local instant that the text covers (naive)
    end        first local instant after it (naive); equals start for Precision.TIME
    precision  how much was written
    offset     UTC offset as written (or that of the configured zone); None for dates
    """

    start: datetime
    end: datetime
    precision: Precision
    offset: timedelta | None = None

    @property
    def day(self) -> date:
        """First local calendar day that the text covers."""
        return self.start.date()

    @property
    def last_day(self) -> date:
        """Last local calendar day that the text covers."""
        return self.start.date() if self.precision is Precision.TIME else (self.end - timedelta(days=1)).date()

    @property
    def utc(self) -> datetime | None:
        """Naive UTC of the start, None where no offset is known."""
        return None if self.offset is None else self.start - self.offset


@dataclass(frozen=True, slots=True)
class Span:
    """A period; an open side is None."""

    start: Moment | None
    end: Moment | None


@dataclass(frozen=True, slots=True)
class AsOf:
    """The evaluation date: nothing after it is known.

    text  as given, echoed in the output
    at    local wall-clock instant up to which the record counts (a date: the end of that day, exclusive)
    day   the local calendar day that "current" means
    """

    text: str
    at: datetime
    day: date
    offset: timedelta | None = None

    def clock(self, moment: Moment) -> datetime:
        """A moment's start on the clock of `at` where both offsets are known, else as written.

        For spans of hours only: a monitor may write UTC beside a local chart. Calendar days stay as written.
        """
        if moment.utc is None or self.offset is None:
            return moment.start
        return moment.utc + self.offset


# ---------------------------------------------------------------------------------------------- codes and quantities


@dataclass(frozen=True, slots=True)
class Coding:
    system: str | None
    code: str | None
    display: str | None = None


@dataclass(frozen=True, slots=True)
class Concept:
    """A CodeableConcept: any number of codings, and the text beside them."""

    codings: tuple[Coding, ...] = ()
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Quantity:
    value: Decimal | None
    unit: str | None = None
    system: str | None = None
    code: str | None = None
    comparator: str | None = None


@dataclass(frozen=True, slots=True)
class QuantityRange:
    low: Quantity | None
    high: Quantity | None


@dataclass(frozen=True, slots=True)
class Ratio:
    numerator: Quantity | None
    denominator: Quantity | None


# ---------------------------------------------------------------------------------------------- what is asked


class FhirVersion(StrEnum):
    R4 = "R4"  # read with the R4B models; fhir.resources has no plain R4
    R5 = "R5"
    STU3 = "STU3"


@dataclass(frozen=True, slots=True)
class Entry:
    """One raw resource of the input, before any FHIR model has seen it.

    resource  parsed JSON; usually an object, but nothing is promised
    position  "entry[3]" or "prefetch.pain.entry[3]": the reference of last resort, and the path in messages
    draft     a draft order of an order hook's context
    selected  named by order-select's selections (on order-sign every draft is)
    """

    resource: object
    position: str
    full_url: str | None = None
    draft: bool = False
    selected: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """A part of the record that is not there as it should be.

    key   the prefetch key
    kind  "not sent" | "failed" | "truncated" | "note"
    text  plain words for page and card, never a value of the body
    """

    key: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Case:
    """One patient's evaluation, as asked: everything that the walk needs, the date included.

    service   service id, or "assess" on the command line
    hook      "patient-view", "order-select" or "order-sign"
    instance  hookInstance, or the digest of the input where there is none
    zone      configured zone for timestamps; None: the offset that each resource was written in
    """

    service: str
    hook: str
    instance: str
    entries: tuple[Entry, ...]
    as_of: AsOf
    patient_id: str | None = None
    user_id: str | None = None
    encounter_id: str | None = None
    version: FhirVersion = FhirVersion.R4
    table: str = "CDC-2022"
    zone: tzinfo | None = None
    gaps: tuple[Gap, ...] = ()
    evaluate_palliative: bool = False  # the site has hospice and palliative patients evaluated (contract.md)
    models_only: bool = False  # every resource goes through the models of fhir.resources


# ---------------------------------------------------------------------------------------------- medication resources


class Source(IntEnum):
    """Kind of medication resource; a higher one outranks a lower one within a therapy."""

    ORDERED = 0
    STATED = 1
    DISPENSED = 2
    ADMINISTERED = 3


@dataclass(frozen=True, slots=True)
class Repeat:
    """Timing.repeat; units are the FHIR codes s, min, h, d, wk, mo, a."""

    bounds_start: Moment | None = None
    bounds_end: Moment | None = None
    bounds_duration: Quantity | None = None  # boundsDuration, or the high of boundsRange
    count: int | None = None
    count_max: int | None = None
    duration: Decimal | None = None
    duration_max: Decimal | None = None
    duration_unit: str | None = None
    frequency: int | None = None
    frequency_max: int | None = None
    period: Decimal | None = None
    period_max: Decimal | None = None
    period_unit: str | None = None
    day_of_week: tuple[str, ...] = ()
    time_of_day: tuple[str, ...] = ()
    when: tuple[str, ...] = ()
    offset: int | None = None


@dataclass(frozen=True, slots=True)
class Timing:
    events: tuple[Moment, ...] = ()
    repeat: Repeat | None = None
    code: Concept | None = None


@dataclass(frozen=True, slots=True)
class DoseAndRate:
    kind: Concept | None = None  # ordered | calculated
    dose: Quantity | QuantityRange | None = None
    rate: Ratio | QuantityRange | Quantity | None = None


@dataclass(frozen=True, slots=True)
class Dosage:
    sequence: int | None = None
    text: str | None = None
    patient_instruction: str | None = None
    timing: Timing | None = None
    as_needed: bool = False
    route: Concept | None = None
    method: Concept | None = None
    dose_and_rate: tuple[DoseAndRate, ...] = ()
    max_per_period: tuple[Ratio, ...] = ()
    max_per_administration: Quantity | None = None


@dataclass(frozen=True, slots=True)
class Ingredient:
    concept: Concept | None
    strength: Ratio | None
    is_active: bool | None = None


@dataclass(frozen=True, slots=True)
class Medication:
    """What is taken, wherever the resource kept it (inline code, contained, referenced, in the bundle)."""

    concept: Concept | None
    form: Concept | None = None
    ingredients: tuple[Ingredient, ...] = ()


@dataclass(frozen=True, slots=True)
class MedicationUse:
    """One MedicationRequest, MedicationStatement, MedicationDispense or MedicationAdministration of any version.

    reference       Type/id, else fullUrl, else entry[n]
    medication      None where it could not be resolved ("medication not sent")
    effective       when it was taken, given or handed over; an order's own validity is in `supply`
    authored        authoredOn, dateAsserted or whenHandedOver/whenPrepared
    negative        a recorded negative: not-taken, not-done, notGiven, notDone, doNotPerform has its own flag
    links           basedOn, derivedFrom, partOf, request, authorizingPrescription, prescription, as references
    replaces        priorPrescription and STU3/R5 equivalents
    encounter       encounter or context reference
    draft           the resource came as a draft order of an order hook
    """

    reference: str
    source: Source
    status: str | None
    medication: Medication | None
    effective: Span | None = None
    timing_events: tuple[Moment, ...] = ()  # effectiveTiming / occurrenceTiming events
    authored: Moment | None = None
    intent: str | None = None
    categories: tuple[Concept, ...] = ()
    do_not_perform: bool = False
    negative: bool = False
    adherence: Concept | None = None  # R5 MedicationStatement
    status_changed: Moment | None = None
    dosages: tuple[Dosage, ...] = ()
    supply: Span | None = None  # dispenseRequest.validityPeriod
    quantity: Quantity | None = None
    days_supply: Quantity | None = None
    repeats_allowed: int | None = None
    links: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()
    encounter: str | None = None
    draft: bool = False
    aliases: tuple[str, ...] = ()  # other references under which links may name this resource


# ---------------------------------------------------------------------------------------------- the rest of the record


@dataclass(frozen=True, slots=True)
class Patient:
    id: str
    birth_date: Moment | None = None
    gender: str | None = None
    deceased: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    reference: str
    concept: Concept | None
    clinical_status: str | None = None
    verification_status: str | None = None
    categories: tuple[Concept, ...] = ()
    onset: Moment | None = None
    abatement: Moment | None = None
    recorded: Moment | None = None
    body_sites: tuple[Concept, ...] = ()


@dataclass(frozen=True, slots=True)
class Procedure:
    reference: str
    concept: Concept | None
    status: str | None = None
    categories: tuple[Concept, ...] = ()
    performed: Span | None = None


@dataclass(frozen=True, slots=True)
class Allergy:
    reference: str
    concept: Concept | None
    clinical_status: str | None = None
    verification_status: str | None = None
    recorded: Moment | None = None


@dataclass(frozen=True, slots=True)
class Encounter:
    reference: str
    status: str | None
    classes: tuple[Coding, ...] = ()
    period: Span | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Component:
    concept: Concept | None
    value: Quantity | Concept | str | int | bool | None = None


@dataclass(frozen=True, slots=True)
class Observation:
    reference: str
    status: str | None
    concept: Concept | None
    effective: Span | None = None  # start == end for an instant
    events: tuple[Moment, ...] = ()  # effectiveTiming
    value: Quantity | Concept | str | int | bool | None = None
    categories: tuple[Concept, ...] = ()
    components: tuple[Component, ...] = ()
    body_sites: tuple[Concept, ...] = ()
    method: Concept | None = None
    issued: Moment | None = None
    data_absent: bool = False
    members: tuple[str, ...] = ()
    derived_from: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unread:
    """A resource, or a part of one, that the FHIR models refused.

    reason       plain words, no value of the body except escaped and short field names
    reference    Type/id, else fullUrl, else entry[n]
    kind         resource type as written, None if even that is missing
    partial      True: read without the refused fields ("read without: ...")
    opens_high   an unread medication resource that may be an opioid
    dates        days on which that matters; None: not known, so every day
    concept      of an unread medication resource, where a code could still be read: it may show that it is no opioid
    """

    reference: str
    reason: str
    kind: str | None = None
    partial: bool = False
    opens_high: bool = False
    dates: tuple[date, date] | None = None
    concept: Concept | None = None


@dataclass(frozen=True, slots=True)
class PatientRecord:
    """Everything that was read for one patient; other patients' resources are only counted."""

    version: FhirVersion
    patient: Patient
    medications: tuple[MedicationUse, ...] = ()
    observations: tuple[Observation, ...] = ()
    conditions: tuple[Condition, ...] = ()
    procedures: tuple[Procedure, ...] = ()
    allergies: tuple[Allergy, ...] = ()
    encounters: tuple[Encounter, ...] = ()
    unread: tuple[Unread, ...] = ()
    foreign: int = 0


# ---------------------------------------------------------------------------------------------- dose


@dataclass(frozen=True, slots=True)
class Contributor:
    """One therapy's share of one day.

    arithmetic  "2 x 10 mg x 1.5 = 30 MME", for the pharmacist's view
    certainty   "coded", or "low: name only" and the like
    """

    reference: str
    source: Source
    drug: str
    route: str
    low: Decimal
    mid: Decimal
    high: Decimal
    arithmetic: str
    factor: str
    table: str
    certainty: str = "coded"
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DailyDose:
    """The safety dose of one local calendar day, in MME per day; None is "not known", not zero."""

    day: date
    low: Decimal | None
    mid: Decimal | None
    high: Decimal | None
    contributors: tuple[Contributor, ...] = ()


@dataclass(frozen=True, slots=True)
class Uncounted:
    """A recognised opioid without a number, or a home dose left out during a stay.

    code        stable word, one per reason
    opens_high  False for cough and cold products and for "home, not counted"
    first, last days concerned; None where not known
    """

    reference: str
    drug: str
    code: str
    reason: str
    opens_high: bool
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class DoseDay:
    """One day of the detector's series (mme.md 5.13): administered, else scheduled doses.

    low/mid/high  MME; None where the day is open or nothing could be counted
    prn_only      True where only as-needed orders cover the day: its scheduled dose (mid) is 0, high is what they permit
    drugs         (drug, route) -> native amount of the day in mg, for the within-drug series
    uncounted     drugs present on this day without a number (cough and cold excepted)
    """

    day: date
    low: Decimal | None
    mid: Decimal | None
    high: Decimal | None
    drugs: Mapping[tuple[str, str], Decimal] = field(default_factory=dict)
    uncounted: frozenset[str] = frozenset()
    prn_only: bool = False
    time_limited: bool = False  # the day's rise comes from a course with its own short bounds
    counted: Decimal | None = None  # what is counted of mid on an open day too; the detector reads it, save for low and high


@dataclass(frozen=True, slots=True)
class DoseEvent:
    """A dose given at a time, or spread evenly from start to end; for the acute mode.

    mme    MME of the whole event; None if it has no number
    long   the drug or form acts over its interval (ER, methadone, patch): spread it, it is no step
    """

    start: datetime
    end: datetime
    mme: Decimal | None
    drug: str
    route: str
    reference: str
    source: Source
    long: bool = False
    amount_mg: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Exposure:
    """A drug other than a counted opioid, for gates and co-interventions (ketamine, gabapentinoids, ...).

    drug_class  word of rules/codes/other_drugs.csv, such as "ketamine" or "gabapentinoid"
    """

    drug_class: str
    drug: str
    first: date
    last: date
    reference: str
    source: Source
    start: datetime | None = None


@dataclass(frozen=True, slots=True)
class ProposedDose:
    """What the draft orders of an order hook would do.

    before/after   scheduled MME per day (mid) without and with the drafts; None if not known
    before_high/after_high  with PRN
    raises         the drafts raise the opioid dose; None: cannot be told (missing dose)
    starts_opioid  an opioid that was not there before
    references     of the drafts that hold an opioid
    """

    before: Decimal | None
    after: Decimal | None
    before_high: Decimal | None
    after_high: Decimal | None
    raises: bool | None
    references: tuple[str, ...] = ()
    uncounted: tuple[Uncounted, ...] = ()


@dataclass(frozen=True, slots=True)
class DoseTimeline:
    """Everything that the dose engine says about one patient under one factor table."""

    table: str
    daily: tuple[DailyDose, ...] = ()
    series: tuple[DoseDay, ...] = ()
    events: tuple[DoseEvent, ...] = ()
    uncounted: tuple[Uncounted, ...] = ()
    exposures: tuple[Exposure, ...] = ()
    flags: tuple[str, ...] = ()  # implausible amounts, IV convention in use, ten-year orders: shown on page and card
    proposed: ProposedDose | None = None  # draft orders of an order hook
    recent_order: ProposedDose | None = None  # an opioid order of the last 72 h that raised the dose (patient-view)
    opioid_references: frozenset[str] = frozenset()


# ---------------------------------------------------------------------------------------------- pain


@dataclass(frozen=True, slots=True)
class PainScore:
    """One pain score on a 0-10 scale.

    at          local wall-clock time; a recall item is shifted to the middle of its recall period
    instrument  word of rules/codes/pain_scales.csv; instruments are never mixed within a step
    timed       False where only a date was written
    """

    at: datetime
    score: float
    instrument: str
    reference: str
    timed: bool = True
    body_site: str | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.score <= 10:
            raise ValueError(f"pain {self.score} is outside the 0-10 scale")

    @property
    def day(self) -> date:
        return self.at.date()


@dataclass(frozen=True, slots=True)
class FunctionScore:
    """PEG or BPI interference, 0-10, lower is better."""

    day: date
    score: float
    instrument: str
    reference: str


@dataclass(frozen=True, slots=True)
class PainSeries:
    """All scores of a patient by instrument; `primary` is the instrument the detector uses (most scores)."""

    primary: str | None
    scores: tuple[PainScore, ...] = ()  # every instrument, sorted by time
    function: tuple[FunctionScore, ...] = ()
    rejected: tuple[tuple[str, str], ...] = ()  # (reference, reason)

    def of(self, instrument: str | None) -> tuple[PainScore, ...]:
        return tuple(score for score in self.scores if score.instrument == instrument)


# ---------------------------------------------------------------------------------------------- trend


@dataclass(frozen=True, slots=True)
class Plateau:
    """A run of days at one dose. Days are inclusive; in acute mode start/end carry hours."""

    start: datetime
    end: datetime
    dose: float
    mean_pain: float | None
    scores: int


@dataclass(frozen=True, slots=True)
class Step:
    """A change from one plateau to the next.

    doublings  log2(dose after / dose before)
    rise       pain after minus before, raw; None where windows lack scores
    adjusted   the rise beyond the drift
    void       why the step does not count, None if it does
    """

    number: int
    at: datetime
    before: float
    after: float
    doublings: float
    pain_before: float | None
    pain_after: float | None
    scores_before: int
    scores_after: int
    rise: float | None
    adjusted: float | None
    void: str | None = None


@dataclass(frozen=True, slots=True)
class Level:
    """One level of the founding definition's run."""

    start: date
    end: date
    dose: float
    pain: float | None
    scores: int


@dataclass(frozen=True, slots=True)
class CoRise:
    """The founding definition: pain rising as the dose rises (contract.md). It claims nothing about the cause."""

    holds: bool
    levels: tuple[Level, ...] = ()
    increases: int = 0
    rise: float | None = None  # pain at the top minus pain at the first level
    percent: float | None = None


@dataclass(frozen=True, slots=True)
class Statistics:
    """contract.md's statistics; None where not computable, never 0."""

    beta: float | None = None
    z: float | None = None
    cumulative_rise: float | None = None
    share_rising: float | None = None
    up_steps: int | None = None
    down_steps: int | None = None
    drift_per_30d: float | None = None
    placebo_rise: float | None = None
    scores: int | None = None
    span_days: int | None = None


@dataclass(frozen=True, slots=True)
class Dechallenge:
    """One reduction and what followed it after the withdrawal window."""

    at: datetime
    before: float
    after: float
    change: float | None  # pain after minus before; negative is a fall
    clear: bool = False  # a fall of >= 2 points or 30 %
    void: str | None = None  # R17 and the like


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The estimate without one step."""

    step: int
    beta: float | None
    z: float | None
    holds: bool | None


@dataclass(frozen=True, slots=True)
class Trend:
    """What dose and pain say together, before any rule is asked.

    mode          "chronic" or "acute"
    ordering      "holds", "fails" or "not assessable"
    insufficient  what is missing for a grade; empty if nothing
    ceiling       share of pre-step scores at 9 or more, None if there is none
    robust        the pattern holds under low and under high doses too; None if not asked
    """

    mode: str
    statistics: Statistics
    co_rise: CoRise
    plateaus: tuple[Plateau, ...] = ()
    steps: tuple[Step, ...] = ()
    ordering: str = "not assessable"
    insufficient: tuple[str, ...] = ()
    ceiling: float | None = None
    first_pre_mean: float | None = None
    level_ratio: float | None = None  # last / first plateau dose
    pain_change: float | None = None  # last minus first level of pain
    highest_dose: float | None = None
    dechallenges: tuple[Dechallenge, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    robust: bool | None = None
    method: str = ""
    notes: tuple[str, ...] = ()


# ---------------------------------------------------------------------------------------------- rules and cards


@dataclass(frozen=True, slots=True)
class Limit:
    value: float
    unit: str
    meaning: str
    source: str
    reviewed: date


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that matched, with the fact that it saw.

    text        one plain sentence with the numbers of the fact; no patient's text
    told        the fixed words and dates that the sentence names beside the fact
    references  the records that the fact came from
    first       day of the earliest of them, where known
    """

    rule: str
    version: str
    text: str
    fact: Mapping[str, float | str | bool] = field(default_factory=dict)
    references: tuple[str, ...] = ()
    first: date | None = None
    told: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Grade:
    """What can be said about the cause, and the findings that led there (contract.md's precedence).

    name       one of the contract's grades
    supported  R12: coded hyperalgesia, allodynia or a new body site
    reasons    the findings that produced the grade, caps included, in the order in which they are told
    caps       the findings among them that held a higher grade down
    """

    name: str
    supported: bool
    reasons: tuple[Finding, ...] = ()
    caps: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Gate:
    """One safety gate of the ketamine evidence (clinical.md 4.1).

    effect      "suppress" | "caution" | "not assessable" | "replaces"
    text        "uncontrolled hypertension", in plain words
    references  the records that caused it; empty for "not assessable"
    """

    id: str
    effect: str
    text: str
    references: tuple[str, ...] = ()
    first: date | None = None


@dataclass(frozen=True, slots=True)
class Citation:
    """One record of rules/evidence."""

    id: str
    citation: str
    url: str
    label: str
    design: str
    n: str
    finding: str
    not_shown: str
    level: str


@dataclass(frozen=True, slots=True)
class CardLink:
    label: str
    url: str
    type: str = "absolute"
    app_context: str | None = None


@dataclass(frozen=True, slots=True)
class Action:
    type: str
    description: str
    resource: Mapping[str, object] | None = None
    resource_id: str | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    uuid: str
    label: str
    actions: tuple[Action, ...] = ()
    recommended: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """One CDS Hooks card; hooks/schemas.py turns it into JSON and checks it again.

    whole  the detail before anything was left out to keep to 120 words: the page prints it
    """

    uuid: str
    kind: str  # pattern | evidence | info | over-sedation
    rule: str  # the rule that raised it, for the store
    summary: str
    indicator: str
    detail: str
    source_label: str
    source_url: str
    topic: Coding
    links: tuple[CardLink, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    selection_behavior: str | None = None
    override_reasons: tuple[Coding, ...] = ()
    evidence: tuple[str, ...] = ()
    whole: str = ""


@dataclass(frozen=True, slots=True)
class Assessment:
    """Everything that one evaluation found; the page, the card, `assess` and `explain` are views of it."""

    case: Case
    record: PatientRecord
    dose: DoseTimeline
    pain: PainSeries
    trend: Trend
    findings: tuple[Finding, ...]
    grade: Grade
    gates: tuple[Gate, ...] = ()
    cards: tuple[Card, ...] = ()
