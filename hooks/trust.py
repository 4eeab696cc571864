"""Who may call. Every failure is the same bare 401; the reason is one word in our own log.

In the order of what costs least: form, algorithm, issuer, jku, key, signature and times (PyJWT), then what PyJWT leaves
open: whole numbers, a bound on the token's life, the tenant, and that the token was not seen before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import jwt
import structlog

from hooks.issuers import Issuer, development
from hooks.keys import Key, KeyRing
from hooks.refusals import Unauthenticated
from hooks.settings import Settings
from hooks.web import Web

_log = structlog.get_logger(__name__)
_ALGORITHMS = ["ES384", "RS384"]
_LONGEST_TOKEN = 16_384
_LONGEST_JTI = 256


class UsedTokens(Protocol):
    """Remembers token ids for all workers, until the tokens expire."""

    def seen(self, issuer: str, jti: str, expires_at: int) -> bool:
        """True where this id was used before; the first use is recorded."""


class Gate:
    """Verifies callers. In development mode everybody on this machine passes."""

    def __init__(self, settings: Settings, issuers: Mapping[str, Issuer], used: UsedTokens | None, web: Web) -> None:
        """used  required with issuers: without it a captured token opens the door again"""
        if issuers and used is None:
            raise ValueError("issuers need a store for used tokens")
        self._settings = settings
        self._issuers = issuers
        self._used = used
        self._development = development(settings)
        self._rings = {
            iss: KeyRing(web, issuer.jku, issuer.keys, settings.jwks_seconds) for iss, issuer in issuers.items()
        }

    def admit(self, authorization: str | None, path: str) -> Issuer:
        """The verified caller of an endpoint. Raises Unauthenticated.

        authorization  the header's value
        path           of the endpoint below the public base URL, such as "/cds-services/oih-patient-view"
        """
        if self._settings.development:
            return self._development
        token = _bearer(authorization)
        issuer, key = self._key_of(token)
        claims = self._claims(token, key, f"{self._settings.public_url}{path}")
        self._check_life(claims)
        if issuer.tenant is not None and claims.get("tenant") != issuer.tenant:
            raise Unauthenticated("tenant")
        self._check_first_use(issuer, claims)
        return issuer

    def _key_of(self, token: str) -> tuple[Issuer, Key]:
        try:
            header = jwt.get_unverified_header(token)
            claims = jwt.decode(token, options={"verify_signature": False})
        except (jwt.PyJWTError, ValueError, RecursionError):
            raise Unauthenticated("form") from None
        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm not in _ALGORITHMS:
            raise Unauthenticated("algorithm")
        if "crit" in header or str(header.get("typ", "")).upper() != "JWT" or not isinstance(kid, str):
            raise Unauthenticated("header")
        issuer = self._issuers.get(claims["iss"]) if isinstance(claims.get("iss"), str) else None
        if issuer is None:
            raise Unauthenticated("issuer")
        # Where a token's keys lie is our configuration's word, never the token's.
        if "jku" in header and header["jku"] != issuer.jku:
            raise Unauthenticated("jku")
        key = self._rings[issuer.iss].find(kid, algorithm)
        if key is None:
            raise Unauthenticated("key")
        return issuer, key

    def _claims(self, token: str, key: Key, audience: str) -> dict[str, Any]:
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key.public,
                algorithms=[key.algorithm],
                audience=audience,
                leeway=self._settings.leeway_seconds,
                options={"require": ["iss", "aud", "exp", "iat", "jti"]},
            )
        except jwt.ExpiredSignatureError:
            raise Unauthenticated("expired") from None
        except jwt.InvalidAudienceError:
            raise Unauthenticated("audience") from None
        except jwt.InvalidSignatureError:
            raise Unauthenticated("signature") from None
        except jwt.ImmatureSignatureError:
            raise Unauthenticated("not yet valid") from None
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError):
            raise Unauthenticated("claims") from None
        return claims

    def _check_life(self, claims: Mapping[str, Any]) -> None:
        times = [claims["exp"], claims["iat"], *([claims["nbf"]] if "nbf" in claims else [])]
        if any(type(each) is not int for each in times):
            raise Unauthenticated("times")
        # From iat, not from nbf: clients set nbf minutes early for clocks that are slow.
        if not 0 < claims["exp"] - claims["iat"] <= self._settings.token_seconds:
            raise Unauthenticated("lifetime")
        if not isinstance(claims["jti"], str) or not 0 < len(claims["jti"]) <= _LONGEST_JTI:
            raise Unauthenticated("jti")

    def _check_first_use(self, issuer: Issuer, claims: Mapping[str, Any]) -> None:
        if self._used is None:
            return
        if self._used.seen(issuer.iss, claims["jti"], claims["exp"] + self._settings.leeway_seconds):
            if issuer.replay == "enforce":
                raise Unauthenticated("replay")
            _log.warning("token used again", issuer=issuer.iss, jti=claims["jti"])


def _bearer(authorization: str | None) -> str:
    scheme, _, token = (authorization or "").partition(" ")
    if not authorization:
        raise Unauthenticated("no token")
    if scheme.lower() != "bearer" or not token or len(token) > _LONGEST_TOKEN:
        raise Unauthenticated("form")
    return token
