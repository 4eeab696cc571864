"""The whole service: the door with its store, its feedback, its health and its numbers."""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable
from datetime import UTC, datetime

import structlog
from flask import Flask, Response, g, request
from pydantic import SecretStr

from cds import knowledge as knowledge_files
from cds.cards.attributes import as_document
from cds.knowledge import attributes
from hooks import logs
from hooks.answering import card_options
from hooks.app import Door, create_app
from hooks.dispatch import Dispatcher
from hooks.feedback import Feedback
from hooks.metrics import CONTENT_TYPE, Metrics
from hooks.pages.about import add_about
from hooks.pages.html import Html
from hooks.pages.install import House, install, signed_pages
from hooks.prefetch import MissingKeys
from hooks.problems import json_response
from hooks.refusals import Refused, Unauthenticated
from hooks.schemas import read_feedback
from hooks.settings import LOOPBACK, Settings
from hooks.store import Store, StoreError, open_store
from hooks.store.budget import Budget
from hooks.store.outbox import Outbox
from hooks.store.tokens import UsedTokens
from hooks.telling import called, keys_of
from hooks.web import Web

_log = structlog.get_logger(__name__)


def create_service(
    settings: Settings,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC).astimezone(),
    web: Web | None = None,
) -> Flask:
    """The WSGI application with everything on.

    clock  now, aware: what an evaluation takes for today

    Raises KnowledgeError, SettingsError, StoreError or ValueError: a service that is not wholly in order does not start.
    """
    logs.configure(settings.log_level)
    known = knowledge_files.load()
    store = open_store(settings.database_url.get_secret_value())
    metrics = Metrics()
    key = settings.secret_key.get_secret_value().encode() if settings.secret_key is not None else None
    signed = signed_pages(settings, store, _now)
    weakest_first = tuple(reversed(known.grades.ladder))
    budget = Budget(store, settings.alert_budget_days, weakest_first) if settings.alert_budget_days else None
    dispatcher = Dispatcher(
        knowledge=known,
        options=card_options(settings),
        metrics=metrics,
        outbox=Outbox(store, lambda count: metrics.unkept.inc(count)),
        now=_now,
        budget=budget,
        key=key,
        shadow=frozenset(settings.shadow_services),
        page_links=signed.link if signed is not None and settings.link == "absolute" else None,
    )
    app = create_app(
        settings,
        used_tokens=UsedTokens(store),
        dispatch=dispatcher,
        fetched=lambda key, result: metrics.fetches.labels(key, result).inc(),
        known=known,
        clock=clock,
        web=web,
    )
    _kill_switch(app, frozenset(settings.disabled_services))
    _feedback(app, Feedback(store, metrics, budget, known.catalogue.silencing, known.catalogue.offered))
    _health(app, store)
    _numbers(app, metrics, settings)
    door: Door = app.extensions["oih-cds"]
    install(app, House(settings, door.desk, door.services, door.issuers, store, door.web, clock), signed)
    add_about(app, as_document(attributes.load(known.rules.root), known.evidence), Html(settings.frame_ancestors))
    return app


def _now() -> int:
    return int(time.time())


def _kill_switch(app: Flask, disabled: frozenset[str]) -> None:
    @app.before_request
    def switched_off() -> None:
        # Before anything is read: a switched-off service says so, it never looks like one with nothing to say.
        if request.view_args and request.view_args.get("service_id") in disabled:
            raise Refused(503, "this service is switched off", (("Retry-After", "3600"),))


def _feedback(app: Flask, desk: Feedback) -> None:
    door: Door = app.extensions["oih-cds"]

    @app.post("/cds-services/<service_id>/feedback")
    def take_feedback(service_id: str) -> Response:
        issuer = door.caller(f"/cds-services/{service_id}/feedback")
        if service_id not in door.services:
            raise Refused(404, "no service has this id; GET cds-services tells the ids")
        desk.take(read_feedback(door.body()), service=service_id, issuer=issuer.iss, now=_now())
        return json_response({"status": "recorded"})


def _health(app: Flask, store: Store) -> None:
    @app.get("/health")
    def alive() -> Response:
        return json_response({"status": "alive"})

    @app.get("/ready")
    def ready() -> Response:
        try:
            current, newest = store.revision()
        except StoreError:
            return json_response({"status": "not ready", "store": "does not answer"}, 503)
        if current != newest:
            return json_response({"status": "not ready", "store": "needs migration"}, 503)
        return json_response({"status": "ready", "store": "current"})


def _numbers(app: Flask, metrics: Metrics, settings: Settings) -> None:
    services = app.extensions["oih-cds"].services.keys()

    @app.get("/metrics")
    def exposition() -> Response:
        if not _may_read_numbers(settings.metrics_token):
            raise Refused(404, "no such path; GET cds-services lists the services")
        return Response(metrics.text(), content_type=CONTENT_TYPE)

    @app.before_request
    def start_clock() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def count(response: Response) -> Response:
        endpoint = called(services)
        seconds = time.perf_counter() - g.get("started", time.perf_counter())
        metrics.requests.labels(endpoint, str(response.status_code)).inc()
        metrics.seconds.labels(endpoint).observe(seconds)
        problem = g.get("problem")
        if isinstance(problem, Unauthenticated):
            metrics.refused.labels(problem.reason).inc()
        if isinstance(problem, MissingKeys):
            for key in problem.keys:
                metrics.missing.labels(endpoint, key).inc()
        if endpoint not in ("alive", "ready", "exposition"):
            told = {"hook_instance": g.get("hook_instance"), "reason": g.get("reason"), "keys": keys_of(problem)}
            _log.info(
                "answered",
                service=endpoint,
                status=response.status_code,
                milliseconds=round(1000 * seconds, 1),
                **{name: value for name, value in told.items() if value is not None},
            )
        return response


def _may_read_numbers(token: SecretStr | None) -> bool:
    if token is not None:
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {token.get_secret_value()}".encode())
    # A proxy on this machine makes everybody's call look like a local one.
    forwarded = any(name.lower().startswith(("x-forwarded", "forwarded", "via")) for name, _ in request.headers)
    return request.remote_addr in LOOPBACK and not forwarded
