"""`oih-cds purge`: forget what is older than the retention time; run it daily."""

from __future__ import annotations

import time

import click

from hooks import settings
from hooks.store import open_store
from hooks.store.cards import purge


@click.command("purge")
def command() -> None:
    """Delete issued cards and feedback older than OIH_CDS_RETENTION_DAYS, and tokens, silences and records that expired."""
    configured = settings.load()
    now = int(time.time())
    gone = purge(
        open_store(configured.database_url.get_secret_value()),
        before=now - configured.retention_days * 86400,
        now=now,
    )
    for table, count in gone.items():
        click.echo(f"{table}: {count} deleted")
