"""Our own answer: Card -> CDS Hooks JSON, and every card rule of CDS Hooks 2.0 checked again before it leaves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, pre_load, validate, validates_schema
from marshmallow.fields import String as Text

from cds.clinical import Card, Coding, Suggestion
from hooks.refusals import InvalidAnswer
from hooks.schemas.parts import NOT_BLANK, UUID, absolute_url

_SUMMARY = 139  # "fewer than 140 characters"
# A renderer that takes GFM as it is makes an element of this; the official sandbox does.
_RAW_HTML = re.compile(r"(?<!\\)<[A-Za-z/!?]")


class _Strict(Schema):
    class Meta:
        unknown = RAISE


class _CardCoding(_Strict):
    system = Text(required=True, validate=NOT_BLANK)
    code = Text(required=True, validate=NOT_BLANK)
    display = Text(validate=NOT_BLANK)


class _ReasonCoding(_CardCoding):
    display = Text(required=True, validate=NOT_BLANK)


class _Reasons(fields.List[Any]):
    """The catalogue's reasons, the same on every card: each wording is judged once."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> list[Any]:
        if isinstance(value, list) and all(_known(each) for each in value):
            return value
        return super()._deserialize(value, attr, data, **kwargs)


def _known(reason: object) -> bool:
    """A reason that is in order; False leaves it to the schema to say what is wrong with it."""
    fine = isinstance(reason, dict) and all(type(each) is str for each in reason.values())
    return fine and _is_reason(tuple(reason.items()))  # type: ignore[attr-defined]


@lru_cache(maxsize=256)
def _is_reason(items: tuple[tuple[str, str], ...]) -> bool:
    return not _ReasonCoding().validate(dict(items))


class _Source(_Strict):
    label = Text(required=True, validate=NOT_BLANK)
    url = Text(validate=absolute_url)
    icon = Text(validate=absolute_url)
    topic = fields.Nested(_CardCoding, required=True)  # optional in CDS Hooks, demanded by Da Vinci clients


class _Link(_Strict):
    label = Text(required=True, validate=NOT_BLANK)
    url = Text(required=True, validate=absolute_url)
    type = Text(required=True, validate=validate.OneOf(["absolute", "smart"]))
    app_context = Text(data_key="appContext", validate=NOT_BLANK)
    # autolaunchable is not among the fields on purpose: the card might then never be seen.

    @validates_schema
    def _context_for_smart_only(self, data: Mapping[str, object], **_kwargs: object) -> None:
        if "app_context" in data and data.get("type") != "smart":
            raise ValidationError("only a smart link carries it", "appContext")


class _Action(_Strict):
    type = Text(required=True, validate=validate.OneOf(["create", "update", "delete"]))
    description = Text(required=True, validate=NOT_BLANK)
    resource = fields.Dict()
    resource_id = Text(data_key="resourceId", validate=NOT_BLANK)

    @validates_schema
    def _subject(self, data: Mapping[str, Any], **_kwargs: object) -> None:
        if data.get("type") == "delete":
            if "resource_id" not in data or "resource" in data:
                raise ValidationError("a deletion names its resource here", "resourceId")
        elif "resource" not in data or not data["resource"].get("resourceType"):
            raise ValidationError("a FHIR resource belongs here", "resource")


class _Suggestion(_Strict):
    label = Text(required=True, validate=NOT_BLANK)
    uuid = Text(required=True, validate=UUID)
    is_recommended = fields.Boolean(data_key="isRecommended", truthy={True}, falsy={False})
    actions = fields.List(fields.Nested(_Action))


class _Card(_Strict):
    uuid = Text(required=True, validate=UUID)  # without it no client sends feedback
    summary = Text(
        required=True,
        validate=[NOT_BLANK, validate.Length(max=_SUMMARY), validate.ContainsNoneOf("\n\r\t", error="one line")],
    )
    detail = Text(validate=NOT_BLANK)
    indicator = Text(required=True, validate=validate.OneOf(["info", "warning", "critical"]))
    source = fields.Nested(_Source, required=True)
    suggestions = fields.List(fields.Nested(_Suggestion))
    selection_behavior = Text(data_key="selectionBehavior", validate=validate.OneOf(["at-most-one", "any"]))
    override_reasons = _Reasons(fields.Nested(_ReasonCoding), data_key="overrideReasons")
    links = fields.List(fields.Nested(_Link))
    extension = fields.Dict(keys=Text())

    @validates_schema
    def _suggestions_and_behavior(self, data: Mapping[str, Any], **_kwargs: object) -> None:
        if ("suggestions" in data) != ("selection_behavior" in data):
            raise ValidationError("goes with suggestions, and only with them", "selectionBehavior")
        recommended = sum(bool(each.get("is_recommended")) for each in data.get("suggestions", ()))
        if recommended > 1 and data.get("selection_behavior") != "any":
            raise ValidationError("more than one may be recommended only where any may be taken", "suggestions")

    @validates_schema
    def _no_markup(self, data: Mapping[str, Any], **_kwargs: object) -> None:
        if _RAW_HTML.search(data.get("detail", "")):
            raise ValidationError("raw HTML", "detail")


