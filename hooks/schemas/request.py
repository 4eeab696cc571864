"""The request of a hook: envelope and context."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema
from marshmallow.fields import String as Text

from hooks.refusals import InvalidRequest, Issue
from hooks.schemas.parts import NOT_BLANK, UUID, Tolerant, absolute_url, load, whole

# FHIR's id, and "_", which FHIR forbids and servers use. Nothing in it can alter a URL.
_ID = r"[A-Za-z0-9\-._]{1,64}"


def _id_of(kind: str) -> validate.Regexp:
    return validate.Regexp(whole(rf"(?:{kind}/)?{_ID}"), error=f"must be the id of a {kind}, such as 123")


_REFERENCE = validate.Regexp(
    whole(rf"[A-Z][A-Za-z]{{1,63}}/{_ID}"), error="must be a reference such as MedicationRequest/123"
)
_USER = validate.Regexp(
    whole(rf"(?:Practitioner|PractitionerRole|Patient|RelatedPerson)/{_ID}"),
    error="must be a reference such as Practitioner/123",
)
# RFC 6750's b68token and what real servers issue: visible ASCII. A line break would reach the header of our own call.
_TOKEN = validate.Regexp(whole(r"[\x21-\x7e]{1,16384}"), error="must be visible ASCII without blanks")


@dataclass(frozen=True, slots=True)
class Authorization:
    """fhirAuthorization. The token appears in no repr: whatever prints this object prints no secret."""

    access_token: str = field(repr=False)
    expires_in: int
    scope: str
    subject: str
    patient: str | None = None


@dataclass(frozen=True, slots=True)
class HookRequest:
    """A request whose envelope and context are as the hook demands; the resources in it are not yet looked at.

    patient_id  context.patientId without its type
    context     as sent
    prefetch    key -> resource or None ("searched, nothing found"); empty where the request has none
    """

    hook: str
    instance: str
    patient_id: str
    user_id: str
    encounter_id: str | None
    context: Mapping[str, object]
    prefetch: Mapping[str, dict[str, object] | None]
    fhir_server: str | None
    authorization: Authorization | None
    extension: Mapping[str, object]


class ContextSchema(Tolerant):
    """What every hook that we serve has in common."""

    user_id = Text(data_key="userId", required=True, validate=_USER)
    patient_id = Text(data_key="patientId", required=True, validate=_id_of("Patient"))
    encounter_id = Text(data_key="encounterId", allow_none=True, load_default=None, validate=_id_of("Encounter"))


class _DraftOrders(Tolerant):
    resource_type = Text(
        data_key="resourceType", required=True, validate=validate.Equal("Bundle", error="must be a Bundle")
    )
    entry = fields.List(fields.Dict(), load_default=list)


class OrderSignContext(ContextSchema):
    draft_orders = fields.Nested(_DraftOrders, data_key="draftOrders", required=True)


class OrderSelectContext(OrderSignContext):
    selections = fields.List(Text(validate=_REFERENCE), required=True)


class _AuthorizationSchema(Tolerant):
    access_token = Text(required=True, validate=_TOKEN)
    token_type = Text(
        required=True,
        validate=validate.Regexp(whole("[Bb]earer"), error="must be Bearer"),
    )
    expires_in = fields.Integer(required=True, strict=True)
    scope = Text(required=True)
    subject = Text(required=True, validate=NOT_BLANK)
    patient = Text(allow_none=True, load_default=None, validate=_id_of("Patient"))

    @post_load
    def _make(self, data: dict[str, Any], **_kwargs: object) -> Authorization:
        del data["token_type"]
        return Authorization(**data)


class RequestSchema(Tolerant):
    hook = Text(required=True, validate=NOT_BLANK)
    instance = Text(data_key="hookInstance", required=True, validate=UUID)
    fhir_server = Text(data_key="fhirServer", allow_none=True, load_default=None, validate=absolute_url)
    authorization = fields.Nested(
        _AuthorizationSchema, data_key="fhirAuthorization", allow_none=True, load_default=None
    )
    prefetch = fields.Dict(keys=Text(), values=fields.Dict(allow_none=True), allow_none=True, load_default=None)
    extension = fields.Dict(keys=Text(), allow_none=True, load_default=None)
    context = fields.Dict(keys=Text(), required=True)

    @validates_schema
    def _server_with_authorization(self, data: Mapping[str, object], **_kwargs: object) -> None:
        if data.get("authorization") is not None and data.get("fhir_server") is None:
            raise ValidationError("is required with fhirAuthorization", "fhirServer")


_REQUEST = RequestSchema()


def read_request(document: object, hook: str, context: Schema) -> HookRequest:
    """The request of a service that serves `hook`. Raises InvalidRequest (400), which tells each wrong element."""
    data = dict(load(_REQUEST, document))
    if data["hook"] != hook:
        # A wrong hook is a caller's mistake: an empty list of cards would look as if we had evaluated it.
        raise InvalidRequest(
            [Issue("invalid", f"hook: this id serves {hook} only; GET cds-services tells the ids", "hook")]
        )
    told: Any = load(context, data["context"], "context")
    return HookRequest(
        hook=hook,
        instance=str(data["instance"]),
        patient_id=told["patient_id"].removeprefix("Patient/"),
        user_id=told["user_id"],
        encounter_id=None if told["encounter_id"] is None else told["encounter_id"].removeprefix("Encounter/"),
        context=data["context"],  # type: ignore[arg-type]
        prefetch=data["prefetch"] or {},  # type: ignore[arg-type]
        fhir_server=data["fhir_server"],  # type: ignore[arg-type]
        authorization=data["authorization"],  # type: ignore[arg-type]
        extension=data["extension"] or {},  # type: ignore[arg-type]
    )
