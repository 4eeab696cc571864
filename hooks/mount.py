"""The path of the public base URL, whether the proxy in front of us takes it off or not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def mounted(app: Wsgi, prefix: str) -> Wsgi:
    """The application below `prefix`, such as "/oih", and at the root as before."""
    if not prefix:
        return app

    def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == prefix or path.startswith(f"{prefix}/"):
            script = environ.get("SCRIPT_NAME", "")
            environ = {**environ, "SCRIPT_NAME": script + prefix, "PATH_INFO": path.removeprefix(prefix)}
        return app(environ, start_response)

    return serve
