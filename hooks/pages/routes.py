"""The page's address by a signed link: short-lived, single-patient, its data encrypted in the store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Response, render_template

from cds.clinical import Assessment, Case
from cds.knowledge import Knowledge
from hooks.pages import sealed_case
from hooks.pages.view import page_view
from hooks.store.sealed import Vault

# Everything is ours: no script at all, one style sheet, no other origin, no frame around it unless the EHR's own.
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class SignedPages:
    """Makes and opens signed links.

    base     public base URL
    minutes  how long a link lives
    now      UTC seconds
    """

    vault: Vault
    base: str
    minutes: int
    now: Callable[[], int]

    def link(self, found: Assessment) -> str:
        """An address that shows this assessment until it expires. Raises StoreError."""
        handle = self.vault.put(sealed_case.dump(found.case), expires_at=self.now() + 60 * self.minutes)
        return f"{self.base}/page/{handle}"

    def open(self, handle: str) -> Case | None:
        """The case behind a link, None where it has expired or never was. Raises StoreError."""
        content = self.vault.get(handle, now=self.now())
        return None if content is None else sealed_case.load(content)


def blueprint() -> Blueprint:
    """Templates and static files of all pages."""
    return Blueprint(
        "pages", __name__, template_folder="templates", static_folder="static", static_url_path="/static/pages"
    )


def add_signed(
    pages: Blueprint, signed: SignedPages, assess: Callable[[Case], Assessment], knowledge: Knowledge
) -> None:
    @pages.get("/page/<handle>")
    def signed_page(handle: str) -> Response:
        case = signed.open(handle)
        if case is None:
            return html(render_template("expired.html"), 404)
        return html(render_template("page.html", view=page_view(assess(case), knowledge)))


def html(text: str, status: int = 200) -> Response:
    """A page of ours, under the policy of all pages."""
    response = Response(text, status, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = POLICY
    return response
