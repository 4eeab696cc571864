"""Prefetch templates: what a client may send with the request, and what we read from its FHIR server when it does not.

Legal in CDS Hooks 2.0: an instance, or a type search with token parameters, `_sort` and `_count`. `_sort` names a
search parameter of the resource, and only some resources have one called `date`, so each is sorted by the date that
its own kind of record is about; a server must refuse a `_sort` that it does not know.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from cds.clinical import FhirVersion
from cds.knowledge import Knowledge
from hooks.settings import Settings

PAGE = 200
MEDICATION_KEYS = ("medicationRequests", "medicationStatements", "medicationDispenses", "medicationAdministrations")
LEAN_KEYS = ("patient", "encounters", "medicationRequests")
# The keys, in the order in which they are asked for, with the resource type of each.
KINDS = {
    "patient": "Patient",
    "encounters": "Encounter",
    "medicationRequests": "MedicationRequest",
    "medicationStatements": "MedicationStatement",
    "medicationDispenses": "MedicationDispense",
    "medicationAdministrations": "MedicationAdministration",
    "pain": "Observation",
    "vitals": "Observation",
    "labs": "Observation",
    "conditions": "Condition",
    "allergies": "AllergyIntolerance",
    "procedures": "Procedure",
}
# Of rules/codes/conditions.csv: the groups that are measured rather than diagnosed.
_VITALS = frozenset({"systolic", "diastolic", "respiration", "saturation", "temperature"})
_LABS = frozenset({"creatinine", "alt", "ast", "alp", "bilirubin", "pregnancy-status"})
# A blood pressure is sent as this panel; a search for its parts does not find it.
_LOINC = "http://loinc.org"
_PANELS = ((_LOINC, "85354-9"),)
_SORT = {
    "Encounter": "date",
    "MedicationRequest": "authoredon",
    "MedicationStatement": "effective",
    "MedicationDispense": "whenhandedover",
    "MedicationAdministration": "effective-time",
    "Observation": "date",
    "Condition": "recorded-date",
    "AllergyIntolerance": "date",
    "Procedure": "date",
}
_SORT_ELSEWHERE = {
    (FhirVersion.R5, "MedicationAdministration"): "date",
    (FhirVersion.STU3, "Condition"): "asserted-date",
}
_TOKEN = re.compile(r"\{\{(.*?)\}\}")
_SAFE = ":/.-_~|,{}"
_USERS = frozenset({"userPractitionerId", "userPractitionerRoleId", "userPatientId", "userRelatedPersonId"})
_PLAIN = re.compile(r"(?:patient|code)=[^&?#\s]+|_sort=-?[a-z-]+|_count=[0-9]+")
_INCLUDE = re.compile(r"_include=Medication[A-Za-z]+:medication")


@dataclass(frozen=True, slots=True)
class Template:
    """One declared key.

    kind        resource type that is asked for
    parameters  of the search; None for the read of one instance
    """

    key: str
    kind: str
    parameters: tuple[tuple[str, str], ...] | None = None

    @property
    def text(self) -> str:
        """As it stands in discovery."""
        if self.parameters is None:
            return f"{self.kind}/{{{{context.patientId}}}}"
        return f"{self.kind}?" + "&".join(f"{name}={quote(value, safe=_SAFE)}" for name, value in self.parameters)

    def query(self, patient_id: str) -> tuple[tuple[str, str], ...]:
        """The search's parameters for one patient, not yet encoded."""
        return tuple(
            (name, value.replace("{{context.patientId}}", patient_id)) for name, value in self.parameters or ()
        )


def all_templates(
    knowledge: Knowledge, settings: Settings, version: FhirVersion = FhirVersion.R4
) -> Mapping[str, Template]:
    """Every key that an evaluation may use, whatever the profile."""
    measured = {
        group: [(system, trigger.code) for trigger in knowledge.conditions.triggers
                if trigger.group in group and trigger.match == "code"
                for system in [_uri(knowledge, trigger.system)] if system]
        for group in (_VITALS, _LABS)
    }  # fmt: skip
    codes = {
        "pain": [(row.system, row.code) for row in knowledge.scales.rows],
        "vitals": [*_PANELS, *measured[_VITALS], *((_LOINC, code) for code in sorted(knowledge.drugs.weight_codes))],
        "labs": measured[_LABS],
    }
    return {
        key: Template(
            key, kind, None if key == "patient" else _parameters(key, kind, codes.get(key), settings, version)
        )
        for key, kind in KINDS.items()
    }


def declared(templates: Mapping[str, Template], settings: Settings) -> Mapping[str, Template]:
    """The templates that discovery shows under the configured profile."""
    return templates if settings.prefetch == "default" else {key: templates[key] for key in LEAN_KEYS}


def lint(template: Template, tokens: Iterable[str], *, include: bool = False) -> None:
    """Raises ValueError for a template that a CDS Hooks 2.0 client need not resolve.

    tokens   context fields that the hook offers
    include  the operator asked for `_include`, which the recommended subset lacks
    """
    text = template.text
    allowed = {f"context.{field}" for field in tokens} | _USERS
    for token in _TOKEN.findall(text):
        if token not in allowed:
            raise ValueError(f"prefetch '{template.key}': the hook offers no token '{token}'")
    rest = _TOKEN.sub("id", text)
    if "{" in rest or "}" in rest:
        raise ValueError(f"prefetch '{template.key}': a token is not closed")
    kind, _, query = rest.partition("?")
    if not re.fullmatch(r"[A-Z][A-Za-z]+(/id)?", kind):
        raise ValueError(f"prefetch '{template.key}': neither the read of an instance nor the search of a type")
    for part in query.split("&") if query else ():
        if not (_PLAIN.fullmatch(part) or (include and _INCLUDE.fullmatch(part))):
            raise ValueError(f"prefetch '{template.key}': '{part}' is outside the subset that clients support")


def _parameters(
    key: str, kind: str, codes: list[tuple[str, str]] | None, settings: Settings, version: FhirVersion
) -> tuple[tuple[str, str], ...]:
    found = [("patient", "{{context.patientId}}")]
    if codes is not None:
        found.append(
            ("code", ",".join(dict.fromkeys(f"{_escaped(system)}|{_escaped(code)}" for system, code in codes)))
        )
    found += [("_sort", f"-{_SORT_ELSEWHERE.get((version, kind), _SORT[kind])}"), ("_count", str(PAGE))]
    if settings.prefetch_include and key in MEDICATION_KEYS:
        found.append(("_include", f"{kind}:medication"))
    return tuple(found)


def _uri(knowledge: Knowledge, system: str) -> str | None:
    """The first URI of rules/codes/code_systems.csv that stands for a system's short name."""
    return next((uri for uri, name in knowledge.conditions.systems.items() if name == system), None)


def _escaped(text: str) -> str:
    """A token value, with FHIR's own escapes for its separators."""
    return re.sub(r"([\\$,|])", r"\\\1", text)
