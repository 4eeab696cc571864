"""Public keys of callers: from configuration, or fetched from the one URL that is configured, cached, and read again
once when a token names an unknown key."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jwt
import structlog
from aiohttp import ClientSession
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from cds.errors import MalformedInput
from hooks import strict_json
from hooks.web import Budget, Web, WebError, call

_log = structlog.get_logger(__name__)
_FETCH_SECONDS = 2.0
_FETCH_BYTES = 262_144
_COOLDOWN_SECONDS = 30.0
# Before the first set is had nobody can be let in; longer than a fetch, or those who queue would each make one.
_FIRST_COOLDOWN_SECONDS = 5.0
# While its server is down, keys read before stay good this long; a withdrawn key is refused after that at the latest.
_STALE_SECONDS = 86_400.0
_LEAST_RSA_BITS = 2048
PublicKey = EllipticCurvePublicKey | RSAPublicKey


@dataclass(frozen=True, slots=True)
class Key:
    """One public key; `algorithm` is the only one it may verify."""

    kid: str
    algorithm: str
    public: PublicKey


def parse_keys(document: object) -> tuple[Key, ...]:
    """The usable keys of a JWK Set: ES384 on P-384, RS384 with 2048 bits or more; every other key is passed over.

    Raises ValueError where it is no JWK Set, or holds a private or symmetric key, which belongs nowhere near here.
    """
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise ValueError("a JWK Set is an object with a list 'keys'")
    found = []
    for each in listed:
        if isinstance(each, dict) and ("d" in each or each.get("kty") == "oct"):
            raise ValueError("the key set holds a secret key; publish public keys only")
        key = _key(each) if isinstance(each, dict) else None
        if key is not None:
            found.append(key)
    return tuple(found)


def _key(each: dict[str, Any]) -> Key | None:
    algorithm = {"EC": "ES384", "RSA": "RS384"}.get(str(each.get("kty")))
    kid = each.get("kid")
    if algorithm is None or not isinstance(kid, str) or not kid:
        return None
    if each.get("use", "sig") != "sig" or each.get("alg", algorithm) != algorithm:
        return None
    try:
        public = jwt.PyJWK(each, algorithm).key
    except jwt.PyJWTError:
        return None
    if isinstance(public, EllipticCurvePublicKey):
        return Key(kid, algorithm, public) if isinstance(public.curve, SECP384R1) else None
    if isinstance(public, RSAPublicKey) and public.key_size >= _LEAST_RSA_BITS:
        return Key(kid, algorithm, public)
    return None


class KeyRing:
    """The keys of one issuer, whether configured or fetched."""

    def __init__(
        self,
        web: Web,
        jku: str | None,
        keys: tuple[Key, ...],
        lifetime: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """lifetime  seconds for which a fetched set is used without asking again"""
        self._web = web
        self._jku = jku
        self._keys = keys
        self._configured = bool(keys)
        self._lifetime = lifetime
        self._clock = clock
        self._lock = threading.Lock()
        self._fetched = self._tried = float("-inf")

    def find(self, kid: str, algorithm: str) -> Key | None:
        """The key of that name and algorithm, None if the issuer has none.

        While one caller reads an old set again, the others go on with the keys of that set: a key server that hangs
        holds up one call, not all of them.
        """
        known, age = self._known(kid, algorithm), self._clock() - self._fetched
        if self._configured or (known is not None and age < self._lifetime):
            return known
        if not self._lock.acquire(blocking=known is None or age > _STALE_SECONDS):
            return known
        try:
            self._refresh(kid, algorithm)
        finally:
            self._lock.release()
        return self._known(kid, algorithm)

    def _known(self, kid: str, algorithm: str) -> Key | None:
        return next((key for key in self._keys if key.kid == kid and key.algorithm == algorithm), None)

    def _refresh(self, kid: str, algorithm: str) -> None:
        """Read the set again unless somebody just did; the caller holds the lock."""
        now = self._clock()
        if now - self._fetched < self._lifetime and self._known(kid, algorithm) is not None:
            return
        # A thousand forged names of keys must not become a thousand calls to the issuer.
        had = self._fetched > float("-inf")
        if now - self._tried < (_COOLDOWN_SECONDS if had else _FIRST_COOLDOWN_SECONDS):
            return
        self._tried = now
        try:
            self._keys = self._web.run(self._fetch)
            self._fetched = now
        except (WebError, TimeoutError, MalformedInput, ValueError) as error:
            # Callers get a bare 401: whoever runs the service must see why from here.
            reason = str(error) if isinstance(error, WebError) else "no answer in time, or no usable key set"
            _log.warning("keys not fetched", reason=reason)
            if now - self._fetched > _STALE_SECONDS:
                self._keys = ()

    async def _fetch(self, session: ClientSession) -> tuple[Key, ...]:
        async with asyncio.timeout(_FETCH_SECONDS):
            reply = await call(session, "GET", str(self._jku), headers={}, budget=Budget(_FETCH_BYTES))
        if reply.status != 200:
            raise WebError(f"the key server answered {reply.status}")
        return parse_keys(strict_json.loads(reply.body))
