"""What a request did not bring is read from its FHIR server, within the token's scope, within one deadline, or said."""

import pytest
from ehr_calls import MEDICATION, ORDER, PATIENT, SCORES, TEMPLATES, complete, fhir, ids, told
from fhir_server import TOKEN, FhirServer, serving

from hooks.prefetch import State

# ------------------------------------------------------------------------------------------- what is read


def test_everything_missing_is_read_with_the_token_on_every_page(web):
    with serving(fhir(page=3)) as server:
        parts, reasons = complete(web, server.base)
    assert [ids(parts[key]) for key in TEMPLATES] == [["1"], [each["id"] for each in SCORES], ["order-1"]]
    assert [part.gaps for part in parts.values()] == [(), (), ()]
    assert reasons == {}
    assert {call.headers["Authorization"] for call in server.calls} == {f"Bearer {TOKEN}"}


def test_a_search_is_a_post_so_that_no_url_holds_the_patient(web):
    with serving(fhir()) as server:
        complete(web, server.base)
    assert server.asked("Observation") == [("POST", "/fhir/Observation/_search")]


def test_a_server_without_post_is_searched_by_get(web):
    with serving(fhir(posts=False)) as server:
        parts, _ = complete(web, server.base)
    assert server.asked("Observation") == [("POST", "/fhir/Observation/_search"), ("GET", "/fhir/Observation")]
    assert len(parts["pain"].entries) == 7


def test_positions_go_on_from_page_to_page(web):
    with serving(fhir(page=3)) as server:
        parts, _ = complete(web, server.base)
    assert [entry.position for entry in parts["pain"].entries] == [f"prefetch.pain.entry[{n}]" for n in range(7)]


@pytest.mark.parametrize("sent", [None, {"resourceType": "Bundle", "type": "searchset"}], ids=["null", "empty"])
def test_what_was_searched_without_a_result_is_not_searched_again(sent, web):
    with serving(fhir()) as server:
        parts, _ = complete(web, server.base, {"pain": sent})
    assert server.asked("Observation") == []
    assert (parts["pain"].state, parts["pain"].entries) == (State.HAD, ())


def test_what_failed_for_the_client_is_tried_by_us(web):
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "timeout"}]}
    with serving(fhir()) as server:
        parts, _ = complete(web, server.base, {"pain": outcome})
    assert (parts["pain"].state, len(parts["pain"].entries), parts["pain"].gaps) == (State.HAD, 7, ())


def test_the_next_page_of_a_sent_bundle_is_followed(web):
    with serving(fhir(page=5)) as server:
        first = server.bundle("Observation", {"patient": ["1"]})
        parts, _ = complete(web, server.base, {"pain": first})
    assert ids(parts["pain"]) == [each["id"] for each in SCORES]
    assert server.asked("Observation") == [("GET", "/fhir/Observation")]
    assert parts["pain"].gaps == ()


@pytest.mark.parametrize("absolute", [False, True])
def test_a_medication_that_an_order_refers_to_is_read(absolute, web):
    with serving(fhir()) as server:
        server.resources.append(MEDICATION)
        if absolute:
            reference = {"reference": f"{server.base}/Medication/m-1"}
            server.resources[1] = {**ORDER, "medicationReference": reference}
        parts, _ = complete(web, server.base)
    assert ids(parts["medicationRequests"]) == ["order-1", "m-1"]


def test_a_medication_of_another_server_is_not_read(web):
    elsewhere = {**ORDER, "medicationReference": {"reference": "https://evil.example/fhir/Medication/m-1"}}
    with serving(FhirServer([PATIENT, elsewhere])) as server:
        parts, _ = complete(web, server.base)
    assert server.asked("Medication/") == []
    assert ids(parts["medicationRequests"]) == ["order-1"]


# ------------------------------------------------------------------------------------------- scopes


@pytest.mark.parametrize(
    ("scope", "read"),
    [
        ("patient/*.read", True),
        ("user/Observation.read", True),
        ("system/*.*", True),
        ("launch patient/Observation.rs openid", True),
        ("patient/Observation.s", True),
        ("patient/*.cruds", True),
        ("patient/Observation.write", False),
        ("patient/Observation.r", False),
        ("patient/Observation.cud", False),
        ("patient/Condition.read", False),
        ("Observation.read", False),
        ("", False),
    ],
)
def test_nothing_is_asked_beyond_the_scope(scope, read, web):
    with serving(fhir()) as server:
        parts, reasons = complete(web, server.base, {"patient": PATIENT, "medicationRequests": None}, scope)
    assert bool(server.calls) is read
    assert (parts["pain"].state is State.HAD) is read
    assert ("pain" in reasons) is not read


def test_a_scope_that_covers_a_part_is_said_to_do_so(web):
    with serving(fhir()) as server:
        parts, _ = complete(web, server.base, scope="patient/*.read patient/Observation.rs?category=survey")
        assert parts["pain"].gaps == ()
        parts, _ = complete(web, server.base, scope="patient/Observation.rs?category=survey")
    assert told(parts["pain"]) == [
        ("truncated", "pain: not all of it could be read; the token covers only a part of Observation")
    ]
