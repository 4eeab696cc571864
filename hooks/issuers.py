"""The issuer file: who may call, with which keys, and what is known about his patients' records.

TOML or JSON, a list `issuer` of tables; docs/integrators.md shows one. Paths in it are relative to the file.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates_schema
from marshmallow.fields import String as Text

from cds.clinical import FhirVersion
from hooks.keys import Key, parse_keys
from hooks.schemas.parts import NOT_BLANK
from hooks.settings import LOOPBACK, Settings, SettingsError, base_url, zone


@dataclass(frozen=True, slots=True)
class Issuer:
    """One EHR, and the profile under which its patients' records are read.

    jku           the one that its tokens may name; its keys are fetched there unless `keys` were configured
    fhir_servers  base URLs that its requests may name; the token of a request goes to no other
    replay        "enforce": a token is taken once. "observe": a repetition is logged, for clients that retry with one
    """

    iss: str
    jku: str | None = None
    keys: tuple[Key, ...] = ()
    fhir_servers: frozenset[str] = frozenset()
    tenant: str | None = None
    replay: str = "enforce"
    fhir_version: FhirVersion = FhirVersion.R4
    time_zone: tzinfo | None = None
    mme_table: str = "CDC-2022"
    pain_codes: Path | None = None
    ndc_codes: Path | None = None
    loopback_servers: bool = field(default=False, kw_only=True)  # development: any server on this machine

    def may_name(self, server: str) -> str | None:
        """The server in our spelling where this issuer's requests may name it, else None."""
        try:
            base = base_url(server)
        except ValueError:
            return None
        if base in self.fhir_servers:
            return base
        host = base.partition("://")[2].partition("/")[0]
        name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
        return base if self.loopback_servers and name in LOOPBACK else None


class _Row(Schema):
    class Meta:
        unknown = RAISE

    iss = Text(required=True, validate=NOT_BLANK)
    jku = Text(validate=NOT_BLANK)
    jwks = fields.Raw()
    fhir_servers = fields.List(Text(), load_default=list)
    tenant = Text(validate=NOT_BLANK)
    replay = Text(load_default="enforce", validate=validate.OneOf(["enforce", "observe"]))
    fhir_version = Text(validate=validate.OneOf([str(each) for each in FhirVersion]))
    time_zone = Text()
    mme_table = Text(validate=NOT_BLANK)
    pain_codes = Text(validate=NOT_BLANK)
    ndc_codes = Text(validate=NOT_BLANK)

    @validates_schema
    def _some_source_of_keys(self, data: Mapping[str, object], **_kwargs: object) -> None:
        if "jku" not in data and "jwks" not in data:
            raise ValidationError("give jku (a URL), or jwks (a file, or the key set itself)", "jwks")


class _File(Schema):
    class Meta:
        unknown = RAISE

    issuer = fields.List(fields.Nested(_Row), required=True, validate=validate.Length(min=1))


def development(settings: Settings) -> Issuer:
    """Anybody on this machine; its requests may name servers on loopback and those of OIH_CDS_FHIR_SERVERS."""
    return Issuer(
        iss="",
        fhir_servers=frozenset(settings.fhir_servers),
        fhir_version=settings.fhir_version,
        time_zone=None if settings.time_zone is None else zone(settings.time_zone),
        mme_table=settings.mme_table,
        pain_codes=settings.pain_codes,
        ndc_codes=settings.ndc_codes,
        loopback_servers=True,
    )


def load(settings: Settings) -> Mapping[str, Issuer]:
    """iss -> issuer; empty in development mode. Raises SettingsError naming file and place."""
    if settings.issuers is None:
        return {}
    path = settings.issuers
    try:
        text = path.read_text(encoding="utf-8")
        document = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
        rows = _File().load(document)["issuer"]
    except OSError as error:
        raise SettingsError(f"{path.name}: {error.strerror or 'cannot be read'}") from None
    except ValidationError as error:
        raise SettingsError(f"{path.name}: {json.dumps(error.messages)}") from None
    except ValueError as error:
        raise SettingsError(f"{path.name}: {error}") from None
    found: dict[str, Issuer] = {}
    for row in rows:
        try:
            issuer = _issuer(row, path.parent, settings)
        except (ValueError, OSError) as error:
            raise SettingsError(f"{path.name}: issuer {row['iss']}: {error}") from None
        if issuer.iss in found:
            raise SettingsError(f"{path.name}: issuer {issuer.iss} stands twice")
        found[issuer.iss] = issuer
    return found


def _issuer(row: Mapping[str, Any], folder: Path, settings: Settings) -> Issuer:
    keys: tuple[Key, ...] = ()
    if (jwks := row.get("jwks")) is not None:
        document = json.loads((folder / jwks).read_text(encoding="utf-8")) if isinstance(jwks, str) else jwks
        keys = parse_keys(document)
        if not keys:
            raise ValueError("jwks holds no key for ES384 or RS384")
    if "jku" in row:
        base_url(row["jku"])
    zone_name = row.get("time_zone", settings.time_zone)
    return Issuer(
        iss=row["iss"],
        jku=row.get("jku"),
        keys=keys,
        fhir_servers=frozenset(base_url(server) for server in row["fhir_servers"]),
        tenant=row.get("tenant"),
        replay=row["replay"],
        fhir_version=FhirVersion(row.get("fhir_version", settings.fhir_version)),
        time_zone=None if zone_name is None else zone(zone_name),
        mme_table=row.get("mme_table", settings.mme_table),
        pain_codes=folder / row["pain_codes"] if "pain_codes" in row else settings.pain_codes,
        ndc_codes=folder / row["ndc_codes"] if "ndc_codes" in row else settings.ndc_codes,
    )
