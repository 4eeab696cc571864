"""Feedback on issued cards (CDS Hooks 2.0): `{"feedback": [...]}`, never a bare item."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema
from marshmallow.fields import String as Text

from cds.clinical import Coding
from hooks.schemas.parts import NOT_BLANK, UUID, CodingSchema, Tolerant, load

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class FeedbackItem:
    """One clinician's answer to one card.

    card       uuid, in lower case
    accepted   uuids of the accepted suggestions; empty where the card was overridden
    reason     coded reason of an override
    commented  the user wrote a comment. The comment itself may name a patient and goes no further than this module.
    at         outcomeTimestamp as sent
    """

    card: str
    outcome: str
    accepted: tuple[str, ...]
    reason: Coding | None
    commented: bool
    at: str


def _timestamp(text: str) -> None:
    try:
        fine = _RFC3339.fullmatch(text) is not None and datetime.fromisoformat(text.upper()).tzinfo is not None
    except ValueError:
        fine = False
    if not fine:
        raise ValidationError("must be an RFC 3339 time with its offset, such as 2026-11-20T10:05:31Z")


class _Accepted(Tolerant):
    id = Text(required=True, validate=NOT_BLANK)


class _OverrideReason(Tolerant):
    reason = fields.Nested(CodingSchema, allow_none=True, load_default=None)
    comment = Text(data_key="userComment", allow_none=True, load_default=None)

    @validates_schema
    def _one_of_both(self, data: Mapping[str, object], **_kwargs: object) -> None:
        if data.get("reason") is None and not data.get("comment"):
            raise ValidationError("must hold reason or userComment")


class _Item(Tolerant):
    card = Text(required=True, validate=UUID)
    outcome = Text(required=True, validate=validate.OneOf(["accepted", "overridden"]))
    accepted = fields.List(fields.Nested(_Accepted), data_key="acceptedSuggestions", load_default=list)
    override = fields.Nested(_OverrideReason, data_key="overrideReason", allow_none=True, load_default=None)
    at = Text(data_key="outcomeTimestamp", required=True, validate=_timestamp)

    @validates_schema
    def _accepted_what(self, data: Mapping[str, object], **_kwargs: object) -> None:
        if data.get("outcome") == "accepted" and not data.get("accepted"):
            raise ValidationError("is required where the outcome is accepted", "acceptedSuggestions")


class FeedbackSchema(Tolerant):
    feedback = fields.List(
        fields.Nested(_Item),
        required=True,
        validate=validate.Length(min=1, max=1000, error="must hold 1 to 1000 items"),
    )


def read_feedback(document: object) -> tuple[FeedbackItem, ...]:
    """The items of one call. Raises InvalidRequest (400), which tells each wrong element."""
    data: Mapping[str, Any] = load(FeedbackSchema(), document)
    return tuple(_item(each) for each in data["feedback"])


def _item(data: Mapping[str, Any]) -> FeedbackItem:
    override = data["override"] or {}
    reason = override.get("reason")
    overridden = data["outcome"] == "overridden"
    return FeedbackItem(
        card=data["card"].lower(),
        outcome=data["outcome"],
        accepted=() if overridden else tuple(each["id"] for each in data["accepted"]),
        reason=Coding(reason["system"], reason["code"], reason.get("display")) if reason and overridden else None,
        commented=bool(override.get("comment")),
        at=data["at"],
    )
