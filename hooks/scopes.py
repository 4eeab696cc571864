"""What a SMART access token allows, in the words of version 1 (`patient/Observation.read`) and 2 (`.rs`)."""

from __future__ import annotations

import re
from enum import IntEnum

_SCOPE = re.compile(
    r"(?:patient|user|system)/(?P<kind>\*|[A-Za-z]+)\.(?:(?P<v1>read|write|\*)|(?P<v2>c?r?u?d?s?))(?P<query>\?.+)?"
)


class Reach(IntEnum):
    """How much of a resource type a token opens. PART: granted only for some of it, such as one category."""

    NONE = 0
    PART = 1
    FULL = 2


def reach(scope: str, kind: str, *, search: bool) -> Reach:
    """What `scope` allows of resource type `kind`.

    search  a search is meant, else the read of one instance
    """
    best = Reach.NONE
    for word in scope.split():
        match = _SCOPE.fullmatch(word)
        if match is None or match["kind"] not in ("*", kind):
            continue
        allowed = match["v1"] in ("read", "*") if match["v1"] else ("s" if search else "r") in match["v2"]
        if allowed:
            best = max(best, Reach.PART if match["query"] else Reach.FULL)
    return best
