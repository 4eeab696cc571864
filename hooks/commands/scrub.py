"""`oih-cds scrub`: a real request becomes a fixture without the person in it."""

from __future__ import annotations

import json
import secrets
import sys
from datetime import date
from pathlib import Path
from typing import Any

import click

from cds.case import AS_OF
from cds.errors import MalformedInput
from hooks import strict_json
from hooks.inputs import REQUEST
from hooks.scrubbing import Scrubber

_WEEKS = (105, 520)  # two to ten years back


@click.command("scrub")
@click.argument("path", metavar="REQUEST", type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Write FOLDER/request.json. Default: print."
)
@click.option(
    "--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Evaluation date where the request has none. Default: today."
)
def command(path: Path, out: Path | None, as_of: Any) -> None:
    """Replace ids, names, texts and dates of a CDS Hooks request or a Bundle, the same by the same.

    Dates move by one secret number of weeks, so that intervals and week days remain.
    """
    body = sys.stdin.buffer.read() if str(path) == "-" else _bytes(path)
    document = strict_json.loads(body)
    if not isinstance(document, dict):
        raise MalformedInput("a request or a Bundle is one JSON object")
    weeks = -(_WEEKS[0] + secrets.randbelow(_WEEKS[1] - _WEEKS[0]))
    scrubbed = Scrubber(weeks, as_of.date() if as_of else _evaluated(document)).request(document)
    text = json.dumps(scrubbed, indent=1, ensure_ascii=False) + "\n"
    if out is None:
        click.echo(text, nl=False)
    else:
        out.mkdir(parents=True, exist_ok=True)
        (out / REQUEST).write_text(text, encoding="utf-8")
    click.echo(
        "Texts, names, notes and extensions are gone, local codes renamed, dates moved. A rare diagnosis or an unusual course"
        " can still name a person: read the result before it leaves your site.",
        err=True,
    )


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise MalformedInput(f"{path}: {error.strerror or 'cannot be read'}") from None


def _evaluated(document: dict[str, Any]) -> date:
    extension = document.get("extension")
    given = extension.get(AS_OF) if isinstance(extension, dict) else None
    try:
        return date.fromisoformat(given[:10]) if isinstance(given, str) else date.today()  # noqa: DTZ011
    except ValueError:
        raise MalformedInput(f"extension {AS_OF} is no date") from None