class AnswerSchema(_Strict):
    """`{"cards": [...]}`. We send no systemActions: they would change a chart without the clinician."""

    cards = fields.List(fields.Nested(_Card), required=True)
    extension = fields.Dict(keys=Text())

    @pre_load
    def _nothing_empty(self, data: object, **_kwargs: object) -> object:
        if isinstance(data, dict):
            for key, value in data.items():
                if not (key == "cards" and value == []):
                    _refuse_empty(value, key)
        return data

    @validates_schema
    def _unique(self, data: Mapping[str, Any], **_kwargs: object) -> None:
        names = [card["uuid"].lower() for card in data["cards"]]
        names += [each["uuid"].lower() for card in data["cards"] for each in card.get("suggestions", ())]
        if len(set(names)) != len(names):
            raise ValidationError("two cards or suggestions share a uuid", "cards")


_ANSWER = AnswerSchema()


def checked_answer(cards: Iterable[Card]) -> dict[str, object]:
    """The response body. Raises InvalidAnswer where a rule of the specification does not hold."""
    answer: dict[str, object] = {"cards": [card_json(card) for card in cards]}
    check_answer(answer)
    return answer


def check_answer(answer: object) -> None:
    """Raises InvalidAnswer naming the paths that break a rule."""
    try:
        _ANSWER.load(answer)  # type: ignore[arg-type]
    except ValidationError as error:
        raise InvalidAnswer(f"our own answer is invalid at {', '.join(sorted(_paths(error.messages)))}") from None


def card_json(card: Card) -> dict[str, object]:
    """One card as CDS Hooks JSON; what has no value is left out."""
    return _present(
        uuid=card.uuid,
        summary=card.summary,
        indicator=card.indicator,
        detail=card.detail,
        source=_present(label=card.source_label, url=card.source_url, topic=_coding(card.topic)),
        suggestions=[_suggestion(each) for each in card.suggestions],
        selectionBehavior=card.selection_behavior,
        overrideReasons=[_coding(each) for each in card.override_reasons],
        links=[
            _present(label=link.label, url=link.url, type=link.type, appContext=link.app_context) for link in card.links
        ],
    )


def _suggestion(suggestion: Suggestion) -> dict[str, object]:
    return _present(
        label=suggestion.label,
        uuid=suggestion.uuid,
        isRecommended=suggestion.recommended or None,
        actions=[
            _present(
                type=action.type,
                description=action.description,
                resource=None if action.resource is None else dict(action.resource),
                resourceId=action.resource_id,
            )
            for action in suggestion.actions
        ],
    )


def _coding(coding: Coding) -> dict[str, object]:
    return _present(system=coding.system, code=coding.code, display=coding.display)


def _present(**values: object) -> dict[str, object]:
    """Without what is empty: CDS Hooks allows no null, "", [] or {}."""
    return {key: value for key, value in values.items() if value not in (None, "", [], {})}


def _refuse_empty(value: object, path: str) -> None:
    if value in (None, "", [], {}):
        raise ValidationError({path: ["must be left out rather than empty"]})
    if isinstance(value, dict):
        for key, each in value.items():
            _refuse_empty(each, f"{path}.{key}")
    elif isinstance(value, list):
        for index, each in enumerate(value):
            _refuse_empty(each, f"{path}[{index}]")


def _paths(messages: object, path: str = "") -> set[str]:
    if not isinstance(messages, dict):
        return {path or "the answer"}
    return {
        found
        for key, value in messages.items()
        for found in _paths(value, path if key == "_schema" else f"{path}.{key}".lstrip("."))
    }
