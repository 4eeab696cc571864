"""What was sent becomes a Case, whatever its keys are called, or an InputError that names the path."""

import contextlib
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds import case
from cds.bundles import entries_of
from cds.clinical import MOST_ENTRIES, FhirVersion
from cds.errors import InputError, MalformedInput, UnsupportedVersion

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PATIENT = {"resourceType": "Patient", "id": "1"}
ORDER = {"resourceType": "MedicationRequest", "id": "draft-1"}


def read(document, **asked):
    return case.read(document, case.Asked(now=NOW, **asked))


def bundle(*resources, **more):
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in resources], **more}


def outcome(severity, code=None):
    issue = {"severity": severity, "code": "processing"}
    return {
        "resourceType": "OperationOutcome",
        "issue": [issue | ({"details": {"coding": [{"code": code}]}} if code else {})],
    }


def sign(**context):
    return {"hook": "order-sign", "context": {"patientId": "1", "draftOrders": bundle(ORDER), **context}}


# ------------------------------------------------------------------------------------------- what is accepted


def test_resources_are_found_under_any_prefetch_key():
    found = read({"hook": "patient-view", "prefetch": {"anything": PATIENT, "x": bundle(ORDER), "none": None}})
    assert [(entry.position, entry.resource) for entry in found.entries] == [
        ("prefetch.anything", PATIENT),
        ("prefetch.x.entry[0]", ORDER),
    ]


def test_input_without_a_hook_is_evaluated_as_patient_view():
    assert read({"prefetch": {"a": PATIENT}}).hook == "patient-view"
    assert read(bundle(PATIENT)).hook == "patient-view"


def test_a_nested_bundle_is_opened_and_its_path_kept():
    found = read(bundle(PATIENT, bundle(ORDER)))
    assert [entry.position for entry in found.entries] == ["entry[0]", "entry[1].resource.entry[0]"]


def test_an_entry_without_a_resource_holds_none_and_a_null_one_is_passed_on():
    document = {"resourceType": "Bundle", "type": "batch", "entry": [{"request": {}}, {"resource": None}, 7]}
    assert [(entry.resource, entry.position) for entry in read(document).entries] == [
        (None, "entry[1]"),
        (7, "entry[2]"),
    ]


def test_the_full_url_travels_with_its_resource():
    document = {"resourceType": "Bundle", "entry": [{"fullUrl": "urn:uuid:8", "resource": PATIENT}]}
    assert read(document).entries[0].full_url == "urn:uuid:8"


def test_a_patient_id_is_bare_with_and_without_its_type():
    assert read({"context": {"patientId": "1"}}).patient_id == "1"
    assert read({"context": {"patientId": "Patient/1"}}).patient_id == "1"


# ------------------------------------------------------------------------------------------- draft orders


def test_every_draft_is_selected_on_order_sign():
    assert [(entry.draft, entry.selected) for entry in read(sign()).entries] == [(True, True)]


def select(*names):
    other, medication = ORDER | {"id": "draft-2"}, {"resourceType": "Medication", "id": "m"}
    context = {"draftOrders": bundle(ORDER, other, medication), "selections": list(names)}
    return read({"hook": "order-select", "context": context}).entries


def test_on_order_select_only_the_named_order_counts_and_what_explains_it_comes_along():
    found = [(entry.resource["id"], entry.draft, entry.selected) for entry in select("MedicationRequest/draft-2")]
    assert found == [("draft-2", True, True), ("m", True, False)]


def test_a_selected_order_that_was_not_sent_is_refused():
    with pytest.raises(MalformedInput) as refused:
        select("MedicationRequest/draft-2", "MedicationRequest/draft-9")
    assert refused.value.expression == "context.selections[1]"


def test_draft_orders_mean_nothing_on_patient_view():
    assert read(sign() | {"hook": "patient-view"}).entries == ()


@pytest.mark.parametrize("missing", ["draftOrders", "selections"])
def test_an_order_hook_without_its_context_is_refused_by_name(missing):
    context = {"patientId": "1", "draftOrders": bundle(ORDER), "selections": ["MedicationRequest/draft-1"]}
    del context[missing]
    with pytest.raises(MalformedInput) as refused:
        read({"hook": "order-select", "context": context})
    assert refused.value.expression == f"context.{missing}"


