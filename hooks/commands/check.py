"""`oih-cds check`: is this service ready to start? Settings, knowledge, keys, store, reachability; secrets stay hidden."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import click
from aiohttp import ClientSession
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from cds import knowledge
from cds.engine import Engine
from cds.errors import OihError
from hooks import issuers, settings
from hooks.issuers import Issuer
from hooks.settings import PREFIX, Settings
from hooks.store import Store
from hooks.web import Budget, Web, WebError, authorities, call

_SECONDS = 5
_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `fault` None: in order; a warning does not stop the service."""

    name: str
    fault: str | None = None
    remark: str = ""
    warning: bool = False


@click.command("check")
@click.option("--offline", is_flag=True, help="Do not try to reach key sets and FHIR servers.")
@click.pass_context
def command(ctx: click.Context, offline: bool) -> None:
    """Check settings, rules, keys, store and reachability; exit status 1 where the service should not start."""
    console = Console()
    configured = settings.load()
    console.print(_dump(configured))
    checks = list(run(configured, offline=offline))
    for check in checks:
        mark = "[green]ok[/]" if check.fault is None else "[yellow]warning[/]" if check.warning else "[red]fault[/]"
        console.print(f"{mark}  {check.name}", check.fault or check.remark)
    if any(check.fault is not None and not check.warning for check in checks):
        ctx.exit(1)


def run(configured: Settings, *, offline: bool) -> Iterator[Check]:
    """Every check, in the order in which a start needs them."""
    yield _attempt("rules", _rules)
    yield _store(configured)
    try:
        trusted = authorities(configured.ca_file)
    except OihError as error:
        yield Check("authorities", str(error))
        return
    if configured.development:
        yield Check("trust", f"{PREFIX}ISSUERS is not set: development mode, loopback only", warning=True)
        return
    try:
        listed = issuers.load(configured)
    except OihError as error:
        yield Check("issuers", str(error))
        return
    yield Check("issuers", remark=f"{len(listed)} issuers")
    if configured.secret_key is None:
        yield Check("secret", f"{PREFIX}SECRET_KEY is not set: no alert budget, no signed link", warning=True)
    if not offline:
        web = Web(trusted)
        for issuer in listed.values():
            yield from _reach(web, issuer)


def _rules() -> str:
    known = knowledge.load()
    Engine(known)
    return f"{len(known.rules.by_id)} rules, all of them evaluable"


def _attempt(name: str, work: Callable[[], str]) -> Check:
    try:
        return Check(name, remark=work())
    except OihError as error:
        return Check(name, str(error))


def _store(configured: Settings) -> Check:
    store = Store(configured.database_url.get_secret_value())
    try:
        current, newest = store.revision()
    except OihError as error:
        return Check("store", f"{error}; is the database of {PREFIX}DATABASE_URL there?")
    if current is None:
        return Check("store", remark=f"{store.dialect}, empty; the first start makes the tables")
    if current != newest:
        return Check("store", f"at revision {current}, needs {newest}; the next start migrates it", warning=True)
    return Check("store", remark=f"{store.dialect}, revision {current}")


def _reach(web: Web, issuer: Issuer) -> Iterator[Check]:
    wanted = [(f"{issuer.iss} keys", issuer.jku)] if issuer.jku and not issuer.keys else []
    wanted += [(f"{issuer.iss} FHIR", f"{server}/metadata") for server in sorted(issuer.fhir_servers)]
    for name, url in wanted:
        try:
            status = web.run(partial(_status, url=url))
        except (WebError, TimeoutError) as error:
            yield Check(name, str(error) or f"no answer within {_SECONDS} s", warning=True)
        else:
            # 401 is an answer: the server is there and wants a token, which only a request brings.
            fine = status == 200 or (status == 401 and name.endswith("FHIR"))
            yield Check(name, None if fine else f"answered {status}", f"answered {status}", warning=True)


async def _status(session: ClientSession, *, url: str) -> int:
    async with asyncio.timeout(_SECONDS):
        return (await call(session, "GET", url, headers={}, budget=Budget(_BYTES))).status


def _dump(configured: Settings) -> Table:
    table = Table(title="Settings")
    table.add_column("setting")
    table.add_column("value", overflow="fold")
    for name in Settings.model_fields:
        value = getattr(configured, name)
        shown = "(hidden)" if isinstance(value, SecretStr) else "" if value in (None, ()) else str(value)
        table.add_row(f"{PREFIX}{name.upper()}", shown)
    return table
