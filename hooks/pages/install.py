"""Puts the pages on the service: the signed link, the SMART launch and, in development mode, the tester's bench."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from flask import Blueprint, Flask

from cds.clinical import Assessment, Case
from cds.knowledge import Knowledge
from hooks.answering import Desk
from hooks.issuers import Issuer, development
from hooks.pages import smart_file
from hooks.pages.bench import Bench, add_bench
from hooks.pages.html import Html, blueprint
from hooks.pages.routes import SignedPages, add_signed
from hooks.services import Service
from hooks.settings import Settings
from hooks.store.connect import Store
from hooks.store.sealed import Vault
from hooks.web import Web


@dataclass(frozen=True, slots=True)
class House:
    """What pages need of the service.

    clock  now, aware
    """

    settings: Settings
    desk: Desk
    services: Mapping[str, Service]
    issuers: Mapping[str, Issuer]
    store: Store
    web: Web
    clock: Callable[[], datetime]


def signed_pages(settings: Settings, store: Store, now: Callable[[], int]) -> SignedPages | None:
    """Makes signed links; None where cards carry none and there is no bench."""
    if settings.secret_key is not None:
        key = settings.secret_key.get_secret_value().encode()
    elif settings.development:
        key = secrets.token_bytes(32)  # made before the workers are forked, so all of them have it
    else:
        return None
    return SignedPages(Vault(store, key, "page"), settings.public_url or "", settings.link_minutes, now)


def install(app: Flask, house: House, signed: SignedPages | None) -> None:
    """Raises SettingsError where the registration file is wrong."""
    settings = house.settings
    html = Html(settings.frame_ancestors)
    pages = blueprint()
    if signed is not None and (settings.link == "absolute" or settings.development):
        add_signed(pages, signed, _again(house), html)
    if signed is not None and settings.development:
        add_bench(pages, Bench(app, house.desk, house.services, development(settings), signed, html, house.clock))
    if settings.smart is not None and settings.secret_key is not None:
        _launches(pages, house, settings.smart, settings.secret_key.get_secret_value().encode(), html)
    app.register_blueprint(pages)


def _again(house: House) -> Callable[[Case, str], tuple[Assessment, Knowledge] | None]:
    own = development(house.settings)

    def again(case: Case, name: str) -> tuple[Assessment, Knowledge] | None:
        issuer = house.issuers.get(name) if name else own
        if issuer is None:
            return None
        return house.desk.again(case, issuer), house.desk.reading(issuer, case.version).knowledge

    return again


def _launches(pages: Blueprint, house: House, registrations: Path, key: bytes, html: Html) -> None:
    # Only here: Authlib and httpx are needed where there is a launch.
    from hooks.pages.smart_client import SmartClient
    from hooks.pages.smart_routes import Launches, add_launches

    add_launches(
        pages,
        Launches(
            settings=house.settings,
            registrations=smart_file.load(registrations),
            client=SmartClient(house.web, f"{house.settings.public_url}/smart/callback"),
            vault=Vault(house.store, key, "session"),
            desk=house.desk,
            service=house.services["oih-patient-view"],
            issuers=house.issuers,
            html=html,
            now=lambda: int(time.time()),
            clock=house.clock,
        ),
    )
