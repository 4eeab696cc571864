"""The client's side of SMART App Launch 2: discovery, the address to authorise at, the code for a token, the id_token.

Authlib speaks OAuth; every byte goes through hooks/web.py, so that each exchange is bounded in time and size.
"""

from __future__ import annotations

import asyncio
import hmac
import re
import secrets
import time
import warnings
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import httpx
import jwt
from aiohttp import ClientSession
from authlib.deprecate import AuthlibDeprecationWarning  # type: ignore[import-untyped]

from cds.errors import MalformedInput, OihError
from hooks import strict_json
from hooks.pages.smart_file import Registration
from hooks.schemas import Authorization
from hooks.settings import base_url
from hooks.web import Budget, Web, WebError, call

with warnings.catch_warnings():
    # It asks for httpx2, which it does not need: an operator's terminal is not the place to say so.
    warnings.simplefilter("ignore", AuthlibDeprecationWarning)
    from authlib.integrations.base_client import OAuthError  # type: ignore[import-untyped]
    from authlib.integrations.httpx_client import AsyncOAuth2Client  # type: ignore[import-untyped]
    from authlib.oauth2.rfc7523 import PrivateKeyJWT  # type: ignore[import-untyped]

_SECONDS = 5.0
_BYTES = 500_000
_ID_ALGORITHMS = ["RS256", "RS384", "ES256", "ES384"]
_LEEWAY_SECONDS = 60
_ASSERTION_SECONDS = 240
_LONGEST_TOKEN = 16_384
_ID = re.compile(r"[A-Za-z0-9\-._]{1,64}")  # it becomes a part of addresses


class LaunchError(OihError):
    """A launch that cannot go on. The message is ours and says why, without a value of anybody's answer."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """What the record system says about itself; `issuer` and `keys` only where it can say who is signed in."""

    authorize: str
    token: str
    issuer: str | None = None
    keys: str | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """The secrets of one launch: against forged answers, against replayed identities, against stolen codes."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Granted:
    """What a launch ended in; `encounter` where the launch named one."""

    authorization: Authorization
    patient: str
    encounter: str | None


