"""A fixture folder: what is sent, and what is expected of it, in process and over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

from cds.case import HOOKS
from cds.errors import MalformedInput
from hooks import strict_json
from hooks.inputs import REQUEST, REQUESTS, files

EXPECTED = "expected.json"
_DOSE = ("low", "mme", "high")


@dataclass(frozen=True, slots=True)
class Fixture:
    """One folder; `requests` holds one request, or the lines of a cohort."""

    folder: Path
    requests: tuple[dict[str, Any], ...]

    @property
    def name(self) -> str:
        """Theme and folder, as the tests and the reports call it."""
        return f"{self.folder.parent.name}/{self.folder.name}"

    @property
    def expected(self) -> list[dict[str, Any]]:
        """What is expected of each request. Raises MalformedInput where nobody has said it."""
        path = self.folder / EXPECTED
        try:
            value: Any = strict_json.loads(path.read_bytes())
        except OSError:
            raise MalformedInput(
                f"{self.name} has no {EXPECTED}; run `oih-cds replay --update` and check it against why.md"
            ) from None
        return value if isinstance(value, list) else [value]


def find(path: Path) -> Iterator[Fixture]:
    """The fixtures in or below a folder. Raises MalformedInput for a folder without any, or a request that is none."""
    for request in files(path):
        if request.name not in (REQUEST, REQUESTS):
            raise MalformedInput(f"{request}: a fixture is a folder with {REQUEST} or {REQUESTS}")
        body = request.read_bytes()
        bodies = body.splitlines() if request.name == REQUESTS else [body]
        yield Fixture(request.parent, tuple(_request(one, request) for one in bodies if one.strip()))


def service_of(request: Mapping[str, Any]) -> str:
    """The service that a request's hook calls; the cards' uuids depend on it."""
    hook = request.get("hook")
    return f"oih-{hook if hook in HOOKS else HOOKS[0]}"


def shape(report: Mapping[str, Any]) -> dict[str, Any]:
    """A report as expected.json keeps it: equal days of dose in one line, a card's detail line by line.

    Everything else is as `assess` prints it, and nothing is lost.
    """
    return {key: _SHAPES[key](value) if key in _SHAPES else value for key, value in report.items()}


def text(shapes: list[dict[str, Any]]) -> str:
    """The text of expected.json."""
    return json.dumps(shapes[0] if len(shapes) == 1 else shapes, indent=2, ensure_ascii=False) + "\n"


def _request(body: bytes, path: Path) -> dict[str, Any]:
    found: Any = strict_json.loads(body)
    if not isinstance(found, dict):
        raise MalformedInput(f"{path}: a request is a JSON object")
    return found


def _runs(days: list[dict[str, Any]]) -> list[str]:
    """ "2026-01-05 - 2026-03-01: 60 (60 to 60)"; a day without a record ends a run."""
    runs: list[str] = []
    for _key, group in groupby(
        enumerate(days), key=lambda one: (_ordinal(one[1]) - one[0], *(one[1][name] for name in _DOSE))
    ):
        run = [day for _number, day in group]
        low, mid, high = (run[0][name] for name in _DOSE)
        runs.append(f"{run[0]['date']} - {run[-1]['date']}: {mid} ({low} to {high})")
    return runs


def _lines(cards: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value.split("\n") if key == "detail" else value for key, value in card.items()} for card in cards]


_SHAPES: Mapping[str, Callable[[Any], Any]] = {"daily_mme": _runs, "cards": _lines}


def _ordinal(day: Mapping[str, Any]) -> int:
    return date.fromisoformat(day["date"]).toordinal()
