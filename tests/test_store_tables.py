"""The store keeps what it acknowledged, once, on SQLite and on PostgreSQL alike."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from databases import PACKAGE, binaries, postgresql
from hypothesis import given
from hypothesis import strategies as st

import hooks
from hooks.store import FeedbackEvent, IssuedCard, Store, StoreError, open_store
from hooks.store.budget import Budget
from hooks.store.cards import feedback_table, issued_table, purge, remember_cards, remember_feedback
from hooks.store.connect import NEWEST
from hooks.store.keys import keyed_hash
from hooks.store.outbox import Outbox
from hooks.store.sealed import Vault
from hooks.store.tables import metadata
from hooks.store.tokens import UsedTokens

CARD = IssuedCard("u1", "ehr", 1000, "oih-patient-view", "pattern", "R10", "1.0.0", "possible-oih", "fda_2023", "s1")
EVENT = FeedbackEvent(
    2000, "ehr", "oih-patient-view", "u1", "overridden", "2026-11-20T10:05:31Z", "sys", "will-monitor", False, 0
)
DAY = 86400


@pytest.fixture(scope="module")
def postgresql_url(free_port):
    if binaries() is None:
        pytest.skip(f"needs {PACKAGE}")
    with postgresql(free_port()) as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def store(request, tmp_path):
    if request.param == "sqlite":
        yield open_store(f"sqlite:///{tmp_path / 'store.sqlite3'}")
        return
    found = open_store(request.getfixturevalue("postgresql_url"))
    yield found
    with found.begin() as connection:
        for table in metadata.sorted_tables:
            connection.execute(table.delete())
    found._engine.dispose()


def test_the_migrations_make_exactly_the_tables_that_the_program_knows(store):
    with store.begin() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    assert store.revision() == ("0001", "0001")


def test_migrating_twice_changes_nothing(store):
    remember_cards(store, [CARD])
    store.migrate()
    assert issued_table(store)[0]["count"] == 1


def test_sqlite_syncs_before_a_write_returns(tmp_path):
    store = open_store(f"sqlite:///{tmp_path / 's.sqlite3'}")
    with store.begin() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


def test_the_same_feedback_twice_is_one(store):
    remember_cards(store, [CARD])
    remember_feedback(store, [EVENT])
    remember_feedback(store, [replace(EVENT, received_at=3000), EVENT])
    assert [row["count"] for row in feedback_table(store)] == [1]


def test_a_second_thought_about_the_same_card_is_kept_beside_the_first(store):
    remember_cards(store, [CARD])
    remember_feedback(store, [EVENT, replace(EVENT, outcome="accepted", reason_code=None, accepted=1)])
    assert {row["outcome"]: row["count"] for row in feedback_table(store)} == {"accepted": 1, "overridden": 1}


def test_feedback_on_a_card_that_was_never_issued_is_kept_as_such(store):
    remember_feedback(store, [replace(EVENT, card="nobody-knows")])
    assert [(row["rule"], row["count"]) for row in feedback_table(store)] == [(None, 1)]


def test_feedback_on_another_issuers_card_is_not_joined_to_it(store):
    remember_cards(store, [CARD])
    remember_feedback(store, [replace(EVENT, issuer="somebody-else")])
    assert feedback_table(store)[0]["rule"] is None


def test_a_replayed_card_is_one_row(store):
    remember_cards(store, [CARD, CARD])
    remember_cards(store, [replace(CARD, issued_at=5000)])
    assert issued_table(store)[0]["count"] == 1


def test_purging_removes_what_is_older_and_keeps_what_is_not(store):
    remember_cards(store, [CARD, replace(CARD, uuid="u2", issued_at=1001)])
    gone = purge(store, before=1001, now=0)
    assert gone["issued_card"] == 1
    assert issued_table(store)[0]["count"] == 1


def test_a_token_is_used_once_and_another_issuers_same_id_is_another_token(store):
    used = UsedTokens(store)
    assert used.seen("a", "jti", 99) is False
    assert used.seen("a", "jti", 99) is True
    assert used.seen("b", "jti", 99) is False


def test_of_a_hundred_uses_of_one_token_at_the_same_time_one_is_the_first(store):
    used, first = UsedTokens(store), []
    gate = threading.Barrier(8)

    def use():
        gate.wait()
        first.extend(not used.seen("a", "same", 99) for _ in range(13))

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert first.count(True) == 1
    assert len(first) == 104


def test_a_sealed_record_opens_with_its_handle_until_it_expires(store):
    vault = Vault(store, b"k" * 32, "page")
    handle = vault.put(b"MRN 4711", expires_at=100)
    assert vault.get(handle, now=99) == b"MRN 4711"
    assert vault.get(handle, now=100) is None
    assert vault.get(handle + "x", now=99) is None


def test_a_sealed_record_of_one_purpose_does_not_open_for_another(store):
    handle = Vault(store, b"k" * 32, "page").put(b"x", expires_at=100)
    assert Vault(store, b"k" * 32, "session").get(handle, now=1) is None
    assert Vault(store, b"o" * 32, "page").get(handle, now=1) is None


def test_what_is_sealed_is_unreadable_in_the_file(tmp_path):
    path = tmp_path / "s.sqlite3"
    store = open_store(f"sqlite:///{path}")
    handle = Vault(store, b"k" * 32, "page").put(b"CANARY-4711", expires_at=100)
    store._engine.dispose()
    content = b"".join(each.read_bytes() for each in tmp_path.iterdir())
    assert b"CANARY-4711" not in content
    assert handle.encode() not in content


def test_a_database_that_cannot_be_opened_is_a_store_error_without_its_address(tmp_path):
    with pytest.raises(StoreError) as caught:
        open_store(f"sqlite:///{tmp_path / 'no' / 'such' / 'folder' / 's.sqlite3'}")
    assert "folder" not in str(caught.value)


def test_the_outbox_writes_behind_the_answer_and_counts_what_it_could_not_write(tmp_path):
    failed = []
    store = open_store(f"sqlite:///{tmp_path / 's.sqlite3'}")
    outbox = Outbox(store, failed.append)
    outbox.put(CARD)
    outbox.flush()
    assert issued_table(store)[0]["count"] == 1
    assert failed == []
    broken = Outbox(Store(f"sqlite:///{tmp_path / 'no' / 's.sqlite3'}"), failed.append)
    broken.put(CARD)
    broken.flush()
    assert failed == [1]


# ------------------------------------------------------------------------------------------------ the alert budget

GRADES = ("no-signal", "possible-oih", "strong-pattern")


@pytest.fixture
def budget(store):
    remember_cards(store, [CARD])
    return Budget(store, days=90, grades=GRADES)


def ask(budget, now, grade="possible-oih", encounter="", instance="i1"):
    return budget.ask("s1", "pattern", grade, encounter=encounter, instance=instance, now=now)


def test_a_finding_is_shown_again_and_again_until_its_user_answers(budget):
    assert all(ask(budget, now).show for now in (0, 1, DAY))


def test_an_answered_finding_rests_for_ninety_days_and_no_longer(budget):
    ask(budget, 0)
    budget.answered(["u1"], "ehr", silencing=False, now=0)
    assert not ask(budget, 90 * DAY - 1).show
    assert ask(budget, 90 * DAY).show


def test_a_risen_grade_breaks_the_rest_and_a_fallen_one_does_not(budget):
    ask(budget, 0)
    budget.answered(["u1"], "ehr", silencing=False, now=0)
    assert not ask(budget, 1, grade="no-signal").show
    assert ask(budget, 2, grade="strong-pattern").show


def test_an_override_that_says_already_considered_holds_even_when_the_grade_rises(budget):
    ask(budget, 0)
    budget.answered(["u1"], "ehr", silencing=True, now=0)
    assert not ask(budget, 1, grade="strong-pattern").show


def test_within_one_encounter_the_card_stays_what_it_was(budget):
    assert ask(budget, 0, encounter="e", instance="first").instance == "first"
    budget.answered(["u1"], "ehr", silencing=False, now=1)
    again = ask(budget, 2, encounter="e", instance="second")
    assert (again.show, again.instance) == (True, "first")
    assert ask(budget, 3, encounter="another", instance="third").show is False


def test_feedback_of_another_issuer_silences_nothing(budget):
    ask(budget, 0)
    budget.answered(["u1"], "somebody-else", silencing=True, now=0)
    assert ask(budget, 1).show


def test_two_findings_do_not_silence_each_other(budget):
    ask(budget, 0)
    budget.answered(["u1"], "ehr", silencing=False, now=0)
    assert budget.ask("s1", "info", "insufficient-data", encounter="", instance="i", now=1).show


@given(st.lists(st.text(), min_size=1, max_size=4), st.lists(st.text(), min_size=1, max_size=4))
def test_different_parts_have_different_keyed_hashes(one, other):
    assert (keyed_hash(b"k" * 32, *one) == keyed_hash(b"k" * 32, *other)) == (one == other)


def test_the_newest_revision_is_the_last_of_the_migrations():
    config = Config()
    config.set_main_option("script_location", str(Path(hooks.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == NEWEST
