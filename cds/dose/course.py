"""Orders, statements and dispenses become courses: one opioid of one resource, over days."""

from __future__ import annotations

from datetime import MINYEAR, date, datetime
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from cds.clinical import AsOf, Dosage, MedicationUse, Moment, Quantity, Source
from cds.dose import amount, beside, dosage, sig
from cds.dose.amount import Dose
from cds.dose.days import last_of
from cds.dose.drug import Opioid, words
from cds.dose.line import Line, daily, wear_hours
from cds.dose.links import Node
from cds.dose.schedule import Schedule
from cds.dose.status import Standing
from cds.dose.units import hours
from cds.dose.values import HOURS, NOTE, NotCounted, Piece, Range, Weigh, plain
from cds.knowledge.drugs import Drugs

_FROM_SUPPLY = f"{NOTE}dose from quantity and days of supply"


class Doubt(Struct, frozen=True):
    """Whether what has no end goes on after later ones that may have replaced it.

    since    they began: it does not count
    covered  the last day of the last of them, where they follow one another: from then on nobody knows
    settled  so long that it may go on after all
    """

    since: date
    covered: date
    settled: date


class Plan(Struct, frozen=True):
    """A course before it is known when a later order replaces it.

    first, last   days of the resource itself; last None: it runs on
    past          it has ended, though no end may be written
    stop_moment   a written end with its time of day, None for dates
    route         route of its lines; lines by several routes make several plans
    zero          a recorded "not taken"
    slots         times of day that its lines name
    doubt         a later one that has ended may have been meant to replace it
    """

    use: MedicationUse
    opioid: Opioid
    route: str | None
    lines: tuple[Line, ...]
    first: date
    last: date | None
    past: bool
    therapy: Node | None
    inpatient: bool = False
    zero: bool = False
    flags: tuple[str, ...] = ()
    stopped: bool = False
    began: datetime | None = None
    ceased: datetime | None = None
    slots: frozenset[str] = frozenset()
    doubt: Doubt | None = None

    @property
    def rank(self) -> tuple[date, datetime]:
        """Later ones replace earlier ones."""
        authored = self.use.authored
        return self.first, authored.start if authored else datetime(MINYEAR, 1, 1)

    @property
    def signature(self) -> tuple[object, ...]:
        """Drug, form and strength: unlinked resources that share it are one therapy."""
        drug = self.opioid
        return (drug.name, self.route, drug.form, drug.release, drug.mg, drug.per, drug.partners)

    @property
    def patch(self) -> bool:
        """Worn on the skin, whether the product or only the route says so."""
        return self.opioid.patch or self.route == "transdermal"

    @property
    def as_needed(self) -> bool:
        return bool(self.lines) and all(line.prn for line in self.lines)

    @property
    def from_supply(self) -> bool:
        """Whether its dose is what was handed over, spread over the days that it was meant to last."""
        return any(_FROM_SUPPLY in line.flags for line in self.lines)

    @property
    def loose(self) -> bool:
        return self.opioid.mg is None


class Course(Struct, frozen=True):
    """A plan laid out over days, up to the evaluation date.

    until  last day that it was meant for, beyond the evaluation date too; None for administrations
    """

    plan: Plan
    pieces: tuple[Piece, ...]
    until: date | None = None


def after(moment: Moment, as_of: AsOf) -> bool:
    """Whether a moment lies after the evaluation date: nothing after it is known."""
    if moment.utc is not None and as_of.offset is not None:
        limit, at = as_of.at - as_of.offset, moment.utc
    else:
        limit, at = as_of.at, moment.start
    return at >= limit if len(as_of.text) <= 10 else at > limit


def interval(use: MedicationUse, standing: Standing) -> tuple[Moment | None, Moment | None, date | None]:
    """First moment, written end, and the last day that written ends and supplies leave; None where not written.

    A dateTime is a span whose start and end are one and the same Moment; a Period of one day has two.
    """
    span = use.effective
    start = span.start if span else None
    end = span.end if span else None
    if use.source is Source.ORDERED:
        start = start or (use.supply.start if use.supply else None) or use.authored
        ends = [moment for moment in (end, use.supply.end if use.supply else None) if moment is not None]
        end = min(ends, key=lambda moment: moment.end) if ends else None
    elif start is not None and start is end and use.source is Source.STATED and standing is Standing.CURRENT:
        end = None  # "active" as told on that day: it goes on
    elif start is not None and start is end and use.source is Source.DISPENSED:
        end = None  # handed over then; the supply says how long it lasts
    start = start or use.authored
    if use.source is Source.STATED and standing is Standing.NOT_TAKEN and span is None:
        end = use.authored
    last = None if end is None else end.last_day
    days = _supply_days(use)
    if days is not None and start is not None:
        by_supply = last_of(start.day, days)
        last = by_supply if last is None else min(last, by_supply)
    if standing is Standing.PAST and use.status_changed is not None and use.source is Source.ORDERED:
        changed = use.status_changed.last_day
        last = changed if last is None else min(last, changed)
    return start, end, last


