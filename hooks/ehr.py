"""Reads from the client's FHIR server what the request did not bring: in parallel, within one deadline, within the scopes.

`_search` by POST first, since a URL with a patient's id ends in other people's logs; GET where the server does not take
POST. The token goes to this server's own origin and nowhere else: `next` links are part of what a server sent.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

import structlog
from aiohttp import ClientSession
from yarl import URL

from cds.clinical import Entry
from cds.errors import MalformedInput
from hooks import strict_json
from hooks.prefetch import Part, State, failed, joined, look, truncated
from hooks.schemas.request import Authorization
from hooks.scopes import Reach, reach
from hooks.settings import Settings
from hooks.templates import Template
from hooks.web import Budget, Reply, Web, WebError, address, call

_log = structlog.get_logger(__name__)
_JSON = frozenset({"application/fhir+json", "application/json", "application/json+fhir", "text/json"})
# A server that does not know POST _search says so in many ways.
_TRY_GET = frozenset({400, 403, 404, 405, 406, 411, 415, 422, 501})
_MOST_MEDICATIONS = 100


@dataclass(frozen=True, slots=True)
class Source:
    """The server that the request names, after it was found on the caller's list."""

    base: str
    authorization: Authorization


Fetched = Callable[[str, str], None]


def uncounted(_key: str, _result: str) -> None:
    """For who does not count reads."""


class Ehr:
    """Completes what a request brought."""

    def __init__(self, web: Web, settings: Settings, fetched: Fetched = uncounted) -> None:
        """fetched  told of each key that was read"""
        self._web = web
        self._settings = settings
        self._fetched = fetched

    def complete(
        self,
        parts: Mapping[str, Part],
        templates: Mapping[str, Template],
        source: Source,
        patient_id: str,
        deadline: float,
    ) -> tuple[dict[str, Part], dict[str, str]]:
        """The parts with what could be fetched, and per key why a fetch was not tried. Raises nothing of the server's.

        deadline  of time.monotonic(), for everything together
        """
        work = _Work(self._settings, source, patient_id, dict(parts), templates, deadline)
        if work.pending():
            self._web.run(work.run)
            _log.info("fetched", keys=",".join(sorted(work.asked)), pages=work.pages)
            for key in sorted(work.asked):
                self._fetched(key, work.result(key))
        return work.parts, work.reasons


