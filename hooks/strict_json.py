"""bytes -> strict JSON, or a refusal. Shared by HTTP and the command line.

Refused: NaN, Infinity and numbers beyond the range of a double, integers beyond 64 bit, a key twice in one object,
nesting deeper than 254, lone surrogates, NUL characters, invalid UTF-8, a byte order mark.

orjson is fast but takes the last of two equal keys and rounds a huge integer. So its result is written out again and
compared in what a lost key or a rounded integer cannot leave unchanged; where that comparison is not conclusive, the
slow reader decides. On a body of 4.2 MB the check adds a fifth to orjson's own time; the slow reader takes four times as
long (2026-11-21, two noisy cores).
"""

from __future__ import annotations

import json
from typing import NoReturn

import orjson

from cds.errors import MalformedInput

_LARGEST = 2**64
# Every digit becomes 0, every blank a space, and everything else but a colon an x: two searches then find a run of
# digits of any value, and any blank before a colon.
_OUTLINE = bytes(
    48 if 48 <= byte <= 57 else 32 if byte in b" \t\n\r" else 58 if byte == 58 else 120 for byte in range(256)
)
_LONG_RUN = b"0" * 19


def loads(body: bytes, limit: int | None = None) -> object:
    """The value of one JSON text.

    limit  most bytes; None: any size

    Raises MalformedInput, with code "too-long" for a text above the limit.
    """
    if limit is not None and len(body) > limit:
        raise MalformedInput(f"the body is larger than {limit} bytes", code="too-long")
    try:
        value: object = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise MalformedInput(f"not JSON: {error.msg} at line {error.lineno} column {error.colno}") from None
    try:
        again = orjson.dumps(value)
    except orjson.JSONEncodeError:
        raise MalformedInput("not evaluated: nested deeper than 254") from None
    # An escape in Latin-1 may spell NUL, a quote or a colon, and a blank may part a key from its colon; then counting
    # bytes proves nothing.
    outline = body.translate(_OUTLINE)
    if _LONG_RUN in outline or b" :" in outline or (b"\\" in body and b"\\u00" in body):
        return _slow(body)
    # A key is a closing quote and a colon. Strings may hold the same two bytes, but equally often on both sides.
    if body.count(b'":') != again.count(b'":'):
        return _slow(body)
    return value


def _slow(body: bytes) -> object:
    """The same value, judged object by object; orjson has already checked syntax, range, depth and encoding."""
    value: object = json.loads(body, object_pairs_hook=_object, parse_int=_integer, parse_constant=_constant)
    if _holds_nul(value):
        raise MalformedInput("not evaluated: a text holds the character NUL")
    return value


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise MalformedInput(f"not evaluated: the key {key[:40]!a} stands twice in one object")
            seen.add(key)
    return found


def _integer(text: str) -> int:
    # Length first: reading thousands of digits is slow, and Python refuses it with another error.
    if len(text) > 21 or not -(_LARGEST // 2) <= int(text) < _LARGEST:
        raise MalformedInput("not evaluated: an integer is beyond 64 bit")
    return int(text)


def _constant(text: str) -> NoReturn:
    raise MalformedInput(f"not JSON: {text}")


def _holds_nul(value: object) -> bool:
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str) and "\0" in each:
            return True
        if isinstance(each, dict):
            waiting += each.keys()
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
    return False
