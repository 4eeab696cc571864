"""A body is strict JSON or it is refused: what a lenient reader would guess could be a wrong dose."""

import contextlib
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cds.errors import MalformedInput
from hooks import strict_json


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nul",
        b"NaN",
        b'{"value": NaN}',
        b'{"value": Infinity}',
        b'{"value": -Infinity}',
        b'{"value": 1e999}',
        b'{"value": 18446744073709551616}',
        b'{"value": -9223372036854775809}',
        b'{"value": ' + b"9" * 5000 + b"}",
        b'{"value": 01}',
        b'{"a": 1, "a": 1}',
        b'{"a":1,"a":1}',
        b'{"a" : 1, "a" : 2}',
        b'{"a": 1, "\\u0061": 2}',
        b'{"x": {"a": [{"b": 1, "b": 2}]}}',
        b'{"t": "\\u0022:", "a": 1, "a": 2}',
        b'{"t": "\\"\\u003a", "a": 1, "a": 2}',
        b'["\\ud800"]',
        b'["\\udc00\\ud800"]',
        b'["\xed\xa0\x80"]',
        b'["\\u0000"]',
        b'{"a\\u0000": 1}',
        b'["a\x00"]',
        b'["\xff"]',
        b"\xef\xbb\xbf{}",
        b"[1,]",
        b"{} {}",
        b"// comment\n{}",
    ],
)
def test_what_is_not_strict_json_is_refused(body):
    with pytest.raises(MalformedInput) as refused:
        strict_json.loads(body)
    assert refused.value.code == "structure"


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"value": 18446744073709551615}', {"value": 2**64 - 1}),
        (b"[-9223372036854775808]", [-(2**63)]),
        (b'["1234567890123456789012345"]', ["1234567890123456789012345"]),
        (b"[0.1234567890123456789012345]", [0.12345678901234568]),
        (b'{"a": {"a": {"a": 1}}}', {"a": {"a": {"a": 1}}}),
        (b'[{"a": 1}, {"a": 1}]', [{"a": 1}, {"a": 1}]),
        (b'{"t": "\\": : \\\\u0000 \\u00e9", "a" : 1}', {"t": '": : \\u0000 é', "a": 1}),
        (b'{":": ":", "a\\":": "\\":"}', {":": ":", 'a":': '":'}),
        (b'["\\ud83d\\ude00"]', ["\U0001f600"]),
        (b" null ", None),
    ],
)
def test_what_is_strict_json_is_read(body, value):
    assert strict_json.loads(body) == value


@pytest.mark.parametrize(("depth", "read"), [(254, True), (255, False), (990, False), (2_000, False), (100_000, False)])
@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_nesting_is_bounded_and_never_ends_the_process(opening, closing, depth, read):
    body = opening * depth + b"1" + closing * depth
    if read:
        assert strict_json.loads(body) is not None
    else:
        with pytest.raises(MalformedInput, match=r"deep|depth"):
            strict_json.loads(body)


@pytest.mark.parametrize(("size", "taken"), [(100, True), (101, False)])
def test_a_body_may_be_as_large_as_the_limit(size, taken):
    body = b" " * (size - 2) + b"{}"
    if taken:
        assert strict_json.loads(body, 100) == {}
    else:
        with pytest.raises(MalformedInput) as refused:
            strict_json.loads(body, 100)
        assert refused.value.code == "too-long"


def test_a_refusal_does_not_repeat_the_value():
    with pytest.raises(MalformedInput) as refused:
        strict_json.loads(b'{"name": "Maria Silva", "name": "Maria Silva"}')
    assert "Maria" not in str(refused.value)


# ------------------------------------------------------------------------------------------- against a plain reader

_BLANKS = st.sampled_from(["", "", " ", "\n", "\t "])
_TEXTS = st.one_of(
    st.sampled_from(
        [r"a", r"b", r"\u0061", r"\":", r"\u0022:", r"\"\u003a", ":", r"\u0000", r"\\u0000", "\\u00E9", " :"]
    ),
    st.text(st.characters(exclude_characters='"\\', exclude_categories=["Cs", "Cc"]), max_size=5),
).map(lambda text: f'"{text}"')
_NUMBERS = st.one_of(
    st.integers(-(2**70), 2**70).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.sampled_from(["NaN", "1e999", "-0", "1E5", "18446744073709551615", "18446744073709551616"]),
)
_SCALARS = st.one_of(_TEXTS, _NUMBERS, st.sampled_from(["true", "null"]))


def _lists(items):
    return st.tuples(st.lists(items, max_size=4), _BLANKS).map(lambda made: "[" + f",{made[1]}".join(made[0]) + "]")


def _objects(items):
    pairs = st.tuples(_TEXTS, _BLANKS, _BLANKS, items).map(lambda made: f"{made[0]}{made[1]}:{made[2]}{made[3]}")
    return st.lists(pairs, max_size=4).map(lambda made: "{" + ",".join(made) + "}")


_DOCUMENTS = st.recursive(_SCALARS, lambda items: _lists(items) | _objects(items), max_leaves=25)


def plainly(text):
    """The rules as the standard library can tell them, without any short cut; None where one is broken."""

    def pairs(found):
        if len({key for key, _ in found}) != len(found):
            raise ValueError("twice")
        return dict(found)

    def whole(text):
        if not -(2**63) <= int(text) < 2**64:
            raise ValueError("large")
        return int(text)

    def finite(text):
        if float(text) in (float("inf"), float("-inf")):
            raise ValueError("infinite")
        return float(text)

    def never(text):
        raise ValueError(text)

    try:
        value = json.loads(text, object_pairs_hook=pairs, parse_int=whole, parse_float=finite, parse_constant=never)
    except ValueError:
        return None
    return None if "\\u0000" in json.dumps(value).replace("\\\\", "") else (value,)


@given(_DOCUMENTS)
@example('{"a":1,"b":"\\u0022:","a":2}')
@example('{"a" :1,"a":2}')
def test_the_short_cut_never_changes_the_verdict(text):
    expected = plainly(text)
    try:
        found = (strict_json.loads(text.encode()),)
    except MalformedInput:
        found = None
    assert found == expected


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(body):
    with contextlib.suppress(MalformedInput):  # and nothing else
        strict_json.loads(body)


@pytest.mark.parametrize(("body", "place"), [(b'{"hook":"\xe9"}', 10), (b"\xff\xfe{", 1), (b'["\xed\xa0\x80"]', 3)])
def test_a_body_in_another_encoding_is_told_so_in_our_words(body, place):
    with pytest.raises(MalformedInput) as refused:
        strict_json.loads(body)
    assert str(refused.value) == f"not JSON: byte {place} of the body is not UTF-8; send it in UTF-8"
