"""Requests and feedback of every legal shape are taken; of the others each wrong element is named."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hooks.refusals import InvalidRequest
from hooks.schemas import read_feedback, read_request
from hooks.services import all_services

INSTANCE = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"
VIEW = {
    "hook": "patient-view",
    "hookInstance": INSTANCE,
    "context": {"userId": "Practitioner/1", "patientId": "1"},
}
AUTHORIZATION = {
    "access_token": "SECRET",
    "token_type": "Bearer",
    "expires_in": 300,
    "scope": "patient/*.read",
    "subject": "cds-service-1",
}
ORDERS = {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "MedicationRequest", "id": "d"}}]}
SELECT = {
    **VIEW,
    "hook": "order-select",
    "context": {**VIEW["context"], "selections": ["MedicationRequest/d"], "draftOrders": ORDERS},
}
SIGN = {**VIEW, "hook": "order-sign", "context": {**VIEW["context"], "draftOrders": ORDERS}}


def read(document, service="oih-patient-view"):
    found = all_services()[service]
    return read_request(document, found.hook, found.context)


def refused(document, service="oih-patient-view"):
    with pytest.raises(InvalidRequest) as error:
        read(document, service)
    return [issue.expression for issue in error.value.issues]


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"prefetch": None},
        {"prefetch": {}},
        {"prefetch": {"pain": None, "unknown": {"resourceType": "Basic"}}},
        {"extension": {"com.vendor": {"x": 1}}},
        {"vendorKey": [1, 2]},
        {"fhirServer": "https://ehr.example.org/fhir"},
        {"fhirServer": "http://127.0.0.1:8080/fhir", "fhirAuthorization": AUTHORIZATION},
        {"hookInstance": INSTANCE.upper()},
    ],
    ids=str,
)
def test_a_legal_request_is_taken(more):
    assert read({**VIEW, **more}).patient_id == "1"


def test_a_context_may_say_the_encounter_and_name_its_ids_with_their_type():
    context = {"userId": "PractitionerRole/a-1", "patientId": "Patient/1", "encounterId": "Encounter/7"}
    found = read({**VIEW, "context": context})
    assert (found.patient_id, found.encounter_id, found.user_id) == ("1", "7", "PractitionerRole/a-1")


def test_order_hooks_bring_their_drafts():
    assert read(SELECT, "oih-order-select").context["selections"] == ["MedicationRequest/d"]
    assert read(SIGN, "oih-order-sign").context["draftOrders"] == ORDERS


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda body: body.pop("hook"), "hook"),
        (lambda body: body.update(hook=""), "hook"),
        (lambda body: body.update(hook="order-sign"), "hook"),
        (lambda body: body.update(hook=7), "hook"),
        (lambda body: body.pop("hookInstance"), "hookInstance"),
        (lambda body: body.update(hookInstance="1"), "hookInstance"),
        (lambda body: body.update(hookInstance=INSTANCE + "\n"), "hookInstance"),
        (lambda body: body.pop("context"), "context"),
        (lambda body: body.update(context=[]), "context"),
        (lambda body: body["context"].pop("userId"), "context.userId"),
        (lambda body: body["context"].update(userId="1"), "context.userId"),
        (lambda body: body["context"].pop("patientId"), "context.patientId"),
        (lambda body: body["context"].update(patientId=""), "context.patientId"),
        (lambda body: body["context"].update(patientId=1), "context.patientId"),
        (lambda body: body["context"].update(patientId="1?x=y"), "context.patientId"),
        (lambda body: body["context"].update(patientId="Group/1"), "context.patientId"),
        (lambda body: body["context"].update(encounterId=["7"]), "context.encounterId"),
        (lambda body: body.update(prefetch=[]), "prefetch"),
        (lambda body: body.update(prefetch={"pain": "none"}), "prefetch.pain"),
        (lambda body: body.update(extension="x"), "extension"),
        (lambda body: body.update(fhirServer="ehr"), "fhirServer"),
        (lambda body: body.update(fhirServer="ftp://ehr.example.org"), "fhirServer"),
        (lambda body: body.update(fhirServer="https://good@evil.example/"), "fhirServer"),
        (lambda body: body.update(fhirServer="https://a.example:99999"), "fhirServer"),
        (lambda body: body.update(fhirAuthorization=AUTHORIZATION), "fhirServer"),
    ],
)
def test_a_wrong_element_is_named(change, path):
    body = copy.deepcopy(VIEW)
    change(body)
    assert refused(body) == [path]


@pytest.mark.parametrize("name", AUTHORIZATION)
def test_every_part_of_the_authorization_is_required(name):
    body = {**VIEW, "fhirServer": "https://a.example"}
    for value in (..., 5.5, "a\nb" if name == "access_token" else None):
        changed = {key: each for key, each in {**AUTHORIZATION, name: value}.items() if each is not ...}
        assert refused({**body, "fhirAuthorization": changed}) == [f"fhirAuthorization.{name}"]


@pytest.mark.parametrize("body", [[], "x", 1, None, True])
def test_a_body_that_is_no_object_is_refused(body):
    assert refused(body) == [None]


@pytest.mark.parametrize(
    ("service", "body", "name"),
    [
        ("oih-order-select", SELECT, "selections"),
        ("oih-order-select", SELECT, "draftOrders"),
        ("oih-order-sign", SIGN, "draftOrders"),
    ],
)
def test_an_order_hook_without_its_orders_is_refused(service, body, name):
    changed = copy.deepcopy(body)
    del changed["context"][name]
    assert refused(changed, service) == [f"context.{name}"]
    changed["context"][name] = "x"
    assert refused(changed, service) == [f"context.{name}"]


def test_a_selection_is_a_reference():
    changed = copy.deepcopy(SELECT)
    changed["context"]["selections"] = ["MedicationRequest/d", "d"]
    assert refused(changed, "oih-order-select") == ["context.selections[1]"]


def test_draft_orders_are_a_bundle():
    changed = copy.deepcopy(SIGN)
    changed["context"]["draftOrders"] = {"resourceType": "MedicationRequest"}
    assert refused(changed, "oih-order-sign") == ["context.draftOrders.resourceType"]


def test_the_access_token_is_in_no_text_that_a_log_could_print():
    found = read({**VIEW, "fhirServer": "https://a.example", "fhirAuthorization": AUTHORIZATION})
    assert found.authorization.access_token == "SECRET"
    assert "SECRET" not in repr(found)
    assert "SECRET" not in str(refused_text({**VIEW, "fhirAuthorization": {**AUTHORIZATION, "scope": 7}}))


def refused_text(body):
    with pytest.raises(InvalidRequest) as error:
        read(body)
    return error.value


# ------------------------------------------------------------------------------------------- feedback

ITEM = {"card": INSTANCE, "outcome": "overridden", "outcomeTimestamp": "2026-11-20T10:05:31Z"}
ACCEPTED = {**ITEM, "outcome": "accepted", "acceptedSuggestions": [{"id": "s-1"}, {"id": "s-2"}]}
SANDBOX = {**ITEM, "overrideReason": {"reason": {"system": "urn:x", "code": "known"}}}
COMMENT = {**ITEM, "overrideReason": {"userComment": "Maria knows"}}


def feedback(*items):
    return read_feedback({"feedback": list(items)})


def test_several_cards_are_answered_in_one_call():
    first, second, third, fourth = feedback(ITEM, ACCEPTED, SANDBOX, COMMENT)
    assert (first.outcome, first.reason, first.commented) == ("overridden", None, False)
    assert second.accepted == ("s-1", "s-2")
    assert (third.reason.system, third.reason.code, third.reason.display) == ("urn:x", "known", None)
    assert fourth.commented
    assert "Maria" not in repr(fourth)


@pytest.mark.parametrize("at", ["2026-11-20T10:05:31.123Z", "2026-11-20T10:05:31+00:00", "2026-11-20T05:05:31-05:00"])
def test_a_time_with_an_offset_is_taken(at):
    assert feedback({**ITEM, "outcomeTimestamp": at})[0].at == at


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ([ITEM], None),
        (ITEM, "feedback"),
        ({"nonsense": 1}, "feedback"),
        ({"feedback": []}, "feedback"),
        ({"feedback": ITEM}, "feedback"),
        ({"feedback": [{**ITEM, "card": "card-1"}]}, "feedback[0].card"),
        ({"feedback": [ITEM, {**ITEM, "outcome": "ignored"}]}, "feedback[1].outcome"),
        ({"feedback": [{**ITEM, "outcome": "accepted"}]}, "feedback[0].acceptedSuggestions"),
        ({"feedback": [{**ACCEPTED, "acceptedSuggestions": []}]}, "feedback[0].acceptedSuggestions"),
        ({"feedback": [{**ACCEPTED, "acceptedSuggestions": [{}]}]}, "feedback[0].acceptedSuggestions[0].id"),
        ({"feedback": [{**ITEM, "overrideReason": {}}]}, "feedback[0].overrideReason"),
        (
            {"feedback": [{**ITEM, "overrideReason": {"reason": {"code": "x"}}}]},
            "feedback[0].overrideReason.reason.system",
        ),
        ({"feedback": [{**ITEM, "outcomeTimestamp": "2026-11-20T10:05:31"}]}, "feedback[0].outcomeTimestamp"),
        ({"feedback": [{**ITEM, "outcomeTimestamp": "2026-11-20"}]}, "feedback[0].outcomeTimestamp"),
        ({"feedback": [{**ITEM, "outcomeTimestamp": "2026-13-20T10:05:31Z"}]}, "feedback[0].outcomeTimestamp"),
    ],
)
def test_feedback_of_another_shape_is_refused(document, path):
    with pytest.raises(InvalidRequest) as error:
        read_feedback(document)
    assert [issue.expression for issue in error.value.issues] == [path]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)
_NAMES = st.sampled_from(["feedback", "card", "outcome", "overrideReason", "hook", "context", "patientId", "prefetch"])


@given(st.dictionaries(_NAMES, _JSON | st.lists(st.dictionaries(_NAMES, _JSON), max_size=2), max_size=5))
def test_any_object_is_taken_or_refused_with_paths(document):
    for reading in (read_feedback, read):
        with pytest.raises(InvalidRequest) as error:
            reading(document)
        assert all(issue.text for issue in error.value.issues)
