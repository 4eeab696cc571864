"""The OpenAPI document, made by apispec from the schemas that judge the requests."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from importlib.metadata import version
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin

from hooks.schemas.feedback import FeedbackSchema
from hooks.schemas.request import RequestSchema
from hooks.schemas.response import AnswerSchema
from hooks.services import Service
from hooks.settings import Settings

FEEDBACK = "/cds-services/<service_id>/feedback"
_REFUSALS = {
    "400": "The body is not what the hook demands; the OperationOutcome names each path",
    "404": "No such service",
    "405": "The path does not take this method; Allow lists those it takes",
    "412": "A required part of the record was not sent and cannot be fetched; the OperationOutcome names the key",
    "413": "The body is too large",
    "415": "The body is not application/json",
    "500": "The service failed; nothing may be concluded",
    "503": "Switched off, or the store does not answer; send it again later",
}


_PLAIN_PATHS = {
    "/health": "Alive: the process answers",
    "/ready": "Ready: the store answers and is current; else 503",
    "/about": "Source attributes: what the service reads, on what it rests, and its limits",
}


def document(services: Mapping[str, Service], settings: Settings, rules: Collection[str]) -> dict[str, Any]:
    """OpenAPI 3.0, with one path per service.

    rules  of the application's URL map: what is not served is not promised
    """
    spec = APISpec(
        title="oih-cds",
        version=version("oih-cds"),
        openapi_version="3.0.3",
        info={"description": "CDS Hooks 2.0 services on a possible pattern of opioid-induced hyperalgesia."},
        plugins=[MarshmallowPlugin(schema_name_resolver=lambda schema: _name(schema))],
    )
    if settings.public_url is not None:
        spec.options["servers"] = [{"url": settings.public_url}]
    spec.components.security_scheme("token", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"})
    spec.components.schema("OperationOutcome", _OUTCOME)
    spec.components.schema("Services", _SERVICES)
    spec.components.schema("Recorded", {"type": "object", "properties": {"status": {"type": "string"}}})
    spec.components.schema("Request", schema=RequestSchema)
    spec.components.schema("Answer", schema=AnswerSchema)
    spec.components.schema("Feedback", schema=FeedbackSchema)
    spec.path("/cds-services", operations={"get": _operation("Discovery", None, "Services", ("405",), settings)})
    for service in services.values():
        name = _name(service.context)
        if name not in spec.components.schemas:
            spec.components.schema(name, schema=service.context)
        asked = {
            "allOf": [
                {"$ref": "#/components/schemas/Request"},
                {
                    "type": "object",
                    "properties": {
                        "hook": {"type": "string", "enum": [service.hook]},
                        "context": {"$ref": f"#/components/schemas/{name}"},
                    },
                },
            ]
        }
        every = tuple(_REFUSALS)
        path = f"/cds-services/{service.id}"
        spec.path(path, operations={"post": _operation(service.title, asked, "Answer", every, settings)})
        if FEEDBACK in rules:
            given = {"$ref": "#/components/schemas/Feedback"}
            allowed = tuple(status for status in every if status != "412")
            operation = _operation(f"Feedback: {service.title}", given, "Recorded", allowed, settings)
            spec.path(f"{path}/feedback", operations={"post": operation})
    for path, summary in _PLAIN_PATHS.items():
        if path in rules:
            kinds = ("application/json", "text/html") if path == "/about" else ("application/json",)
            answers = {
                "200": {"description": summary, "content": {kind: {} for kind in kinds}},
                "503": {"description": "Not ready"},
            }
            spec.path(path, operations={"get": {"summary": summary, "responses": answers}})
    return spec.to_dict()


def _operation(
    summary: str, body: Mapping[str, Any] | None, answer: str, refusals: tuple[str, ...], settings: Settings
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "summary": summary,
        "responses": {
            "200": {
                "description": "Evaluated",
                "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{answer}"}}},
            },
            **{
                status: {
                    "description": _REFUSALS[status],
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/OperationOutcome"}}},
                }
                for status in refusals
            },
        },
    }
    if body is not None:
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    if not settings.development:
        found["security"] = [{"token": []}]
        found["responses"]["401"] = {"description": "No valid token; the answer has no body"}
    return found


def _name(schema: Any) -> str:
    kind = schema if isinstance(schema, type) else type(schema)
    return kind.__name__.strip("_").removesuffix("Schema")


_OUTCOME = {
    "type": "object",
    "required": ["resourceType", "issue"],
    "properties": {
        "resourceType": {"type": "string", "enum": ["OperationOutcome"]},
        "issue": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["severity", "code"],
                "properties": {
                    "severity": {"type": "string", "enum": ["fatal", "error", "warning", "information"]},
                    "code": {"type": "string"},
                    "diagnostics": {"type": "string"},
                    "expression": {"type": "array", "items": {"type": "string"}},
                },
            },
        },
    },
}
_SERVICES = {
    "type": "object",
    "required": ["services"],
    "properties": {
        "services": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["hook", "description", "id"],
                "properties": {
                    name: {"type": "string"}
                    for name in ("hook", "title", "description", "id", "version", "usageRequirements")
                }
                | {"prefetch": {"type": "object", "additionalProperties": {"type": "string"}}},
            },
        }
    },
}
