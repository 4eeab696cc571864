"""A Dosage becomes lines: one dose, how often, within which bounds. Structured fields win over the text."""

from __future__ import annotations

import re
from decimal import Decimal

from msgspec.structs import replace

from cds.clinical import Dosage, Quantity, QuantityRange
from cds.dose import amount, beside, limits, sig, timing
from cds.dose.amount import Dose
from cds.dose.drug import Opioid, words
from cds.dose.line import Line
from cds.dose.parts import at_most, fit, in_tablets, is_limit, quantities, strengthened
from cds.dose.route import neuraxial, route_of, route_of_text
from cds.dose.schedule import Schedule
from cds.dose.units import hours, unit_of
from cds.dose.values import HOURS, NOTE, ZERO, NotCounted, Range, Weigh, plain, spread
from cds.knowledge.drugs import Drugs

PCA_ORDER = NotCounted("pca-order", "a PCA order: only what was delivered can be counted")
_PCA = re.compile(r"\bpca\b|patient[ -]controlled", re.IGNORECASE)
_SWALLOWED = ("tablet", "capsule")


def lines(
    dosage: Dosage,
    opioid: Opioid,
    drugs: Drugs,
    weigh: Weigh,
    read: sig.Reading = sig.read,
    delivered: bool = False,
) -> list[Line]:
    """The lines of one Dosage; a line that could not be read says so in `gap`.

    read       of its text; may remember what it has read
    delivered  the dosage of an administration: what a pump gave is a fact, what a PCA order permits is not
    """
    text = text_of(dosage)
    parts = in_tablets(read(_without_name(text, opioid, drugs)), opioid) if text else None
    base = _base(dosage, opioid, parts, text, drugs)
    if not delivered and is_pca(text):
        return [replace(base, gap=PCA_ORDER)]
    if base.route == "parenteral" and neuraxial(text):
        gap = NotCounted("route-not-clear", "the route and the text of the dosage contradict each other")
        return [replace(base, gap=gap)]
    if dosage.sequence is None and beside.follows(text):
        gap = NotCounted("sig-not-read", "the dosage follows another one, and nothing says when")
        return [replace(base, gap=gap)]
    if opioid.form in _SWALLOWED and base.route in ("parenteral", "neuraxial"):
        gap = NotCounted("route-not-clear", f"a {opioid.form} is not injected: product and route contradict each other")
        return [replace(base, gap=gap)]
    try:
        schedule = timing.read(dosage.timing)
        doses = _doses(dosage, opioid, base.route, drugs, weigh)
    except NotCounted as gap:
        return [replace(base, gap=gap)]
    if doses is None:
        return _from_text(base, schedule, parts, text, dosage, opioid, drugs)
    return [_structured(base, doses, schedule, parts, text, dosage, opioid, drugs)]


def is_pca(text: str | None) -> bool:
    """Whether a text speaks of a pump that the patient works."""
    return text is not None and _PCA.search(text) is not None


def text_of(dosage: Dosage) -> str | None:
    return dosage.text or dosage.patient_instruction


def _without_name(text: str, opioid: Opioid, drugs: Drugs) -> str:
    """ "Oxycodone 10 mg PO BID" without the drug that it begins with."""
    lower = text.strip().lower()
    match = drugs.name_pattern.match(lower)
    if match is None or drugs.names[match.group(0)].opioid != opioid.name:
        return text
    return lower[match.end() :].lstrip(" :,")


def _base(dosage: Dosage, opioid: Opioid, parts: tuple[sig.Part, ...] | None, text: str | None, drugs: Drugs) -> Line:
    repeat = dosage.timing.repeat if dosage.timing else None
    said = {part.route for part in parts or () if part.route}
    route = route_of(dosage.route, drugs)
    flags: tuple[str, ...] = ()
    if route is None and len(said) == 1:
        told = route_of_text(said.pop())
        # "Apply 1 patch topically" says nothing else than "on the skin".
        route = opioid.route if opioid.patch and told == "topical" else told
    if route is None and not drugs.local_anaesthetics.isdisjoint(opioid.partners):
        route = route_of_text(text) or "neuraxial"
    if route is None and opioid.route in (None, "parenteral") and (neuraxial(text) or neuraxial(words(dosage.method))):
        route = "neuraxial"
    if route is None:
        route = opioid.route or route_of_text(text)
    if route is None and opioid.name not in drugs.never_swallowed and _in_tablets(dosage, opioid, parts):
        route, flags = "oral", (f"{NOTE}no route is written: tablets and capsules are read as oral",)
    if route is None and opioid.name in drugs.oral_if_unstated:
        route, flags = "oral", (f"{NOTE}no route is written: read as oral",)
    length = hours(repeat.bounds_duration) if repeat else None
    duration = None
    if repeat and repeat.duration is not None:
        longest = repeat.duration_max if repeat.duration_max is not None else repeat.duration
        duration = hours(Quantity(longest, code=repeat.duration_unit))
    return Line(
        route=route,
        prn=dosage.as_needed,
        phase=dosage.sequence or 0,
        start=repeat.bounds_start if repeat else None,
        end=repeat.bounds_end if repeat else None,
        days=None if length is None else length / HOURS,
        count=repeat.count if repeat else None,
        count_max=repeat.count_max if repeat else None,
        duration=duration,
        flags=flags,
    )


