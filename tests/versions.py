"""An R4 request as a server of another FHIR version would send it: `twin(request, FhirVersion.R5)`.

A table per version and resource type says what becomes of a field; what a table does not name stays as it is. Where
the other version has no words for what R4 says (an STU3 order not to give a drug, a dose of two kinds), there is no
twin, and KeyError or ValueError says so. tests/test_fixtures_versions.py holds the twins to the models of
fhir.resources and to the answers of the R4 original.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from chart import Resource

from cds.case import FHIR_VERSION
from cds.clinical import FhirVersion

Field = Callable[[Any], Resource]
"""What one field becomes in the other version: a field of the same or another name, or several."""
Fields = dict[str, Field]

ADHERENCE = "http://hl7.org/fhir/CodeSystem/medication-statement-adherence"
_MOVED = re.compile(r"http://terminology\.hl7\.org/CodeSystem/(?:(v[23])-)?([\w-]+)")


def twin(request: Resource, version: FhirVersion) -> Resource:
    """The same patient, hook and evaluation date; only the resources are another version's."""
    context = request["context"]
    if "draftOrders" in context:
        context = context | {"draftOrders": _sent(context["draftOrders"], version)}
    return request | {
        "context": context,
        "extension": request["extension"] | {FHIR_VERSION: version.value},
        "prefetch": {key: _sent(value, version) for key, value in request["prefetch"].items()},
    }


def resource(r4: Resource, version: FhirVersion) -> Resource:
    """One resource, with those that it contains, in R5 or STU3."""
    made = _changed(r4, (_R5 if version is FhirVersion.R5 else _STU3).get(r4["resourceType"], {}))
    if "contained" in made:
        made["contained"] = [resource(each, version) for each in made["contained"]]
    if version is FhirVersion.R5:
        return made
    if made["resourceType"] == "AllergyIntolerance":
        made.setdefault("verificationStatus", "unconfirmed")  # required in STU3
    found: Resource = _older_systems(made)
    return found


def _sent(value: Resource | None, version: FhirVersion) -> Resource | None:
    """A prefetched resource or Bundle; None is a search that found nothing."""
    if value is None or value["resourceType"] != "Bundle":
        return value and resource(value, version)
    entries = [entry | {"resource": resource(entry["resource"], version)} for entry in value["entry"]]
    return value | {"entry": entries}


def _changed(value: Resource, fields: Fields) -> Resource:
    """Two fields that become one are lists, and both are kept."""
    made: Resource = {}
    for name, content in value.items():
        for new, part in fields[name](content).items() if name in fields else [(name, content)]:
            made[new] = made[new] + part if new in made else part
    return made


def _as(name: str, change: Callable[[Any], Any] = lambda value: value) -> Field:
    return lambda value: {name: change(value)}


def _word(name: str, words: Mapping[str, str]) -> Field:
    """A code whose list differs: the words that changed, the others as they are."""
    return lambda value: {name: words.get(value, value)}


def _each(fields: Fields) -> Callable[[list[Resource]], list[Resource]]:
    return lambda values: [_changed(value, fields) for value in values]


def _one(value: Any) -> list[Any]:
    return [value]


def _only(values: list[Any]) -> Any:
    if len(values) != 1:
        raise ValueError(f"{len(values)} in place of one has no STU3 twin")
    return values[0]


def _no(value: bool) -> Resource:
    """A modifier that the other version lacks may be left out only where it says nothing."""
    if value:
        raise ValueError("doNotPerform has no STU3 twin")
    return {}


# --------------------------------------------------------------------------------------------- R5

_TAKING = {
    "active": "taking",
    "completed": "stopped-as-directed",
    "stopped": "stopped",
    "on-hold": "on-hold",
    "not-taken": "not-taking",
    "unknown": "unknown",
}


def _recorded(status: str) -> Resource:
    """R5 says in `status` only that the statement stands, and the use in `adherence`."""
    if status == "entered-in-error":
        return {"status": status}
    code = {"coding": [{"system": ADHERENCE, "code": _TAKING[status]}]}
    return {"status": "recorded", "adherence": {"code": code}}


