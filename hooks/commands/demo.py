"""`oih-cds demo`: the service, the index case over real HTTP as an EHR would send it, and the cards it gets back."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import httpx
from rich.console import Console, Group, RenderableType
from rich.markdown import Markdown
from rich.panel import Panel
from rich.text import Text

from cds.errors import OihError
from hooks.commands.serve import refuse_busy
from hooks.shipped import INDEX_CASE, fixtures

HOST = "127.0.0.1"
_START_SECONDS = 45
_STYLE = {"info": "cyan", "warning": "yellow", "critical": "red"}


class DemoFailed(OihError):
    """The service did not start, or did not answer as it should."""


@click.command("demo")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port of the service.")
def command(port: int) -> None:
    """Start the service on 127.0.0.1, send it the index case (Liang 2017), and print the cards.

    In a terminal the service then runs until Ctrl-C; elsewhere the demo ends.
    """
    console = Console()
    refuse_busy(HOST, port)
    request = json.loads((fixtures() / INDEX_CASE / "request.json").read_text(encoding="utf-8"))
    with _service(port) as base:
        url = f"{base}/cds-services/oih-{request['hook']}"
        console.print(
            f"[bold]POST {url}[/bold]\nLiang 2017 as a FHIR timeline, the evening of day 1; the patient is invented."
        )
        answer = _answer(url, request)
        for card in answer["cards"]:
            console.print(_panel(card))
        if not answer["cards"]:
            raise DemoFailed("the service answered the index case without a card; please report it")
        if not sys.stdout.isatty():
            console.print(
                "No terminal: the service ends with this command, and the addresses above with it. In a terminal it goes on,"
                " with the patient's page and a bench to change doses and scores."
            )
            return
        console.print(f"The patient's dose and pain, with every number behind the card: {_page(answer)}")
        console.print(f"Bench, to change doses and scores and send them again: {base}/bench")
        console.print(f"Services: {base}/cds-services, described in {base}/openapi.json")
        console.print(f"About, sources and limits: {base}/about")
        console.print("Serving until Ctrl-C.")
        _wait()


@contextmanager
def _service(port: int) -> Iterator[str]:
    """The base URL of `oih-cds serve`, with a store in a directory that goes away with it."""
    base = f"http://{HOST}:{port}"
    with tempfile.TemporaryDirectory(prefix="oih-cds-demo-") as folder:
        # The demo shows the defaults, whatever this shell has set, and the page.
        environment = {name: value for name, value in os.environ.items() if not name.upper().startswith("OIH_CDS_")}
        environment["OIH_CDS_DATABASE_URL"] = f"sqlite:///{Path(folder) / 'store.sqlite3'}"
        environment["OIH_CDS_PUBLIC_URL"] = base
        environment["OIH_CDS_SECRET_KEY"] = secrets.token_urlsafe(32)
        environment["OIH_CDS_LINK"] = "absolute"
        environment["OIH_CDS_WORKERS"] = "1"
        environment["OIH_CDS_LOG_LEVEL"] = "WARNING"
        command = [sys.executable, "-m", "hooks.cli", "serve", "--host", HOST, "--port", str(port)]
        process = subprocess.Popen(command, env=environment)  # noqa: S603 - our own program
        try:
            _wait_until_up(base, process)
            yield base
        finally:
            process.terminate()
            process.wait(timeout=30)


def _wait_until_up(base: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise DemoFailed(f"the service ended with status {process.returncode}; its message stands above")
        try:
            httpx.get(f"{base}/cds-services", timeout=5, trust_env=False).raise_for_status()
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise DemoFailed(f"the service did not answer within {_START_SECONDS} s")


def _answer(url: str, request: Mapping[str, Any]) -> dict[str, Any]:
    try:
        response = httpx.post(url, json=request, timeout=30, trust_env=False)
    except httpx.HTTPError as error:
        raise DemoFailed(f"the service did not answer: {type(error).__name__}") from None
    if response.status_code != httpx.codes.OK:
        raise DemoFailed(f"the service answered {response.status_code}: {response.text[:500]}")
    answer: dict[str, Any] = response.json()
    return answer


def _page(answer: Mapping[str, Any]) -> str:
    """Where the first card leads: the page of this patient, for some minutes."""
    links = (link["url"] for card in answer["cards"] for link in card.get("links", ()))
    return next((url for url in links if "/page/" in url), "no card leads to it")


def _panel(card: Mapping[str, Any]) -> Panel:
    offers = [Text(f"[ {suggestion['label']} ]", style="bold") for suggestion in card.get("suggestions", ())]
    links = [Text(f"{link['label']}: {link['url']}", style="dim") for link in card.get("links", ())]
    parts: list[RenderableType] = [
        Text(card["summary"], style="bold"),
        Text(),
        Markdown(card.get("detail", "")),
        Text(),
        *offers,
        *links,
    ]
    style = _STYLE[card["indicator"]]
    return Panel(Group(*parts), title=f"{card['source']['label']} ({card['indicator']})", border_style=style)


def _wait() -> None:
    # A shell that started us in the background had the signal ignored; whoever sends it all the same wants us to end.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        pass
