"""Whatever a request holds, the command line answers with a result or with an error that is the sender's."""

from datetime import UTC, datetime

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st
from patients_escalated import plain
from patients_founding import FOUNDING

from cds import case

ASKED = case.Asked(now=datetime(2026, 11, 21, tzinfo=UTC))
REQUESTS = (plain("order-sign"), plain("patient-view"), FOUNDING["founding/liang_2017_reading_a"]())
BODIES = [orjson.dumps(one) for one in REQUESTS]
WORDS = [
    "",
    "1",
    "-1",
    "2026-13-40",
    "0000-01-01",
    "9999-12-31T23:59:59+14:00",
    "Patient/x",
    "\u202e",
    "d",
    "mg",
    "entered-in-error",
]
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(WORDS)
    | st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["code", "value", "coding", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def nodes(document):
    """Every (container, key) of a document."""
    for key, value in document.items() if isinstance(document, dict) else enumerate(document):
        yield document, key
        if isinstance(value, dict | list):
            yield from nodes(value)


@settings(max_examples=300)
@given(st.data())
def test_a_request_with_anything_anywhere_is_answered(evaluator, data):
    document = orjson.loads(BODIES[data.draw(st.integers(0, len(BODIES) - 1))])
    for _ in range(data.draw(st.integers(1, 3))):
        places = list(nodes(document))
        if not places:
            break
        container, key = places[data.draw(st.integers(0, len(places) - 1))]
        if isinstance(container, dict) and data.draw(st.booleans()):
            del container[key]
        else:
            container[key] = data.draw(values)
    text, evaluated = evaluator.line(orjson.dumps(document), ASKED)
    answer = orjson.loads(text)
    assert evaluated == ("error" not in answer)
    assert evaluated or answer["error"]["code"] != "exception", answer["error"]["message"]


def test_one_input_costs_only_itself(evaluator):
    broken, whole = evaluator.line(b"[" * 200_000, ASKED), evaluator.line(BODIES[1], ASKED)
    assert (broken[1], whole[1]) == (False, True)
