"""Issued cards and the feedback on them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Table, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from hooks.store.connect import Store
from hooks.store.tables import feedback, issued_card, sealed, shown, used_token


@dataclass(frozen=True, slots=True)
class IssuedCard:
    """What is remembered of a card: enough to say which rule a feedback speaks about, nothing about the patient.

    subject  keyed hash of issuer, user and patient; empty where no key is configured
    """

    uuid: str
    issuer: str
    issued_at: int
    service: str
    kind: str
    rule: str
    rule_version: str
    grade: str
    evidence: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class FeedbackEvent:
    """One item of a feedback call. A user's comment may name a patient: only that there was one is kept."""

    received_at: int
    issuer: str
    service: str
    card: str
    outcome: str
    outcome_at: str
    reason_system: str | None
    reason_code: str | None
    commented: bool
    accepted: int

    @property
    def id(self) -> str:
        """The same event sent twice has the same id; when it arrived does not matter."""
        content = {key: value for key, value in asdict(self).items() if key != "received_at"}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def remember_cards(store: Store, cards: Iterable[IssuedCard]) -> None:
    """Keep issued cards; a replayed one is already there. Raises StoreError."""
    with store.begin() as connection:
        connection.execute(_insert(connection, issued_card), [asdict(card) for card in cards])


def remember_feedback(store: Store, events: Iterable[FeedbackEvent]) -> None:
    """Keep feedback; returns after the database has it for good. Raises StoreError."""
    with store.begin() as connection:
        insert_new(connection, feedback, [{**asdict(event), "id": event.id} for event in events])


def feedback_table(store: Store, *, since: int = 0) -> list[Mapping[str, Any]]:
    """One row per rule, version, kind, grade, outcome and reason, with how often; a card unknown to the issuer that
    spoke of it has rule None. Raises StoreError.
    """
    columns = (
        issued_card.c.rule,
        issued_card.c.rule_version,
        issued_card.c.kind,
        issued_card.c.grade,
        feedback.c.outcome,
        feedback.c.reason_code,
    )
    joined = feedback.outerjoin(
        issued_card, (feedback.c.card == issued_card.c.uuid) & (feedback.c.issuer == issued_card.c.issuer)
    )
    query = (
        select(*columns, func.count().label("count"))
        .select_from(joined)
        .where(feedback.c.received_at >= since)
        .group_by(*columns)
        .order_by(*(column.asc().nulls_last() for column in columns))
    )
    with store.begin() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def issued_table(store: Store, *, since: int = 0) -> list[Mapping[str, Any]]:
    """How many cards each rule issued. Raises StoreError."""
    columns = (issued_card.c.rule, issued_card.c.rule_version, issued_card.c.kind, issued_card.c.grade)
    query = (
        select(*columns, func.count().label("count"))
        .where(issued_card.c.issued_at >= since)
        .group_by(*columns)
        .order_by(*columns)
    )
    with store.begin() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def purge(store: Store, *, before: int, now: int) -> Mapping[str, int]:
    """Delete rows older than `before`, and whatever has expired by `now`; how many of each. Raises StoreError."""
    conditions = {
        issued_card: issued_card.c.issued_at < before,
        feedback: feedback.c.received_at < before,
        shown: (shown.c.shown_at < before) & (shown.c.silent_until < now),
        used_token: used_token.c.expires_at < now,
        sealed: sealed.c.expires_at < now,
    }
    with store.begin() as connection:
        return {
            table.name: connection.execute(delete(table).where(condition)).rowcount
            for table, condition in conditions.items()
        }


def insert_new(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> int:
    """Insert the rows that are not there yet; how many were new."""
    # RETURNING, not rowcount: psycopg's rowcount does not tell a new row from one that was there.
    first = _insert(connection, table).returning(next(iter(table.primary_key)))
    return sum(len(connection.execute(first, row).all()) for row in rows)


def _insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Without complaint about a row that is there already."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()