_R5_DRUG: Fields = {
    "medicationCodeableConcept": _as("medication", lambda concept: {"concept": concept}),
    "medicationReference": _as("medication", lambda reference: {"reference": reference}),
    "context": _as("encounter"),
}
_R5_DOSAGE: Fields = {
    "asNeededBoolean": _as("asNeeded"),
    "asNeededCodeableConcept": _as("asNeededFor", _one),
    "maxDosePerPeriod": _as("maxDosePerPeriod", _one),
}
_R5_INGREDIENT: Fields = {
    "itemCodeableConcept": _as("item", lambda concept: {"concept": concept}),
    "itemReference": _as("item", lambda reference: {"reference": reference}),
    "strength": _as("strengthRatio"),
}
_R5_ENCOUNTER = {"arrived": "in-progress", "triaged": "in-progress", "onleave": "on-hold", "finished": "completed"}
_R5: Mapping[str, Fields] = {
    "MedicationRequest": _R5_DRUG | {"dosageInstruction": _as("dosageInstruction", _each(_R5_DOSAGE))},
    "MedicationStatement": _R5_DRUG
    | {
        "status": _recorded,
        "category": _as("category", _one),
        "basedOn": _as("derivedFrom"),
        "dosage": _as("dosage", _each(_R5_DOSAGE)),
    },
    "MedicationDispense": _R5_DRUG
    | {"category": _as("category", _one), "dosageInstruction": _as("dosageInstruction", _each(_R5_DOSAGE))},
    # "occurence" is FHIR's own spelling.
    "MedicationAdministration": _R5_DRUG
    | {
        "category": _as("category", _one),
        "effectiveDateTime": _as("occurenceDateTime"),
        "effectivePeriod": _as("occurencePeriod"),
    },
    "Medication": {"form": _as("doseForm"), "ingredient": _as("ingredient", _each(_R5_INGREDIENT))},
    "Procedure": {
        "category": _as("category", _one),
        "performedDateTime": _as("occurrenceDateTime"),
        "performedPeriod": _as("occurrencePeriod"),
    },
    "Encounter": {
        "status": _word("status", _R5_ENCOUNTER),
        "class": _as("class", lambda coding: [{"coding": [coding]}]),
        "period": _as("actualPeriod"),
    },
}

# ------------------------------------------------------------------------------------------- STU3

_TAKEN = {
    "active": ("active", "y"),
    "completed": ("completed", "y"),
    "stopped": ("stopped", "y"),
    "on-hold": ("on-hold", "na"),
    "intended": ("intended", "na"),
    "not-taken": ("active", "n"),
    "unknown": ("active", "unk"),
    "entered-in-error": ("entered-in-error", "na"),
}
_INTENTS = {"original-order": "order", "reflex-order": "order", "filler-order": "order"}


def _taken(status: str) -> Resource:
    standing, taken = _TAKEN[status]
    return {"status": standing, "taken": taken}


def _dispensed(status: str) -> Resource:
    """STU3 lacks a word for "unknown", and there the status is optional."""
    if status == "unknown":
        return {}
    return {"status": "stopped", "notDone": True} if status in ("cancelled", "declined") else {"status": status}


def _given(status: str) -> Resource:
    return {"status": "completed", "notGiven": True} if status == "not-done" else {"status": status}


def _performed(status: str) -> Resource:
    if status == "not-done":
        return {"status": "aborted", "notDone": True}
    return {"status": {"stopped": "aborted", "on-hold": "suspended"}.get(status, status)}


def _dose_itself(doses: list[Resource]) -> Resource:
    """Dose and rate stand in the Dosage; their type, ordered or calculated, came with R4."""
    dose: Resource = _only(doses)
    return {name: value for name, value in dose.items() if name != "type"}


def _code(concept: Resource) -> Any:
    return next(coding["code"] for coding in concept["coding"] if "code" in coding)


def _related(kind: str) -> Field:
    return lambda references: {"related": [{"type": kind, "target": each} for each in references]}


def _older_systems(value: Any) -> Any:
    """HL7's own code systems under the URLs that they had in STU3."""
    if isinstance(value, list):
        return [_older_systems(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {key: _older_system(each) if key == "system" else _older_systems(each) for key, each in value.items()}


def _older_system(url: str) -> str:
    moved = _MOVED.fullmatch(url)
    return "/".join(["http://hl7.org/fhir", *filter(None, moved.groups())]) if moved else url


_STU3_DOSAGE: Fields = {"doseAndRate": _dose_itself}
_STU3_VALUE: Fields = {"valueInteger": _as("valueQuantity", lambda number: {"value": number})}
_STU3_STATED: Fields = {
    "verificationStatus": _as("verificationStatus", _code),
    "clinicalStatus": _as("clinicalStatus", _code),
    "recordedDate": _as("assertedDate"),
}
_STU3: Mapping[str, Fields] = {
    "MedicationRequest": {
        "intent": _word("intent", _INTENTS),
        "category": _as("category", _only),
        "doNotPerform": _no,
        "encounter": _as("context"),
        "dosageInstruction": _as("dosageInstruction", _each(_STU3_DOSAGE)),
    },
    "MedicationStatement": {"status": _taken, "dosage": _as("dosage", _each(_STU3_DOSAGE))},
    "MedicationDispense": {
        "status": _dispensed,
        "dosageInstruction": _as("dosageInstruction", _each(_STU3_DOSAGE)),
    },
    "MedicationAdministration": {"status": _given, "request": _as("prescription")},
    "Medication": {"ingredient": _as("ingredient", _each({"strength": _as("amount")}))},
    "Observation": _STU3_VALUE
    | {
        "component": _as("component", _each(_STU3_VALUE)),
        "hasMember": _related("has-member"),
        "derivedFrom": _related("derived-from"),
        "encounter": _as("context"),
        "effectiveInstant": _as("effectiveDateTime"),
    },
    "Condition": _STU3_STATED | {"encounter": _as("context")},
    "AllergyIntolerance": _STU3_STATED,
    "Procedure": {"status": _performed, "encounter": _as("context")},
}
