"""The page by SMART launch: from the record system, or standalone. Tokens stay in encrypted sessions of the store.

A browser holds one opaque cookie for each launch, and the page's address names the launch: two charts in two tabs never
change places.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import orjson
from flask import Blueprint, Response, redirect, request, url_for

from cds.errors import InputError
from hooks.answering import Desk
from hooks.issuers import Issuer, development
from hooks.pages import sealed_case
from hooks.pages.html import Html
from hooks.pages.routes import resource_page
from hooks.pages.smart_client import Attempt, LaunchError, SmartClient
from hooks.pages.smart_file import Registration
from hooks.pages.view import page_view
from hooks.problems import json_response
from hooks.schemas import Authorization, HookRequest
from hooks.services import Service
from hooks.settings import Settings, base_url
from hooks.store.sealed import Vault

_LAUNCH_SECONDS = 600
_NAME = re.compile(r"[A-Za-z0-9_-]{16}")
_AGAIN = "Open the patient in the record system and start again from there."


@dataclass(frozen=True, slots=True)
class Launches:
    """What the launch routes need.

    now    UTC seconds
    clock  now, aware: the evaluation date
    """

    settings: Settings
    registrations: Mapping[str, Registration]
    client: SmartClient
    vault: Vault
    desk: Desk
    service: Service
    issuers: Mapping[str, Issuer]
    html: Html
    now: Callable[[], int]
    clock: Callable[[], datetime]

    @property
    def https(self) -> bool:
        return str(self.settings.public_url).startswith("https:")

    def cookie(self, name: str) -> str:
        return f"{'__Host-' if self.https else ''}oih-{name}"

    def keep(self, response: Response, name: str, handle: str, seconds: int) -> Response:
        """Hand the browser the key to one launch or session.

        Lax: the way back from the record system is a top-level GET, which carries it. Inside an EHR's frame only None
        is sent at all, and Partitioned keeps it to that EHR.
        """
        framed = self.https and bool(self.settings.frame_ancestors)
        response.set_cookie(
            self.cookie(name),
            handle,
            max_age=seconds,
            path="/",
            secure=self.https,
            httponly=True,
            samesite="None" if framed else "Lax",
            partitioned=framed,
        )
        return response

    def opened(self, name: str) -> tuple[str, dict[str, Any]] | None:
        """Handle and content of this browser's launch or session of that name."""
        handle = request.cookies.get(self.cookie(name), "") if _NAME.fullmatch(name) else ""
        content = self.vault.get(handle, now=self.now()) if handle else None
        return None if content is None else (handle, orjson.loads(content))

    def profile(self, iss: str) -> Issuer:
        """How the patients of a record system are read: as its own hooks are, else as the settings say."""
        own = (each for each in self.issuers.values() if iss in each.fhir_servers)
        return replace(next(own, development(self.settings)), fhir_servers=frozenset({iss}))

    def wrong(self, status: int, text: str) -> Response:
        return self.html.message(status, "This launch cannot go on", f"{text} {_AGAIN}")


def add_launches(pages: Blueprint, launches: Launches) -> None:
    """`/launch`, `/smart/callback`, `/smart/page/<name>` and our public keys at `/smart/jwks.json`."""

    @pages.get("/launch")
    def launch() -> Response:
        if "iss" not in request.args:
            return _choose(launches)
        at = _registered(launches, request.args["iss"])
        if at is None:
            return launches.wrong(403, "The record system that started it is not registered here.")
        return _leave(launches, at, request.args.get("launch"))

    @pages.get("/smart/callback")
    def smart_callback() -> Response:
        state = request.args.get("state", "")
        name = state.partition(".")[0]
        found = launches.opened(name)
        if found is None:
            return launches.wrong(
                400, "It was not started in this browser, has been used, or is older than 10 minutes."
            )
        handle, started = found
        launches.vault.drop(handle)  # whatever comes next, this launch is used up
        if started["kind"] != "launch" or not hmac.compare_digest(started["attempt"]["state"].encode(), state.encode()):
            return launches.wrong(400, "The answer does not belong to the launch that was started.")
        return _arrive(launches, name, started)

    @pages.get("/smart/page/<name>")
    def smart_page(name: str) -> Response:
        found = launches.opened(name)
        if found is None or found[1]["kind"] != "session":
            return launches.html.message(404, "This page has expired", f"It is kept for some minutes only. {_AGAIN}")
        return _show(launches, name, *found)

    @pages.get("/smart/page/<name>/resource")
    def smart_resource(name: str) -> Response:
        found = launches.opened(name)
        if found is None or not found[1].get("case"):
            return launches.html.message(404, "This page has expired", f"It is kept for some minutes only. {_AGAIN}")
        case, _ = sealed_case.load(bytes.fromhex(found[1]["case"]))
        return resource_page(launches.html, case, url_for("pages.smart_page", name=name))

    @pages.get("/smart/jwks.json")
    def smart_keys() -> Response:
        keys = {str(key["kid"]): key for each in launches.registrations.values() if (key := each.public_jwk)}
        return json_response({"keys": list(keys.values())})


