"""What a request brought, key by key, and what is still missing. A failed search is never "no data".

A value may be a resource, a Bundle (page 1 of n), null ("searched, nothing found") or an OperationOutcome; a key may be
absent. Only null, an empty Bundle and Epic's 4101 mean that nothing is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from msgspec import structs

from cds.bundles import entries_of, gaps_of, unwrapped
from cds.clinical import Entry, Gap
from cds.errors import MissingData, PatientMismatch
from hooks.refusals import Issue
from hooks.templates import MEDICATION_KEYS, Template

NO_AUTHORIZATION = "not sent, and fhirServer came without fhirAuthorization"
# What ends outside the look-back cannot change a trend; conditions, allergies and procedures count however old.
_DATED = frozenset({"pain", "vitals", "encounters", *MEDICATION_KEYS})
_DATES = (
    ("effectiveDateTime",),
    ("effectiveInstant",),
    ("effectivePeriod", "start"),
    ("authoredOn",),
    ("whenHandedOver",),
    ("dateAsserted",),
    ("period", "start"),
    ("occurrenceDateTime",),
    ("occurenceDateTime",),
    ("occurencePeriod", "start"),
)


class State(StrEnum):
    HAD = "had"
    ABSENT = "absent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Part:
    """One key of the record.

    entries  in the order of the pages
    gaps     remarks and failures that the answer itself told
    next     URL of the following page, where one was announced
    """

    key: str
    state: State
    entries: tuple[Entry, ...] = ()
    gaps: tuple[Gap, ...] = ()
    next: str | None = None

    @property
    def failed_in_part(self) -> bool:
        return any(gap.kind == "failed" for gap in self.gaps)


class MissingKeys(MissingData):
    """Required keys that cannot be had; the answer names each of them."""

    def __init__(self, issues: Iterable[Issue], keys: Iterable[str]) -> None:
        self.issues = tuple(issues)
        self.keys = tuple(keys)
        super().__init__("; ".join(issue.text for issue in self.issues), expression=self.issues[0].expression)


def look(template: Template, value: object, first: int = 0) -> Part:
    """What a prefetch value, or one page of a search, holds.

    first  number of the page's first entry, so that positions go on from page to page

    Raises MalformedInput where a Bundle is none.
    """
    key, where = template.key, f"prefetch.{template.key}"
    if value is None:
        return Part(key, State.HAD)
    if isinstance(value, dict):
        value, where = unwrapped(value, where)
    kind = value.get("resourceType") if isinstance(value, dict) else None
    if not isinstance(value, dict) or kind not in ("Bundle", "OperationOutcome", template.kind):
        return _failed(key, f"neither a Bundle nor one {template.kind}")
    entries = tuple(entries_of(value, where))  # first: its complaint names the whole path
    told = tuple(gap for gap in gaps_of(key, value) if gap.kind != "truncated")
    if kind == "OperationOutcome":
        # Alone in the place of data even a warning is no data; only Epic's "no results" leaves nothing to tell.
        return (
            _failed(key, "the EHR answered with an OperationOutcome instead of data") if told else Part(key, State.HAD)
        )
    if first:
        entries = tuple(_moved(entry, where, first) for entry in entries)
    if kind != "Bundle":
        return Part(key, State.HAD, entries)
    failed = any(gap.kind == "failed" for gap in told) and not entries
    following = _next(value)
    if following is None and _total(value) > len(entries) and first == 0:
        told += (truncated(key, "the EHR counts more than it sent"),)
    return Part(key, State.FAILED if failed else State.HAD, entries, told, following)


def absent(key: str) -> Part:
    return Part(key, State.ABSENT)


def failed(key: str, why: str) -> Part:
    """A search or read that gave nothing usable; `why` is ours and holds no value of any body."""
    return _failed(key, why)


def truncated(key: str, why: str) -> Gap:
    return Gap(key, "truncated", f"{key}: not all of it could be read; {why}")


def joined(first: Part, page: Part) -> Part:
    """A part with its next page."""
    return replace(first, entries=first.entries + page.entries, gaps=first.gaps + page.gaps, next=page.next)


def looked_at(templates: Mapping[str, Template], prefetch: Mapping[str, dict[str, object] | None]) -> dict[str, Part]:
    """Every declared key as the request brought it. Raises MalformedInput naming the path."""
    return {
        key: look(template, prefetch[key]) if key in prefetch else absent(key) for key, template in templates.items()
    }


def check_patient(part: Part, patient_id: str) -> None:
    """Raises PatientMismatch where the Patient that was sent is another one than the context's."""
    for entry in part.entries:
        resource = entry.resource
        if (
            isinstance(resource, dict)
            and resource.get("resourceType") == "Patient"
            and resource.get("id") != patient_id
        ):
            raise PatientMismatch(
                "prefetch.patient is not the patient of context.patientId; send both of one patient",
                expression="prefetch.patient",
            )


