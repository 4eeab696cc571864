"""/about, where every card's source leads: a page for whoever follows it in a browser, JSON for everything else."""

from __future__ import annotations

from flask import Flask, Response, request

from hooks.pages.html import Html
from hooks.problems import json_response


def add_about(app: Flask, published: dict[str, object], html: Html) -> None:
    """published  the source attributes, as cds.cards.attributes.as_document gives them"""

    @app.get("/about")
    def about() -> Response:
        response = html.page("about.html", about=published) if _wants_a_page() else json_response(published)
        response.headers["Vary"] = "Accept"
        return response


def _wants_a_page() -> bool:
    """text/html is named, and not below JSON: `*/*`, or no Accept at all, is no browser."""
    accepted = request.accept_mimetypes
    named = any(kind.split(";")[0].strip().lower() == "text/html" and quality > 0 for kind, quality in accepted)
    return named and accepted["text/html"] >= accepted["application/json"]
