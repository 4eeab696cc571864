"""One file a hook; each states its SERVICE and is found by being here."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules

from hooks.services.base import Service

__all__ = ["Service", "all_services"]


def all_services() -> Mapping[str, Service]:
    """id -> service, in the order of the files' names. Raises ValueError for an id given twice."""
    found: dict[str, Service] = {}
    for module in sorted(each.name for each in iter_modules(__path__) if each.name != "base"):
        service: Service = import_module(f"{__name__}.{module}").SERVICE
        if service.id in found:
            raise ValueError(f"hooks/services/{module}.py: the id {service.id} is already taken")
        found[service.id] = service
    return found
