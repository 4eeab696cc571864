"""The page's address by a signed link: short-lived, single-patient, its data encrypted in the store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Response, request, url_for

from cds.clinical import Assessment, Case
from cds.knowledge import Knowledge
from hooks.issuers import Issuer
from hooks.pages import sealed_case
from hooks.pages.html import Html
from hooks.pages.resources import resource_text
from hooks.pages.view import page_view
from hooks.store.sealed import Vault

# Assesses a case again under the profile of the issuer with this name; None where that issuer is no longer known.
Again = Callable[[Case, str], tuple[Assessment, Knowledge] | None]


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

    def link(self, found: Assessment, issuer: Issuer) -> str:
        """An address that shows this assessment until it expires. Raises StoreError."""
        content = sealed_case.dump(found.case, issuer.iss)
        return f"{self.base}/page/{self.vault.put(content, expires_at=self.now() + 60 * self.minutes)}"

    def open(self, handle: str) -> tuple[Case, str] | None:
        """The case behind a link and its issuer, None where it has expired or never was. Raises StoreError."""
        content = self.vault.get(handle, now=self.now())
        return None if content is None else sealed_case.load(content)


def add_signed(pages: Blueprint, signed: SignedPages, again: Again, html: Html) -> None:
    """`/page/<handle>`, and the resources behind its numbers."""

    def expired() -> Response:
        return html.message(
            404,
            "This link has expired",
            "A page with a patient's dose and pain is kept for some minutes only. Open the patient again in the record:"
            " the card brings a new link.",
        )

    @pages.get("/page/<handle>")
    def signed_page(handle: str) -> Response:
        sealed = signed.open(handle)
        found = again(*sealed) if sealed is not None else None
        if found is None:
            return expired()
        resources = url_for("pages.signed_resource", handle=handle)
        return html.page("page.html", view=page_view(*found, resources=resources))

    @pages.get("/page/<handle>/resource")
    def signed_resource(handle: str) -> Response:
        sealed = signed.open(handle)
        return (
            expired() if sealed is None else resource_page(html, sealed[0], url_for("pages.signed_page", handle=handle))
        )


def resource_page(html: Html, case: Case, back: str) -> Response:
    """The resource that the query names, as it was sent; `back` leads to its page."""
    reference = request.args.get("ref", "")
    text = resource_text(case, reference)
    if text is None:
        links = (("Back to dose and pain", back),)
        return html.message(404, "No such resource", "The record that was read holds no resource of this name.", links)
    return html.page("resource.html", reference=reference, text=text, back=back)
