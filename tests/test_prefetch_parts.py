"""Each key of the record is had, absent or failed; only a search without a result means that nothing is there."""

from datetime import date

import pytest

from cds.errors import MalformedInput, PatientMismatch
from hooks.prefetch import (
    MissingKeys,
    Part,
    State,
    absent,
    check_patient,
    check_required,
    failed,
    gaps,
    look,
    looked_at,
)
from hooks.templates import MEDICATION_KEYS, Template

PAIN = Template("pain", "Observation", (("patient", "{{context.patientId}}"),))
CUTOFF = date(2026, 1, 1)


def score(name="o", day="2026-03-01"):
    return {"resourceType": "Observation", "id": name, "effectiveDateTime": f"{day}T08:00:00Z"}


def outcome(severity, code=None):
    details = {"details": {"coding": [{"system": "urn:oid:1.2.840.114350.1.13.0.1.7.2.657369", "code": code}]}}
    return {"resourceType": "OperationOutcome", "issue": [{"severity": severity, **(details if code else {})}]}


def bundle(*resources, **more):
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": one} for one in resources], **more}


def with_outcome(*issues):
    entries = [{"resource": score()}, *({"resource": each, "search": {"mode": "outcome"}} for each in issues)]
    return {"resourceType": "Bundle", "type": "searchset", "entry": entries}


def seen(part):
    return part.state, len(part.entries), [gap.kind for gap in part.gaps]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, (State.HAD, 0, [])),
        (bundle(), (State.HAD, 0, [])),
        ({"resourceType": "Bundle"}, (State.HAD, 0, [])),
        (bundle(score()), (State.HAD, 1, [])),
        (score(), (State.HAD, 1, [])),
        (outcome("error"), (State.FAILED, 0, ["failed"])),
        (outcome("fatal"), (State.FAILED, 0, ["failed"])),
        (outcome("warning"), (State.FAILED, 0, ["failed"])),
        ({"resourceType": "OperationOutcome"}, (State.FAILED, 0, ["failed"])),
        (outcome("information", "4101"), (State.HAD, 0, [])),
        (with_outcome(outcome("warning", "4101")), (State.HAD, 1, [])),
        (with_outcome(outcome("warning", "4119")), (State.HAD, 1, ["note"])),
        (with_outcome(outcome("information")), (State.HAD, 1, ["note"])),
        (with_outcome(outcome("error")), (State.HAD, 1, ["failed"])),
        (bundle(outcome("error")), (State.FAILED, 0, ["failed"])),
        ({"resourceType": "Patient", "id": "1"}, (State.FAILED, 0, ["failed"])),
        ({}, (State.FAILED, 0, ["failed"])),
        ({"resourceType": 7}, (State.FAILED, 0, ["failed"])),
    ],
    ids=str,
)
def test_what_a_value_means(value, expected):
    assert seen(look(PAIN, value)) == expected


@pytest.mark.parametrize("entry", [{}, "x", 7])
def test_a_bundle_whose_entries_are_no_list_is_refused_by_path(entry):
    with pytest.raises(MalformedInput) as refused:
        look(PAIN, {"resourceType": "Bundle", "entry": entry})
    assert refused.value.expression == "prefetch.pain.entry"


def test_a_key_that_was_not_sent_is_not_an_empty_one():
    found = looked_at({"pain": PAIN, "labs": Template("labs", "Observation", ())}, {"pain": None})
    assert [part.state for part in found.values()] == [State.HAD, State.ABSENT]


# ------------------------------------------------------------------------------------------- pages


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (["2026-03-01", "2025-12-30"], False),  # sorted from new to old, and its end lies before the look-back
        (["2026-03-01", "2025-12-31"], True),  # a day either way, for the clock of another zone
        (["2026-03-01", "2026-02-01"], True),
        (["2025-12-01", "2026-03-01"], True),  # not sorted: what follows may be of any date
    ],
)
def test_a_page_that_ends_inside_the_look_back_is_said(days, said):
    link = [{"relation": "next", "url": "https://ehr.example.org/fhir?page=2"}]
    part = look(PAIN, bundle(*(score(f"o{n}", day) for n, day in enumerate(days)), link=link))
    assert [gap.kind for gap in gaps({"pain": part}, CUTOFF, {})] == (["truncated"] if said else [])