# ------------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("document", "expression"),
    [
        ([], None),
        ("text", None),
        ({}, None),
        (PATIENT, "resourceType"),
        ({"prefetch": []}, "prefetch"),
        ({"prefetch": {"pain": [PATIENT]}}, "prefetch.pain"),
        ({"prefetch": {"pain": {"resourceType": "Bundle", "entry": {}}}}, "prefetch.pain.entry"),
        ({"context": {"patientId": 7}}, "context.patientId"),
        ({"context": "x"}, "context"),
        ({"hook": 1, "context": {}}, "hook"),
        ({"hook": "encounter-start", "context": {}}, "hook"),
        ({"prefetch": {}, "extension": {case.AS_OF: "2026-03"}}, case.AS_OF),
        ({"prefetch": {}, "extension": {case.AS_OF: 20260301}}, case.AS_OF),
        ({"prefetch": {}, "extension": {case.AS_OF: ""}}, case.AS_OF),
        ({"prefetch": {}, "extension": {case.FHIR_VERSION: "DSTU2"}}, case.FHIR_VERSION),
        (bundle() | {"type": "history"}, None),
    ],
)
def test_a_wrong_shape_is_refused_with_its_path(document, expression):
    with pytest.raises(InputError) as refused:
        read(document)
    assert refused.value.expression == expression


def test_bundles_nested_without_end_are_refused():
    document = bundle(PATIENT)
    for _ in range(20):
        document = bundle(document)
    with pytest.raises(MalformedInput, match="nested"):
        read(document)


KEYS = ("resourceType", "entry", "resource", "prefetch", "context", "hook", "extension", "type", "link", "issue")
KEYS += ("draftOrders", "selections", "patientId", "severity", case.AS_OF, case.FHIR_VERSION)
VALUES = ("Bundle", "OperationOutcome", "order-select", "order-sign", "2026-02-30", "R5")
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYS),
            inner | st.sampled_from(VALUES),
            max_size=5,
        )
    ),
    max_leaves=25,
)


@given(anything)
def test_hostile_input_raises_nothing_but_an_input_error(document):
    with contextlib.suppress(InputError):
        assert read(document).instance


# ------------------------------------------------------------------------------------------- date and version


def test_a_date_means_the_end_of_that_day_and_is_echoed_as_a_date():
    found = read(bundle(), as_of="2026-03-01").as_of
    assert (found.text, found.at, found.day) == ("2026-03-01", datetime(2026, 3, 2), date(2026, 3, 1))


def test_an_instant_keeps_its_own_wall_clock():
    found = read(bundle(), as_of="2026-03-01T23:30:00-05:00").as_of
    assert (found.at, found.day) == (datetime(2026, 3, 1, 23, 30), date(2026, 3, 1))
    assert found.offset == timedelta(hours=-5)


def test_a_configured_zone_decides_the_day_of_an_instant():
    found = read(bundle(), as_of="2026-03-01T23:30:00Z", zone=ZoneInfo("Asia/Tokyo")).as_of
    assert (found.at, found.day) == (datetime(2026, 3, 2, 8, 30), date(2026, 3, 2))


def test_without_a_date_the_caller_s_now_is_used():
    now = datetime(2026, 11, 21, 12, 0, 0, 55, tzinfo=timezone(timedelta(hours=1)))
    assert case.read(bundle(), case.Asked(now=now)).as_of.text == "2026-11-21T12:00:00+01:00"


def test_the_command_line_outranks_the_extension():
    document = {"prefetch": {}, "extension": {case.AS_OF: "2020-01-01", case.FHIR_VERSION: "R5"}}
    assert (read(document).as_of.text, read(document).version) == ("2020-01-01", FhirVersion.R5)
    told = read(document, as_of="2021-01-01", version="STU3")
    assert (told.as_of.text, told.version) == ("2021-01-01", FhirVersion.STU3)


@pytest.mark.parametrize(
    "text",
    [
        "2026",
        "2026-03",
        "2026-3-1",
        "2026-02-29",
        "9999-12-31",
        "now",
        "२०२६-03-01",
        "2026-03-01T18:00",
        "2026-03-01T18:00:00",
        "2026-03-01T25:00:00Z",
        "2026-03-01T18:00:60Z",
    ],
)
def test_a_date_that_is_not_exact_is_refused(text):
    with pytest.raises(MalformedInput):
        read({"prefetch": {}, "extension": {case.AS_OF: text}})


@pytest.mark.parametrize("time", ["", "T00:00:00Z", "T23:59:59+14:00", "T00:00:00-12:00"])
@pytest.mark.parametrize(("inside", "outside"), [("1900-01-01", "1899-12-31"), ("2199-12-31", "2200-01-01")])
def test_a_date_is_within_1900_and_2199(inside, outside, time):
    assert str(read(bundle(), as_of=inside + time).as_of.day) == inside
    for far in (outside, "0001-01-01", "9999-12-31", "2999-12-31"):
        with pytest.raises(MalformedInput, match="outside the years 1900 to 2199") as refused:
            read(bundle(), as_of=far + time)
        assert refused.value.expression == case.AS_OF


@pytest.mark.parametrize(("name", "version"), [("R4", "R4"), ("r4b", "R4"), ("STU3", "STU3"), ("R5", "R5")])
def test_r4b_is_read_as_r4(name, version):
    assert read(bundle(), version=name).version == version


def test_an_unknown_version_is_refused_by_name():
    with pytest.raises(UnsupportedVersion, match="DSTU2"):
        read(bundle(), version="DSTU2")


