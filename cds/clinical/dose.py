"""Doses: the safety dose of a day, the detector's series, and what has no number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType

from msgspec import Struct

from cds.clinical.medications import Source
from cds.clinical.record import Unread


class Contributor(Struct, frozen=True):
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


class DailyDose(Struct, frozen=True):
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


class DoseDay(Struct, frozen=True):
    """Days in a row of the detector's series that are alike (mme.md 5.13): administered, else scheduled doses.

    day, until    the first of them and the last; until is None for one day. All else is told of each day.
    low/mid/high  MME; None where the day is open or nothing could be counted
    prn_only      True where only as-needed orders cover the day: its scheduled dose (mid) is 0, high is what they permit
    drugs         (drug, route) -> native amount of the day in mg, for the within-drug series
    uncounted     drugs present on this day without a number (cough and cold excepted)
    time_limited  the day's rise comes from a course with its own short bounds
    counted       what is counted of mid on an open day too; the detector reads it, save for low and high
    """

    day: date
    low: Decimal | None
    mid: Decimal | None
    high: Decimal | None
    drugs: Mapping[tuple[str, str], Decimal] = MappingProxyType({})
    uncounted: frozenset[str] = frozenset()
    prn_only: bool = False
    time_limited: bool = False
    counted: Decimal | None = None
    until: date | None = None

    @property
    def last(self) -> date:
        return self.until or self.day


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
    references     of the drafts that hold an opioid
    implausible    what of the drafts' own amounts is hard to believe
    """

    before: Decimal | None
    after: Decimal | None
    before_high: Decimal | None
    after_high: Decimal | None
    raises: bool | None
    references: tuple[str, ...] = ()
    uncounted: tuple[Uncounted, ...] = ()
    implausible: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Doubt:
    """What is hard to believe of a counted or an ordered amount.

    last  last day on which it is counted; None for a draft, which is counted on none
    """

    text: str
    last: date | None = None


@dataclass(frozen=True, slots=True)
class DoseTimeline:
    """Everything that the dose engine says about one patient under one factor table.

    unread  what could not be read and may hold an opioid, drafts too; opens_high False: cough and cold products
    """

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
    unread: tuple[Unread, ...] = ()
    implausible: tuple[Doubt, ...] = ()
