"""`oih-cds attributes`: the source attributes, as a document or as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import click

from cds.cards.attributes import as_document, as_markdown
from cds.knowledge import attributes, load


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print what the endpoint answers.")
@click.option("--write", type=click.Path(path_type=Path, dir_okay=False), help="Write the document to this file.")
def command(as_json: bool, write: Path | None) -> None:
    """Print who made this, on what evidence, for whom, and where it must not be used."""
    knowledge = load()
    found = attributes.load(knowledge.rules.root)
    if as_json:
        text = json.dumps(as_document(found, knowledge.evidence), indent=2, ensure_ascii=False) + "\n"
    else:
        text = as_markdown(found, knowledge.evidence)
    if write is None:
        click.echo(text, nl=False)
    else:
        write.write_text(text, encoding="utf-8")