def _in_tablets(dosage: Dosage, opioid: Opioid, parts: tuple[sig.Part, ...] | None) -> bool:
    """Whether the dose is counted in tablets or capsules, or the name says extended release and a strength."""
    if opioid.form in _SWALLOWED or (opioid.release == "ER" and opioid.per == "unit"):
        return True
    doses = [each.dose for each in dosage.dose_and_rate]
    written = [each.unit or each.code or "" for each in doses if isinstance(each, Quantity)]
    words = [unit_of(text) for text in (*written, *(part.unit for part in parts or ()))]
    return any(found is not None and found.word in _SWALLOWED for found in words)


def _doses(dosage: Dosage, opioid: Opioid, route: str | None, drugs: Drugs, weigh: Weigh) -> Dose | None:
    """The structured dose, None where there is none. Several typed entries must agree, or they make a range."""
    found: list[Dose] = []
    problem: NotCounted | None = None
    rates: list[Dose] = []
    for each in dosage.dose_and_rate:
        try:
            if each.dose is not None:
                found.append(_checked(each.dose, opioid, route, drugs, weigh, dosage.max_per_administration))
            elif each.rate is not None:
                rates.append(amount.of_rate(each.rate, opioid, weigh))
        except NotCounted as gap:
            problem = gap
    if not found:
        found = rates
    if not found:
        if problem is not None:
            raise problem
        return None
    first = found[0]
    if all(dose.mg == first.mg and dose.rate == first.rate for dose in found):
        return first
    if len({dose.rate for dose in found}) > 1:
        raise NotCounted("dose-contradiction", "the dose is written as an amount and as a rate that differ")
    mg = Range(min(dose.mg.low for dose in found), max(dose.mg.high for dose in found))
    return Dose(mg, first.rate, f"{spread(mg)} mg", ("several doses are written for one instruction",))


def _checked(
    dose: Quantity | QuantityRange, opioid: Opioid, route: str | None, drugs: Drugs, weigh: Weigh, most: Quantity | None
) -> Dose:
    found = amount.of_dose(dose, opioid, route, drugs, weigh)
    if most is None:
        return found
    limit = amount.of_dose(most, opioid, route, drugs, weigh)
    if limit.rate != found.rate or limit.mg.high >= found.mg.high:
        return found
    return replace(found, mg=found.mg.at_most(limit.mg.high), text=f"{found.text}, at most {limit.text}")


def _structured(
    base: Line,
    dose: Dose,
    schedule: Schedule | None,
    parts: tuple[sig.Part, ...] | None,
    text: str | None,
    dosage: Dosage,
    opioid: Opioid,
    drugs: Drugs,
) -> Line:
    said = parts[0] if parts and len(parts) == 1 else None
    only_text_prn, unread = beside.unread(text if parts is None else None)
    flags = (*base.flags, *unread)
    if schedule is None or (schedule.per_day is None and not schedule.once and not schedule.events):
        if said is not None:
            schedule = said.schedule
        elif text and parts is None:
            schedule = sig.frequency(text)
    if parts and beside.contradict(dose, schedule, parts, opioid, drugs):
        flags = (*flags, beside.DIFFER)
    prn = (
        base.prn or only_text_prn or (schedule is not None and schedule.prn) or (said is not None and said.schedule.prn)
    )
    most, cap_flags = limits.structured(dosage, dose, opioid, drugs)
    # Of doses side by side nobody knows which one a text limits; what it permits, it permits of them all together.
    limit = parts[-1] if parts and parts[0].phase == parts[-1].phase else None
    told: Decimal | None = None
    try:
        told = limits.told(limit, opioid, None, drugs)
    except NotCounted:
        cap_flags = (*cap_flags, "a maximum in the text could not be read")
    days = base.days
    if days is None and said is not None:
        days = said.schedule.days
    line = replace(
        base,
        dose=dose,
        schedule=schedule,
        prn=prn,
        cap=limits.least(most, told if said is not None else None),
        days=days,
        flags=(*flags, *dose.flags, *(schedule.flags if schedule else ()), *cap_flags),
    )
    return limits.reaching([line], limit, told)[0]


