"""The part of durable_rules 2.0.28 that cds/engine.py uses."""

from collections.abc import Callable, Mapping
from typing import Any

class Content:
    _d: dict[str, Any]

class Closure:
    m: Content

class Host:
    def __init__(self) -> None: ...
    def _run(self) -> None: ...

class Ruleset:
    _handle: int
    def __init__(self, name: str, host: Host, ruleset_definition: Mapping[str, Mapping[str, Any]]) -> None: ...
    def do_actions(self, state_handle: int, complete: Callable[[object, object], None]) -> None: ...
