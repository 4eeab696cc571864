"""A case as bytes and back, for the sealed record behind a signed page link: what was evaluated, so that the page shows
exactly what the card spoke of.
"""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from cds.clinical import AsOf, Case, Entry, FhirVersion, Gap

_ENTRY = ("resource", "position", "full_url", "draft", "selected")
_GAP = ("key", "kind", "text", "count")
_PLAIN = ("service", "hook", "instance", "patient_id", "user_id", "encounter_id", "table", "evaluate_palliative")


def dump(case: Case, issuer: str) -> bytes:
    """Packed JSON, with the name of the issuer under whose profile the case was read. A zone is kept by its IANA name, as the settings give it."""
    offset = case.as_of.offset
    return zlib.compress(
        orjson.dumps(
            {
                **{name: getattr(case, name) for name in _PLAIN},
                "issuer": issuer,
                "zone": None if case.zone is None else str(case.zone),
                "version": str(case.version),
                "as_of": {
                    "text": case.as_of.text,
                    "at": case.as_of.at.isoformat(),
                    "day": case.as_of.day.isoformat(),
                    "offset": None if offset is None else offset.total_seconds(),
                },
                "entries": [{name: getattr(each, name) for name in _ENTRY} for each in case.entries],
                "gaps": [{name: getattr(each, name) for name in _GAP} for each in case.gaps],
            }
        )
    )


def load(content: bytes) -> tuple[Case, str]:
    """The case that `dump` packed, and its issuer."""
    packed: dict[str, Any] = orjson.loads(zlib.decompress(content))
    as_of = packed["as_of"]
    case = Case(
        **{name: packed[name] for name in _PLAIN},
        version=FhirVersion(packed["version"]),
        as_of=AsOf(
            text=as_of["text"],
            at=datetime.fromisoformat(as_of["at"]),
            day=datetime.fromisoformat(as_of["day"]).date(),
            offset=None if as_of["offset"] is None else timedelta(seconds=as_of["offset"]),
        ),
        zone=None if packed["zone"] is None else ZoneInfo(packed["zone"]),
        entries=tuple(Entry(**each) for each in packed["entries"]),
        gaps=tuple(Gap(**each) for each in packed["gaps"]),
    )
    return case, packed["issuer"]
