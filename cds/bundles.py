"""The resources in Bundles and prefetch values, and what these say is missing; no resource is looked into."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import islice

from msgspec.structs import replace

from cds.clinical import MOST_ENTRIES, Entry, Gap, too_many_entries
from cds.errors import MalformedInput

# What an order hook may bring as an order of a medication.
_ORDERS = frozenset({"MedicationRequest"})
_LONGEST_KEY = 60
_NESTED_BUNDLES = 8  # no client nests deeper; a bound keeps a hostile body from deciding our stack


def entries_of(value: object, where: str, depth: int = 0) -> Iterator[Entry]:
    """The resources of a Bundle, of a nested Bundle, or of a lone resource; null holds none.

    An OperationOutcome is no part of the record (`gaps_of` tells of it) and an entry without a resource holds none.
    Raises MalformedInput naming the path where the shape is no Bundle's, or where it holds more than MOST_ENTRIES.
    """
    if value is None:
        return
    if not isinstance(value, dict):
        raise MalformedInput(f"{where}: a FHIR resource or null is expected here", expression=where)
    value, where = unwrapped(value, where)
    if value.get("resourceType") == "OperationOutcome":
        return
    if value.get("resourceType") != "Bundle":
        yield Entry(resource=value, position=where)
        return
    if depth == 0:
        _check_size(value, where)
    if depth >= _NESTED_BUNDLES:
        raise MalformedInput(f"Bundles are nested more than {_NESTED_BUNDLES} deep", expression=where or None)
    if value.get("type") == "history":
        raise MalformedInput(
            "a history Bundle holds superseded versions; send a searchset or a collection", expression=where or None
        )
    prefix = _prefix(where)
    for number, item in enumerate(_listed(value, where)):
        position = f"{prefix}entry[{number}]"
        if not isinstance(item, dict):
            yield Entry(item, position)
            continue
        resource = item.get("resource")
        kind = resource.get("resourceType") if isinstance(resource, dict) else None
        if kind == "Bundle":
            yield from entries_of(resource, f"{position}.resource", depth + 1)
        elif kind != "OperationOutcome" and "resource" in item:
            url = item.get("fullUrl")
            yield Entry(resource, position, url if isinstance(url, str) else None)


def of_prefetch(values: Iterable[tuple[str, object]]) -> tuple[Entry, ...]:
    """The resources under several prefetch keys, as `entries_of` finds them, no more than MOST_ENTRIES of all."""
    found = (entry for key, value in values for entry in entries_of(value, f"prefetch.{shown(key)}"))
    entries = tuple(islice(found, MOST_ENTRIES + 1))
    if len(entries) > MOST_ENTRIES:
        raise too_many_entries("prefetch")
    return entries


def shown(key: str) -> str:
    """A key as paths, references and messages may carry it: no terminal obeys it, and no line is turned round.

    Another key is never shown alike, or two resources would have one position: a digest tells long ones apart.
    """
    if key.isprintable() and len(key) <= _LONGEST_KEY:
        return key
    return f"{key[:_LONGEST_KEY]!a}~{sha256(key.encode(errors='surrogatepass')).hexdigest()[:8]}"


def unwrapped(value: Mapping[str, object], where: str) -> tuple[Mapping[str, object], str]:
    """The resource inside a `{"response": ..., "resource": ...}` that some clients send for a prefetched read."""
    inner = value.get("resource")
    if "resourceType" not in value and isinstance(inner, dict):
        return inner, f"{where}.resource"
    return value, where


def _check_size(value: Mapping[str, object], where: str) -> None:
    """Counts the entries of a Bundle, those of nested ones too, before anything is made of them."""
    count = 0
    bundles = [value]
    while bundles:
        listed = bundles.pop().get("entry")
        if not isinstance(listed, list):
            continue
        count += len(listed)
        if count > MOST_ENTRIES:
            raise too_many_entries(where or "the Bundle")
        inner = [item.get("resource") for item in listed if isinstance(item, dict)]
        bundles += [each for each in inner if isinstance(each, dict) and each.get("resourceType") == "Bundle"]


def drafts(context: Mapping[str, object], hook: str) -> Iterator[Entry]:
    """The draft orders that count: on order-sign all, on order-select the selected ones.

    What is no order, such as a Medication, comes along: it explains one. Raises MalformedInput where draftOrders is
    missing, or a selected medication order is not among them: answering without a card would claim that we looked.
    """
    where = "context.draftOrders"
    orders = context.get("draftOrders")
    if not isinstance(orders, dict) or orders.get("resourceType") != "Bundle":
        raise MalformedInput(f"{hook} needs draftOrders, a Bundle", expression=where)
    drafted = tuple(replace(entry, draft=True, selected=True) for entry in entries_of(orders, where))
    if hook == "order-sign":
        yield from drafted
        return
    selections = context.get("selections")
    if not isinstance(selections, list):
        raise MalformedInput(f"{hook} needs selections, a list of references", expression="context.selections")
    chosen = {name for name in selections if isinstance(name, str)}
    named = {name for entry in drafted for name in _names(entry)}
    for number, selection in enumerate(selections):
        if str(selection).partition("/")[0] in _ORDERS and selection not in named:
            path = f"context.selections[{number}]"
            raise MalformedInput(f"{path} names no order in draftOrders", expression=path)
    for entry in drafted:
        if chosen & _names(entry):
            yield entry
        elif not any(name.partition("/")[0] in _ORDERS for name in _names(entry)):
            yield replace(entry, selected=False)


def gaps_of(key: str, value: object) -> tuple[Gap, ...]:
    """What a prefetch value (or a whole Bundle) itself says is missing: failed searches, pages that were not sent.

    Raises MalformedInput like `entries_of`.
    """
    if not isinstance(value, dict):
        return ()
    value, _where = unwrapped(value, key)
    if value.get("resourceType") == "OperationOutcome":
        return _told(key, value)
    if value.get("resourceType") != "Bundle":
        return ()
    found: tuple[Gap, ...] = ()
    for item in _listed(value, key):
        resource = item.get("resource") if isinstance(item, dict) else None
        if isinstance(resource, dict) and resource.get("resourceType") == "OperationOutcome":
            found += _told(key, resource)
    links = value.get("link")
    if isinstance(links, list) and any(isinstance(link, dict) and link.get("relation") == "next" for link in links):
        found += (Gap(key, "truncated", f"{key}: further pages exist and were not sent"),)
    return found


def _told(key: str, outcome: Mapping[str, object]) -> tuple[Gap, ...]:
    """An OperationOutcome as a gap; one without a readable severity is a failure, since unknown is never fine."""
    listed = outcome.get("issue")
    issues = listed if isinstance(listed, list) else []
    severities = [issue.get("severity") if isinstance(issue, dict) else None for issue in issues]
    if not issues or any(severity not in ("information", "warning") for severity in severities):
        return (Gap(key, "failed", f"{key}: the EHR answered with an error instead of data"),)
    codes = {code for issue in issues for code in _codes(issue)}
    if codes == {"4101"}:  # Epic: the search found nothing
        return ()
    if "4119" in codes:
        return (Gap(key, "note", f"{key}: the EHR says that its answer may not be complete"),)
    return (Gap(key, "note", f"{key}: the EHR added a remark to its answer"),)


def _codes(issue: Mapping[str, object]) -> Iterator[str]:
    details = issue.get("details")
    codings = details.get("coding") if isinstance(details, dict) else None
    for coding in codings if isinstance(codings, list) else ():
        if isinstance(coding, dict) and isinstance(coding.get("code"), str):
            yield coding["code"]


def _prefix(where: str) -> str:
    return f"{where}." if where else ""


def _listed(bundle: Mapping[str, object], where: str) -> Sequence[object]:
    """The entries of a Bundle. Raises MalformedInput where they are no list."""
    listed = bundle.get("entry")
    if listed is not None and not isinstance(listed, list):
        path = f"{_prefix(where)}entry"
        raise MalformedInput(f"{path} must be a list", expression=path)
    return listed or ()


def _names(entry: Entry) -> set[str]:
    """Under what `selections` may name a draft."""
    names = {entry.full_url} if entry.full_url else set()
    if isinstance(entry.resource, dict):
        names.add(f"{entry.resource.get('resourceType')}/{entry.resource.get('id')}")
    return names