class _Work:
    """The fetches of one request. Lives in the event loop's thread, so nothing of it is shared."""

    def __init__(
        self,
        settings: Settings,
        source: Source,
        patient_id: str,
        parts: dict[str, Part],
        templates: Mapping[str, Template],
        deadline: float,
    ) -> None:
        self.parts = parts
        self.reasons: dict[str, str] = {}
        self.asked: set[str] = set()
        self.pages = 0
        self._settings = settings
        self._source = source
        self._patient_id = patient_id
        self._templates = templates
        self._deadline = deadline
        self._budget = Budget(settings.fetch_bytes)
        self._headers = {"Authorization": f"Bearer {source.authorization.access_token}"}

    def pending(self) -> bool:
        """Is anything missing that the token opens?"""
        for key, part in self.parts.items():
            template = self._templates[key]
            if part.state is State.HAD and part.next is None and not part.failed_in_part:
                continue
            if self._reach(template) is Reach.NONE:
                self.reasons[key] = f"not sent, and the token's scope does not cover {template.kind}"
                continue
            self.asked.add(key)
        return bool(self.asked) or bool(self._unresolved())

    def result(self, key: str) -> str:
        """One word on the read of a key, for whoever counts: had, partly or failed."""
        part = self.parts[key]
        if part.state is not State.HAD:
            return "failed"
        return "partly" if any(gap.kind in ("failed", "truncated") for gap in part.gaps) else "had"

    async def run(self, session: ClientSession) -> None:
        try:
            async with asyncio.timeout(max(0.0, self._deadline - time.monotonic())):
                await asyncio.gather(*(self._key(session, key) for key in sorted(self.asked)))
                await self._medications(session)
        except TimeoutError:
            pass
        late = f"no answer within {self._settings.fetch_seconds:g} s"
        for key in self.asked:
            part = self.parts[key]
            if part.state is State.ABSENT:
                self.parts[key] = failed(key, late)
            elif part.next is not None:
                self._cut(key, late)

    async def _key(self, session: ClientSession, key: str) -> None:
        """Fetch one key, page by page; what was read before a failure stays."""
        template, sent = self._templates[key], self.parts[key]
        try:
            if sent.state is not State.HAD or sent.failed_in_part:
                page = await self._first(session, template)
                if page.state is State.FAILED and sent.state is State.HAD:
                    return
                if self._reach(template) is Reach.PART:
                    gap = truncated(key, f"the token covers only a part of {template.kind}")
                    page = replace(page, gaps=(*page.gaps, gap))
                self.parts[key] = page
            await self._following(session, template)
        except WebError as error:
            part = self.parts[key]
            if part.state is State.HAD and not part.failed_in_part:
                self._cut(key, str(error))
            elif part.state is not State.HAD:
                self.parts[key] = failed(key, str(error))

    async def _first(self, session: ClientSession, template: Template) -> Part:
        base = f"{self._source.base}/{template.kind}"
        if template.parameters is None:
            reply = await self._call(session, "GET", f"{base}/{self._patient_id}")
        else:
            query = dict(template.query(self._patient_id))
            reply = await self._call(session, "POST", f"{base}/_search", form=query)
            if reply.status in _TRY_GET:
                reply = await self._call(session, "GET", f"{base}?{urlencode(query)}")
        page = _page(template, reply, 0)
        if template.parameters is None and not any(
            isinstance(entry.resource, dict) and entry.resource.get("id") == self._patient_id for entry in page.entries
        ):
            return failed(template.key, "the server did not give this patient")
        return page

    async def _following(self, session: ClientSession, template: Template) -> None:
        key = template.key
        seen: set[str] = set()
        number = 1
        while (following := self.parts[key].next) is not None:
            try:
                url = _page_url(following, self._source.base)
            except WebError as error:
                return self._cut(key, str(error))
            if url in seen:
                return self._cut(key, "its pages run in a circle")
            if number >= self._settings.fetch_pages or len(self.parts[key].entries) >= self._settings.fetch_entries:
                return self._cut(key, f"it has more than {number} pages or {self._settings.fetch_entries} records")
            seen.add(url)
            number += 1
            reply = await self._call(session, "GET", url)
            page = _page(template, reply, len(self.parts[key].entries))
            if page.state is State.FAILED:
                return self._cut(key, page.gaps[-1].text.removeprefix(f"{key}: "))
            self.parts[key] = joined(self.parts[key], page)
        return None

    async def _medications(self, session: ClientSession) -> None:
        """Medication resources that an order only refers to: without them the drug is not known."""
        found = self._unresolved()
        names = list(found)[:_MOST_MEDICATIONS]
        await asyncio.gather(*(self._medication(session, name, found[name]) for name in names))

    async def _medication(self, session: ClientSession, name: str, key: str) -> None:
        url = f"{self._source.base}/{name}"
        try:
            reply = await self._call(session, "GET", url)
            resource = _resource(reply)
        except WebError:
            return  # the dose engine says "medication not sent"
        if resource.get("resourceType") == "Medication" and f"Medication/{resource.get('id')}" == name:
            part = self.parts[key]
            entry = Entry(resource=resource, position=f"prefetch.{key}.{name}", full_url=url)
            self.parts[key] = replace(part, entries=(*part.entries, entry))

    def _unresolved(self) -> dict[str, str]:
        """ "Medication/id" -> key that refers to it, for those that nobody sent; none where the scope does not allow it."""
        if reach(self._source.authorization.scope, "Medication", search=False) is Reach.NONE:
            return {}
        resources = [
            (key, entry.resource)
            for key, part in self.parts.items()
            for entry in part.entries
            if isinstance(entry.resource, dict)
        ]
        sent = {f"Medication/{each.get('id')}" for _, each in resources if each.get("resourceType") == "Medication"}
        wanted: dict[str, str] = {}
        for key, resource in resources:
            reference = resource.get("medicationReference")
            text = reference.get("reference") if isinstance(reference, dict) else None
            name = text.removeprefix(f"{self._source.base}/") if isinstance(text, str) else ""
            kind, _, bare = name.partition("/")
            if kind == "Medication" and bare and name not in sent and all(c.isalnum() or c in "-._" for c in bare):
                wanted.setdefault(name, key)
        return wanted

    async def _call(
        self, session: ClientSession, method: str, url: str, form: Mapping[str, str] | None = None
    ) -> Reply:
        self.pages += 1
        return await call(session, method, url, headers=self._headers, budget=self._budget, form=form)

    def _cut(self, key: str, why: str) -> None:
        part = self.parts[key]
        self.parts[key] = replace(part, next=None, gaps=(*part.gaps, truncated(key, why)))

    def _reach(self, template: Template) -> Reach:
        return reach(self._source.authorization.scope, template.kind, search=template.parameters is not None)


def _page(template: Template, reply: Reply, first: int) -> Part:
    """One answer of the server. Raises WebError where it is none."""
    try:
        return look(template, _resource(reply), first)
    except MalformedInput:
        raise WebError("the answer is not the Bundle that was asked for") from None


def _resource(reply: Reply) -> dict[str, Any]:
    if reply.status in (401, 403):
        raise WebError(f"the server refused the token ({reply.status})")
    if reply.status != 200:
        raise WebError(f"the server answered {reply.status}")
    if reply.kind not in _JSON:
        raise WebError("the answer is not FHIR JSON")
    try:
        value = strict_json.loads(reply.body)
    except MalformedInput:
        raise WebError("the answer is not JSON that can be relied on") from None
    if not isinstance(value, dict):
        raise WebError("the answer is not a FHIR resource")
    return value


def _page_url(following: str, base: str) -> str:
    """The next page's address. Raises WebError where it is none, or not on the server's own origin.

    Judged as `call` will go there, or the token could go to a host that only our own reading took for the server.
    """
    try:
        ours, to = address(base), address(following, f"{base}/")
    except ValueError:
        raise WebError("its next page has no address that can be read") from None
    if not following or to.raw_user is not None or _origin(to) != _origin(ours):
        raise WebError("its next page lies on another server")
    return str(to)


def _origin(url: URL) -> tuple[str, str, int | None]:
    return url.scheme, str(url.raw_host).lower(), url.port