def _choose(launches: Launches) -> Response:
    links = [(iss, url_for("pages.launch", iss=iss)) for iss in launches.registrations]
    return launches.html.message(200, "Opioid dose and pain", "Choose the record system of the patient.", links)


def _registered(launches: Launches, iss: str) -> Registration | None:
    try:
        return launches.registrations.get(base_url(iss))
    except ValueError:
        return None


def _leave(launches: Launches, at: Registration, launch: str | None) -> Response:
    name = secrets.token_urlsafe(12)
    attempt = Attempt(f"{name}.{secrets.token_urlsafe(32)}", secrets.token_urlsafe(32), secrets.token_urlsafe(48))
    try:
        there = launches.client.endpoints(at)
    except LaunchError as error:
        return launches.wrong(502, f"The record system cannot be used: {error}.")
    content = orjson.dumps({"kind": "launch", "iss": at.iss, "attempt": asdict(attempt)})
    handle = launches.vault.put(content, expires_at=launches.now() + _LAUNCH_SECONDS)
    response = redirect(launches.client.address(at, there, attempt, launch))
    return launches.keep(response, name, handle, _LAUNCH_SECONDS)  # type: ignore[arg-type]


def _arrive(launches: Launches, name: str, started: Mapping[str, Any]) -> Response:
    at = launches.registrations.get(started["iss"])
    if at is None:
        return launches.wrong(403, "The record system that started it is no longer registered here.")
    if "error" in request.args or "code" not in request.args:
        return launches.wrong(403, "The record system did not give access.")
    try:
        there = launches.client.endpoints(at)
        if request.args.get("iss", there.issuer) != there.issuer:
            raise LaunchError("the answer came from another authorisation server")
        granted = launches.client.redeem(at, there, Attempt(**started["attempt"]), request.args["code"])
    except LaunchError as error:
        return launches.wrong(502, f"The record system cannot be used: {error}.")
    seconds = min(granted.authorization.expires_in, 60 * launches.settings.session_minutes)
    session = {
        "kind": "session",
        "iss": at.iss,
        "authorization": asdict(granted.authorization),
        "patient": granted.patient,
        "encounter": granted.encounter,
    }
    # A new handle: whoever saw that of the launch has nothing.
    handle = launches.vault.put(orjson.dumps(session), expires_at=launches.now() + seconds)
    response = redirect(url_for("pages.smart_page", name=name), 303)
    return launches.keep(response, name, handle, seconds)  # type: ignore[arg-type]


def _show(launches: Launches, name: str, handle: str, session: dict[str, Any]) -> Response:
    """Read the record by the same code as the hooks, and show it."""
    issuer = launches.profile(session["iss"])
    asked = HookRequest(
        hook=launches.service.hook,
        instance=name,
        patient_id=session["patient"],
        user_id="",
        encounter_id=session["encounter"],
        context={
            "patientId": session["patient"],
            **({"encounterId": session["encounter"]} if session["encounter"] else {}),
        },
        prefetch={},
        fhir_server=session["iss"],
        authorization=Authorization(**session["authorization"]),
        extension={},
    )
    try:
        found = launches.desk.evaluate(launches.service, issuer, asked, launches.clock())
    except InputError as error:
        return launches.wrong(502, f"The record could not be read: {error}.")
    if found is None:
        return launches.html.message(200, "No opioid on record", "There is no opioid dose to show beside the pain.")
    launches.vault.replace(handle, orjson.dumps({**session, "case": sealed_case.dump(found.case, issuer.iss).hex()}))
    knowledge = launches.desk.reading(issuer, found.case.version).knowledge
    view = page_view(found, knowledge, resources=url_for("pages.smart_resource", name=name))
    return launches.html.page("page.html", view=view)
