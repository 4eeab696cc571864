"""`oih-cds serve`: gunicorn with threads; settings by environment."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import click
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from cds.errors import OihError
from hooks import collector, settings
from hooks.settings import Settings

DEVELOPMENT = (
    "DEVELOPMENT MODE: no OIH_CDS_ISSUERS, so anybody who reaches this port may call, and callers may set the evaluation"
    " date. Invented patients only."
)


class PortBusy(OihError):
    """Another program listens where we should."""


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on.")
def command(host: str, port: int) -> None:
    """Serve CDS Hooks. Settings are environment variables OIH_CDS_...; docs/operators.md lists them."""
    configured = settings.load()
    settings.check_bind(configured, host)
    refuse_busy(host, port)
    with shared_numbers():
        _serve(configured, host, port)


def _serve(configured: Settings, host: str, port: int) -> None:
    # Only now: prometheus_client looks for its shared directory when it is imported.
    from hooks.http_edge import Keeper, Wordless, Worker
    from hooks.service import create_service

    app = create_service(configured)
    if configured.development:
        click.secho(DEVELOPMENT, fg="yellow", bold=True, err=True)
    collector.settle()
    base = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    Keeper(
        _Server(
            app,
            bind=base.removeprefix("http://"),
            worker_class=Worker,
            logger_class=Wordless,
            workers=configured.workers,
            threads=configured.threads,
            preload_app=True,
            # Longer than a proxy keeps an idle connection (nginx: 60 s): who ends it first must never be us, or a call that is
            # just being sent on it is lost.
            keepalive=75,
            loglevel="warning",
            post_request=collector.after_request,
            when_ready=lambda _arbiter: click.echo(f"oih-cds serves {base}/cds-services", err=True),
        )
    ).run()


@contextmanager
def shared_numbers() -> Iterator[None]:
    """A directory in which the workers add up their metrics, gone with the service."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="oih-cds-metrics-") as directory:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = directory
        try:
            yield
        finally:
            del os.environ["PROMETHEUS_MULTIPROC_DIR"]


def refuse_busy(host: str, port: int) -> None:
    """Raises PortBusy where the port is taken or the address is not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortBusy(
                f"cannot listen on {host} port {port} ({error.strerror}); choose another with --port, or end what uses it"
            ) from None


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    def __init__(self, app: Callable[..., Any], **options: object) -> None:
        self._app = app
        self._options: Mapping[str, object] = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Callable[..., Any]:
        return self._app
