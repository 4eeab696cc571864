"""What was sent -> a Case: a CDS Hooks request or a FHIR Bundle, read by resource type, whatever its keys are called.

Nothing clinical is decided here. Resources are not looked into beyond `resourceType`, so that one bad resource costs
only itself; the shape around them is checked, and every complaint names the path.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from cds.bundles import drafts, entries_of, gaps_of, of_prefetch, shown
from cds.clinical import AsOf, Case, FhirVersion, Gap
from cds.errors import MalformedInput, UnsupportedVersion

AS_OF = "org.oih-cds.asOf"
FHIR_VERSION = "org.oih-cds.fhirVersion"
ORDER_HOOKS = ("order-select", "order-sign")
HOOKS = ("patient-view", *ORDER_HOOKS)

# Whoever lives is evaluated within these years; near the calendar's own ends no window before or after a day exists.
_YEARS = (1900, 2199)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the caller says beside the input; the clock is read by the caller.

    now      aware; the evaluation date where nobody gives one
    as_of    a date or an instant; outranks the input's own extension, as `version` does
    version  R4, R4B (read as R4), R5 or STU3
    """

    now: datetime
    service: str = "assess"
    as_of: str | None = None
    version: str | None = None
    table: str = "CDC-2022"
    zone: tzinfo | None = None
    models_only: bool = False


def read(document: object, asked: Asked, gaps: tuple[Gap, ...] = ()) -> Case:
    """The case of one parsed input; `gaps` are those that the caller knows of (a fetch that failed).

    Raises MalformedInput for a shape that is neither a request nor a Bundle, UnsupportedVersion for a hook, a FHIR
    version or an evaluation date that cannot be served. Nothing else, whatever the input holds.
    """
    if not isinstance(document, dict):
        raise MalformedInput("an input is one JSON object: a CDS Hooks request or a FHIR Bundle")
    extension = _object(document, "extension")
    version = fhir_version(asked.version if asked.version is not None else extension.get(FHIR_VERSION))
    evaluated = as_of(asked.as_of if asked.as_of is not None else extension.get(AS_OF), asked.now, asked.zone)
    kind = document.get("resourceType")
    if kind == "Bundle":
        return Case(
            service=asked.service,
            hook="patient-view",
            instance=digest(document),
            entries=tuple(entries_of(document, "")),
            as_of=evaluated,
            version=version,
            table=asked.table,
            zone=asked.zone,
            models_only=asked.models_only,
            gaps=gaps + gaps_of("Bundle", document),
        )
    if kind is not None:
        raise MalformedInput(
            "a single FHIR resource is not evaluated by itself; send all of one patient's resources as a Bundle or as a"
            " CDS Hooks request (a bulk export has to be grouped by patient first)",
            expression="resourceType",
        )
    if not {"hook", "context", "prefetch"} & document.keys():
        raise MalformedInput("neither a CDS Hooks request (hook, context, prefetch) nor a FHIR Bundle (resourceType)")
    hook = _text(document, "hook") or "patient-view"
    if hook not in HOOKS:
        raise UnsupportedVersion(f"hook {_short(hook)} is not served; known are {', '.join(HOOKS)}", expression="hook")
    context = _object(document, "context")
    prefetch = _object(document, "prefetch")
    drafted = tuple(drafts(context, hook)) if hook in ORDER_HOOKS else ()
    sent = of_prefetch(prefetch.items())
    said = tuple(gap for key, value in prefetch.items() for gap in gaps_of(shown(key), value))
    return Case(
        service=asked.service,
        hook=hook,
        instance=_text(document, "hookInstance") or digest(document),
        entries=drafted + sent,
        as_of=evaluated,
        patient_id=_bare_id(_text(context, "patientId", "context."), "Patient/"),
        user_id=_text(context, "userId", "context."),
        encounter_id=_bare_id(_text(context, "encounterId", "context."), "Encounter/"),
        version=version,
        table=asked.table,
        zone=asked.zone,
        models_only=asked.models_only,
        gaps=gaps + said,
    )


def is_dated(document: object, asked: Asked) -> bool:
    """Whether somebody named the evaluation date; otherwise it is now."""
    if asked.as_of is not None:
        return True
    extension = document.get("extension") if isinstance(document, dict) else None
    return isinstance(extension, dict) and extension.get(AS_OF) is not None


def as_of(text: object, now: datetime, zone: tzinfo | None) -> AsOf:
    """The evaluation date: a date means the end of that local day, an instant itself, None now.

    An instant keeps the wall clock of its own offset, or takes that of `zone` where one is configured.
    Raises MalformedInput for anything less exact than a day, a time without an offset, or a year outside 1900-2199.
    """
    if text is None:
        return _at(now.isoformat(timespec="seconds"), now, zone)
    if not isinstance(text, str) or not (_DATE.fullmatch(text) or _INSTANT.fullmatch(text)):
        raise MalformedInput(
            f"evaluation date {_short(text)} is neither a date (2026-03-01) nor an instant (2026-03-01T18:00:00Z)",
            expression=AS_OF,
        )
    first, last = _YEARS
    if not first <= int(text[:4]) <= last:
        raise MalformedInput(f"evaluation date {text} is outside the years {first} to {last}", expression=AS_OF)
    try:
        if _DATE.fullmatch(text):
            day = date.fromisoformat(text)
            return AsOf(text=text, at=datetime.combine(day + timedelta(days=1), time.min), day=day)
        return _at(text, datetime.fromisoformat(text), zone)
    except (ValueError, OverflowError):
        raise MalformedInput(f"evaluation date {_short(text)} is not in the calendar", expression=AS_OF) from None


def fhir_version(name: object) -> FhirVersion:
    """R4 where nothing is said. R4B is read as R4: both go through the same models."""
    if name is None:
        return FhirVersion.R4
    if isinstance(name, str) and name.upper() in {*FhirVersion, "R4B"}:
        return FhirVersion("R4" if name.upper() == "R4B" else name.upper())
    raise UnsupportedVersion(
        f"FHIR version {_short(name)} is not read; known are {', '.join(FhirVersion)}", expression=FHIR_VERSION
    )


def digest(document: object) -> str:
    """SHA-256 of the canonical JSON: the same content in another order or layout gives the same card uuids."""
    try:
        text = json.dumps(document, sort_keys=True, separators=(",", ":"), default=str)
    except RecursionError:
        raise MalformedInput("the input is nested too deeply to be read") from None
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _at(text: str, instant: datetime, zone: tzinfo | None) -> AsOf:
    local = instant if zone is None else instant.astimezone(zone)
    wall = local.replace(tzinfo=None)
    return AsOf(text=text, at=wall, day=wall.date(), offset=local.utcoffset())


def _object(document: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = document.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise MalformedInput(f"{key} must be an object", expression=key)
    return value


def _text(document: Mapping[str, object], key: str, path: str = "") -> str | None:
    value = document.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or not value:
        raise MalformedInput(f"{path}{key} must be a text that is not empty", expression=f"{path}{key}")
    return value


def _bare_id(text: str | None, prefix: str) -> str | None:
    """An id without its type: some clients send "Patient/1" where the hook asks for "1"."""
    return text.removeprefix(prefix) if text else text


def _short(value: object) -> str:
    """A value of the input as a message may quote it."""
    if not isinstance(value, str):
        return f"of type {type(value).__name__}"
    return ascii(value) if len(value) <= 40 else f"{value[:37]!a}..."
