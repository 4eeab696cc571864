"""`oih-cds replay`: every fixture again, in process or against a running service, and byte for byte the same cards."""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import click
import httpx
import orjson
from rich.console import Console
from rich.progress import track

from cds import case, knowledge
from cds.cards import CardOptions
from cds.cards.words import Words
from cds.errors import OihError
from hooks import evaluation, fixture
from hooks.fixture import Fixture
from hooks.settings import LOOPBACK
from hooks.shipped import fixtures

# What came of each request: whole reports in process, cards (or an error) over HTTP.
Answers = Callable[[Fixture], list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Result:
    """difference  empty where everything is as expected
    linked      the service's own addresses were left out of the comparison
    """

    name: str
    seconds: float
    difference: str
    linked: bool = False


@click.command("replay")
@click.argument("paths", metavar="[FIXTURE]...", nargs=-1, type=click.Path(path_type=Path, exists=True))
@click.option("--url", metavar="BASE", help="Send the requests to this running service instead, and compare its cards.")
@click.option("--update", is_flag=True, help="Write what came as expected.json. Read the change against why.md.")
@click.option("--junit", type=click.Path(path_type=Path, dir_okay=False), help="Write a JUnit report.")
@click.option("--allow-remote", is_flag=True, help="Let --url name another machine.")
@click.pass_context
def command(
    ctx: click.Context, paths: tuple[Path, ...], url: str | None, update: bool, junit: Path | None, allow_remote: bool
) -> None:
    """Replay fixture folders; without any, those that ship with the service. Exit status 1 if one differs."""
    if update and url:
        raise click.UsageError("--update writes what the engine says in process; leave out --url")
    if url and urlsplit(url).hostname not in LOOPBACK and not allow_remote:
        raise click.UsageError(f"{url} is another machine; fixtures go there with --allow-remote only")
    found = [one for path in paths or [fixtures()] for one in fixture.find(path)]
    with httpx.Client(timeout=30, trust_env=False) as client:
        evaluated = in_process(evaluation.load()) if url is None else _over_http(client, url)
        if update:
            changed = [one.name for one in _progress(found) if _write(one, evaluated)]
            click.echo("\n".join([*changed, f"{len(changed)} of {len(found)} expected.json changed"]))
            return
        results = [compare(one, evaluated) for one in _progress(found)]
    failed = [one for one in results if one.difference]
    console = Console(highlight=False, soft_wrap=True)
    if linked := sum(one.linked for one in results):
        console.print(f"{linked} compared without the service's own addresses (its page's link, its public URL).")
    for result in failed:
        _show(console, result)
    if junit:
        junit.write_bytes(_junit(results))
    console.print(f"{len(results) - len(failed)} passed, {len(failed)} failed", style="red" if failed else "green")
    if failed:
        ctx.exit(1)


def in_process(evaluator: evaluation.Evaluator) -> Answers:
    """Whole reports, under the service ids of the fixtures' hooks."""
    now = datetime.now().astimezone()

    def answers(one: Fixture) -> list[dict[str, Any]]:
        return [
            fixture.shape(evaluator.report(request, case.Asked(now=now, service=fixture.service_of(request))))
            for request in one.requests
        ]

    return answers


def _over_http(client: httpx.Client, base: str) -> Answers:
    def answers(one: Fixture) -> list[dict[str, Any]]:
        return [
            _post(client, f"{base.rstrip('/')}/cds-services/{fixture.service_of(each)}", each) for each in one.requests
        ]

    return answers


def _post(client: httpx.Client, url: str, request: dict[str, Any]) -> dict[str, Any]:
    """The cards; or, in their place, what the service said instead."""
    try:
        response = client.post(url, content=orjson.dumps(request), headers={"content-type": "application/json"})
        answer = response.json()
    except (httpx.HTTPError, ValueError) as error:
        return {"error": f"{url}: {type(error).__name__}"}
    if response.status_code != httpx.codes.OK or "cards" not in answer:
        return {"error": answer, "status": response.status_code}
    return fixture.shape({"cards": answer["cards"]})


def compare(one: Fixture, evaluated: Answers) -> Result:
    """What came beside what was expected; of an answer over HTTP only the cards."""
    start = time.perf_counter()
    try:
        came = evaluated(one)
        expected, linked = one.expected, False
        if all(set(each) == {"cards"} for each in came):
            expected = [{"cards": each.get("cards")} for each in expected]
            found = [_without_addresses(each) for each in came]
            linked, came = found != came, found
        difference = _difference(fixture.text(expected), fixture.text(came))
    except OihError as error:
        return Result(one.name, time.perf_counter() - start, f"{type(error).__name__}: {error}")
    return Result(one.name, time.perf_counter() - start, difference, linked)


def _without_addresses(answer: dict[str, Any]) -> dict[str, Any]:
    """The cards as a service without OIH_CDS_LINK and OIH_CDS_PUBLIC_URL sends them: a fixture knows no address."""
    return {"cards": [_without_page_link(_with_usual_source(card)) for card in answer["cards"]]}


def _with_usual_source(card: dict[str, Any]) -> dict[str, Any]:
    usual = CardOptions().source_url
    own = card["source"].get("url", "").endswith(urlsplit(usual).path)
    return {**card, "source": {**card["source"], "url": usual}} if own else card


def _without_page_link(card: dict[str, Any]) -> dict[str, Any]:
    label, more = _page_words()
    links = [link for link in card.get("links", ()) if link["label"] != label]
    if len(links) == len(card.get("links", ())):
        return card
    told = card["detail"]
    plain = {**card, "detail": told[:-2] if told[-2:] == ["", more] else told, "links": links}
    return plain if links else {name: value for name, value in plain.items() if name != "links"}


@cache
def _page_words() -> tuple[str, str]:
    """The link's label, and what a detail says of the page where it left something out."""
    known = knowledge.load()
    words = Words(known.catalogue, known.evidence)
    return words.say("page.link"), words.say("page.more")


def _difference(expected: str, came: str) -> str:
    lines = difflib.unified_diff(expected.splitlines(), came.splitlines(), "expected", "came", lineterm="", n=2)
    return "\n".join(lines)


def _write(one: Fixture, evaluated: Answers) -> bool:
    path = one.folder / fixture.EXPECTED
    text = fixture.text(evaluated(one))
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return False
    path.write_text(text, encoding="utf-8")
    return True


def _progress(found: list[Fixture]) -> Iterable[Fixture]:
    console = Console(stderr=True)
    return track(found, "Replaying", console=console, disable=not console.is_terminal, transient=True)


def _show(console: Console, result: Result) -> None:
    console.print(f"\n{result.name}", style="bold red")
    for line in result.difference.splitlines():
        style = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1])
        console.print(line, style=style, markup=False)


def _junit(results: list[Result]) -> bytes:
    failures = sum(bool(one.difference) for one in results)
    suite = ElementTree.Element("testsuite", name="oih-cds replay", tests=str(len(results)), failures=str(failures))
    for one in results:
        theme, _, name = one.name.partition("/")
        made = ElementTree.SubElement(suite, "testcase", classname=theme, name=name, time=f"{one.seconds:.3f}")
        if one.difference:
            ElementTree.SubElement(made, "failure", message="not as expected").text = one.difference
    return bytes(ElementTree.tostring(suite, encoding="utf-8", xml_declaration=True))