def _supply_days(use: MedicationUse) -> Decimal | None:
    if use.days_supply is None or use.days_supply.value is None or use.days_supply.value <= 0:
        return None
    length = hours(use.days_supply)
    days = use.days_supply.value if length is None else length / HOURS
    if use.source is Source.ORDERED and use.repeats_allowed:
        days *= 1 + use.repeats_allowed
    return days


def supplied(use: MedicationUse, opioid: Opioid, drugs: Drugs) -> Line | None:
    """quantity / days of supply as a line of one dose a day, None where one of them is missing or cannot be read."""
    if use.quantity is None or use.days_supply is None:
        return None
    length = hours(use.days_supply)
    value = use.days_supply.value
    if value is None or value <= 0:
        return None
    days = value if length is None else length / HOURS
    quantity = use.quantity
    if not (quantity.unit or quantity.code) and opioid.per in ("unit", "h"):
        quantity = Quantity(
            quantity.value, "unit", comparator=quantity.comparator
        )  # what is handed over is counted, not weighed
    try:
        total = amount.of_dose(quantity, opioid, opioid.route, drugs)
    except NotCounted:
        return None
    if total.rate and not opioid.patch:
        return None
    if total.rate and opioid.mg:
        patches = total.mg.high / opioid.mg
        share = min(Decimal(1), patches * wear_hours(opioid, drugs) / (days * HOURS))
        dose = Dose(Range.exact(opioid.mg * share), True, f"{plain(patches)} patches in {plain(days)} days")
    else:
        dose = Dose(total.mg.scaled(1 / days), False, f"{total.text} / {plain(days)} days")
    schedule = None if dose.rate else Schedule(per_day=Range.exact(Decimal(1)))
    route = opioid.route or ("oral" if opioid.name in drugs.oral_if_unstated else None)
    return Line(route=route, dose=dose, schedule=schedule, flags=(_FROM_SUPPLY,))


def read_lines(use: MedicationUse, opioid: Opioid, drugs: Drugs, weigh: Weigh, read: sig.Reading) -> tuple[Line, ...]:
    """Every line of the resource; a supply stands in where no sig could be read.

    More dosages than anybody writes, or more text in them, are not read one by one: each dosage is held against the
    others, and each word against every pattern.
    """
    most = int(drugs.limits["most_dosages"])
    if len(use.dosages) > most:
        said = f"more than {most} dosages in one resource"
        return (Line(route=opioid.route, gap=NotCounted("too-many-dosages", said)),)
    most = int(drugs.limits["most_sig_characters"])
    texts = (dosage.text_of(each) or "" for each in use.dosages)
    if sum(len(text) for text in texts if len(text) <= sig.LONGEST) > most:
        said = f"more than {most} characters of text in the dosages of one resource"
        return (Line(route=opioid.route, gap=NotCounted("too-much-text", said)),)
    delivered = use.source is Source.ADMINISTERED
    if not delivered and use.medication is not None and dosage.is_pca(words(use.medication.concept)):
        return (Line(route=opioid.route, gap=dosage.PCA_ORDER),)
    found = [line for each in use.dosages for line in dosage.lines(each, opioid, drugs, weigh, read, delivered)]
    from_supply = supplied(use, opioid, drugs) if use.source is not Source.ADMINISTERED else None
    if from_supply is not None and not any(_has_number(line, opioid, drugs) for line in found):
        route = found[0].route if found else from_supply.route
        return (replace(from_supply, route=route, prn=any(_as_needed(each) for each in use.dosages)),)
    if not found:
        return tuple(dosage.lines(Dosage(), opioid, drugs, weigh))
    return tuple(found)


def _as_needed(said: Dosage) -> bool:
    """Whether the sig says so, though it could not be read otherwise."""
    return said.as_needed or beside.as_needed(dosage.text_of(said))


def _has_number(line: Line, opioid: Opioid, drugs: Drugs) -> bool:
    if line.once or (line.schedule is not None and line.schedule.events):
        return line.dose is not None
    try:
        daily(line, opioid, drugs)
    except NotCounted:
        return False
    return True
