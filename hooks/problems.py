"""Errors -> status and OperationOutcome, by one table. A failure is never an empty list of cards."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

import orjson
import structlog
from flask import Flask, Response, g
from werkzeug.exceptions import HTTPException

from cds.errors import (
    InputError,
    MalformedInput,
    MissingData,
    PatientMismatch,
    RuleFault,
    UnsupportedVersion,
)
from hooks import strict_json
from hooks.refusals import InvalidAnswer, Issue, Refused, Unauthenticated
from hooks.store import StoreError

_log = structlog.get_logger(__name__)
# What every answer carries.
HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
}


# The first class that fits decides. (status, issue-type)
_TABLE: tuple[tuple[type[InputError], HTTPStatus, str], ...] = (
    (MissingData, HTTPStatus.PRECONDITION_FAILED, "required"),
    (PatientMismatch, HTTPStatus.BAD_REQUEST, "business-rule"),
    (UnsupportedVersion, HTTPStatus.BAD_REQUEST, "not-supported"),
    (MalformedInput, HTTPStatus.BAD_REQUEST, "structure"),
    (InputError, HTTPStatus.BAD_REQUEST, "invalid"),
)
_HTTP_CODES = {
    400: "invalid",
    404: "not-found",
    405: "not-supported",
    413: "too-long",
    415: "not-supported",
    503: "transient",
}
_HTTP_TEXTS = {
    404: "no such path; GET cds-services lists the services",
    405: "this path does not take this method; the Allow header lists those it takes",
}


def outcome(issues: Sequence[Issue], severity: str = "error") -> dict[str, object]:
    """An OperationOutcome."""
    return {
        "resourceType": "OperationOutcome",
        "issue": [
            {
                "severity": severity,
                "code": issue.code,
                "diagnostics": issue.text,
                **({"expression": [issue.expression]} if issue.expression else {}),
            }
            for issue in issues
        ],
    }


def json_response(body: object, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status=status, content_type="application/json")


def refusal(error: InputError) -> tuple[int, dict[str, object]]:
    """The status and the body for an input that cannot be evaluated."""
    if error.code in ("too-long", "too-costly"):
        return 413, outcome([Issue(error.code, str(error), error.expression)])
    status, code = next((status, code) for kind, status, code in _TABLE if isinstance(error, kind))
    issues = getattr(error, "issues", None)  # several at once: InvalidRequest, MissingKeys
    if issues:
        return status, outcome(issues)
    return status, outcome([Issue(code, str(error), error.expression)])


def install(app: Flask) -> None:
    """Every error of every route goes through here."""

    @app.errorhandler(InputError)
    def refuse(error: InputError) -> Response:
        g.problem = error  # for whoever counts
        g.reason = error.code
        status, body = refusal(error)
        return json_response(body, status)

    @app.errorhandler(Unauthenticated)
    def unauthenticated(error: Unauthenticated) -> Response:
        g.problem = error
        g.reason = error.reason
        _log.warning("call refused", reason=error.reason)
        # Bare on purpose: whoever forges a token learns nothing from us.
        return Response(b"", 401, content_type="application/json", headers={"WWW-Authenticate": "Bearer"})

    @app.errorhandler(Refused)
    def refused(error: Refused) -> Response:
        g.reason = _HTTP_CODES[error.status]
        response = json_response(outcome([Issue(_HTTP_CODES[error.status], str(error))]), error.status)
        response.headers.extend(list(error.headers))
        return response

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        status = error.code or 500
        g.reason = _HTTP_CODES.get(status, "processing")
        text = _HTTP_TEXTS.get(status, HTTPStatus(status).phrase.lower())
        if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            text = strict_json.too_large(app.config["MAX_CONTENT_LENGTH"] - 1)
        response = json_response(outcome([Issue(g.reason, text)]), status)
        for name, value in error.get_headers():
            if name in ("Allow", "Retry-After"):
                response.headers[name] = value
        return response

    @app.errorhandler(StoreError)
    def store_failed(error: StoreError) -> Response:
        g.reason = "transient"
        _log.error("store failed", error=str(error))
        response = json_response(outcome([Issue("transient", "the store does not answer; send it again later")]), 503)
        response.headers["Retry-After"] = "5"
        return response

    @app.errorhandler(RuleFault)
    def rule_fault(error: RuleFault) -> Response:
        _log.error("rules not evaluated", error=type(error).__name__)
        return _ours("the rules could not be evaluated to their end; nothing may be concluded from this answer")

    @app.errorhandler(InvalidAnswer)
    def invalid_answer(error: InvalidAnswer) -> Response:
        _log.error("own answer held back", error=str(error))
        return _ours("the service made an invalid answer and held it back; nothing may be concluded from this one")

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        # The outermost edge. The text of an unknown error may hold the patient's data: only its place is told.
        place = error.__traceback__
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        line = f"{place.tb_frame.f_code.co_name}:{place.tb_lineno}" if place is not None else "unknown"
        _log.error("unexpected error", error=type(error).__name__, line=line)
        return _ours("the service failed; nothing may be concluded from this answer")


def _ours(text: str) -> Response:
    g.reason = "exception"
    return json_response(outcome([Issue("exception", text)], severity="fatal"), 500)
