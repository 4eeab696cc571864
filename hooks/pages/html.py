"""What all pages have in common: templates, static files, and the policy under which a browser shows them."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, Response, render_template


def blueprint() -> Blueprint:
    """Templates and static files of all pages."""
    return Blueprint(
        "pages", __name__, template_folder="templates", static_folder="static", static_url_path="/static/pages"
    )


class Html:
    """Renders templates under one policy: no script at all, our own style sheet, no other origin.

    Where the operator names frame ancestors, browsers follow them and pass over X-Frame-Options.
    """

    def __init__(self, frame_ancestors: Sequence[str] = ()) -> None:
        self._policy = (
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
            f"frame-ancestors {' '.join(frame_ancestors) or chr(39) + 'none' + chr(39)}"
        )

    def page(self, template: str, status: int = 200, **values: object) -> Response:
        response = Response(render_template(template, **values), status, content_type="text/html; charset=utf-8")
        response.headers["Content-Security-Policy"] = self._policy
        return response

    def message(self, status: int, heading: str, text: str, links: Sequence[tuple[str, str]] = ()) -> Response:
        """A plain page that says what happened and what to do next; `links` as (label, address)."""
        return self.page("message.html", status, heading=heading, text=text, links=links)
