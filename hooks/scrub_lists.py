"""What may survive a scrub: element names that a decision reads, FHIR's code words, public code systems, units."""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PREFETCH_KEYS = _words(
    "patient encounters medicationRequests medicationStatements medicationDispenses medicationAdministrations pain"
    " vitals labs conditions allergies procedures"
)
TYPES = _words(
    "AllergyIntolerance Basic Bundle Condition Encounter Group Medication MedicationAdministration"
    " MedicationDispense MedicationRequest MedicationStatement Observation OperationOutcome Patient Practitioner"
    " PractitionerRole Procedure RelatedPerson ServiceRequest"
)
ELEMENTS = _words(
    # the request and its Bundles
    "hook hookInstance context userId patientId encounterId draftOrders selections resourceType type entry resource fullUrl"
    " total link relation search mode issue severity details"
    # codes, quantities, references, times
    " coding system code text reference value unit comparator numerator denominator low high start end"
    " id contained status category subject patient encounter request basedOn derivedFrom partOf replaces"
    # medication
    " intent doNotPerform notGiven notDone taken reported statusReason statusChanged adherence medication concept"
    " medicationCodeableConcept medicationReference authoredOn dateAsserted whenHandedOver whenPrepared priorPrescription"
    " authorizingPrescription prescription dispenseRequest validityPeriod expectedSupplyDuration numberOfRepeatsAllowed"
    " quantity daysSupply dosage dosageInstruction sequence patientInstruction timing repeat event boundsPeriod"
    " boundsDuration boundsRange count countMax duration durationMax durationUnit frequency frequencyMax period periodMax"
    " periodUnit dayOfWeek timeOfDay when offset asNeededBoolean asNeededCodeableConcept asNeeded asNeededFor route method"
    " doseAndRate dose doseQuantity doseRange rateRatio rateQuantity rateRange maxDosePerPeriod maxDosePerAdministration"
    " ingredient itemCodeableConcept itemReference item strength strengthRatio strengthQuantity amount isActive form doseForm"
    # observations
    " effectiveDateTime effectivePeriod effectiveInstant effectiveTiming occurenceDateTime occurencePeriod issued"
    " valueQuantity valueInteger valueCodeableConcept valueString valueBoolean component bodySite dataAbsentReason hasMember"
    # conditions, procedures, allergies, encounters, the patient
    " clinicalStatus verificationStatus onsetDateTime onsetPeriod abatementDateTime abatementPeriod recordedDate assertedDate"
    " performedDateTime performedPeriod occurrenceDateTime occurrencePeriod criticality reaction substance class actualPeriod"
    " gender birthDate deceasedBoolean deceasedDateTime"
)
WORDS = TYPES | _words(
    "patient-view order-select order-sign collection searchset batch transaction match include outcome next self R4"
    " R4B R5 STU3 active on-hold cancelled completed entered-in-error intended stopped not-taken unknown draft ended"
    " not-done in-progress recorded taking not-taking y n unk na preparation declined preliminary final amended"
    " corrected registered planned finished arrived triaged onleave discharged discontinued proposal plan order"
    " original-order reflex-order filler-order instance-order option directive inpatient outpatient community"
    " discharge inactive remission resolved recurrence relapse confirmed unconfirmed provisional differential"
    " refuted problem-list-item encounter-diagnosis health-concern survey vital-signs laboratory exam social-history"
    " activity therapy procedure imaging IMP ACUTE NONAC AMB EMER HH VR SS OBSENC PRENC male female other s min h d"
    " wk mo a mon tue wed thu fri sat sun HS WAKE C CM CD CV AC ACM ACD ACV PC PCM PCD PCV MORN MORN.early MORN.late"
    " NOON AFT AFT.early AFT.late EVE EVE.early EVE.late NIGHT PHS BID TID QID AM PM QD QOD Q1H Q2H Q3H Q4H Q6H Q8H"
    " BED WK MO ordered calculated low high unable-to-assess fatal error warning information 4101 4119 < <= >= > ad"
)
_WORD = re.compile("|".join(sorted(map(re.escape, WORDS), key=len, reverse=True)))
_HL7 = "http://terminology.hl7.org/CodeSystem/"
# Public code systems, and how a code of theirs looks; of HL7's own only the words above.
CODE_SHAPES = {
    "http://www.nlm.nih.gov/research/umls/rxnorm": re.compile(r"\d{1,7}", re.ASCII),
    "http://loinc.org": re.compile(r"\d{1,5}-\d", re.ASCII),
    "http://snomed.info/sct": re.compile(r"\d{6,18}", re.ASCII),
    "http://hl7.org/fhir/sid/icd-10-cm": re.compile(r"[A-Z]\d[0-9A-Z](\.[0-9A-Z]{1,4})?", re.ASCII),
    "http://hl7.org/fhir/sid/icd-10": re.compile(r"[A-Z]\d\d(\.\d{1,2})?", re.ASCII),
    "http://hl7.org/fhir/sid/ndc": re.compile(r"\d{4,5}-\d{3,4}-\d{1,2}|\d{10,11}", re.ASCII),
    **{
        f"{_HL7}{name}": _WORD
        for name in (
            "condition-clinical",
            "condition-ver-status",
            "condition-category",
            "observation-category",
            "medicationrequest-category",
            "medicationrequest-status-reason",
            "allergyintolerance-clinical",
            "allergyintolerance-verification",
            "dose-rate-type",
            "v3-ActCode",
            "v3-GTSAbbreviation",
            "v3-TimingEvent",
            "data-absent-reason",
        )
    },
    "http://hl7.org/fhir/CodeSystem/medication-statement-adherence": re.compile(
        r"(taking|on-hold|stopped)(-(not-)?as-directed)?|not-taking|unknown", re.ASCII
    ),
}
UCUM = "http://unitsofmeasure.org"  # its codes only where they are units below
UNITS = _words(
    "1 % g mg ug mcg ng ml l meq h hr hour hours d day days wk week weeks mo month min kg kg/m2 mg/h ug/h mcg/h"
    " mg/hr mcg/hr ug/kg/min mcg/kg/min mg/kg/h mg/ml ug/ml mg/l mg/dl umol/l /min {breaths}/min breaths/min"
    " beats/min mm[hg] mmhg cel [degf] u/l {score} score {tablet} {tablets} tablet tablets tab tbl {tbl} {capsule}"
    " capsule capsules cap {patch} patch patches {actuat} actuat {spray} spray {film} film lozenge {dose} dose each"
    " ea [arb'u] unit units vial syringe"
)
# Instruments that no code system names; they are recognised by their text.
PHRASES = frozenset({"clinical opiate withdrawal scale (cows)", "clinical opiate withdrawal scale", "cows"})
