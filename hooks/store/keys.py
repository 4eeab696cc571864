"""Keyed hashes: two visits of one patient can be joined, and nobody without the key can tell whose they are."""

from __future__ import annotations

import hashlib
import hmac


def keyed_hash(key: bytes, *parts: str) -> str:
    """HMAC-SHA-256 over the parts, in hex; each part is length-prefixed so that no two lists of parts collide."""
    message = b"".join(len(each).to_bytes(4, "big") + each for each in (part.encode() for part in parts))
    return hmac.new(key, message, hashlib.sha256).hexdigest()
