"""create_app(settings): knowledge, rules and templates are read and checked once, here; requests only use them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from flask import Flask, Response, g, request
from flask_cors import CORS
from gunicorn.http.errors import ParseException  # type: ignore[import-untyped]

from cds import fhir
from cds import knowledge as knowledge_files
from cds.engine import Engine
from cds.knowledge import Knowledge
from hooks import issuers, problems, strict_json
from hooks.answering import Desk, Dispatch, Evaluated, card_options, issued
from hooks.ehr import Ehr, Fetched, uncounted
from hooks.issuers import Issuer
from hooks.mount import mounted
from hooks.problems import HEADERS, json_response
from hooks.refusals import Refused
from hooks.schemas import checked_answer, read_request
from hooks.services import Service, all_services
from hooks.settings import PREFIX, Settings, SettingsError
from hooks.site import extended
from hooks.telling import instance_of
from hooks.templates import declared, lint
from hooks.trust import Gate, UsedTokens
from hooks.web import Web, authorities

CDS_HOOKS = "2.0.1"


@dataclass(frozen=True, slots=True)
class Door:
    """What the routes share; found as app.extensions["oih-cds"]."""

    settings: Settings
    services: Mapping[str, Service]
    issuers: Mapping[str, Issuer]
    gate: Gate
    desk: Desk
    dispatch: Dispatch
    clock: Callable[[], datetime]
    web: Web

    def body(self) -> object:
        """The request's JSON. Raises Refused (415) and MalformedInput (400, 413)."""
        if request.mimetype != "application/json" or request.mimetype_params.get("charset", "utf-8").lower() != "utf-8":
            raise Refused(415, "send Content-Type: application/json, in UTF-8")
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise Refused(415, "send the body without Content-Encoding")
        try:
            body = request.get_data(cache=False)
        except (OSError, ParseException):
            raise Refused(400, "the body broke off, or is not framed as HTTP/1.1 frames it") from None
        return strict_json.loads(body, self.settings.body_bytes)

    def caller(self, path: str) -> Issuer:
        """Raises Unauthenticated (401)."""
        return self.gate.admit(request.headers.get("Authorization"), path)


def create_app(
    settings: Settings,
    *,
    used_tokens: UsedTokens | None = None,
    dispatch: Dispatch = issued,
    fetched: Fetched = uncounted,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC).astimezone(),
    web: Web | None = None,
    known: Knowledge | None = None,
) -> Flask:
    """The service as a WSGI application.

    used_tokens  where used tokens are remembered; required unless in development mode
    dispatch     decides which cards of an assessment leave, and may remember them
    fetched      told of each key that was read from an EHR, and how that went
    clock        now, aware

    Raises KnowledgeError, SettingsError or ValueError: a service that is not wholly in order does not start.
    """
    known = known or knowledge_files.load()
    listed = issuers.load(settings)
    web = web or Web(authorities(settings.ca_file))
    profiles = (*listed.values(), issuers.development(settings))
    readings = {
        (each.pain_codes, each.ndc_codes): extended(known, each.pain_codes, each.ndc_codes) for each in profiles
    }
    for profile in profiles:
        if profile.mme_table not in known.drugs.tables:
            tables = ", ".join(known.drugs.tables)
            raise SettingsError(f"MME table {profile.mme_table} is unknown; known are {tables}")
    services = all_services()
    for name in ("disabled_services", "shadow_services"):
        # A misspelt id would leave on what somebody meant to switch off.
        if unknown := sorted(set(getattr(settings, name)) - services.keys()):
            raise SettingsError(
                f"{PREFIX}{name.upper()}: no service {', '.join(unknown)}; known are {', '.join(services)}"
            )
    for version in {each.fhir_version for each in profiles}:
        # The models are imported with the first reading: here it is before the fork, and nobody waits for it.
        fhir.read((), version=version, patient_id="", zone=None)
    desk = Desk(settings, readings, Engine(known), Ehr(web, settings, fetched), card_options(settings))
    door = Door(
        settings=settings,
        services=services,
        issuers=listed,
        gate=Gate(settings, listed, used_tokens, web),
        desk=desk,
        dispatch=dispatch,
        clock=clock,
        web=web,
    )
    app = Flask(__name__, static_folder=None)
    app.url_map.merge_slashes = False
    # One more than is taken: werkzeug ends a body without a length there as if it were whole, and the byte too many
    # tells strict_json that it is not.
    app.config["MAX_CONTENT_LENGTH"] = settings.body_bytes + 1
    app.extensions["oih-cds"] = door
    problems.install(app)
    _routes(app, door)
    _cors(app, settings)
    app.after_request(_finish)
    app.wsgi_app = mounted(app.wsgi_app, urlsplit(settings.public_url or "").path)  # type: ignore[method-assign, assignment]
    discovery(door, issuers.development(settings))  # every template is linted before the first call
    return app


def discovery(door: Door, issuer: Issuer) -> dict[str, object]:
    """The services, with the templates under which this issuer's records are read."""
    templates = declared(door.desk.reading(issuer).templates, door.settings)
    listed = []
    for service in door.services.values():
        for template in templates.values():
            lint(template, service.tokens, include=door.settings.prefetch_include)
        if service.id in door.settings.disabled_services:
            continue
        listed.append(
            {
                "hook": service.hook,
                "title": service.title,
                "description": service.description,
                "id": service.id,
                "version": CDS_HOOKS,
                "prefetch": {key: template.text for key, template in templates.items()},
                "usageRequirements": service.usage,
            }
        )
    return {"services": listed}


def _routes(app: Flask, door: Door) -> None:
    @app.get("/cds-services")
    def services() -> Response:
        path = "/cds-services"
        issuer = issuers.development(door.settings) if door.settings.open_discovery else door.caller(path)
        return json_response(discovery(door, issuer))

    @app.post("/cds-services/<service_id>")
    def call(service_id: str) -> Response:
        issuer = door.caller(f"/cds-services/{service_id}")
        service = door.services.get(service_id)
        if service is None:
            raise Refused(404, "no service has this id; GET cds-services tells the ids")
        body = door.body()
        g.hook_instance = instance_of(body)  # for the log, also where the rest of the body is refused
        asked = read_request(body, service.hook, service.context)
        assessment = door.desk.evaluate(service, issuer, asked, door.clock())
        cards = door.dispatch(Evaluated(service, issuer, asked, assessment))
        return json_response(checked_answer(cards))

    @app.get("/openapi.json")
    def openapi() -> Response:
        from hooks.openapi import document  # apispec is needed for nothing else

        return json_response(document(door.services, door.settings, [rule.rule for rule in app.url_map.iter_rules()]))


def _finish(response: Response) -> Response:
    """What every answer of ours carries; a page may have set a policy of its own."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.method == "OPTIONS":
        response.content_type = "application/json"
    return response


def _cors(app: Flask, settings: Settings) -> None:
    if settings.cors_origins:
        CORS(
            app,
            resources=r"/cds-services.*",
            origins=list(settings.cors_origins),
            methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type"],
            supports_credentials=False,
            max_age=600,
        )