def _from_text(
    base: Line,
    schedule: Schedule | None,
    parts: tuple[sig.Part, ...] | None,
    text: str | None,
    dosage: Dosage,
    opioid: Opioid,
    drugs: Drugs,
) -> list[Line]:
    if parts and len(parts) == 1 and is_limit(parts[0]) and (schedule is None or schedule.per_day is not None):
        return _spoken(base, (at_most(parts[0]),), None, dosage, opioid, drugs)
    if not parts or any(part.low is None for part in parts):
        if opioid.patch and opioid.mg is not None and (not text if parts is None else len(parts) == 1):
            assumed = Dose(
                Range.exact(opioid.mg),
                True,
                f"1 x {plain(opioid.mg * 1000)} mcg/h",
                (f"{NOTE}no dose is written: one patch",),
            )
            spoken = parts[0].schedule if parts else None
            flags = (*base.flags, *assumed.flags)
            return [replace(base, dose=assumed, schedule=schedule or spoken, flags=flags)]
        said = "the text of the dosage could not be read" if text else "no dose is written"
        said = beside.TOO_LONG if text and len(text) > sig.LONGEST else said
        return [replace(base, gap=NotCounted("sig-not-read" if text else "no-dose", said))]
    if schedule is not None and len(parts) > 1:
        return [replace(base, gap=NotCounted("sig-not-read", "several doses in the text beside one timing"))]
    phases = [tuple(part for part in parts if part.phase == phase) for phase in range(parts[-1].phase + 1)]
    return [line for phase in phases for line in _spoken(base, phase, schedule, dosage, opioid, drugs)]


def _spoken(
    base: Line,
    parts: tuple[sig.Part, ...],
    schedule: Schedule | None,
    dosage: Dosage,
    opioid: Opioid,
    drugs: Drugs,
) -> list[Line]:
    """The lines of what a sig says to take side by side."""
    found = [_line(base, part, schedule, dosage, opioid, drugs) for part in parts]
    if any(line.gap is not None for line in found):
        return found
    caps = {line.cap for line in found}
    try:
        # A limit at the end is one of all doses together; any other is of its own dose.
        for at, part in enumerate(parts[:-1]):
            told = limits.told(part, opioid, base.route, drugs)
            own = replace(found[at], cap=limits.least(found[at].cap, told))
            found[at : at + 1] = limits.reaching([own], part, told)
        told = limits.told(parts[-1], opioid, base.route, drugs)
        limit = limits.least(told, caps.pop() if len(caps) == 1 else None)
        found = found if limit is None else limits.within(found, limit)
    except NotCounted as gap:
        return [replace(line, gap=gap) for line in found]
    return limits.reaching(found, parts[-1], told)


def _line(base: Line, part: sig.Part, schedule: Schedule | None, dosage: Dosage, opioid: Opioid, drugs: Drugs) -> Line:
    """A line from one part of a sig."""
    product = strengthened(part, opioid)
    flags = (*base.flags, f"{NOTE}dose read from the text")
    try:
        fit(part, opioid)
        dose = amount.of_dose(quantities(part.low or ZERO, part.high or ZERO, part.unit), product, base.route, drugs)
    except NotCounted as gap:
        return replace(base, gap=gap, phase=base.phase + part.phase)
    most, cap_flags = limits.structured(dosage, dose, product, drugs)
    chosen = schedule if schedule is not None else part.schedule
    if beside.often_differs(schedule, part):
        flags = (*flags, beside.DIFFER)
    return replace(
        base,
        dose=dose,
        schedule=chosen,
        prn=base.prn or part.schedule.prn or chosen.prn,
        cap=most,
        phase=base.phase + part.phase,
        days=base.days if base.days is not None else part.schedule.days,
        flags=(*flags, *dose.flags, *chosen.flags, *cap_flags),
    )
