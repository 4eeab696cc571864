"""A store that races, fills up or breaks costs no clinician a card, and no feedback is acknowledged that is not kept."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from databases import PACKAGE, binaries, postgresql
from served import issues_of, path_of, post, request_of, served

from hooks.service import create_service
from hooks.settings import Settings
from hooks.store import open_store
from hooks.store.budget import Budget

PATTERN = "pattern/pain_rises_with_each_increase"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def url(request, tmp_path, free_port):
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'store.sqlite3'}"
    elif binaries() is None:
        pytest.skip(f"needs {PACKAGE}")
    else:
        with postgresql(free_port()) as found:
            yield found


def test_eight_first_calls_at_one_moment_are_all_shown_the_finding(url):
    store = open_store(url)
    budget = Budget(store, 90, ("no-signal", "possible-oih"))
    together = threading.Barrier(8)

    def ask(subject):
        together.wait()
        return budget.ask(subject, "pattern", "possible-oih", encounter="", instance="i", now=0).show

    with ThreadPoolExecutor(8) as pool:
        shown = [list(pool.map(ask, [f"s{turn}"] * 8)) for turn in range(20)]
    store.dispose()
    assert shown == [[True] * 8] * 20


def test_a_broken_store_refuses_feedback_and_holds_back_no_card(tmp_path):
    file = tmp_path / "store.sqlite3"
    settings = Settings(
        database_url=f"sqlite:///{file}",
        secret_key="k" * 32,
        public_url="https://cds.example.org",
        alert_budget_days=30,
        link="absolute",
    )
    request = request_of(PATTERN)
    item = {"outcome": "overridden", "outcomeTimestamp": "2026-11-20T10:05:31Z"}
    with served(create_service(settings)) as client:
        whole = post(client, request)
        with sqlite3.connect(file) as connection:
            for table in ("shown", "sealed", "feedback", "issued_card"):
                connection.execute(f"DROP TABLE {table}")
        broken = post(client, request)
        cards = broken.json()["cards"]
        refused = client.post(f"{path_of(request)}/feedback", json={"feedback": [{"card": cards[0]["uuid"], **item}]})
    assert (whole.status_code, broken.status_code) == (200, 200)
    assert [each["summary"] for each in cards] == [each["summary"] for each in whole.json()["cards"]]
    assert not any("links" in each and "page" in str(each["links"]).lower() for each in cards)
    assert refused.status_code == 503
    assert refused.headers["Retry-After"] == "5"
    assert issues_of(refused) == [("transient", None)]