def check_required(parts: Mapping[str, Part], reasons: Mapping[str, str]) -> None:
    """Raises MissingKeys (412) for what no evaluation can do without: Patient, pain, one kind of medication record.

    reasons  key -> why a fetch was not possible
    """
    missing: list[str] = []
    if not _holds(parts["patient"], "Patient"):
        missing.append("patient")
    if parts["pain"].state is not State.HAD:
        missing.append("pain")
    if all(parts[key].state is not State.HAD for key in MEDICATION_KEYS):
        missing += MEDICATION_KEYS
    if missing:
        raise MissingKeys((_required(parts[key], reasons.get(key)) for key in missing), missing)


def gaps(parts: Mapping[str, Part], cutoff: date, reasons: Mapping[str, str]) -> tuple[Gap, ...]:
    """What card and page have to say about parts that are not there as they should be, in the order of the keys.

    cutoff  first day of the look-back: a page that ends before it leaves nothing out that counts
    """
    found: list[Gap] = []
    for key, part in parts.items():
        if part.state is State.ABSENT:
            found.append(Gap(key, "not sent", f"{key}: {reasons.get(key, 'not sent')}"))
        found += part.gaps
        if part.next is not None and not _ends_before(part, cutoff):
            found.append(truncated(key, "further pages exist and were not sent"))
    return tuple(found)


def _required(part: Part, reason: str | None) -> Issue:
    """What is missing, why, and what the client can do about it."""
    if part.state is State.HAD:
        why = "it holds no Patient"
    elif part.state is State.FAILED and part.gaps:
        why = part.gaps[-1].text.removeprefix(f"{part.key}: ")
    else:
        why = reason or "not sent"
    alternative = " (one of the four medication keys is enough)" if part.key in MEDICATION_KEYS else ""
    step = "send the Patient" if part.key == "patient" else "send it, null or an empty Bundle where nothing was found"
    other = {
        None: ", or fhirServer with fhirAuthorization to read it from",
        NO_AUTHORIZATION: ", or fhirAuthorization as well",
    }
    return Issue(
        "required",
        f"prefetch.{part.key} is required{alternative}: {why}; {step}{other.get(reason, '')}",
        f"prefetch.{part.key}",
    )


def _failed(key: str, why: str) -> Part:
    return Part(key, State.FAILED, gaps=(Gap(key, "failed", f"{key}: {why}"),))


def _holds(part: Part, kind: str) -> bool:
    return any(
        isinstance(entry.resource, dict) and entry.resource.get("resourceType") == kind for entry in part.entries
    )


def _moved(entry: Entry, where: str, first: int) -> Entry:
    number, _, rest = entry.position.removeprefix(f"{where}.entry[").partition("]")
    if not number.isdigit():
        return entry
    return structs.replace(entry, position=f"{where}.entry[{first + int(number)}]{rest}")


def _next(bundle: Mapping[str, object]) -> str | None:
    links = bundle.get("link")
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("relation") == "next":
            url = link.get("url")
            # A next that is no URL still says that there is more.
            return url if isinstance(url, str) else ""
    return None


def _total(bundle: Mapping[str, object]) -> int:
    total = bundle.get("total")
    return total if isinstance(total, int) else 0


def _ends_before(part: Part, cutoff: date) -> bool:
    """The page is sorted from new to old, and its oldest record lies before the cutoff."""
    if part.key not in _DATED or not part.entries:
        return False
    days = [_day(entry.resource) for entry in part.entries if _is_dated(entry.resource)]
    known = [day for day in days if day is not None]
    return bool(known) and len(known) == len(days) and known == sorted(known, reverse=True) and known[-1] < cutoff


def _is_dated(resource: object) -> bool:
    """Included resources, such as a Medication, have no date of their own."""
    return not (isinstance(resource, dict) and resource.get("resourceType") in ("Medication", "Patient"))


def _day(resource: object) -> date | None:
    for path in _DATES:
        value = resource
        for step in path:
            value = value.get(step) if isinstance(value, dict) else None
        if isinstance(value, str):
            try:
                # The wall clock of an offset may lie a day from the cutoff's: the later day is the careful one.
                return date.fromisoformat(value[:10]) + timedelta(days=1)
            except ValueError:
                return None
    return None
