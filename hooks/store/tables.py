"""What is kept: issued cards, feedback, used token ids, alert silences, short-lived page records and sessions.

No patient identifier, no dose, no score and no free text. Times are UTC seconds. `subject` is a keyed hash
(hooks/store/keys.py) and is purged with its row. Page records and sessions are encrypted and live for minutes.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, String, Table

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

issued_card = Table(
    "issued_card",
    metadata,
    Column("uuid", String(36), primary_key=True),
    Column("issuer", String(255), primary_key=True),
    Column("issued_at", BigInteger, nullable=False),
    Column("service", String(64), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("rule", String(64), nullable=False),
    Column("rule_version", String(32), nullable=False),
    Column("grade", String(64), nullable=False),
    Column("evidence", String(1024), nullable=False),
    Column("subject", String(64), nullable=False),
    Index("ix_issued_card_issued_at", "issued_at"),
)

# Feedback is an event log: a second override of the same card is a second row, the same one sent twice is not.
feedback = Table(
    "feedback",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("received_at", BigInteger, nullable=False),
    Column("issuer", String(255), nullable=False),
    Column("service", String(64), nullable=False),
    Column("card", String(36), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("outcome_at", String(40), nullable=False),
    Column("reason_system", String(255), nullable=True),
    Column("reason_code", String(64), nullable=True),
    Column("commented", Boolean, nullable=False),
    Column("accepted", Integer, nullable=False),
    Index("ix_feedback_card", "card"),
    Index("ix_feedback_received_at", "received_at"),
)

used_token = Table(
    "used_token",
    metadata,
    Column("issuer", String(255), primary_key=True),
    Column("jti", String(64), primary_key=True),
    Column("expires_at", BigInteger, nullable=False),
    Index("ix_used_token_expires_at", "expires_at"),
)

shown = Table(
    "shown",
    metadata,
    Column("subject", String(64), primary_key=True),
    Column("kind", String(32), primary_key=True),
    Column("grade", String(64), nullable=False),
    Column("encounter", String(64), nullable=False),
    Column("instance", String(64), nullable=False),
    Column("shown_at", BigInteger, nullable=False),
    Column("silent_until", BigInteger, nullable=False),
    Column("silences_all", Boolean, nullable=False),
    Index("ix_shown_shown_at", "shown_at"),
)

sealed = Table(
    "sealed",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("purpose", String(16), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Index("ix_sealed_expires_at", "expires_at"),
)
