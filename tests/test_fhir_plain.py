"""The short way past the models accepts only what they accept, and the record is the same with and without it.

The resources are made and mutated by a seeded generator: the same ones in every run, 24,000 in all.
"""

import copy
import random
from collections.abc import Iterator
from datetime import timedelta, timezone
from typing import Any

import orjson
import pytest

from bench import bodies
from cds import fhir
from cds.clinical import Entry, FhirVersion, PatientRecord
from cds.fhir.alike import Alike
from cds.fhir.flat import Flat
from cds.fhir.judge import judge
from cds.fhir.plain import plain, shapes_of
from cds.fhir.r4 import R4
from cds.fhir.references import Links, Sent

EACH = 1500
SEEDS = range(16)
SHAPES = shapes_of(FhirVersion.R4)

ODD: list[Any] = [
    *(None, "", " ", "\n", "a", " a", "a ", "a\n", "a  b", "a\tb", "\u00a0", "\u2003x", "x\u0085", "é", "\x1f", "\x00", "\ufeff"),
    *("\ud800", "\U0001f600", "a" * 300, "x/y", "#1", "urn:uuid:1", "Patient/2", "https://h/Patient/1", "Patient/1/_history/2"),
    *(0, 1, -1, 2, 1.0, 0.1, 1e-7, 1e9, 1e12, 2**31, 2**53, 2**63, -0.0, 1e300, True, False),
    *("2026", "2026-02", "2026-02-29", "2024-02-29", "2026-04-31", "2026-13-01", "0001-01-01", "9999-12-31", "2026-01-01T"),
    *("2026-01-01T10:00:00Z", "2026-01-01T10:00:00", "2026-01-01T10:00Z", "2026-01-01T24:00:00Z", "2026-01-01T23:59:60Z"),
    *("2026-01-01T10:00:00.123456789+02:00", "2026-01-01T10:00:00+14:00", "2026-01-01T10:00:00-13:59", "2026-01-01t10:00:00z"),
    *("2026-01-01T10:00:00.5Z", "٢٠٢٦-٠١-٠١", "2026-01-01 ", "active", "Active", "entered-in-error", "draft", "final", "1", "1.0"),
    *([], {}, [None], [[]], [{}], ["a"], [1], {"extension": []}, {"value": None}, {"reference": "Patient/1"}, {"text": "x"}),
    *({"value": 1}, {"value": 5, "unit": "mg"}, {"value": -5}, {"comparator": "<", "value": 1}, {"code": "a", "system": "b"}),
    *({"coding": [{"code": "72514-3", "system": "http://loinc.org"}]}, {"coding": [None]}, {"coding": {}}, {"start": "2026-01-01"}),
    *({"start": "2026-02-01", "end": "2026-01-01"}, {"frequency": 2}, {"frequency": 0}, {"resourceType": "Patient"}),
]  # fmt: skip
_NAMES = (
    "id extension modifierExtension implicitRules language contained note status _status subject code text coding value valueInteger "
    "valueQuantity valueString valueBoolean valueCodeableConcept effectiveDateTime effectivePeriod effectiveTiming issued component "
    "dataAbsentReason hasMember focus bodySite method medicationCodeableConcept medicationReference dosageInstruction dosage "
    "asNeededBoolean asNeededCodeableConcept doseAndRate doseQuantity doseRange rateQuantity maxDosePerPeriod period periodUnit "
    "frequency frequencyMax periodMax timeOfDay when boundsPeriod boundsDuration comparator unit start end sequence doNotPerform "
    "dispenseRequest validityPeriod numberOfRepeatsAllowed expectedSupplyDuration priorPrescription basedOn partOf request context encounter category daysSupply quantity whenHandedOver "
    "resourceType userSelected version display system fhir_comments unknownField"
)
NAMES = _NAMES.split()
TEXT = {"status": "generated", "div": bodies.NARRATIVE}


