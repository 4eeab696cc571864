"""Fields that no decision uses: a resource that is refused only for them is read without them.

The lists name what may go, so that a forgotten field makes a resource unread, never a decision wrong. `DECIDING` is the
other side: the elements that some decision reads in some FHIR version. An unknown field of that name is no vendor's
addition but an element in the wrong version or place ("notGiven" in R4, a dose beside doseAndRate), and stays refused.
So does any unknown field inside a dose, an amount or a time: what is taken for a vendor's addition there may be the
frequency, misspelt, and without it the dose is another one. Not so in a Coding or a Reference: one that lacks its code
is nothing that anybody knows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cds.fhir.negatives import needs_no_dosage

Step = str | int


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_EVERYWHERE = "id meta language text extension identifier note comment fhir_comments"

_ORDER = """
    requester performer performerType recorder informationSource device reasonCode reasonReference reason insurance
    substitution detectedIssue eventHistory supportingInformation instantiatesCanonical instantiatesUri
    groupIdentifier courseOfTherapyType priority statusReason reportedBoolean reportedReference reported definition
    dispenseRequest.initialFill dispenseRequest.dispenseInterval dispenseRequest.performer dispenseRequest.dispenser
    dispenseRequest.dispenserInstruction dispenseRequest.doseAdministrationAid"""
_STATEMENT = """
    informationSource reasonCode reasonReference reason statusReason reasonNotTaken relatedClinicalInformation"""
_DISPENSE = """
    performer location type receiver destination substitution detectedIssue eventHistory supportingInformation
    statusReasonCodeableConcept statusReasonReference notPerformedReason notDoneReasonCodeableConcept
    notDoneReasonReference recorded"""
_ADMINISTRATION = """
    performer reasonCode reasonReference reason reasonNotGiven device eventHistory statusReason supportingInformation
    instantiates definition subPotentReason dosage.site recorded"""

_SPARE = {
    "Patient": """
        name telecom address maritalStatus multipleBirthBoolean multipleBirthInteger photo contact communication
        generalPractitioner managingOrganization link active animal""",
    "MedicationRequest": _ORDER,
    "MedicationStatement": _STATEMENT,
    "MedicationDispense": _DISPENSE,
    "MedicationAdministration": _ADMINISTRATION,
    "Medication": """
        manufacturer marketingAuthorizationHolder amount totalVolume batch package image isBrand isOverTheCounter
        definition""",
    "Observation": """
        performer interpretation referenceRange specimen device partOf basedOn encounter context instantiatesCanonical
        instantiatesReference triggeredBy bodyStructure component.interpretation component.referenceRange""",
    "Condition": """
        recorder asserter evidence stage severity participant encounter context""",
    "Procedure": """
        performer location reasonCode reasonReference reason outcome report complication complicationDetail followUp
        focalDevice usedReference usedCode used recorder asserter instantiatesCanonical instantiatesUri basedOn partOf
        encounter context statusReason notDoneReason definition recorded reportedBoolean reportedReference
        supportingInfo bodySite""",
    "AllergyIntolerance": """
        type category criticality reaction recorder asserter lastOccurrence onsetDateTime onsetAge onsetPeriod
        onsetRange onsetString encounter participant""",
    "Encounter": """
        statusHistory classHistory type serviceType priority episodeOfCare basedOn participant appointment length
        reasonCode reasonReference reason diagnosis account hospitalization admission location serviceProvider partOf
        subjectStatus virtualService plannedStartDate plannedEndDate dietPreference specialArrangement specialCourtesy
        incomingReferral careTeam""",
}
_DOSAGE = "additionalInstruction site maxDosePerLifetime"

SPARE: dict[str, frozenset[str]] = {
    kind: frozenset([*_EVERYWHERE.split(), *fields.split()])
    | {f"{dosage}.{name}" for dosage in ("dosageInstruction", "dosage") for name in _DOSAGE.split()}
    for kind, fields in _SPARE.items()
}
KINDS = frozenset(_SPARE)

DECIDING = _names(
    """
    abatement abatementboolean abatementdatetime abatementperiod abatementage abatementrange abatementstring
    actualperiod adherence amount asneeded asneededboolean asneededcodeableconcept asneededfor asserteddate
    authoredon authorizingprescription basedon birthdate bodysite boundsduration boundsperiod boundsrange
    category class clinicalstatus code coding comparator component concept context count countmax
    dataabsentreason dateasserted dayofweek dayssupply deceasedboolean deceaseddatetime denominator derivedfrom
    dispenserequest display donotperform dosage dosageinstruction dose doseandrate doseform dosequantity
    doserange dosesimplequantity duration durationmax durationunit effective effectivedatetime
    effectivedoseperiod effectiveinstant effectiveperiod effectivetiming encounter end event
    expectedsupplyduration focus form frequency frequencymax gender hasmember high implicitrules ingredient
    intent isactive issued item itemcodeableconcept itemreference low maxdoseperadministration maxdoseperperiod
    medication medicationcodeableconcept medicationreference method modifierextension notdone notgiven
    numberofrepeatsallowed numerator occurencedatetime occurenceperiod occurencetiming occurrencedatetime
    occurrenceperiod occurrencetiming occurrencestring offset onset onsetdatetime onsetperiod partof patient
    patientinstruction performeddatetime performedperiod performed period periodmax periodunit prescription
    priorprescription quantity rate ratequantity raterange rateratio recordeddate reference related
    rendereddosageinstruction repeat request resourcetype route sequence start status statuschanged strength
    strengthcodeableconcept strengthquantity strengthratio subject system taken target text timeofday timing
    unit validityperiod value valueboolean valuecodeableconcept valueinteger valuequantity valuestring
    verificationstatus when whenhandedover whenprepared
    """
)

# The beginnings of root elements that hold doses, amounts, times or what turns them into none.
_EXACT = (
    *("dosage", "dispenserequest", "medication", "ingredient", "quantity", "dayssupply", "adherence"),
    *("value", "component", "effective", "occur", "performed", "onset", "abatement", "period", "actualperiod", "class"),
)

# Of a Reference only what it points to is read, of a Coding not the version.
_REFERENCES = _names(
    """
    subject patient encounter context medicationReference basedOn partOf derivedFrom request prescription
    authorizingPrescription priorPrescription hasMember focus target itemReference reference
    """
)

# Without one of these the resource says something that nobody wrote: once a day, once only, that it was done; a code of
# no system is none that anything is known of, and a finding about nobody else is the patient's own.
_SAY_BY_ABSENCE = frozenset(
    [
        *(("repeat", name) for name in ("frequency", "period", "periodUnit", "count")),
        *((name,) for name in ("doNotPerform", "notGiven", "notDone")),
        ("coding", "system"),
        ("focus", "reference"),
    ]
)
# A measurement says nothing without any of these, and nobody would hear of it.
_ONE_OF = {
    "value": ("value", "component", "hasMember", "related", "dataAbsentReason"),
    "effective": ("effective", "issued"),
}

# A field that is read only where none of the others is there.
_BESIDE = {
    ("Observation", "issued"): ("effectiveDateTime", "effectivePeriod", "effectiveInstant", "effectiveTiming"),
}

# An empty text in one of these says nothing, so nothing is lost with it. A wrong one stays refused: it may be a name.
_DESCRIPTIVE = frozenset(("display", "text", "unit", "patientInstruction"))


def spare_part(
    kind: str, raw: Mapping[str, object], loc: Sequence[Step], *, unknown: bool, value: object
) -> tuple[Step, ...] | None:
    """The part of a resource that may be left out so that the refused place goes; None where a decision needs it.

    raw      the resource itself
    loc      keys and indices from the resource to the refused place
    unknown  the models know no such field there
    value    what stands there

    An extension, and the "_field" beside a primitive one, hold nothing that is read. modifierExtension and implicitRules are never left out.
    What was not taken or not given is 0 whatever its dosage. Beside the code of an encounter's class, a text of it adds nothing.
    """
    if loc[:1] == ("dosage",) and needs_no_dosage(kind, raw):
        return ("dosage",)
    names: list[str] = []
    for end, step in enumerate(loc, start=1):
        if isinstance(step, int):
            continue
        names.append(step)
        if step.casefold() in ("modifierextension", "implicitrules"):
            return None
        above = names[-2] if len(names) > 1 else None
        if (
            ".".join(names) in SPARE.get(kind, ())
            or step.startswith("_")
            or step in ("extension", "userSelected", "fhir_comments")
            or (above is not None and step in ("id", "identifier"))
            or (above in _REFERENCES and step in ("display", "type"))
            or (above == "coding" and step == "version")
            or any(raw.get(other) for other in _BESIDE.get((kind, step), ()))
        ):
            return tuple(loc[:end])
    if not names:
        return None
    if unknown:
        if kind == "Encounter" and names == ["class", "text"] and _has_code(raw.get("class")):
            return tuple(loc)
        exact = len(names) > 1 and names[0].casefold().startswith(_EXACT)
        inside = exact and above != "coding" and above not in _REFERENCES
        return None if inside or names[-1].casefold() in DECIDING else tuple(loc)
    empty = value is None or (isinstance(value, str) and not value.strip())
    return tuple(loc) if empty and names[-1] in _DESCRIPTIVE else None


def says_by_absence(raw: Mapping[str, object], loc: Sequence[Step]) -> bool:
    """Whether null is no mere way of writing that a field is not there: without it the resource would say another thing.

    raw  the resource itself
    loc  keys and indices from the resource to the null
    """
    names = [step for step in loc if isinstance(step, str)]
    if tuple(names[-2:]) in _SAY_BY_ABSENCE or tuple(names) in _SAY_BY_ABSENCE:
        return True
    choice = next((prefix for prefix in _ONE_OF if len(loc) == 1 and names[0].startswith(prefix)), None)
    return choice is not None and not any(
        name.startswith(_ONE_OF[choice]) and value not in (None, [], {}) for name, value in raw.items()
    )


def _has_code(coding: object) -> bool:
    return isinstance(coding, Mapping) and bool(coding.get("code"))


def without(value: object, parts: Sequence[Sequence[Step]]) -> object:
    """A copy of a JSON value that lacks the given parts; what they do not touch is shared with the original."""
    if not parts:
        return value
    inner: dict[Step, list[Sequence[Step]]] = {}
    for first, *rest in parts:
        inner.setdefault(first, []).append(rest)
    gone = {step for step, rests in inner.items() if any(not rest for rest in rests)}
    if isinstance(value, dict):
        return {name: without(item, inner.get(name, ())) for name, item in value.items() if name not in gone}
    if isinstance(value, list):
        return [without(item, inner.get(index, ())) for index, item in enumerate(value) if index not in gone]
    return value
