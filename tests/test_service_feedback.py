"""Feedback, health, numbers and the alert budget over real HTTP, with real workers."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import uuid
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from conftest import wait_until_up

FIXTURES = Path(__file__).parent.parent / "fixtures"
PATTERN = json.loads((FIXTURES / "pattern/pain_rises_with_each_increase/request.json").read_text())
VIEW = "/cds-services/oih-patient-view"
SECRET = "a-secret-of-the-tests-only-32-chars-long"


@contextmanager
def serving(folder, port, **more):
    """Base URL of a server with its own store and settings, and the process."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OIH_CDS_")}
    environment |= {"OIH_CDS_DATABASE_URL": f"sqlite:///{folder / 'store.sqlite3'}", **more}
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "hooks.cli", "serve", "--port", str(port)],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
        )
    base = f"http://127.0.0.1:{port}"
    try:
        wait_until_up(base, process, folder / "log")
        yield base, process
    finally:
        process.terminate()
        process.wait(timeout=60)


def ask(base, request=PATTERN, **changes):
    return httpx.post(base + VIEW, json={**request, **changes}, timeout=30).raise_for_status().json()["cards"]


def overridden(card, code="will-monitor", at="2026-11-20T10:05:31Z"):
    reason = {"reason": {"code": code, "system": "https://oih-cds.org/CodeSystem/override-reasons"}}
    return {"card": card, "outcome": "overridden", "overrideReason": reason, "outcomeTimestamp": at}


def send(base, *items, service="oih-patient-view", timeout=30):
    return httpx.post(f"{base}/cds-services/{service}/feedback", json={"feedback": list(items)}, timeout=timeout)


def report(folder, *options):
    environment = {**os.environ, "OIH_CDS_DATABASE_URL": f"sqlite:///{folder / 'store.sqlite3'}", "COLUMNS": "200"}
    command = [sys.executable, "-m", "hooks.cli", "feedback", *options]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60).stdout


@pytest.fixture(scope="module")
def place(tmp_path_factory, free_port):
    folder = tmp_path_factory.mktemp("service")
    with serving(folder, free_port(), OIH_CDS_SECRET_KEY=SECRET) as (base, _process):
        yield base, folder


def test_feedback_is_joined_to_the_card_that_it_speaks_of(place):
    base, folder = place
    card = ask(base)[0]
    assert send(base, overridden(card["uuid"])).status_code == 200
    assert "R10" in report(folder)
    # R10 is made of several rules: their versions stand for it.
    assert re.search(r"^R10,\d+\.\d+\.\d+[^,]*,pattern,possible-oih,1,", report(folder, "--csv"), re.MULTILINE)


def test_several_items_on_several_cards_are_taken_in_one_call(place):
    base, folder = place
    first, second = ask(base, hookInstance=str(uuid.uuid4()))[:2]
    suggestion = first["suggestions"][0]["uuid"]
    accepted = {
        "card": first["uuid"],
        "outcome": "accepted",
        "acceptedSuggestions": [{"id": suggestion}],
        "outcomeTimestamp": "2026-11-20T10:05:31.123Z",
    }
    assert send(base, accepted, overridden(second["uuid"], "not-my-patient")).status_code == 200
    assert "not-my-patient" in report(folder)


def test_feedback_on_an_unknown_card_is_recorded_as_such(place):
    base, folder = place
    assert send(base, overridden(str(uuid.uuid4()))).status_code == 200
    assert "(unknown card)" in report(folder)


@pytest.mark.parametrize(
    "body",
    [{}, {"nonsense": 1}, {"feedback": []}, {"feedback": [{}]}, overridden("x"), {"feedback": [overridden("no-uuid")]}],
    ids=lambda body: str(body)[:30],
)
def test_feedback_of_the_wrong_shape_is_refused_with_its_path(place, body):
    base, _folder = place
    answer = httpx.post(f"{base}{VIEW}/feedback", json=body, timeout=30)
    assert answer.status_code == 400
    assert answer.json()["issue"][0]["expression"]


def test_a_comment_is_not_kept(place):
    base, folder = place
    item = overridden(str(uuid.uuid4()))
    item["overrideReason"]["userComment"] = "CANARY Maria Silva"
    assert send(base, item).status_code == 200
    with sqlite3.connect(folder / "store.sqlite3") as database:
        content = "\n".join(database.iterdump())
    assert "CANARY" not in content
    assert "CANARY" not in (folder / "log").read_text()


