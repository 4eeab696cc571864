"""What a tester may change in a request by a form: the amounts of medication doses, and the values of scores."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cds.bundles import entries_of
from cds.errors import MalformedInput

_MEDICATIONS = frozenset({"MedicationRequest", "MedicationStatement", "MedicationDispense", "MedicationAdministration"})
_DATES = ("authoredOn", "effectiveDateTime", "whenHandedOver", "dateAsserted", "occurenceDateTime")
_PERIODS = ("effectivePeriod", "occurencePeriod")  # R5 spells it so
_RAISED = 1.5


@dataclass(frozen=True, slots=True)
class Field:
    """One number of the request.

    path  of keys and positions, joined by "/"
    kind  "dose" or "score"
    """

    path: str
    kind: str
    label: str
    unit: str
    value: str


def fields(request: Mapping[str, Any]) -> tuple[Field, ...]:
    """The numbers that can be edited, doses before scores, each in the order of the request."""
    found = [field for path, resource in _resources(request) for field in _fields(path, resource)]
    return tuple(sorted(found, key=lambda field: field.kind))


def edited(request: dict[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    """The request with the given numbers in place; names of no field are passed over.

    Raises MalformedInput for a value that is no number.
    """
    result = copy.deepcopy(request)
    for field in fields(request):
        text = values.get(field.path, field.value).strip()
        if text == field.value:
            continue
        try:
            value = float(text)
        except ValueError:
            raise MalformedInput(
                f"{field.label}: '{text[:20]}' is not a number; write 7.5", expression=field.path
            ) from None
        *way, last = field.path.split("/")
        target: Any = result
        for step in way:
            target = target[int(step)] if isinstance(target, list) else target[step]
        target[last] = int(value) if value.is_integer() else value
    return result


def for_hook(request: dict[str, Any], hook: str) -> tuple[dict[str, Any], str]:
    """The request as another hook would send it, and what was made up for that, "" if nothing.

    An order hook needs a draft: without one the newest medication order is copied and raised by half.
    """
    result = copy.deepcopy(request)
    result["hook"] = hook
    context = result.setdefault("context", {})
    if hook == "patient-view":
        context.pop("draftOrders", None)
        context.pop("selections", None)
        return result, ""
    told = ""
    if not context.get("draftOrders"):
        draft = _draft(result)
        if draft is None:
            raise MalformedInput(
                "no medication order to make a draft of; add context.draftOrders", expression="context"
            )
        context["draftOrders"] = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": draft}]}
        told = "A draft was made of the newest medication order, raised by half; its dose can be edited."
    if hook == "order-select":
        drafts = [entry.resource for entry in entries_of(context["draftOrders"], "context.draftOrders")]
        context["selections"] = [
            f"{each['resourceType']}/{each['id']}" for each in drafts if isinstance(each, dict) and "id" in each
        ]
    else:
        context.pop("selections", None)
    return result, told


def _draft(request: Mapping[str, Any]) -> dict[str, Any] | None:
    orders = [
        each
        for path, each in _resources(request)
        if each.get("resourceType") == "MedicationRequest" and "prefetch" in path
    ]
    dosed = [each for each in orders if any(_fields("", each))]
    if not dosed:
        return None
    newest = max(dosed, key=lambda each: str(each.get("authoredOn", "")))
    draft: dict[str, Any] = copy.deepcopy(newest) | {"id": "bench-draft", "status": "draft"}
    for field in _fields("", draft):
        *way, last = field.path.strip("/").split("/")
        target: Any = draft
        for step in way:
            target = target[int(step)] if isinstance(target, list) else target[step]
        target[last] = target[last] * _RAISED
    return draft


def _resources(request: Mapping[str, Any]) -> Iterable[tuple[str, dict[str, Any]]]:
    """(path, resource) of what the request carries, Bundles opened."""
    context = request.get("context")
    parts = [("context/draftOrders", context.get("draftOrders"))] if isinstance(context, dict) else []
    prefetch = request.get("prefetch")
    parts += [(f"prefetch/{key}", value) for key, value in prefetch.items()] if isinstance(prefetch, dict) else []
    for path, value in parts:
        if not isinstance(value, dict):
            continue
        entries = value.get("entry")
        if value.get("resourceType") != "Bundle":
            yield path, value
        elif isinstance(entries, list):
            for position, entry in enumerate(entries):
                if isinstance(entry, dict) and isinstance(entry.get("resource"), dict):
                    yield f"{path}/entry/{position}/resource", entry["resource"]


def _fields(path: str, resource: Mapping[str, Any]) -> Iterable[Field]:
    when = next((str(each)[:16] for each in _times(resource) if each), "")
    if resource.get("resourceType") in _MEDICATIONS:
        name = _name(resource.get("medicationCodeableConcept") or resource.get("medication"))
        for own, quantity in _doses(path, resource):
            yield Field(f"{own}/value", "dose", f"{name} {when}", str(quantity.get("unit", "")), f"{quantity['value']}")
    elif resource.get("resourceType") == "Observation":
        measured = resource.get("valueQuantity")
        name = _name(resource.get("code"))
        if isinstance(measured, dict) and _is_number(measured.get("value")):
            unit = str(measured.get("unit", ""))
            yield Field(f"{path}/valueQuantity/value", "score", f"{name} {when}", unit, f"{measured['value']}")
        elif _is_number(resource.get("valueInteger")):
            yield Field(f"{path}/valueInteger", "score", f"{name} {when}", "", f"{resource['valueInteger']}")


def _times(resource: Mapping[str, Any]) -> Iterable[object]:
    """Its own date, or when its period began."""
    yield from (resource.get(key) for key in _DATES)
    periods = (resource.get(key) for key in _PERIODS)
    yield from (period.get("start") for period in periods if isinstance(period, dict))


def _doses(path: str, value: object) -> Iterable[tuple[str, dict[str, Any]]]:
    """Every doseQuantity, and every dose of an administration, with its path."""
    if isinstance(value, dict):
        for key, each in value.items():
            if key in ("doseQuantity", "dose") and isinstance(each, dict) and _is_number(each.get("value")):
                yield f"{path}/{key}", each
            else:
                yield from _doses(f"{path}/{key}", each)
    elif isinstance(value, list):
        for position, each in enumerate(value):
            yield from _doses(f"{path}/{position}", each)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _name(concept: object) -> str:
    if not isinstance(concept, dict):
        return "without a name"
    codings = concept.get("coding")
    shown = [each.get("display") for each in codings if isinstance(each, dict)] if isinstance(codings, list) else []
    return str(concept.get("text") or next((each for each in shown if each), "without a name"))
