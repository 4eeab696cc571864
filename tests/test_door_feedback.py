"""Feedback over HTTP: every legal shape is recorded before the 200, for callers who prove who they are."""

import json
import logging
import sqlite3
from functools import partial

import pytest
import structlog
from served import issues_of, path_of, post, request_of, served
from tokens import ISS, KEYS, PUBLIC, token

from cds import knowledge
from hooks.feedback import Feedback
from hooks.metrics import Metrics
from hooks.schemas import read_feedback
from hooks.service import create_service
from hooks.settings import Settings
from hooks.store import IssuedCard, open_store
from hooks.store.budget import Budget
from hooks.store.cards import remember_cards

PATTERN = "pattern/pain_rises_with_each_increase"
SANDBOX = "https://sandbox.cds-hooks.org"
PATH = "/cds-services/oih-patient-view/feedback"
NEVER_ISSUED = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"
OURS = "https://oih-cds.org/CodeSystem/override-reasons"
HL7 = "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"
AT = {"outcomeTimestamp": "2026-11-20T10:05:31Z"}


@pytest.fixture(scope="module", autouse=True)
def logging_as_before():
    root = logging.getLogger()
    handlers, level, configured = list(root.handlers), root.level, structlog.get_config()
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**configured)


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    url = f"sqlite:///{tmp_path_factory.mktemp('store') / 'store.sqlite3'}"
    with served(create_service(Settings(database_url=url, cors_origins=(SANDBOX,)))) as made:
        yield made


@pytest.fixture(scope="module")
def cards(client):
    return [card["uuid"] for card in post(client, request_of(PATTERN)).json()["cards"]]


def test_several_cards_are_answered_in_one_call_and_repeats_are_legal(client, cards):
    override = {"overrideReason": {"reason": {"system": "urn:x", "code": "known"}, "userComment": "seen"}}
    items = [{"card": uuid, "outcome": "overridden", **AT, **override} for uuid in cards]
    items.append({"card": cards[0], "outcome": "accepted", "acceptedSuggestions": [{"id": NEVER_ISSUED}], **AT})
    for _ in range(2):
        answer = client.post(PATH, json={"feedback": items})
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "application/json"


def overridden(system, code, card=NEVER_ISSUED):
    return {"card": card, "outcome": "overridden", **AT, "overrideReason": {"reason": {"system": system, "code": code}}}


def test_only_reasons_that_the_catalogue_offers_are_kept_and_any_other_is_other(tmp_path):
    url = f"sqlite:///{tmp_path / 'store.sqlite3'}"
    sent = [
        (OURS, "will-monitor"),
        (HL7, "patient-refuses"),
        ("urn:elsewhere", "will-monitor"),
        (OURS, "CANARY Maria Silva"),
        ("urn:x", "CANARY" * 100),
        ("CANARY" * 100, "[/x]"),
    ]
    with served(create_service(Settings(database_url=url))) as own:
        for system, code in sent:
            assert own.post(PATH, json={"feedback": [overridden(system, code)]}).status_code == 200
    with sqlite3.connect(tmp_path / "store.sqlite3") as database:
        kept = set(database.execute("SELECT reason_system, reason_code FROM feedback"))
        assert "CANARY" not in "\n".join(database.iterdump())
    assert kept == {(OURS, "will-monitor"), (HL7, "patient-refuses"), (None, "other")}


@pytest.mark.parametrize(("system", "shown"), [(OURS, False), ("urn:elsewhere", True)])
def test_a_word_of_ours_in_anothers_system_does_not_rest_a_finding_whose_grade_rises(system, shown, tmp_path):
    store, catalogue = open_store(f"sqlite:///{tmp_path / 'store.sqlite3'}"), knowledge.load().catalogue
    remember_cards(
        store, [IssuedCard(NEVER_ISSUED, "ehr", 0, "s", "pattern", "R10", "1", "possible-oih", "", "subject")]
    )
    budget = Budget(store, 90, ("possible-oih", "strong-pattern"))
    desk = Feedback(store, Metrics(), budget, catalogue.silencing, catalogue.offered)
    ask = partial(budget.ask, "subject", "pattern", encounter="", instance="i")
    assert ask("possible-oih", now=0).show
    items = read_feedback({"feedback": [overridden(system, "oih-already-considered")]})
    desk.take(items, service="s", issuer="ehr", now=1)
    assert not ask("possible-oih", now=2).show
    assert ask("strong-pattern", now=3).show is shown


def test_an_unknown_card_is_recorded_and_no_fault(client):
    item = {"card": NEVER_ISSUED, "outcome": "overridden", **AT}
    assert client.post(PATH, json={"feedback": [item]}).status_code == 200


@pytest.mark.parametrize(
    "body", [{"nonsense": 1}, {"feedback": []}, {"card": NEVER_ISSUED, "outcome": "overridden", **AT}]
)
def test_feedback_of_another_shape_is_400(body, client):
    answer = client.post(PATH, json=body)
    assert answer.status_code == 400
    assert issues_of(answer) == [("required" if "feedback" not in body else "structure", "feedback")]


def test_feedback_to_no_service_is_404_and_by_another_method_405(client):
    assert client.post("/cds-services/none/feedback", json={"feedback": []}).status_code == 404
    answer = client.get(PATH)
    assert (answer.status_code, set(answer.headers["Allow"].split(", "))) == (405, {"POST", "OPTIONS"})


def test_a_browser_client_may_send_feedback(client):
    asked = {
        "Origin": SANDBOX,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    answer = client.options(PATH, headers=asked)
    assert answer.headers["Access-Control-Allow-Origin"] == SANDBOX
    assert (
        "Access-Control-Allow-Origin"
        not in client.options(PATH, headers=asked | {"Origin": "https://evil.example"}).headers
    )


def test_the_audience_of_feedback_is_the_feedback_url(tmp_path):
    issuers = tmp_path / "issuers.json"
    issuers.write_text(json.dumps({"issuer": [{"iss": ISS, "jwks": KEYS}]}))
    url = f"sqlite:///{tmp_path / 'store.sqlite3'}"
    settings = Settings(issuers=issuers, public_url=PUBLIC, database_url=url)
    body = {"feedback": [{"card": NEVER_ISSUED, "outcome": "overridden", **AT}]}
    with served(create_service(settings)) as guarded:
        for audience, status in ((PATH, 200), (path_of(request_of(PATTERN)), 401)):
            headers = {"Authorization": f"Bearer {token(aud=PUBLIC + audience)}"}
            assert guarded.post(PATH, json=body, headers=headers).status_code == status
        assert guarded.post(PATH, json=body).status_code == 401
