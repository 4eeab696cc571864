"""Fields and complaints that the schemas share."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from marshmallow import EXCLUDE, Schema, ValidationError, validate
from marshmallow.fields import String as Text

from hooks.refusals import InvalidRequest, Issue


def whole(pattern: str) -> re.Pattern[str]:
    """The pattern for a whole text, in words that the OpenAPI document may repeat: Python's `$` alone would let a line
    break pass, and its `\\Z` is not JavaScript's.
    """
    return re.compile(rf"^{pattern}$(?!\n)", re.ASCII)


UUID = validate.Regexp(
    whole(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"),
    error="must be a UUID",
)
NOT_BLANK = validate.Regexp(re.compile(r".*\S", re.DOTALL), error="must not be empty")


class Tolerant(Schema):
    """What comes in may hold more than we know: clients are ahead of us."""

    class Meta:
        unknown = EXCLUDE


class CodingSchema(Tolerant):
    """A Coding; display is required where the specification says so."""

    system = Text(required=True, validate=NOT_BLANK)
    code = Text(required=True, validate=NOT_BLANK)
    display = Text(validate=NOT_BLANK)


def absolute_url(text: str) -> None:
    """Raises ValidationError for anything but an absolute http(s) URL without user information."""
    try:
        parts = urlsplit(text)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
        fine = fine and (parts.port is None or parts.port > 0) and not re.search(r"[\s\\<>\"]", text)
    except ValueError:
        fine = False
    if not fine:
        raise ValidationError("must be an absolute http or https URL without user information")


def load(schema: Schema, document: object, where: str = "") -> Mapping[str, object]:
    """What the schema takes of a document. Raises InvalidRequest that tells every wrong element with its path."""
    try:
        loaded: Mapping[str, object] = schema.load(document)  # type: ignore[arg-type]
    except ValidationError as error:
        issues = [_issue(path, text) for path, text in _complaints(error.messages, where)]
        raise InvalidRequest(issues[:20]) from None
    return loaded


_PLAINER = {
    "Invalid input type.": "must be an object",
    "Not a valid mapping type.": "must be an object",
    "Not a valid list.": "must be a list",
    "Not a valid string.": "must be a text",
    "Not a valid integer.": "must be a whole number",
    "Field may not be null.": "must not be null",
}


def _issue(path: str, text: str) -> Issue:
    missing = text.startswith("Missing data")
    # A key of the body becomes part of the path: bounded and escaped.
    shown = ascii(path[:80])[1:-1]
    told = "is required" if missing else _PLAINER.get(text, text)
    return Issue("required" if missing else "structure", f"{shown or 'the body'}: {told}", shown or None)


def _complaints(messages: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(messages, dict):
        for key, value in messages.items():
            # "value" is marshmallow's word for what stands at a key of a dictionary.
            if key == "_schema" or (key == "value" and isinstance(value, list)):
                yield from _complaints(value, path)
            elif isinstance(key, int):
                yield from _complaints(value, f"{path}[{key}]")
            else:
                yield from _complaints(value, f"{path}.{key}" if path else str(key))
    elif isinstance(messages, list):
        for each in messages:
            yield from _complaints(each, path)
    else:
        yield path, str(messages)