def seeds() -> list[dict[str, Any]]:
    """One resource of each shape: what the bench sends, and the other medication resources beside it."""
    prefetch = bodies.body(4, 8, days=90)["prefetch"]
    order = prefetch["medicationRequests"]["entry"][0]["resource"]
    score = prefetch["pain"]["entry"][0]["resource"]
    drug = order["medicationCodeableConcept"]
    dosage = order["dosageInstruction"][0]
    base = {"id": "a-1", "subject": order["subject"], "medicationCodeableConcept": drug, "text": TEXT}
    statement = base | {"resourceType": "MedicationStatement", "status": "active", "dosage": [dosage]}
    given = {"text": "one", "route": dosage["route"], "dose": {"value": 2.5, "unit": "mg"}}
    vital = {name: value for name, value in score.items() if name != "valueInteger"}
    supply = {"validityPeriod": {"start": "2026-05-01", "end": "2026-07-01"}, "numberOfRepeatsAllowed": 0}
    supply |= {"quantity": {"value": 60, "unit": "tablet"}, "expectedSupplyDuration": {"value": 30, "unit": "d"}}
    answer = {"coding": [{"system": "http://loinc.org", "code": "LA6752-5", "display": "Mild"}], "text": "mild"}
    return [
        order,
        order | {"dosageInstruction": [{"text": "take 1 tablet every 12 hours"}], "encounter": {"reference": "Encounter/1"}},
        score,
        vital | {"valueQuantity": {"value": 6.5, "unit": "{score}", "system": "http://unitsofmeasure.org", "code": "{score}"}},
        vital | {"valueCodeableConcept": answer, "issued": "2026-05-01T10:00:00.250Z", "performer": [{"display": "ward 3"}]},
        statement | {"effectivePeriod": {"start": "2026-05-01", "end": "2026-06-01T08:00:00+02:00"}},
        statement | {"effectiveDateTime": "2026-05-01", "dateAsserted": "2026-05-02T10:00:00Z"},
        base
        | {"resourceType": "MedicationAdministration", "status": "completed", "effectiveDateTime": "2026-05-01T08:00:00Z"}
        | {"dosage": given, "request": {"reference": "MedicationRequest/order-0"}},
        base
        | {"resourceType": "MedicationDispense", "status": "completed", "whenHandedOver": "2026-05-01T08:00:00-05:00"}
        | {"quantity": {"value": 60, "unit": "tablet"}, "daysSupply": {"value": 30, "unit": "d"}}
        | {"dosageInstruction": [dosage], "authorizingPrescription": [{"reference": "MedicationRequest/order-0"}]},
        order | {"dispenseRequest": supply},
    ]  # fmt: skip


