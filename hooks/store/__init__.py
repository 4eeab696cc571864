"""The store: SQLAlchemy 2 over SQLite (WAL, synchronous=FULL) by default, PostgreSQL by URL."""

from hooks.store.cards import FeedbackEvent, IssuedCard
from hooks.store.connect import Store, StoreError, open_store

__all__ = ["FeedbackEvent", "IssuedCard", "Store", "StoreError", "open_store"]
