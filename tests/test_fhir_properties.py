"""Whatever an EHR sends: nothing raises, nothing is lost without a word, and the order of sending means nothing."""

import copy
from collections.abc import Iterator
from dataclasses import replace
from zoneinfo import ZoneInfo

from fhir_samples import DRUG, ME, PATIENT
from fhir_twins import KINDS, SCORE, medication_use, problem
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds.clinical import Entry, FhirVersion, PatientRecord
from cds.fhir import read
from cds.fhir.spare import KINDS as READ
from cds.fhir.spare import SPARE

IDS = ("1", "a", "b", "c", "d", "e", "f", "g")
CANARY = "canary 7f3a"
MEDICATION = {
    "resourceType": "Medication",
    "id": "m",
    "code": DRUG,
    "contained": [{"resourceType": "Substance", "id": "s", "code": {"text": "x"}}],
}


def sample(version: FhirVersion, kind: str) -> dict[str, object]:
    if kind == "Observation":
        return SCORE[version]
    if kind == "Condition":
        return problem(version)
    resource = medication_use(version, kind)
    if version is not FhirVersion.R5:
        del resource["medicationCodeableConcept"]
        resource["medicationReference"] = {"reference": "#m"}
        resource["contained"] = [MEDICATION]
    return resource


def places(value: object, above: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in inner:
        yield (*above, step)
        yield from places(item, (*above, step))


DEEP: list[object] = []
for _ in range(400):
    DEEP = [{"extension": DEEP}]
JUNK = st.sampled_from(
    [
        *(None, "", " ", CANARY, 5, -1, 2.5, 10**30, 1e300, True, [], {}, [None], [CANARY], {"x": CANARY}, [[]], DEEP),
        *("2026-03-01T08:00", "2026", "0001-01-01", "9999-12-31T23:59:59Z", "entered-in-error", "#m", "Patient/2"),
        *(
            10**400,
            "\ud800",
            "x" * 5000,
            {"reference": "#m"},
            {"coding": [{"code": CANARY}]},
            '{"text": "x"}',
            float("nan"),
        ),
    ]
)
NAMES = st.sampled_from(
    [
        *("vendor", "modifierExtension", "implicitRules", "extension", "_status", "notGiven", "status", "contained"),
        *("id", "resourceType", "subject", "medication", "focus", "note", "text", "class", "a.b", "<i>", "", CANARY),
    ]
)


@st.composite
def damaged(draw: st.DrawFn, version: FhirVersion) -> dict[str, object]:
    """A valid resource after one to four strokes."""
    resource = copy.deepcopy(sample(version, draw(st.sampled_from([*KINDS, "Observation", "Condition"]))))
    resource["id"] = draw(st.sampled_from(IDS))
    for _ in range(draw(st.integers(1, 4))):
        known = [place for place in places(resource) if len(place) > 1 or draw(st.booleans())]
        if not known:
            break
        *way, last = draw(st.sampled_from(known))
        parent = resource
        for step in way:
            parent = parent[step]
        stroke = draw(st.integers(0, 3))
        if stroke == 0:
            del parent[last]
        elif stroke == 1:
            parent[last] = copy.deepcopy(draw(JUNK))
        elif stroke == 2:
            parent[last] = [parent[last]]
        elif isinstance(parent, dict):
            parent[draw(NAMES)] = copy.deepcopy(draw(JUNK))
    return resource


@st.composite
def inputs(draw: st.DrawFn) -> tuple[FhirVersion, list[Entry]]:
    version = draw(st.sampled_from(FhirVersion))
    resources = [PATIENT, *draw(st.lists(damaged(version), min_size=1, max_size=4))]
    urls = st.sampled_from([None, "urn:uuid:1", "https://x/Observation/o", CANARY])
    return version, [
        Entry(resource, f"entry[{index}]", full_url=draw(urls) if index else None, draft=draw(st.booleans()))
        for index, resource in enumerate(resources)
    ]


def reading(version: FhirVersion, entries: list[Entry]) -> PatientRecord:
    return read(entries, version=version, patient_id="1", zone=ZoneInfo("America/New_York"))


def about_somebody(raw: dict[str, object]) -> bool:
    kind = raw.get("resourceType")
    return isinstance(kind, str) and kind in READ - {"Patient", "Medication"}


THOROUGH = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@THOROUGH
@given(inputs())
def test_no_content_raises_and_nothing_is_lost_without_a_word(case):
    version, entries = case
    found = reading(version, entries)
    told = {
        each.reference
        for values in (found.medications, found.observations, found.conditions, found.unread)
        for each in values
    }
    for entry in entries[1:]:
        raw = entry.resource
        vanished = "entered-in-error" in repr(raw)
        if about_somebody(raw) and raw.get("subject") == ME and not vanished:
            assert {entry.full_url, entry.position, f"{raw['resourceType']}/{raw.get('id')}"} & told
    assert CANARY not in "".join(each.reason for each in found.unread)


@THOROUGH
@given(inputs(), st.randoms())
def test_the_order_of_the_entries_changes_nothing(case, random):
    version, entries = case
    shuffled = random.sample(entries, len(entries))
    assert reading(version, shuffled) == reading(version, entries)


@THOROUGH
@given(inputs(), st.integers(1, 3), st.randoms())
def test_another_patients_resources_change_nothing_but_their_count(case, count, random):
    version, entries = case
    own = reading(version, entries)
    others = [
        Entry({**each.resource, "subject": {"reference": "Patient/2"}}, f"x[{index}]", full_url=each.full_url)
        for index, each in enumerate(entries[1:] * count)
        if about_somebody(each.resource)
    ]
    others.append(Entry({**PATIENT, "id": "2"}, "x", full_url="urn:uuid:1"))
    mixed = random.sample([*entries, *others], len(entries) + len(others))
    assert reading(version, mixed) == replace(own, foreign=own.foreign + len(others))


@THOROUGH
@given(inputs(), st.randoms())
def test_sending_everything_twice_changes_nothing(case, random):
    version, entries = case
    named = [each for each in entries if isinstance(each.resource.get("id"), str) and each.resource["id"] in IDS]
    twice = random.sample([*entries, *named], len(entries) + len(named))
    once = reading(version, entries)
    assert replace(reading(version, twice), foreign=0) == replace(once, foreign=0)


def test_every_field_that_may_be_left_out_leaves_the_value_as_it_was():
    for version in FhirVersion:
        for kind in (*KINDS, "Observation", "Condition"):
            whole = sample(version, kind)
            clean = reading(version, [Entry(whole, "entry[0]")])
            for name in SPARE[kind] - {"id"}:
                spoilt = copy.deepcopy(whole)
                target = spoilt
                *way, last = name.split(".")
                for step in way:
                    target = target.setdefault(step, {})
                    target = target[0] if isinstance(target, list) else target
                target[last] = {"no such field": 1}
                found = reading(version, [Entry(spoilt, "entry[0]")])
                if way and way[0] not in whole:
                    continue
                assert replace(found, unread=()) == clean, (version, kind, name)
