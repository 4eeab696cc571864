"""Who is who in a set of resources: ids, fullUrls and the references between them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from msgspec import Struct

from cds.clinical import Entry
from cds.fhir.spare import KINDS

# Real systems put "_" into ids and make them longer than 64 characters (a draft order of Epic's: 170), which FHIR does
# not allow: such an id still names its resource.
_ID = re.compile(r"[A-Za-z0-9._-]{1,256}", re.ASCII)
_TYPED = re.compile(r"(?:^|/)([A-Z][A-Za-z]{1,63})/([A-Za-z0-9._-]{1,256})(?:/_history/[^/]*)?/?\Z", re.ASCII)
_LONGEST = 512


def normal(text: str) -> str:
    """One spelling for the references that mean the same: "Type/id", "urn:uuid:...", or "#id" for a contained one.

    An absolute URL counts as the Type/id that it ends with, a version is left out. Anything else stays as it is.
    """
    text = text.strip()
    if text[:4].casefold() == "urn:":
        return text.casefold().partition("/")[0]
    match = None if text.startswith("#") else _TYPED.search(text)
    return f"{match[1]}/{match[2]}" if match else text


def names_resource(name: str) -> bool:
    """Whether a normal reference names one resource of the input or of its server."""
    return name.startswith("urn:") or _TYPED.match(name) is not None


def usable_id(raw: Mapping[str, object]) -> str | None:
    """The logical id, None where it could not stand in a reference. A number is taken for its digits."""
    value = raw.get("id")
    if isinstance(value, str):
        return value if _ID.fullmatch(value) else None
    is_whole = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**18
    return str(value) if is_whole else None


class Sent(Struct, frozen=True):
    """One resource as it was sent.

    kind       resource type, "" where it cannot be told
    reference  Type/id, else fullUrl, else entry[n]
    identity   Type/id, else the fullUrl in its normal spelling; None where the resource has neither
    names      every normal spelling under which another resource may refer to it
    """

    raw: Mapping[str, object]
    kind: str
    entry: Entry
    reference: str
    identity: str | None
    names: tuple[str, ...]

    @property
    def draft(self) -> bool:
        """A draft of an order hook, or what may be one; its Patient or Medication is no draft of anything."""
        return self.entry.draft and (self.kind == "MedicationRequest" or self.kind not in KINDS)

    @classmethod
    def of(cls, raw: Mapping[str, object], kind: str, entry: Entry) -> Sent:
        own = usable_id(raw) if kind else None
        typed = f"{kind}/{own}" if own else None
        url = entry.full_url.strip() if isinstance(entry.full_url, str) else ""
        if typed and url.startswith("http") and url.endswith(f"/{typed}"):
            return cls(raw, kind, entry, typed, typed, (typed,))  # the usual fullUrl says what type and id say
        by_url = normal(url) if 0 < len(url) <= _LONGEST and url.isprintable() else None
        if by_url and _TYPED.match(by_url) and (by_url != (typed or by_url) or not by_url.startswith(f"{kind}/")):
            by_url = None  # a fullUrl that contradicts type or id must not lend one resource the other's name
        names = tuple(dict.fromkeys(name for name in (typed, by_url) if name))
        return cls(raw, kind, entry, typed or (url if by_url else entry.position), names[0] if names else None, names)


class Links:
    """References of the patient's resources, brought to the `reference` of the resource that they name."""

    def __init__(self, resources: Iterable[Sent]) -> None:
        self._known: dict[str, str] = {}
        for sent in sorted(resources, key=lambda each: each.reference):
            for name in sent.names:
                self._known.setdefault(name, sent.reference)

    def to(self, text: str) -> str:
        name = normal(text)
        return self._known.get(name, name)
