"""JSON logs, one line an event, from an allow-list of keys: a value that nobody listed never reaches a log.

Libraries (gunicorn, httpx, SQLAlchemy) log through the same door: their level and logger name stay, their text goes,
because it may quote a URL, a token or a row.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

# What a line may hold. `text` is a fixed sentence of ours; nothing here is ever taken from a body.
KEYS = frozenset(
    {
        "event",
        "level",
        "timestamp",
        "logger",
        "service",
        "hook",
        "hook_instance",
        "issuer",
        "jti",
        "status",
        "milliseconds",
        "cards",
        "grade",
        "kinds",
        "version",
        "reason",
        "error",
        "line",
        "key",
        "keys",
        "pages",
        "resources",
        "fetched",
        "unread",
        "foreign",
        "count",
        "host",
        "port",
        "workers",
        "worker",
        "signal",
        "mode",
        "setting",
        "revision",
    }
)
LONGEST = 200
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_OURS = ("cds", "hooks", "rules")


def allow_listed(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop every key that is not listed, cut long values, and keep a hookInstance only where it is a UUID."""
    kept = {key: _short(value) for key, value in event.items() if key in KEYS}
    instance = kept.get("hook_instance")
    if instance is not None and not _UUID.fullmatch(str(instance)):
        del kept["hook_instance"]
    return kept


def wordless(record: logging.LogRecord) -> bool:
    """Strip a library's record of its text and traceback; every record passes."""
    if not record.name.startswith(_OURS):
        record.msg, record.args, record.exc_info = "library message", (), None
    return True


def configure(level: str = "INFO", stream: Any = None) -> None:
    """Send everything that this process logs through the allow-list, as JSON, to `stream` (default: standard error)."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.addFilter(wordless)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                allow_listed,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("httpx", "httpcore", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _short(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    return str(value)[:LONGEST]
