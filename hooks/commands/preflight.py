"""`oih-cds preflight`: what an EHR really returns for every prefetch template, before a pilot relies on it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import click
from rich.console import Console
from rich.table import Table

from cds import case as cases
from cds import dose, fhir, knowledge, pain
from cds.clinical import Entry, FhirVersion, PatientRecord
from cds.knowledge import Knowledge
from hooks import settings
from hooks.ehr import Ehr, Source
from hooks.prefetch import MissingKeys, Part, check_required, looked_at
from hooks.schemas.request import Authorization
from hooks.settings import Settings
from hooks.templates import MEDICATION_KEYS, all_templates
from hooks.web import Web, authorities

TOKEN = "PREFLIGHT_TOKEN"  # noqa: S105 - the name of a variable, no secret


@dataclass(frozen=True, slots=True)
class Yield:
    """What one key gave for one patient.

    returned   resources of the searched kind
    coded      of those, with at least one code
    dated      with a date that can be read
    evaluable  that an evaluation can use: a score on a known instrument, a drug with a known dose or one that is no
               opioid, a resource that the models accept
    remark     why a key failed, in our words
    lacking    a required key that cannot be had: the service would answer 412
    """

    key: str
    returned: int
    coded: int
    dated: int
    evaluable: int
    remark: str
    lacking: bool = False


@click.command("preflight")
@click.option("--fhir", "server", required=True, help="Base URL of the FHIR server.")
@click.option("--patient", "patients", multiple=True, required=True, help="Patient id; may be given several times.")
@click.option("--scope", default="patient/*.rs", show_default=True, help="Scope of the token.")
@click.option("--fhir-version", type=click.Choice(list(FhirVersion)), default="R4", show_default=True)
@click.pass_context
def command(ctx: click.Context, server: str, patients: tuple[str, ...], scope: str, fhir_version: str) -> None:
    """Run every prefetch template for some patients and print per key what came. Prints counts, never a value.

    Exit status 1 if a required key cannot be had, or if nothing that came under one can be evaluated.

    The access token is read from the environment variable PREFLIGHT_TOKEN; without it the server is asked as an open one.
    """
    configured = settings.load()
    known = knowledge.load()
    try:
        base = settings.base_url(server)
    except ValueError as error:
        raise click.UsageError(f"--fhir {error}") from None
    authorization = Authorization(os.environ.get(TOKEN, ""), expires_in=600, scope=scope, subject="preflight")
    source, version = Source(base, authorization), FhirVersion(fhir_version)
    console, failed = Console(), False
    for position, patient in enumerate(patients, start=1):
        rows = survey(patient, source, version, known, configured)
        console.print(_table(f"Patient {position} of {len(patients)}", rows))
        for complaint in complaints(rows):
            console.print(complaint, style="red", markup=False)
            failed = True
    if not os.environ.get(TOKEN):
        console.print(f"No {TOKEN} in the environment: asked without a token.")
    if failed:
        ctx.exit(1)


def complaints(rows: Iterable[Yield]) -> Iterator[str]:
    """What must be mended before a pilot."""
    rows = tuple(rows)
    if lacking := [row.key for row in rows if row.lacking]:
        yield f"Required and not to be had: {', '.join(lacking)}. The service would answer 412."
    for row in rows:
        if row.key in ("pain", *MEDICATION_KEYS) and row.returned and not row.evaluable:
            yield f"{row.key}: not one of {row.returned} can be evaluated; look at --fhir-version and at the codes."


def survey(
    patient: str, source: Source, version: FhirVersion, known: Knowledge, configured: Settings
) -> tuple[Yield, ...]:
    """One row per template. Raises PatientMismatch where the server gives several patients."""
    templates = all_templates(known, configured, version)
    deadline = time.monotonic() + configured.fetch_seconds * 5
    web = Web(authorities(configured.ca_file))
    parts, reasons = Ehr(web, configured).complete(looked_at(templates, {}), templates, source, patient, deadline)
    entries = tuple(entry for part in parts.values() for entry in part.entries)
    record = fhir.read(entries, version=version, patient_id=patient, zone=None, models_only=configured.models_only)
    usable = _usable(record, known, configured)
    try:
        check_required(parts, reasons)
        lacking: tuple[str, ...] = ()
    except MissingKeys as error:
        lacking = error.keys
    return tuple(
        replace(_row(key, part, record, usable, reasons.get(key, "")), lacking=key in lacking)
        for key, part in parts.items()
    )


def _usable(record: PatientRecord, known: Knowledge, configured: Settings) -> Mapping[str, frozenset[str]]:
    """References that an evaluation can use, by the kind of key."""
    as_of = cases.as_of(None, datetime.now().astimezone(), None)
    doses = dose.timeline(record, known.drugs, table=configured.mme_table, as_of=as_of)
    scores = pain.series(record, known.scales, as_of=as_of)
    uncounted = {each.reference for each in doses.uncounted}
    return {
        "pain": frozenset(each.reference for each in scores.scores)
        | frozenset(each.reference for each in scores.function),
        "medication": frozenset(use.reference for use in record.medications) - uncounted,
    }


def _row(key: str, part: Part, record: PatientRecord, usable: Mapping[str, frozenset[str]], reason: str) -> Yield:
    unread = {each.reference for each in record.unread if not each.partial}
    references = [_reference(entry) for entry in part.entries]
    if key == "pain":
        evaluable = sum(reference in usable["pain"] for reference in references)
    elif key in MEDICATION_KEYS:
        evaluable = sum(reference in usable["medication"] for reference in references)
    else:
        evaluable = sum(reference not in unread for reference in references)
    remark = "; ".join(dict.fromkeys((*filter(None, (reason,)), *(gap.text for gap in part.gaps))))
    coded = sum(_coded(entry) for entry in part.entries)
    dated = sum(_dated(entry) for entry in part.entries)
    return Yield(key, len(part.entries), coded, dated, evaluable, remark or str(part.state))


def _reference(entry: Entry) -> str:
    resource = entry.resource if isinstance(entry.resource, dict) else {}
    return f"{resource.get('resourceType')}/{resource.get('id')}"


def _coded(entry: Entry) -> bool:
    resource = entry.resource if isinstance(entry.resource, dict) else {}
    concepts = (resource.get(name) for name in ("code", "medicationCodeableConcept", "medication", "class"))
    return any(
        isinstance(each, dict) and ("coding" in each or "code" in each or "concept" in each) for each in concepts
    )


def _dated(entry: Entry) -> bool:
    resource = entry.resource if isinstance(entry.resource, dict) else {}
    prefixes = ("effective", "authored", "when", "performed", "occur", "onset", "recorded", "period", "dateAsserted")
    return any(name.startswith(prefixes) and resource[name] for name in resource)


def _table(title: str, rows: tuple[Yield, ...]) -> Table:
    table = Table(title=title)
    for column in ("key", "returned", "coded", "dated", "evaluable", "remark"):
        table.add_column(column, justify="left" if column in ("key", "remark") else "right")
    for row in rows:
        table.add_row(row.key, str(row.returned), str(row.coded), str(row.dated), str(row.evaluable), row.remark)
    return table
