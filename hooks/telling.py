"""Which words of ours a log line and a metric may use for a call: never a path, an id or a value that the caller chose."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

from flask import request
from marshmallow import Schema
from marshmallow.fields import Nested

from cds.case import AS_OF, FHIR_VERSION
from cds.errors import InputError
from hooks.prefetch import MissingKeys
from hooks.schemas.request import OrderSelectContext, RequestSchema
from hooks.templates import KINDS

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_MOST = 5
_OF_SERVICES = {"call": "", "take_feedback": "/feedback"}


def called(services: Collection[str]) -> str:
    """What was called: a service's id (its feedback: "<id>/feedback"), "no service" for any other id, else the route's name."""
    end = _OF_SERVICES.get(request.endpoint or "")
    if end is None:
        return request.endpoint or "none"
    asked = (request.view_args or {}).get("service_id")
    return f"{asked}{end}" if asked in services else f"no service{end}"


def instance_of(body: object) -> str | None:
    """The hookInstance of a body, only where it is a UUID: anything else there may be the patient's."""
    found = body.get("hookInstance") if isinstance(body, dict) else None
    return found if isinstance(found, str) and _UUID.fullmatch(found) else None


def keys_of(problem: object) -> str | None:
    """Which elements were refused, comma-separated: those that CDS Hooks or we have named, without what the caller added."""
    if isinstance(problem, MissingKeys):
        return ",".join(problem.keys)
    if not isinstance(problem, InputError):
        return None
    issues = getattr(problem, "issues", None)
    paths = [issue.expression for issue in issues] if issues else [problem.expression]
    named = dict.fromkeys(filter(None, map(_named, paths)))
    return ",".join(list(named)[:_MOST]) or None


def _named(path: str | None) -> str | None:
    """The longest beginning of the path that is one of our names."""
    plain = re.sub(r"\[\d+\]", "", path or "")
    while plain and plain not in _NAMES:
        plain = plain.rpartition(".")[0]
    return plain or None


def _elements(schema: Schema, where: str = "") -> Iterator[str]:
    for name, field in schema.fields.items():
        path = f"{where}{field.data_key or name}"
        yield path
        inner: Any = field.schema if isinstance(field, Nested) else None
        if inner is not None:
            yield from _elements(inner, f"{path}.")


_NAMES = frozenset(
    {
        *_elements(RequestSchema()),
        *_elements(OrderSelectContext(), "context."),
        *(f"prefetch.{key}" for key in KINDS),
        *(f"{start}{name}" for name in (AS_OF, FHIR_VERSION) for start in ("", "extension.")),
        "feedback",
    }
)
