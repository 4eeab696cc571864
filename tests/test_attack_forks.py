"""Nothing that a worker must have for itself is inherited from the process that forked it."""

import os
from pathlib import Path

from hooks.service import create_service
from hooks.settings import Settings
from hooks.store import IssuedCard, open_store
from hooks.store.cards import issued_table, remember_cards


def open_files(part):
    links = (Path("/proc/self/fd") / each for each in os.listdir("/proc/self/fd"))
    return [os.readlink(link) for link in links if link.is_symlink() and part in os.readlink(link)]


def test_a_service_that_is_ready_to_fork_holds_no_connection_to_its_store(tmp_path):
    # Two workers on one socket of PostgreSQL read each other's answers: the first calls after a start failed with 503.
    url = f"sqlite:///{tmp_path / 'forked.sqlite3'}"
    create_service(Settings(database_url=url, secret_key="k" * 32, alert_budget_days=30))
    assert open_files("forked.sqlite3") == []
    store = open_store(url)
    assert issued_table(store) == []
    assert open_files("forked.sqlite3") != []
    store.dispose()
    assert open_files("forked.sqlite3") == []


def test_a_store_opened_before_a_fork_works_on_both_sides_of_it(tmp_path):
    store = open_store(f"sqlite:///{tmp_path / 'both.sqlite3'}")

    def keep(uuid):
        card = IssuedCard(uuid, "iss", 1, "oih-patient-view", "pattern", "R5", "1.0.0", "possible-oih", "liang_2017")
        remember_cards(store, [card])

    child = os.fork()
    if child == 0:
        keep("from-the-child")
        os._exit(0)
    keep("from-the-parent")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert sum(row["count"] for row in issued_table(store)) == 2
    store.dispose()
