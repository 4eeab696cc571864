"""One resource sent several times: the same content is one, of two versions the newer counts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from msgspec.structs import replace

from cds.fhir.dates import moment
from cds.fhir.references import Sent
from cds.fhir.unreadable import MEDICATIONS


def canonical(raw: Mapping[str, object]) -> str:
    """The content as text, the same for every order of keys."""
    try:
        return json.dumps(raw, sort_keys=True, default=str)
    except (RecursionError, TypeError, ValueError):
        return ""


def newest(resources: Iterable[Sent]) -> tuple[list[Sent], list[list[Sent]]]:
    """Each resource once; and apart, the sets of which it cannot be told what counts (`complaint` says why).

    A draft of an order hook is another thing than the stored order of the same id, which it may be about to replace.
    So is a resource of another type: without ids a score and a dose may share one fullUrl, and both count. Only two
    doses may not: they are linked by name, and one of them would pass for the other. A resource without id and fullUrl
    has no copies.
    """
    resources = list(resources)
    identities = {sent.identity for sent in resources}
    if len(identities) == len(resources):
        return resources, []  # each is the only one of its name, as nearly always
    sets: dict[tuple[bool, str, str], list[Sent]] = {}
    single: list[Sent] = []
    for sent in resources:
        if sent.identity is None:
            single.append(sent)
        else:
            family = "dose" if sent.kind in MEDICATIONS else sent.kind
            sets.setdefault((sent.draft, family, sent.identity), []).append(sent)
    unclear: list[list[Sent]] = []
    for copies in sets.values():
        latest = copies[0] if len(copies) == 1 else _latest(copies)
        if latest is None:
            unclear.append(sorted(copies, key=_order))
        else:
            single.append(latest)
    return single, unclear


def complaint(copies: Sequence[Sent]) -> str:
    """Why none of these resources counts."""
    if len({sent.kind for sent in copies}) > 1:
        return "resources of several types share this fullUrl"
    return "sent in versions that differ, and neither says which is newer"


def _latest(copies: list[Sent]) -> Sent | None:
    """The newest copy by lastUpdated, else by versionId; None where neither decides between different contents."""
    if len({sent.kind for sent in copies}) > 1:
        return None
    copies = sorted(copies, key=_order)
    content = [_content(sent) for sent in copies]
    latest = copies[0] if len(set(content)) == 1 else None
    for age in (_updated, _version):
        ages = [age(sent) for sent in copies]
        known = [each for each in ages if each is not None]
        if latest is None and len(known) == len(copies):
            newest_ones = [index for index, each in enumerate(known) if each == max(known)]
            if len({content[index] for index in newest_ones}) == 1:
                latest = copies[newest_ones[0]]
    if latest is None:
        return None
    # Another copy may have come under another fullUrl: links by either must find the one that is kept.
    return replace(
        latest, names=tuple(dict.fromkeys([*latest.names, *(name for each in copies for name in each.names)]))
    )


def _content(sent: Sent) -> str:
    return canonical({name: value for name, value in sent.raw.items() if name not in ("meta", "text")})


def _updated(sent: Sent) -> float | None:
    """meta.lastUpdated in seconds, None where it is no instant."""
    try:
        at = moment(_meta(sent, "lastUpdated"), None).utc
    except ValueError:
        return None
    return None if at is None else (at - datetime(1970, 1, 1)).total_seconds()


def _version(sent: Sent) -> float | None:
    """meta.versionId where it is a number: anything else says nothing about the order."""
    text = _meta(sent, "versionId")
    return float(text) if text.isascii() and text.isdigit() and len(text) <= 15 else None


def _meta(sent: Sent, name: str) -> str:
    meta = sent.raw.get("meta")
    value = meta.get(name) if isinstance(meta, dict) else None
    return value if isinstance(value, str) else ""


def _order(sent: Sent) -> tuple[str, str]:
    return canonical(sent.raw), sent.entry.position
