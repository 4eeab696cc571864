"""What a card lets a clinician do with one click: withdraw the draft, ask for help, measure, offer naloxone.

Never a ketamine resource, never a dose, never recommended ahead of the others: each is a draft for a clinician to
complete, in the client's own FHIR version.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from uuid import UUID, uuid5

from cds.cards.assembly import card_uuid
from cds.cards.situation import Occasion, Situation, has, no_taper
from cds.cards.words import Words, number
from cds.clinical import Action, Assessment, FhirVersion, Suggestion

_REFERENCE = re.compile(r"[A-Z][A-Za-z]{2,40}/[A-Za-z0-9.-]{1,64}")
_PEG = {"system": "http://loinc.org", "code": "91148-7"}  # PEG panel; verified in the AHRQ value sets
_NALOXONE = {"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "7242", "display": "naloxone"}


def for_pattern(found: Assessment, situation: Situation, words: Words) -> tuple[Suggestion, ...]:
    """On a pattern card; in cancer, sickle cell or palliative care the draft is left to the clinician."""
    rule = "R11" if found.grade.name == "strong-pattern" else "R10"
    return (
        *(() if no_taper(found) else withdrawal(found, situation, words, "pattern", rule)),
        _peg(found, words, "pattern", rule),
        _referral(found, words, "pattern", rule),
        *_naloxone(found, situation, words, "pattern", rule),
    )


def for_info(found: Assessment, situation: Situation, words: Words, rule: str) -> tuple[Suggestion, ...]:
    """On the info card of a co-rise or a raise without relief: what the card asks to collect."""
    offers = _naloxone(found, situation, words, "info", rule) if situation.increase else ()
    return (_peg(found, words, "info", rule), *offers)


def withdrawal(found: Assessment, situation: Situation, words: Words, kind: str, rule: str) -> tuple[Suggestion, ...]:
    """Delete the drafts that raise the dose; nothing where a draft has no id, or where no order hook asked."""
    order = situation.proposed
    if not situation.ordered or order is None or situation.occasion is not Occasion.RAISE:
        return ()
    if not order.references or not all(_REFERENCE.fullmatch(reference) for reference in order.references):
        return ()
    actions = tuple(
        Action("delete", words.say("suggestions.withdraw_action", reference=reference), resource_id=reference)
        for reference in order.references
    )
    # The present dose is nothing to keep in a patient who is hard to rouse.
    label = words.say("suggestions.withdraw_only" if kind == "over-sedation" else "suggestions.withdraw")
    return (_suggestion(found, label, "withdraw", actions, kind, rule),)


def _referral(found: Assessment, words: Words, kind: str, rule: str) -> Suggestion:
    text = words.say("suggestions.referral_text")
    resource = _request(found, "ReferralRequest", {"text": text}, coded_as="type")
    action = Action("create", words.say("suggestions.referral_action"), resource)
    return _suggestion(found, words.say("suggestions.referral"), "referral", (action,), kind, rule)


def _peg(found: Assessment, words: Words, kind: str, rule: str) -> Suggestion:
    concept: dict[str, object] = {"coding": [_PEG], "text": words.say("suggestions.peg_text")}
    action = Action(
        "create", words.say("suggestions.peg_action"), _request(found, "ProcedureRequest", concept, coded_as="code")
    )
    return _suggestion(found, words.say("suggestions.peg"), "peg", (action,), kind, rule)


def _naloxone(found: Assessment, situation: Situation, words: Words, kind: str, rule: str) -> tuple[Suggestion, ...]:
    """Where CDC 2022 names it, and none is on record; not where CDC 2022 does not apply, nor during a stay."""
    if (
        no_taper(found)
        or found.trend.mode == "acute"
        or any(use.drug_class == "naloxone" or use.drug == "naloxone" for use in found.dose.exposures)
    ):
        return ()
    reasons = list(_naloxone_reasons(found, situation, words))
    if not reasons:
        return ()
    concept = {"coding": [_NALOXONE], "text": words.say("suggestions.naloxone_text")}
    resource: dict[str, object] = {
        "resourceType": "MedicationRequest",
        "status": "draft",
        "intent": "proposal",
        **(
            {"medication": {"concept": concept}}
            if found.case.version is FhirVersion.R5
            else {"medicationCodeableConcept": concept}
        ),
        "subject": _subject(found),
    }
    label = words.claim("naloxone-offer", reasons=", ".join(reasons))
    action = Action("create", words.say("suggestions.naloxone_action"), resource)
    return (_suggestion(found, label, "naloxone", (action,), kind, rule),)


def _naloxone_reasons(found: Assessment, situation: Situation, words: Words) -> Iterable[str]:
    least = words.catalogue.limits["naloxone_mme"].value
    today = next((day for day in found.dose.daily if day.day == found.case.as_of.day), None)
    doses = [today.mid if today else None, situation.proposed.after if situation.proposed else None]
    if any(dose is not None and float(dose) >= least for dose in doses):
        yield words.say("suggestions.naloxone_dose", limit=number(least))
    since = found.case.as_of.day.toordinal() - words.catalogue.limits["recent_days"].value
    if any(use.drug_class == "benzodiazepine" and use.last.toordinal() >= since for use in found.dose.exposures):
        yield words.say("suggestions.naloxone_benzodiazepine")
    if has(found, "M-opioid-use-disorder", "G-substance-use"):
        yield words.say("suggestions.naloxone_use_disorder")
    if has(found, "G-sleep-apnoea"):
        yield words.say("suggestions.naloxone_apnoea")


def _request(found: Assessment, stu3: str, concept: dict[str, object], *, coded_as: str) -> dict[str, object]:
    """A draft request: ServiceRequest from R4 on; STU3 spells referrals and other services differently."""
    version = found.case.version
    old = version is FhirVersion.STU3
    encounter = found.case.encounter_id
    return {
        "resourceType": stu3 if old else "ServiceRequest",
        "status": "draft",
        "intent": "proposal",
        (coded_as if old else "code"): {"concept": concept} if version is FhirVersion.R5 else concept,
        "subject": _subject(found),
        **({"context" if old else "encounter": {"reference": f"Encounter/{encounter}"}} if encounter else {}),
    }


def _subject(found: Assessment) -> dict[str, str]:
    return {"reference": f"Patient/{found.record.patient.id}"}


def _suggestion(
    found: Assessment, label: str, name: str, actions: tuple[Action, ...], kind: str, rule: str
) -> Suggestion:
    return Suggestion(str(uuid5(UUID(card_uuid(found, kind, rule)), name)), label, actions)
