"""A single resource of a case, as it was sent, by the reference that the page names it with."""

from __future__ import annotations

import json

from cds.clinical import Case


def resource_text(case: Case, reference: str) -> str | None:
    """The resource as indented JSON; None where the case holds none of that name."""
    for entry in case.entries:
        resource = entry.resource
        named = f"{resource.get('resourceType')}/{resource.get('id')}" if isinstance(resource, dict) else None
        if reference in (named, entry.full_url, entry.position):
            return json.dumps(resource, indent=2, ensure_ascii=False)
    return None
