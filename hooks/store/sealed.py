"""Short-lived records that hold patient data: encrypted, single-purpose, gone within minutes.

The row's id is a hash of a random handle and the content is encrypted with a key derived from that handle and the
service's key: who reads the table can open nothing.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import delete, select, update

from hooks.store.connect import Store
from hooks.store.tables import sealed


@dataclass(frozen=True, slots=True)
class Vault:
    """Sealed records of one purpose ("page", "session").

    key  the service's secret, 32 bytes or more
    """

    store: Store
    key: bytes
    purpose: str

    def put(self, content: bytes, *, expires_at: int) -> str:
        """Seal the content; the handle that opens it, 32 URL-safe characters or more. Raises StoreError."""
        handle = secrets.token_urlsafe(32)
        self._write(handle, content, expires_at)
        return handle

    def get(self, handle: str, *, now: int) -> bytes | None:
        """The content, or None where there is none, it has expired, or it does not open. Raises StoreError."""
        query = select(sealed.c.content).where(
            sealed.c.id == self._id(handle), sealed.c.purpose == self.purpose, sealed.c.expires_at > now
        )
        with self.store.begin() as connection:
            content = connection.execute(query).scalar_one_or_none()
        if content is None:
            return None
        try:
            return self._cipher(handle).decrypt(content)
        except InvalidToken:
            return None

    def replace(self, handle: str, content: bytes) -> None:
        """Seal other content under the same handle and expiry. Raises StoreError."""
        with self.store.begin() as connection:
            connection.execute(
                update(sealed)
                .where(sealed.c.id == self._id(handle), sealed.c.purpose == self.purpose)
                .values(content=self._cipher(handle).encrypt(content))
            )

    def drop(self, handle: str) -> None:
        """Forget a record; nothing happens where there is none. Raises StoreError."""
        with self.store.begin() as connection:
            connection.execute(delete(sealed).where(sealed.c.id == self._id(handle)))

    def _write(self, handle: str, content: bytes, expires_at: int) -> None:
        row = {
            "id": self._id(handle),
            "purpose": self.purpose,
            "content": self._cipher(handle).encrypt(content),
            "expires_at": expires_at,
        }
        with self.store.begin() as connection:
            connection.execute(sealed.insert(), row)

    def _id(self, handle: str) -> str:
        return hashlib.sha256(handle.encode()).hexdigest()

    def _cipher(self, handle: str) -> Fernet:
        derived = HKDF(algorithm=hashes.SHA256(), length=32, salt=handle.encode(), info=self.purpose.encode())
        return Fernet(base64.urlsafe_b64encode(derived.derive(self.key)))