class SmartClient:
    """Talks to registered record systems."""

    def __init__(self, web: Web, redirect_uri: str) -> None:
        self._web = web
        self._redirect_uri = redirect_uri

    def endpoints(self, at: Registration) -> Endpoints:
        """Raises LaunchError."""
        told = self._get(f"{at.iss}/.well-known/smart-configuration")
        try:
            found = Endpoints(
                authorize=_address(told["authorization_endpoint"]),
                token=_address(told["token_endpoint"]),
                issuer=None if told.get("issuer") is None else str(told["issuer"]),
                keys=None if told.get("jwks_uri") is None else _address(told["jwks_uri"]),
            )
        except (KeyError, ValueError, TypeError):
            raise LaunchError("its SMART configuration names no usable endpoints") from None
        methods = told.get("code_challenge_methods_supported")
        if methods is not None and "S256" not in methods:
            raise LaunchError("it does not take PKCE with S256")
        return found

    def address(self, at: Registration, to: Endpoints, attempt: Attempt, launch: str | None) -> str:
        """Where the browser is sent; `launch` as the record system gave it, None for a standalone launch."""
        scope = f"{'launch/patient' if launch is None else 'launch'} {at.scopes}"
        more = {} if launch is None else {"launch": launch}
        if "openid" in scope.split():
            more["nonce"] = attempt.nonce
        client = AsyncOAuth2Client(
            client_id=at.client_id, redirect_uri=self._redirect_uri, scope=scope, code_challenge_method="S256"
        )
        url, _ = client.create_authorization_url(
            to.authorize, state=attempt.state, code_verifier=attempt.verifier, aud=at.iss, **more
        )
        return str(url)

    def redeem(self, at: Registration, to: Endpoints, attempt: Attempt, code: str) -> Granted:
        """The code for a token, once. Raises LaunchError."""

        async def exchange(session: ClientSession) -> Mapping[str, Any]:
            client = AsyncOAuth2Client(
                client_id=at.client_id,
                client_secret=at.key,
                redirect_uri=self._redirect_uri,
                token_endpoint_auth_method="private_key_jwt" if at.key else "none",
                transport=_Bounded(session),
                trust_env=False,
            )
            client.register_client_auth_method(_Assertion(at, to.token))
            found: Mapping[str, Any] = await client.fetch_token(
                to.token, grant_type="authorization_code", code=code, code_verifier=attempt.verifier
            )
            return found

        token = self._run(exchange, "it did not take the code")
        access, kind, patient = token.get("access_token"), str(token.get("token_type")), token.get("patient")
        if not isinstance(access, str) or not _is_token(access) or kind.lower() != "bearer":
            raise LaunchError("it gave no bearer token")
        if not isinstance(patient, str) or not _ID.fullmatch(patient.removeprefix("Patient/")):
            raise LaunchError("it named no patient; the launch must be from a patient's chart, or let one be chosen")
        scope = str(token.get("scope") or at.scopes)
        if "openid" in scope.split():
            self._check_identity(at, to, attempt, token.get("id_token"))
        seconds = token.get("expires_in")
        lives = int(seconds) if isinstance(seconds, int | float) and seconds > 0 else 300
        encounter = token.get("encounter")
        return Granted(
            Authorization(access, lives, scope, at.client_id, patient),
            patient.removeprefix("Patient/"),
            encounter if isinstance(encounter, str) else None,
        )

    def _get(self, url: str) -> Mapping[str, Any]:
        """One JSON object. Raises LaunchError."""

        async def read(session: ClientSession) -> Mapping[str, Any]:
            reply = await call(session, "GET", url, headers={"Accept": "application/json"}, budget=Budget(_BYTES))
            value = strict_json.loads(reply.body) if reply.status == 200 else None
            if not isinstance(value, dict):
                raise WebError("no JSON object")
            return value

        return self._run(read, "it does not tell how to launch (.well-known/smart-configuration, jwks_uri)")

    def _run(
        self, work: Callable[[ClientSession], Coroutine[Any, Any, Mapping[str, Any]]], failed: str
    ) -> Mapping[str, Any]:
        async def bounded(session: ClientSession) -> Mapping[str, Any]:
            async with asyncio.timeout(_SECONDS):
                return await work(session)

        try:
            return self._web.run(bounded)
        except TimeoutError:
            raise LaunchError(f"it did not answer within {_SECONDS:g} s") from None
        except WebError as error:
            raise LaunchError(f"{failed}: {error}") from None
        except (OAuthError, MalformedInput, httpx.HTTPError, ValueError, TypeError, KeyError):
            raise LaunchError(failed) from None

    def _check_identity(self, at: Registration, to: Endpoints, attempt: Attempt, token: object) -> None:
        """An id_token of this launch, for us, signed by the record system."""
        if not isinstance(token, str) or to.issuer is None or to.keys is None:
            raise LaunchError("it granted openid without an id_token that could be checked")
        try:
            keys = jwt.PyJWKSet.from_dict(dict(self._get(to.keys)))
            header = jwt.get_unverified_header(token)
            key = next(each for each in keys.keys if each.key_id == header.get("kid"))
            claims = jwt.decode(
                token,
                key.key,
                algorithms=_ID_ALGORITHMS,
                audience=at.client_id,
                issuer=to.issuer,
                leeway=_LEEWAY_SECONDS,
                options={"require": ["iss", "aud", "exp", "iat", "sub"]},
            )
        except (jwt.PyJWTError, StopIteration, ValueError, TypeError):
            raise LaunchError("its id_token is not valid") from None
        if not hmac.compare_digest(str(claims.get("nonce")), attempt.nonce):
            raise LaunchError("its id_token belongs to another launch")


class _Assertion(PrivateKeyJWT):  # type: ignore[misc]  # Authlib has no types
    """Our proof of who we are. Authlib's own lives an hour; SMART allows five minutes."""

    def __init__(self, at: Registration, token_endpoint: str) -> None:
        super().__init__(token_endpoint)
        self._at = at

    def sign(self, auth: Any, token_endpoint: str) -> str:
        claims = {
            "iss": auth.client_id,
            "sub": auth.client_id,
            "aud": token_endpoint,
            "exp": int(time.time()) + _ASSERTION_SECONDS,
            "jti": secrets.token_urlsafe(24),
        }
        return jwt.encode(claims, str(self._at.key), self._at.algorithm, headers={"kid": self._at.kid})


class _Bounded(httpx.AsyncBaseTransport):
    """Carries Authlib's requests within its limits."""

    def __init__(self, session: ClientSession) -> None:
        self._session = session

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        headers = {name: request.headers[name] for name in ("authorization", "accept") if name in request.headers}
        form = dict(parse_qsl((await request.aread()).decode()))
        reply = await call(
            self._session, request.method, str(request.url), headers=headers, budget=Budget(_BYTES), form=form
        )
        return httpx.Response(reply.status, headers={"content-type": reply.kind}, content=reply.body, request=request)


def _address(value: object) -> str:
    """An endpoint's address: https, or this machine. Raises ValueError."""
    text = str(value)
    base_url(text.partition("?")[0])
    return text


def _is_token(text: str) -> bool:
    """Visible ASCII: a line break would reach the header of our own call."""
    return 0 < len(text) <= _LONGEST_TOKEN and all("!" <= char <= "~" for char in text)