@pytest.mark.parametrize("day", ["2026", "soon", None])
def test_a_page_with_a_date_that_cannot_be_read_is_said(day):
    old = {**score(day="2025-01-01"), "effectiveDateTime": day}
    part = look(PAIN, bundle(score(), old, link=[{"relation": "next", "url": "x"}]))
    assert [gap.kind for gap in gaps({"pain": part}, CUTOFF, {})] == ["truncated"]


@pytest.mark.parametrize("key", ["conditions", "allergies", "procedures"])
def test_a_contraindication_counts_however_old(key):
    template = Template(key, "Condition", ())
    old = {"resourceType": "Condition", "id": "c", "recordedDate": "2001-01-01"}
    part = look(template, bundle(old, link=[{"relation": "next", "url": "x"}]))
    assert [gap.kind for gap in gaps({key: part}, CUTOFF, {})] == ["truncated"]


@pytest.mark.parametrize(("total", "said"), [(1, False), (2, True), ("2", False)])
def test_a_bundle_that_counts_more_than_it_holds_is_said(total, said):
    assert bool(look(PAIN, bundle(score(), total=total)).gaps) is said


@pytest.mark.parametrize("url", [None, 7, ["x"]])
def test_a_next_that_is_no_address_still_says_that_there_is_more(url):
    assert (
        look(PAIN, bundle(score(), link=[{"relation": "self", "url": "x"}, {"relation": "next", "url": url}])).next
        == ""
    )


def test_gaps_are_told_in_the_order_of_the_keys_with_their_reason():
    parts = {"pain": failed("pain", "the server answered 500"), "labs": absent("labs"), "vitals": absent("vitals")}
    assert [(gap.key, gap.kind, gap.text) for gap in gaps(parts, CUTOFF, {"labs": "beyond the scope"})] == [
        ("pain", "failed", "pain: the server answered 500"),
        ("labs", "not sent", "labs: beyond the scope"),
        ("vitals", "not sent", "vitals: not sent"),
    ]


# ------------------------------------------------------------------------------------------- what is required

PATIENT = look(Template("patient", "Patient"), {"resourceType": "Patient", "id": "1"})
HAD = {key: Part(key, State.HAD) for key in ("pain", *MEDICATION_KEYS)} | {"patient": PATIENT}


def missing(**changed):
    with pytest.raises(MissingKeys) as refused:
        check_required(HAD | changed, {"pain": "beyond the scope"})
    return refused.value


def test_patient_pain_and_one_medication_key_are_enough():
    nothing = {key: absent(key) for key in MEDICATION_KEYS}
    for key in MEDICATION_KEYS:
        check_required(HAD | nothing | {key: Part(key, State.HAD)}, {})
    assert list(missing(**nothing).keys) == list(MEDICATION_KEYS)


@pytest.mark.parametrize("part", [absent("pain"), failed("pain", "the server answered 500")])
def test_without_pain_nothing_is_evaluated(part):
    error = missing(pain=part)
    assert error.expression == "prefetch.pain"
    assert [issue.expression for issue in error.issues] == ["prefetch.pain"]
    assert ("beyond the scope" if part.state is State.ABSENT else "answered 500") in str(error)


@pytest.mark.parametrize("part", [absent("patient"), Part("patient", State.HAD)])
def test_without_the_patient_nothing_is_evaluated(part):
    assert missing(patient=part).expression == "prefetch.patient"


def test_everything_that_is_missing_is_named_at_once():
    error = missing(patient=absent("patient"), pain=absent("pain"))
    assert list(error.keys) == ["patient", "pain"]


@pytest.mark.parametrize(("sent", "fits"), [("1", True), ("2", False), (None, False)])
def test_the_patient_sent_is_the_contexts(sent, fits):
    part = look(Template("patient", "Patient"), {"resourceType": "Patient", "id": sent})
    if fits:
        check_patient(part, "1")
    else:
        with pytest.raises(PatientMismatch):
            check_patient(part, "1")
