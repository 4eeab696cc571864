"""Drugs other than counted opioids that gates and co-interventions ask for: ketamine, gabapentinoids, steroids, ..."""

from __future__ import annotations

from datetime import datetime

from cds.clinical import AsOf, Exposure, Medication, MedicationUse, Precision
from cds.dose.course import after, interval
from cds.dose.drug import Identity
from cds.dose.status import Standing, standing
from cds.dose.values import NotCounted
from cds.knowledge.drugs import Drugs, OtherDrug

_PARTNERS = ("opioid-antagonist", "non-opioid-analgesic", "local-anaesthetic")
_RXNORM = ("nlm.nih.gov/research/umls/rxnorm", "2.16.840.1.113883.6.88")


def drugs_of(medication: Medication | None, drugs: Drugs) -> tuple[OtherDrug, ...]:
    """The drugs of rules/codes/other_drugs.csv that the medication holds, by code or by name."""
    if medication is None:
        return ()
    concepts = [medication.concept, *(ingredient.concept for ingredient in medication.ingredients)]
    found: dict[str, OtherDrug] = {}
    for concept in concepts:
        if concept is None:
            continue
        for coding in concept.codings:
            system = (coding.system or "").lower().rstrip("/")
            if any(system.endswith(known) for known in _RXNORM) and (coding.code or "") in drugs.others:
                other = drugs.others[coding.code or ""]
                found[other.name] = other
        texts = [concept.text, *(coding.display for coding in concept.codings)]
        for match in drugs.other_pattern.findall(" ; ".join(text for text in texts if text).lower()):
            other = drugs.other_names[match]
            found[other.name] = other
    return tuple(found[name] for name in sorted(found))


def exposures(
    use: MedicationUse, others: tuple[OtherDrug, ...], identity: Identity, as_of: AsOf
) -> tuple[Exposure, ...]:
    """The days on which the resource says that such a drug was taken; nothing for drafts and negatives."""
    if others and identity.opioids:
        # The naloxone of a combination is no rescue naloxone, its acetaminophen no analgesic of its own.
        others = tuple(other for other in others if other.drug_class not in _PARTNERS)
    if not others or use.draft:
        return ()
    try:
        how = standing(use)
    except NotCounted:
        return ()
    if how not in (Standing.CURRENT, Standing.PAST):
        return ()
    start, end, last = interval(use, how)
    moments = use.timing_events or ((start,) if start is not None else ())
    moments = tuple(moment for moment in moments if not after(moment, as_of))
    if not moments:
        return ()
    first = min(moments, key=lambda moment: moment.start)
    if use.timing_events:
        last = max(moment.last_day for moment in moments)
    elif last is None:
        last = as_of.day if how is Standing.CURRENT else end.last_day if end else first.last_day
    at: datetime | None = first.start if first.precision is Precision.TIME else None
    final = max(first.day, min(last, as_of.day))
    return tuple(
        Exposure(other.drug_class, other.name, first.day, final, use.reference, use.source, at) for other in others
    )
