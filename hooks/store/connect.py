"""Opens the database, brings it to the current schema, and holds the one connection pool of a process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from cds.errors import OihError

BUSY_TIMEOUT_MS = 5000
NEWEST = "0001"  # the last of hooks/migrations/versions


class StoreError(OihError):
    """The database did not take or give what was asked. The message never holds a value."""


class Store:
    """One database. Connections are made per process: safe to build before a fork when nothing was asked yet."""

    def __init__(self, url: str) -> None:
        self._engine = _engine(url)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction: committed (and for SQLite synced) when the block ends, else rolled back.

        Raises StoreError for whatever the database refuses.
        """
        try:
            with self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            # The driver's text may quote values of the row.
            raise StoreError(f"the store refused: {type(error).__name__}") from None

    @property
    def dialect(self) -> str:
        return self._engine.dialect.name

    def migrate(self) -> None:
        """Bring the schema to the current revision. Raises StoreError."""
        with self.begin() as connection:
            if self.dialect == "postgresql":
                # Two workers may start together; the second waits here and then finds nothing to do.
                connection.execute(text("SELECT pg_advisory_xact_lock(72157041)"))
            if _revision(connection) != NEWEST:
                _upgrade(connection)

    def revision(self) -> tuple[str | None, str]:
        """(revision of the database, newest revision known to this program). Raises StoreError."""
        with self.begin() as connection:
            return _revision(connection), NEWEST

    def dispose(self) -> None:
        """Close pooled connections; a later call opens new ones."""
        self._engine.dispose()


def open_store(url: str) -> Store:
    """The store behind a URL, migrated. Raises StoreError."""
    store = Store(url)
    store.migrate()
    # No connection outlives this: gunicorn forks its workers from here, and two of them on one socket read each other's
    # answers.
    store.dispose()
    return store


def _revision(connection: Connection) -> str | None:
    """What Alembic has noted in this database; None: nothing."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    return found


def _upgrade(connection: Connection) -> None:
    # Only here: Alembic takes longer to import than the tables to make, and most starts find them current.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(resources.files("hooks") / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True)
    engine = create_engine(
        parsed,
        poolclass=None if parsed.database else NullPool,
        connect_args={"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def durable(connection: Any, _record: object) -> None:
        # FULL syncs the log before a commit returns: an acknowledged feedback survives a power cut.
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_TIMEOUT_MS}"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def write_lock(connection: Connection) -> None:
        # A deferred transaction that turns into a write fails at once when another holds the lock; an immediate one waits.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