@pytest.mark.parametrize("key", ["x\x1b[31m", "x\u202ey", "x\u200by", "x\ny", "x" * 10_000])
@pytest.mark.parametrize("value", [5, {"resourceType": "Bundle", "entry": 5}, bundle(None), bundle(outcome("error"))])
def test_nothing_repeats_a_key_that_a_terminal_would_obey_or_that_fills_it(key, value):
    try:
        found = read({"prefetch": {key: value}})
        said = [*(each.position for each in found.entries), *(f"{gap.key} {gap.text}" for gap in found.gaps)]
    except MalformedInput as error:
        said = [str(error), str(error.expression)]
    assert said
    assert all("x" in text and text.isprintable() and len(text) < 300 for text in said)


@pytest.mark.parametrize(
    ("one", "other"), [("x" * 60 + "1", "x" * 60 + "2"), ("x\x1b", r"'x\x1b'"), ("\ud800", "\ud801")]
)
def test_no_two_keys_are_shown_alike(one, other):
    found = read({"prefetch": {one: bundle(7), other: bundle(7)}})
    assert len({entry.position for entry in found.entries}) == 2


def test_a_key_in_another_script_is_repeated_as_it_is():
    (entry,) = read({"prefetch": {"schmerz-größe": bundle(7)}}).entries
    assert entry.position == "prefetch.schmerz-größe.entry[0]"


def held(count):
    """So many entries: in one Bundle, in nested ones, in one of a response wrapper, under several keys, as drafts."""
    half = [count // 2, count - count // 2]
    whole = {"resourceType": "Bundle", "entry": [0] * count}
    parts = [{"resourceType": "Bundle", "entry": [0] * part} for part in half]
    yield whole
    yield {"prefetch": {"x": whole}}
    yield {"prefetch": {"x": {"response": {}, "resource": whole}}}
    yield {"prefetch": {"x": parts[0], "y": parts[1]}}
    yield {"hook": "order-sign", "context": {"draftOrders": parts[0]}, "prefetch": {"x": parts[1]}}


def test_as_many_entries_as_a_body_of_resources_can_hold_are_taken_and_one_more_is_refused():
    assert [len(read(document).entries) for document in held(MOST_ENTRIES)] == [MOST_ENTRIES] * 5
    for document in held(MOST_ENTRIES + 1):
        with pytest.raises(MalformedInput, match="more than 50000 entries") as refused:
            read(document)
        assert refused.value.code == "too-long"


def test_the_entries_of_nested_bundles_count_together():
    nested = bundle(*(bundle(*[None] * 9_999) for _ in range(5)))
    assert len(read(nested).entries) == 49_995
    nested["entry"].append({"resource": bundle(None)})
    with pytest.raises(MalformedInput, match="the Bundle holds more than"):
        read(nested)


# ------------------------------------------------------------------------------------------- identity


def test_the_hook_instance_names_the_evaluation_where_there_is_one():
    assert read({"prefetch": {}, "hookInstance": "7d1"}).instance == "7d1"


def test_the_same_content_in_another_order_has_the_same_digest():
    one = {"prefetch": {"a": PATIENT, "b": None}}
    other = {"prefetch": {"b": None, "a": dict(reversed(PATIENT.items()))}}
    assert read(one).instance == read(other).instance
    assert read(one).instance != read({"prefetch": {"a": PATIENT}}).instance


# ------------------------------------------------------------------------------------------- what is missing


@pytest.mark.parametrize(
    ("value", "kinds"),
    [
        (outcome("error"), ["failed"]),
        (outcome("fatal"), ["failed"]),
        ({"resourceType": "OperationOutcome"}, ["failed"]),
        (outcome("warning", "4119"), ["note"]),
        (outcome("information", "4101"), []),
        (bundle(outcome("error")), ["failed"]),
        (bundle(outcome("warning")), ["note"]),
        (bundle(PATIENT) | {"link": [{"relation": "next", "url": "x"}]}, ["truncated"]),
        (bundle(PATIENT) | {"link": [{"relation": "self", "url": "x"}]}, []),
        (None, []),
    ],
)
def test_what_a_search_says_of_itself_becomes_a_gap(value, kinds):
    found = read({"prefetch": {"vitals": value}})
    assert [(gap.key, gap.kind) for gap in found.gaps] == [("vitals", kind) for kind in kinds]
    assert all(entry.resource == PATIENT for entry in found.entries)


def test_a_prefetched_read_in_its_response_wrapper_is_the_resource_inside():
    patient = {"resourceType": "Patient", "id": "p"}
    wrapped = {"response": {"status": "200"}, "resource": patient}
    assert [entry.resource for entry in entries_of(wrapped, "prefetch.patient")] == [patient]
    assert [entry.resource for entry in entries_of({"resource": None}, "x")] == [{"resource": None}]
