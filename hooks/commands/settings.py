"""`oih-cds settings`: every setting, as docs/operators.md prints it."""

from __future__ import annotations

import click

from hooks.settings import reference


@click.command("settings")
def command() -> None:
    """Print every OIH_CDS_ setting with its default and meaning, as a Markdown table."""
    click.echo(reference(), nl=False)
