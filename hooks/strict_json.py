"""bytes -> strict JSON, or a refusal. Shared by HTTP and the command line.

Refused: NaN, Infinity and numbers beyond the range of a double, integers beyond 64 bit, a key twice in one object,
nesting deeper than 254, lone surrogates, NUL characters, invalid UTF-8, a byte order mark.

msgspec is fast and strict, and reads an integer of any size; but of two equal keys it takes the last. So its result is
written out again by orjson, which refuses deep nesting and integers beyond 64 bit, and the colons are counted: a lost
key lacks one. Where that is not conclusive or anything is wrong, the slow reader decides and finds the words. On a body
of 4.5 MB the check adds a third to the reading; the slow reader takes five times as long (2026-11-21, two noisy cores).
"""

from __future__ import annotations

import json
from typing import NoReturn

import msgspec
import orjson

from cds.errors import MalformedInput

_LARGEST = 2**64


def loads(body: bytes, limit: int | None = None) -> object:
    """The value of one JSON text.

    limit  most bytes; None: any size

    Raises MalformedInput, with code "too-long" for a text above the limit.
    """
    if limit is not None and len(body) > limit:
        raise MalformedInput(too_large(limit), code="too-long")
    try:
        value: object = msgspec.json.decode(body)
        again = orjson.dumps(value)
    except (ValueError, TypeError, RecursionError):  # msgspec's and orjson's complaints are such
        return _slow(body)
    # Strings hold the same colons on both sides, save where an escape in Latin-1 spells one. It may also spell NUL.
    if body.count(b":") != again.count(b":") or (b"\\" in body and b"\\u00" in body):
        return _slow(body)
    return value


def too_large(limit: int) -> str:
    """The words of a 413, whoever found that there is too much."""
    return f"the body is larger than {limit} bytes"


def _slow(body: bytes) -> object:
    """The same value, judged object by object, once orjson has checked syntax, range, depth and encoding."""
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise MalformedInput(f"not JSON: byte {error.start + 1} of the body is not UTF-8; send it in UTF-8") from None
    try:
        orjson.dumps(orjson.loads(body))
    except orjson.JSONDecodeError as error:
        raise MalformedInput(f"not JSON: {error.msg} at line {error.lineno} column {error.colno}") from None
    except orjson.JSONEncodeError:
        raise MalformedInput("not evaluated: nested deeper than 254") from None
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
