"""The whole service with its pages on a port of this machine, as the tests of pages, bench and launch use it."""

from contextlib import contextmanager
from datetime import datetime

import httpx
from fhir_server import resources_of
from served import post, request_of
from smart_server import record_system, registration, served_at, write_key

from hooks.service import create_service
from hooks.settings import Settings

SECRET = "a secret of forty characters for the tests"
DEMO = "pattern/pain_rises_with_each_increase"
EVENING = datetime.fromisoformat("2026-08-30T20:00:00+00:00")  # of the demo patient's last day


def settings(folder, base, **more):
    return Settings(
        database_url=f"sqlite:///{folder / 'store.sqlite3'}",
        secret_key=SECRET,
        public_url=base,
        log_level="ERROR",
        **more,
    )


@contextmanager
def service(folder, port, clock=EVENING, **more):
    """Base URL of the service; cards carry signed links unless told otherwise."""
    more.setdefault("link", "absolute")
    base = f"http://127.0.0.1:{port}"
    with served_at(port, create_service(settings(folder, base, **more), clock=lambda: clock)):
        yield base


@contextmanager
def launched_service(folder, port, *, confidential=False, scopes=None, resources=None, twist=None, clock=EVENING):
    """(base URL of the service, record system at which it is registered); the record is the demo patient's."""
    request = request_of(DEMO)
    key = write_key(folder / "smart.pem") if confidential else None
    sent = list(resources_of(request)) if resources is None else resources
    with record_system(sent, request["context"]["patientId"], public_key=key, twist=twist) as system:
        file = registration(folder, system.base, confidential=confidential, scopes=scopes)
        with service(folder, port, clock, link="smart", smart=file) as base:
            yield base, system


def page_url(base, request):
    """Where the first card of a request leads."""
    with httpx.Client(base_url=base, timeout=60, trust_env=False) as client:
        cards = post(client, request).json()["cards"]
    return next(link["url"] for card in cards for link in card["links"] if "/page/" in link["url"])