def test_no_identifier_of_the_patient_is_in_store_log_or_metrics(place):
    base, folder = place
    text = json.dumps(PATTERN).replace(PATTERN["context"]["patientId"], "CANARY-4711")
    cards = ask(base, json.loads(text))
    assert cards
    time.sleep(0.5)  # the outbox writes behind the answer
    with sqlite3.connect(folder / "store.sqlite3") as database:
        content = "\n".join(database.iterdump())
    metrics = httpx.get(f"{base}/metrics", timeout=30).text
    assert cards[0]["uuid"] in content
    for written in (content, metrics, (folder / "log").read_text()):
        assert "CANARY-4711" not in written


def test_health_answers_while_alive_and_ready_knows_the_store(place):
    base, _folder = place
    assert httpx.get(f"{base}/health", timeout=30).json() == {"status": "alive"}
    assert httpx.get(f"{base}/ready", timeout=30).json()["status"] == "ready"


def test_the_numbers_of_all_workers_are_added_up(place):
    base, _folder = place
    before = _count(base)
    for _ in range(10):
        httpx.get(f"{base}/cds-services", timeout=30)
    assert _count(base) == before + 10


def _count(base):
    lines = httpx.get(f"{base}/metrics", timeout=30).text.splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith('oih_requests_total{endpoint="services"'))


def test_the_source_attributes_are_published(place):
    base, _folder = place
    assert len(httpx.get(f"{base}/about", timeout=30).json()["evidenceBased"]) == 13


def test_a_disabled_service_says_so_and_is_never_silent(tmp_path, free_port):
    with serving(tmp_path, free_port(), OIH_CDS_DISABLED_SERVICES="oih-patient-view") as (base, _process):
        answer = httpx.post(base + VIEW, json=PATTERN, timeout=30)
    assert answer.status_code == 503
    assert answer.json()["resourceType"] == "OperationOutcome"


def test_shadow_mode_counts_and_returns_nothing(tmp_path, free_port):
    with serving(tmp_path, free_port(), OIH_CDS_SHADOW_SERVICES="oih-patient-view") as (base, _process):
        assert ask(base) == []
        metrics = httpx.get(f"{base}/metrics", timeout=30).text
    assert 'oih_cards_withheld_total{kind="pattern",service="oih-patient-view",why="shadow"} 1.0' in metrics


def test_after_feedback_the_finding_rests_on_patient_view_only(tmp_path, free_port):
    settings = {"OIH_CDS_ALERT_BUDGET_DAYS": "90", "OIH_CDS_SECRET_KEY": SECRET}
    with serving(tmp_path, free_port(), **settings) as (base, _process):
        card = ask(base, hookInstance=str(uuid.uuid4()))[0]
        assert ask(base, hookInstance=str(uuid.uuid4()))
        time.sleep(0.5)  # the outbox writes behind the answer
        assert send(base, overridden(card["uuid"])).status_code == 200
        assert ask(base, hookInstance=str(uuid.uuid4())) == []
        other = {**PATTERN["context"], "userId": "Practitioner/another"}
        assert ask(base, hookInstance=str(uuid.uuid4()), context=other)
        order = json.loads((FIXTURES / "orders/raised_again/request.json").read_text())
        answer = httpx.post(f"{base}/cds-services/oih-order-sign", json=order, timeout=30)
        assert answer.json()["cards"]


def test_nothing_acknowledged_is_lost_when_workers_are_killed(tmp_path, free_port):
    acknowledged, stop = [], threading.Event()

    def post(base):
        while not stop.is_set():
            card = str(uuid.uuid4())
            try:
                if send(base, overridden(card), timeout=10).status_code == 200:
                    acknowledged.append(card)
            except httpx.TransportError:
                time.sleep(0.02)

    with serving(tmp_path, free_port()) as (base, process):
        threads = [threading.Thread(target=post, args=(base,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for _ in range(3):
            time.sleep(1)
            for worker in _children(process.pid):
                os.kill(worker, signal.SIGKILL)
        time.sleep(1)
        stop.set()
        for thread in threads:
            thread.join()
    with sqlite3.connect(tmp_path / "store.sqlite3") as database:
        kept = {row[0] for row in database.execute("SELECT card FROM feedback")}
    assert len(acknowledged) > 20
    assert set(acknowledged) <= kept


def _children(pid):
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=True)
    return [int(child) for child in listed.stdout.split()]


def test_sigterm_lets_the_calls_in_flight_finish(tmp_path, free_port):
    answers = []
    with serving(tmp_path, free_port()) as (base, process):
        with httpx.Client(base_url=base, timeout=30) as client:
            threads = [
                threading.Thread(target=lambda: answers.append(client.post(VIEW, json=PATTERN).status_code))
                for _ in range(6)
            ]
            for thread in threads:
                thread.start()
            time.sleep(0.1)
            process.terminate()
            for thread in threads:
                thread.join()
        process.wait(timeout=60)
    assert answers == [200] * 6
