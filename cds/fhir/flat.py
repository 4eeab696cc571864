"""The neutral values of resources that have the common flat shape (cds/fhir/plain.py), read field by field from it.

It says what cds/fhir/r4.py says of the same resource (tests/test_fhir_plain.py compares them over mutated resources); a
code that is on no list, or a period that ends before it begins, is left to that file, which finds the words.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo
from decimal import Decimal

from msgspec import UNSET, UnsetType

from cds import clinical
from cds.clinical import MedicationUse, Moment, Observation, Source, Span
from cds.fhir import plain, r4
from cds.fhir.about import telling, tells
from cds.fhir.dates import common
from cds.fhir.quantities import turned
from cds.fhir.records import OBSERVATION
from cds.fhir.references import Links, Sent
from cds.fhir.systems import canonical_system
from cds.fhir.timing import UNITS

Value = MedicationUse | Observation
_NO_SUPPLY = plain.Supply()


class Flat:
    """The flat resources of one reading.

    links  references of the patient's resources
    zone   timestamps are converted to it; None keeps the offset that was written
    """

    def __init__(self, links: Links, zone: tzinfo | None) -> None:
        self._links = links
        self._zone = zone

    def read(self, shape: plain.Shape, sent: Sent) -> Value | None:
        """None where a field cannot be used after all."""
        try:
            match shape:
                case plain.Observation():
                    return self._observation(shape, sent)
                case plain.MedicationRequest():
                    return self._request(shape, sent)
                case plain.MedicationStatement():
                    return self._statement(shape, sent)
                case plain.MedicationDispense():
                    return self._dispense(shape, sent)
                case plain.MedicationAdministration():
                    return self._administration(shape, sent)
        except (LookupError, ValueError):
            return None

    def _observation(self, shape: plain.Observation, sent: Sent) -> Observation:
        code = _concept(shape.code)
        if not tells(code):
            raise ValueError("no code")
        return Observation(
            reference=sent.reference,
            status=OBSERVATION[shape.status.casefold()],
            concept=code,
            effective=self.at(shape.effectiveDateTime),
            value=_quantity(shape.valueQuantity)
            or _concept(shape.valueCodeableConcept)
            or (None if shape.valueInteger is UNSET else shape.valueInteger),
            categories=_concepts(shape.category),
            issued=self.moment(shape.issued),
            aliases=sent.names,
        )

    def _request(self, shape: plain.MedicationRequest, sent: Sent) -> MedicationUse:
        supply = shape.dispenseRequest or _NO_SUPPLY
        return MedicationUse(
            reference=sent.reference,
            source=Source.ORDERED,
            status=r4.REQUEST[shape.status.casefold()],
            medication=_drug(shape.medicationCodeableConcept),
            authored=self.moment(shape.authoredOn),
            intent=r4.INTENT[shape.intent.casefold()],
            categories=_concepts(shape.category),
            dosages=self._dosages(shape.dosageInstruction),
            supply=self._period(supply.validityPeriod),
            quantity=_quantity(supply.quantity),
            days_supply=_quantity(supply.expectedSupplyDuration),
            repeats_allowed=None if supply.numberOfRepeatsAllowed is UNSET else supply.numberOfRepeatsAllowed,
            encounter=next(iter(self._targets([shape.encounter])), None),
            draft=sent.draft,
            aliases=sent.names,
        )

    def _statement(self, shape: plain.MedicationStatement, sent: Sent) -> MedicationUse:
        status = r4.STATEMENT[shape.status.casefold()]
        return MedicationUse(
            reference=sent.reference,
            source=Source.STATED,
            status=status,
            medication=_drug(shape.medicationCodeableConcept),
            effective=self.at(shape.effectiveDateTime) or self._period(shape.effectivePeriod),
            authored=self.moment(shape.dateAsserted),
            negative=status == "not-taken",
            dosages=self._dosages(shape.dosage),
            aliases=sent.names,
        )

    def _dispense(self, shape: plain.MedicationDispense, sent: Sent) -> MedicationUse:
        handed = self.at(shape.whenHandedOver)
        return MedicationUse(
            reference=sent.reference,
            source=Source.DISPENSED,
            status=r4.DISPENSE[shape.status.casefold()],
            medication=_drug(shape.medicationCodeableConcept),
            effective=handed,
            authored=handed.start if handed else None,
            dosages=self._dosages(shape.dosageInstruction),
            quantity=_quantity(shape.quantity),
            days_supply=_quantity(shape.daysSupply),
            links=self._targets(shape.authorizingPrescription or ()),
            aliases=sent.names,
        )

    def _administration(self, shape: plain.MedicationAdministration, sent: Sent) -> MedicationUse:
        status = r4.ADMINISTRATION[shape.status.casefold()]
        return MedicationUse(
            reference=sent.reference,
            source=Source.ADMINISTERED,
            status=status,
            medication=_drug(shape.medicationCodeableConcept),
            effective=self.at(shape.effectiveDateTime),
            negative=status == "not-done",
            dosages=_given(shape.dosage),
            links=self._targets([shape.request]),
            aliases=sent.names,
        )

    def _dosages(self, dosages: list[plain.Dosage] | UnsetType) -> tuple[clinical.Dosage, ...]:
        return tuple(
            clinical.Dosage(
                sequence=None if each.sequence is UNSET else each.sequence,
                text=each.text or None,
                timing=self._timing(each.timing),
                as_needed=each.asNeededBoolean is True,
                route=_concept(each.route),
                dose_and_rate=tuple(
                    clinical.DoseAndRate(kind=_concept(one.type), dose=_quantity(one.doseQuantity))
                    for one in each.doseAndRate or ()
                ),
            )
            for each in dosages or ()
        )

    def _timing(self, timing: plain.Timing | UnsetType) -> clinical.Timing | None:
        if not timing:
            return None
        repeat = timing.repeat
        if not repeat:
            return clinical.Timing((), None, _concept(timing.code))
        bounds = self._period(repeat.boundsPeriod)
        found = clinical.Repeat(
            bounds_start=bounds.start if bounds else None,
            bounds_end=bounds.end if bounds else None,
            frequency=repeat.frequency or None,
            period=None if repeat.period is UNSET else number(repeat.period),
            period_unit=UNITS[repeat.periodUnit.casefold()] if repeat.periodUnit else None,
        )
        return clinical.Timing((), found, _concept(timing.code))

    def _period(self, period: plain.Period | UnsetType) -> Span | None:
        if not period:
            return None
        start, end = self.moment(period.start), self.moment(period.end)
        if start and end and turned(start, end):
            raise ValueError("ends before it begins")
        return Span(start, end)

    def at(self, text: str | UnsetType) -> Span | None:
        if text is UNSET:
            return None
        at = self._moment(text)
        return Span(at, at)

    def moment(self, text: str | UnsetType) -> Moment | None:
        """Raises ValueError for a time of another than the common form."""
        return None if text is UNSET else self._moment(text)

    def _moment(self, text: str) -> Moment:
        found = common(text, self._zone)
        if found is None:
            raise ValueError("not in the common form")
        return found

    def _targets(self, references: Iterable[plain.Reference | UnsetType]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._links.to(each.reference) for each in references if each and each.reference))


def number(value: float) -> Decimal:
    """The number as its JSON text had it."""
    return Decimal(repr(value))


def _given(dosage: plain.Given | UnsetType) -> tuple[clinical.Dosage, ...]:
    if not dosage:
        return ()
    dose = _quantity(dosage.dose)
    doses = (clinical.DoseAndRate(dose=dose),) if dose else ()
    return (clinical.Dosage(text=dosage.text or None, route=_concept(dosage.route), dose_and_rate=doses),)


def _quantity(found: plain.Quantity | UnsetType) -> clinical.Quantity | None:
    if not found:
        return None
    return clinical.Quantity(number(found.value), found.unit or None, _system(found.system), found.code or None)


def _drug(code: plain.Concept) -> clinical.Medication | None:
    return telling(clinical.Medication(_concept(code)))


def _concepts(concepts: list[plain.Concept] | UnsetType) -> tuple[clinical.Concept, ...]:
    return tuple(found for each in concepts or () if (found := _concept(each)))


def _concept(concept: plain.Concept | UnsetType) -> clinical.Concept | None:
    if not concept:
        return None
    codings = (
        clinical.Coding(_system(one.system), one.code or None, one.display or None) for one in concept.coding or ()
    )
    return clinical.Concept(tuple(codings), concept.text or None)


def _system(text: str | UnsetType) -> str | None:
    return canonical_system(text) if text else None
