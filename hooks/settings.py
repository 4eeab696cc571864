"""Everything that an operator can set, each as an environment variable OIH_CDS_<NAME>; docs/operators.md prints this.

Without OIH_CDS_ISSUERS the service is in development mode: callers need no token, and it serves loopback only.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from cds.clinical import FhirVersion
from cds.errors import OihError

PREFIX = "OIH_CDS_"
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})

_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]+)?")

Words = Annotated[tuple[str, ...], NoDecode]


class SettingsError(OihError):
    """A setting is unknown, unreadable or contradicts another one; the service does not start."""


class Settings(BaseSettings):
    """Read once, at start; nothing below the door sees it."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid", hide_input_in_errors=True)

    issuers: Path | None = Field(
        None,
        description="Issuer file (.toml or .json): who may call, with which keys, about which FHIR servers. Unset: "
        "development mode, without tokens and on loopback only.",
    )
    public_url: str | None = Field(
        None,
        description="Base URL under which clients reach the service, such as https://cds.example.org/oih; a token's "
        "aud is this URL plus the path. Required with OIH_CDS_ISSUERS.",
    )
    open_discovery: bool = Field(False, description="true: GET /cds-services needs no token.")
    cors_origins: Words = Field((), description="Origins of browser clients, comma-separated, never `*`.")
    fhir_servers: Words = Field(
        (),
        description="Development mode only: FHIR servers that a request may name, besides those on loopback. With "
        "OIH_CDS_ISSUERS each issuer has its own list.",
    )
    token_seconds: int = Field(3600, gt=0, le=86400, description="Longest life of a token, exp minus iat.")
    leeway_seconds: int = Field(60, ge=0, le=300, description="Clock difference to a client that is forgiven.")
    jwks_seconds: int = Field(600, ge=30, le=86400, description="How long a fetched key set is used.")

    ca_file: Path | None = Field(
        None,
        description="PEM file of certificate authorities (a hospital's own) that are trusted beside the public ones, for "
        "FHIR servers, key sets and the SMART launch. Read at start.",
    )
    models_only: bool = Field(
        False, description="true: every resource goes through the models of fhir.resources; slower, the same answers."
    )
    fhir_version: FhirVersion = Field(FhirVersion.R4, description="FHIR version of clients whose issuer names none.")
    time_zone: str | None = Field(
        None,
        description="IANA zone of the patients' wall clock, such as Europe/Berlin, where an issuer names none. Unset: the "
        "offset of the patient's newest record.",
    )
    mme_table: str = Field("CDC-2022", description="Table of MME factors where an issuer names none.")
    pain_codes: Path | None = Field(
        None,
        description="site/pain_codes.csv (system, code, instrument, scale): local pain codes, read and prefetched.",
    )
    ndc_codes: Path | None = Field(None, description="NDC crosswalk of the site, read beside the product list.")
    evaluate_palliative: bool = Field(
        False,
        description="true: hospice and palliative patients are evaluated too, without any prompt to taper. Otherwise they "
        "are out of scope.",
    )
    allow_as_of: bool | None = Field(
        None, description="Honour extension org.oih-cds.asOf over HTTP. Unset: in development mode only."
    )
    allow_fhir_version: bool | None = Field(
        None, description="Honour extension org.oih-cds.fhirVersion over HTTP. Unset: in development mode only."
    )

    prefetch: Literal["default", "lean"] = Field(
        "default",
        description="lean: prefetch Patient, Encounter and medication requests only, and fetch the rest with the "
        "client's token if an opioid is found.",
    )
    prefetch_include: bool = Field(
        False, description="true: medication templates ask for the Medication by _include, which some servers refuse."
    )
    fetch_seconds: float = Field(2.0, gt=0, le=30, description="Time for everything fetched for one request.")
    fetch_pages: int = Field(20, ge=1, le=200, description="Most pages followed for one key.")
    fetch_entries: int = Field(10_000, ge=1, le=100_000, description="Most resources taken for one key.")
    fetch_bytes: int = Field(
        20_000_000, ge=100_000, le=200_000_000, description="Most bytes fetched for one request, after unpacking."
    )
    body_bytes: int = Field(16_000_000, ge=10_000, le=200_000_000, description="Largest request body; above it: 413.")

    database_url: SecretStr = Field(
        SecretStr("sqlite:///oih-cds.sqlite3"),
        description="SQLAlchemy URL of the store: SQLite (synced before each answer) or postgresql+psycopg://...",
    )
    secret_key: SecretStr | None = Field(
        None,
        min_length=32,
        description="Secret for keyed hashes and sealed records, 32 characters or more, the same for all workers. "
        "Needed by the alert budget, the signed link and the SMART launch.",
    )
    metrics_token: SecretStr | None = Field(
        None, min_length=16, description="Bearer token of whoever reads /metrics. Unset: callers on this machine only."
    )
    link: Literal["off", "smart", "absolute"] = Field(
        "off",
        description="How cards lead to the page: a SMART launch, a signed link that lives for minutes, or not at all.",
    )
    link_minutes: int = Field(15, ge=1, le=120, description="How long a signed link to the page lives.")
    smart: Path | None = Field(
        None,
        description="Registration file (.toml) for the SMART launch: at which record systems, under which client id. "
        "Unset: no launch. Needs OIH_CDS_SECRET_KEY and OIH_CDS_PUBLIC_URL.",
    )
    session_minutes: int = Field(30, ge=5, le=480, description="How long a page that was opened by SMART launch lives.")
    frame_ancestors: Words = Field(
        (), description="Origins of EHRs that may show our pages in a frame, comma-separated. Unset: nobody."
    )
    explain_silence: bool = Field(False, description="For testers: a card also where there is nothing to show.")
    retention_days: int = Field(365, ge=1, le=3650, description="How long issued cards and feedback are kept.")
    alert_budget_days: int = Field(
        0, ge=0, le=730, description="Days for which an answered finding rests on patient-view; 0: the budget is off."
    )
    shadow_services: Words = Field((), description="Service ids that evaluate and count, and return no card.")
    disabled_services: Words = Field(
        (), description="Kill switch: service ids that are not listed and answer 503 without evaluating."
    )
    workers: int = Field(2, ge=1, le=64, description="Worker processes.")
    threads: int = Field(4, ge=1, le=64, description="Threads of a worker.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Least severe line logged.")

    @field_validator(
        "cors_origins", "frame_ancestors", "fhir_servers", "shadow_services", "disabled_services", mode="before"
    )
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value

    @field_validator("cors_origins", "frame_ancestors")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            parts = urlsplit(origin)
            bare = parts.scheme in ("http", "https") and f"{parts.scheme}://{parts.netloc}" == origin
            # flask-cors reads what looks like a pattern as one: https://*.ehr.example would let others in.
            if not bare or not _HOST.fullmatch(parts.netloc):
                raise ValueError("each must be a bare origin such as https://ehr.example.org; `*` is not taken")
        return value

    @field_validator("public_url")
    @classmethod
    def _base(cls, value: str | None) -> str | None:
        return None if value is None else base_url(value)

    @field_validator("fhir_servers")
    @classmethod
    def _servers(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(base_url(server) for server in value)

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, value: str | None) -> str | None:
        if value is not None:
            zone(value)
        return value

    @model_validator(mode="after")
    def _together(self) -> Settings:
        if self.issuers is not None and self.public_url is None:
            raise ValueError(f"{PREFIX}PUBLIC_URL must be set with {PREFIX}ISSUERS: a token's aud is compared with it")
        if self.issuers is not None and self.fhir_servers:
            raise ValueError(f"{PREFIX}FHIR_SERVERS is for development mode; list servers in the issuer file")
        for name, wanted in (("LINK", self.link == "absolute"), ("SMART", self.smart is not None)):
            if wanted and (self.secret_key is None or self.public_url is None):
                raise ValueError(f"{PREFIX}{name} needs {PREFIX}SECRET_KEY and {PREFIX}PUBLIC_URL")
        return self

    @property
    def development(self) -> bool:
        """No issuers: anybody who reaches the port may call."""
        return self.issuers is None

    @property
    def honours_as_of(self) -> bool:
        return self.development if self.allow_as_of is None else self.allow_as_of

    @property
    def honours_fhir_version(self) -> bool:
        return self.development if self.allow_fhir_version is None else self.allow_fhir_version


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process. Raises SettingsError, which names the variable and never its value."""
    known = {f"{PREFIX}{name}".upper() for name in Settings.model_fields}
    given = {name.upper() for name in (os.environ if environ is None else environ) if name.upper().startswith(PREFIX)}
    if unknown := sorted(given - known):
        raise SettingsError(f"unknown setting {', '.join(unknown)}; docs/operators.md lists all of them")
    try:
        if environ is None:
            return Settings()
        values = {name.upper().removeprefix(PREFIX).lower(): value for name, value in environ.items()}
        return Settings.model_validate({name: values[name] for name in Settings.model_fields if name in values})
    except ValidationError as error:
        problems = (
            f"{PREFIX}{'_'.join(map(str, each['loc'])).upper()}: {each['msg']}" if each["loc"] else each["msg"]
            for each in error.errors(include_input=False, include_url=False, include_context=False)
        )
        raise SettingsError("; ".join(problems)) from None


def base_url(text: str) -> str:
    """A base URL in one spelling: host in lower case, no default port, no trailing slash.

    Raises ValueError for anything but http(s), host and plain path. http is taken for loopback only: beyond it patient data and tokens travel encrypted.
    """
    parts = urlsplit(text)
    try:
        named = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        named = False
    if (
        parts.scheme not in ("http", "https")
        or not named
        or parts.username is not None
        or parts.query
        or parts.fragment
    ):
        raise ValueError("must be a URL like https://ehr.example.org/fhir, without user, query and fragment")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError("must be https; http is for loopback only")
    host = f"[{parts.hostname}]" if ":" in str(parts.hostname) else parts.hostname
    port = "" if parts.port in (None, 443 if parts.scheme == "https" else 80) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}"


def zone(name: str) -> ZoneInfo:
    """Raises ValueError for a name that is no IANA zone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("is no IANA time zone; write it like Europe/Berlin") from None


def check_bind(settings: Settings, host: str) -> None:
    """Raises SettingsError where development mode would listen beyond this machine."""
    if settings.development and host not in LOOPBACK:
        raise SettingsError(
            f"without {PREFIX}ISSUERS anybody may call, so {host} is refused; bind 127.0.0.1, or name the issuers"
        )


def reference() -> str:
    """The settings as a Markdown table, for docs/operators.md."""
    rows = ["| setting | default | meaning |", "|---|---|---|"]
    rows += [
        f"| `{PREFIX}{name.upper()}` | {_default(field)} | {field.description}{_choices(field)} |"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join(rows) + "\n"


def _default(field: FieldInfo) -> str:
    value = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
    if value is None or value == ():
        return "unset"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _choices(field: FieldInfo) -> str:
    values = [str(each) for each in get_args(field.annotation) if isinstance(each, str)]
    return f" One of {', '.join(f'`{value}`' for value in values)}." if values else ""
