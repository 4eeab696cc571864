"""The tester's bench (development mode only): change a request, send it to a hook, see what an EHR would show, and why.

Plain forms, no script. The request goes through the whole service, as if it came over the network.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextvars import Context
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Flask, Response, request
from markdown_it import MarkdownIt
from markupsafe import Markup
from werkzeug.test import Client

from cds.case import HOOKS
from cds.clinical import Assessment
from cds.errors import InputError, MalformedInput
from hooks import fixture, strict_json
from hooks.answering import Desk
from hooks.issuers import Issuer
from hooks.pages import bench_edit
from hooks.pages.bench_edit import Field
from hooks.pages.chart_data import chart_data
from hooks.pages.html import Html
from hooks.pages.routes import SignedPages
from hooks.pages.view import drawn
from hooks.schemas import read_request
from hooks.services import Service
from hooks.shipped import INDEX_CASE, fixtures

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
_MOST_FIELDS = 80


@dataclass(frozen=True, slots=True)
class ShownCard:
    """A card as a client draws it."""

    indicator: str
    summary: str
    detail: Markup
    source: str
    source_url: str
    suggestions: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """Why the answer is what it is: every rule that matched with the fact it saw. `page` is the address of the page."""

    grade: str
    rows: tuple[tuple[str, str, str, str], ...]  # rule, version, sentence, fact
    chart: Markup
    page: str


@dataclass(frozen=True, slots=True)
class Bench:
    """What the bench needs of the service; `issuer` is the development mode's."""

    app: Flask
    desk: Desk
    services: Mapping[str, Service]
    issuer: Issuer
    signed: SignedPages
    html: Html
    clock: Any

    def show(self, text: str, *, chosen: str = "", status: int = 200, **more: object) -> Response:
        found = _fields(text)
        return self.html.page(
            "bench.html",
            status,
            names=_names(),
            chosen=chosen,
            hooks=HOOKS,
            text=text,
            digest=_digest(text),
            doses=[field for field in found if field.kind == "dose"][:_MOST_FIELDS],
            scores=[field for field in found if field.kind == "score"][:_MOST_FIELDS],
            cut=any(sum(each.kind == kind for each in found) > _MOST_FIELDS for kind in ("dose", "score")),
            most=_MOST_FIELDS,
            **more,
        )

    def send(self, text: str, hook: str, values: Mapping[str, str], *, listed: str, chosen: str) -> Response:
        """listed  digest of the text whose fields were shown: numbers of another text are no edits of this one"""
        told: list[str] = []
        try:
            document = _object(text)
            if listed == _digest(text):
                document = bench_edit.edited(document, values)
            elif listed:
                told.append("The request was changed by hand, so the numbers in the form were not used.")
            if hook:
                document, made_up = bench_edit.for_hook(document, hook)
                told += [made_up] if made_up else []
        except InputError as error:
            return self.show(text, chosen=chosen, status=400, wrong=str(error))
        sent = json.dumps(document, indent=2, ensure_ascii=False)
        service = self.services.get(fixture.service_of(document))
        path = f"/cds-services/{service.id}" if service is not None else ""
        # In a context of its own: inside this request Flask would share its `g` with that one.
        reply = Context().run(Client(self.app).post, path, data=sent.encode(), content_type="application/json")
        answer = reply.get_data(as_text=True)
        cards = strict_json.loads(answer.encode())["cards"] if reply.status_code == 200 else []  # type: ignore[index]
        return self.show(
            sent,
            chosen=chosen,
            told=told,
            path=path,
            answered=reply.status_code,
            cards=[_card(card) for card in cards],
            answer=json.dumps(json.loads(answer), indent=2, ensure_ascii=False),
            trace=self._trace(service, document) if service is not None and reply.status_code == 200 else None,
        )

    def _trace(self, service: Service, document: dict[str, Any]) -> Trace | None:
        asked = read_request(document, service.hook, service.context)
        found = self.desk.evaluate(service, self.issuer, asked, self.clock())
        if found is None:
            return None
        knowledge = self.desk.reading(self.issuer, found.case.version).knowledge
        return Trace(
            grade=found.grade.name,
            rows=tuple(
                (each.rule, each.version, each.text, _fact(each.fact)) for each in sorted(found.findings, key=_rule)
            ),
            chart=drawn(chart_data(found, knowledge)),
            page=self._link(found),
        )

    def _link(self, found: Assessment) -> str:
        return self.signed.link(found, self.issuer)


def add_bench(pages: Blueprint, bench: Bench) -> None:
    @pages.get("/bench")
    def bench_start() -> Response:
        chosen = request.args.get("fixture", INDEX_CASE)
        if chosen not in _names():
            chosen = INDEX_CASE
        return bench.show((fixtures() / chosen / "request.json").read_text(encoding="utf-8"), chosen=chosen)

    @pages.post("/bench")
    def bench_send() -> Response:
        request.max_form_memory_size = bench.app.config["MAX_CONTENT_LENGTH"]
        form = request.form
        hook = form.get("hook", "")
        # A browser sends line ends as CRLF.
        return bench.send(
            form.get("request", "").replace("\r\n", "\n"),
            hook if hook in HOOKS else "",
            {name.removeprefix("edit/"): value for name, value in form.items() if name.startswith("edit/")},
            listed=form.get("listed", ""),
            chosen=form.get("chosen", ""),
        )


def _names() -> tuple[str, ...]:
    """The fixtures of one patient each, by theme and name."""
    root = fixtures()
    return tuple(sorted(f"{path.parent.parent.name}/{path.parent.name}" for path in root.glob("*/*/request.json")))


def _object(text: str) -> dict[str, Any]:
    found = strict_json.loads(text.encode())
    if not isinstance(found, dict):
        raise MalformedInput("a request is a JSON object")
    return found


def _fields(text: str) -> tuple[Field, ...]:
    try:
        return bench_edit.fields(_object(text))
    except InputError:
        return ()


def _digest(text: str) -> str:
    return hashlib.sha256(text.strip().encode()).hexdigest()


def _rule(finding: Any) -> str:
    return str(finding.rule)


def _fact(fact: Mapping[str, float | str | bool]) -> str:
    shown = (
        f"{name} = {value:.4g}" if isinstance(value, float) else f"{name} = {value}" for name, value in fact.items()
    )
    return ", ".join(shown)


def _card(card: Mapping[str, Any]) -> ShownCard:
    return ShownCard(
        indicator=card["indicator"],
        summary=card["summary"],
        detail=Markup(_MARKDOWN.render(card.get("detail", ""))),  # noqa: S704 - html is off
        source=card["source"]["label"],
        source_url=card["source"].get("url", ""),
        suggestions=tuple(each["label"] for each in card.get("suggestions", ())),
        links=tuple((each["label"], each["url"]) for each in card.get("links", ())),
        reasons=tuple(each["display"] for each in card.get("overrideReasons", ())),
    )