def mutated(resource: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """The resource after up to three changes: a value replaced, a field gone, added or renamed, a list item doubled."""
    changed: dict[str, Any] = copy.deepcopy(resource)
    for _ in range(rng.choice((0, 1, 1, 1, 1, 2, 2, 3))):
        holder, step = rng.choice(list(_places(changed)))
        match rng.randrange(8):
            case 0 | 1 | 2:
                holder[step] = copy.deepcopy(rng.choice(ODD))
            case 3:
                del holder[step]
            case 4 if isinstance(holder, dict):
                holder[rng.choice(NAMES)] = copy.deepcopy(rng.choice(ODD))
            case 5 if isinstance(holder, dict):
                holder[rng.choice(NAMES)] = holder.pop(step)
            case 6 if isinstance(holder, list):
                holder.append(copy.deepcopy(holder[step]))
            case _ if isinstance(holder[step], str) and holder[step]:
                at, odd = rng.randrange(len(holder[step])), rng.choice("é \n\x0bZ0-/+\u2028")
                holder[step] = holder[step][:at] + odd + holder[step][at + rng.randrange(2) :]
    return changed


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    for step in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, step
        if isinstance(value[step], dict | list):
            yield from _places(value[step])


def is_short(resource: dict[str, Any]) -> bool:
    """Whether it is read without the models, and an observation also as one that is like others."""
    kind = resource["resourceType"]
    sent = Sent.of(resource, kind, Entry(resource, "entry[0]"))
    flat = Flat(Links([sent]), None)
    shape = plain(resource, SHAPES[kind])
    found = None if shape is None else flat.read(shape, sent)
    assert kind != "Observation" or Alike(flat).read(sent) == found
    return found is not None


def read(resource: dict[str, Any], *, models_only: bool) -> PatientRecord:
    """Beside an encounter that it may name, and an observation that it may be like; in another zone than its own."""
    partner = {
        "resourceType": "Encounter",
        "id": "1",
        "subject": {"reference": "Patient/bench-1"},
        "status": "finished",
    }
    entries = [Entry(resource, "entry[0]"), Entry(partner, "entry[1]")]
    if resource.get("resourceType") == "Observation":
        entries.append(Entry(seeds()[2] | {"id": "Z"}, "entry[2]"))
    zone = timezone(timedelta(hours=5))
    return fhir.read(entries, version=FhirVersion.R4, patient_id="bench-1", zone=zone, models_only=models_only)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_the_short_way_accepts_the_models_accept_and_the_record_is_the_same(seed: int):
    rng, models, known = random.Random(seed), R4.models(), seeds()
    short = 0
    for number in range(EACH):
        resource = mutated(rng.choice(known), rng)
        kind = resource.get("resourceType")
        accepted = isinstance(kind, str) and kind in SHAPES and is_short(resource)
        if accepted:
            short += 1
            verdict = judge(kind, resource, models[kind])
            assert (verdict.raw, verdict.without) == (resource, ()), resource
        if accepted or kind == "Observation" or number % 20 == 0:
            assert read(resource, models_only=False) == read(resource, models_only=True), resource
    assert EACH / 4 < short < EACH  # neither side of the test is empty


@pytest.mark.parametrize("resource", seeds(), ids=lambda each: each["resourceType"])
def test_the_common_shape_takes_the_short_way_and_an_unknown_field_leaves_it(resource: dict[str, Any]):
    turned = {"modifierExtension": [{"url": "https://example.org/not", "valueBoolean": True}]}
    assert is_short(resource)
    assert not is_short(resource | turned)
    assert not is_short({name: value for name, value in resource.items() if name != "status"})


@pytest.mark.parametrize("version", [FhirVersion.R5, FhirVersion.STU3])
def test_other_versions_have_no_short_way(version: FhirVersion):
    assert not shapes_of(version)


def test_whole_bodies_give_the_same_record_both_ways():
    prefetch = orjson.loads(bodies.typical())["prefetch"].values()
    entries = [
        Entry(each["resource"], f"entry[{number}]", full_url=each["fullUrl"])
        for part in prefetch
        for number, each in enumerate(part.get("entry", ()))
    ]
    both = [
        fhir.read(entries, version=FhirVersion.R4, patient_id=bodies.PATIENT, zone=None, models_only=only)
        for only in (False, True)
    ]
    assert both[0] == both[1]
    assert len(both[0].observations) == 60


@pytest.mark.parametrize("size", [10, 1000, 10000])
def test_every_resource_that_is_measured_is_read_the_short_way(size: int):
    sent = [
        each["resource"]
        for part in orjson.loads(bodies.sized(size))["prefetch"].values()
        for each in part.get("entry", ())
        if each["resource"]["resourceType"] in shapes_of(FhirVersion.R4)
    ]
    assert len(sent) == size
    entries = [Entry(each, f"entry[{number}]") for number, each in enumerate(sent)]
    found = fhir.read(entries, version=FhirVersion.R4, patient_id=bodies.PATIENT, zone=None)
    assert found.unread == ()
    assert all(map(is_short, sent))
