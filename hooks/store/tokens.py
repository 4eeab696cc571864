"""Which tokens were used: shared by the workers, so that a captured token opens no second door."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from hooks.store.cards import insert_new
from hooks.store.connect import Store
from hooks.store.tables import used_token


@dataclass(frozen=True, slots=True)
class UsedTokens:
    store: Store

    def seen(self, issuer: str, jti: str, expires_at: int) -> bool:
        """True where this issuer's token id was used before; the first use is recorded. Raises StoreError."""
        # Hashed: an id may be of any length and is nothing that a reader of the table should be able to send.
        row = {
            "issuer": issuer,
            "jti": hashlib.sha256(jti.encode("utf-8", "surrogatepass")).hexdigest(),
            "expires_at": expires_at,
        }
        with self.store.begin() as connection:
            return insert_new(connection, used_token, [row]) == 0
