"""`oih-cds explain`: a pharmacist's view of the dose: arithmetic, source, factor and table of every day."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import click
import orjson
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from cds import case, dose, fhir
from cds.clinical import Contributor, DailyDose, DoseTimeline, FhirVersion, PatientRecord, Source
from cds.dose.values import NOTE, plain
from cds.errors import InputError
from cds.knowledge import drugs
from cds.knowledge.drugs import Drugs
from hooks import settings, strict_json
from hooks.inputs import documents
from hooks.report import number

NOT_EVALUATED = 3
_WORDS = {
    Source.ADMINISTERED: "administered",
    Source.DISPENSED: "dispensed",
    Source.STATED: "stated",
    Source.ORDERED: "ordered",
}


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive days with the same dose from the same contributors."""

    first: date
    last: date
    dose: DailyDose


@click.command("explain")
@click.argument("path", metavar="PATH")
@click.option("--as-of", help="Evaluation date: a date (the end of that local day) or an instant. Default: now.")
@click.option("--fhir-version", help=f"{', '.join(FhirVersion)}. Default: the input's extension, else R4.")
@click.option("--mme-table", default="CDC-2022", show_default=True, help="Table of MME factors.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line instead of tables.")
@click.pass_context
def command(
    ctx: click.Context, path: str, as_of: str | None, fhir_version: str | None, mme_table: str, *, as_json: bool
) -> None:
    """Show how the daily dose of each input was worked out: the arithmetic, the source, and what was not counted.

    PATH is a CDS Hooks request, a FHIR Bundle, a fixture folder, an .ndjson file, or `-` for standard input. Days
    with the same dose are shown once. An input that cannot be read is named, and the exit status is 3.
    """
    asked = case.Asked(
        now=datetime.now().astimezone(),
        as_of=as_of,
        version=fhir_version,
        table=mme_table,
        models_only=settings.load().models_only,
    )
    known = drugs.load()
    failed = False
    for document in documents([path], sys.stdin.buffer):
        try:
            if isinstance(document, InputError):
                raise document
            record, found = _worked_out(document, asked, known)
        except InputError as error:
            failed = True
            click.echo(f"{error.code}: {error}", err=True)
            continue
        if as_json:
            click.echo(orjson.dumps(explained_json(record, found)))
        else:
            Console().print(explained(record, found))
    if failed:
        ctx.exit(NOT_EVALUATED)


def _worked_out(document: bytes, asked: case.Asked, known: Drugs) -> tuple[PatientRecord, DoseTimeline]:
    found = case.read(strict_json.loads(document), asked)
    record = fhir.read(
        found.entries,
        version=found.version,
        patient_id=found.patient_id,
        zone=found.zone,
        models_only=found.models_only,
    )
    return record, dose.timeline(record, known, table=found.table, as_of=found.as_of)


def runs(daily: Sequence[DailyDose]) -> Iterator[Run]:
    """Equal consecutive days as one; a gap or another arithmetic begins a new one."""
    first: DailyDose | None = None
    last: DailyDose | None = None
    for each in daily:
        if first is not None and last is not None:
            if each.day - last.day == timedelta(days=1) and _told(each) == _told(first):
                last = each
                continue
            yield Run(first.day, last.day, first)
        first = last = each
    if first is not None and last is not None:
        yield Run(first.day, last.day, first)


def _told(day: DailyDose) -> tuple[object, ...]:
    return day.low, day.mid, day.high, day.contributors


def explained(record: PatientRecord, found: DoseTimeline) -> Group:
    """The view as a rich renderable; nothing in it is decided here."""
    parts: list[Any] = [Text(f"MME by {found.table}, patient {record.patient.id}", style="bold"), _days(found)]
    if found.uncounted:
        parts += [Text("Not counted", style="bold"), _uncounted(found)]
    if record.unread:
        parts.append(Text("Not read", style="bold"))
        parts += [Text(f"  {each.reference}: {each.reason}") for each in record.unread]
    if found.flags:
        parts.append(Text("To check", style="bold"))
        parts += [Text(f"  {flag}") for flag in found.flags]
    return Group(*parts)


def _days(found: DoseTimeline) -> Table | Text:
    if not found.daily:
        return Text("No day of the record has an opioid dose.")
    table = Table("Days", "MME", "Arithmetic", "Source", "Factor")
    for run in runs(found.daily):
        shares = run.dose.contributors or (None,)
        for position, share in enumerate(shares):
            days, total = (_span(run), _total(run.dose)) if position == 0 else ("", "")
            table.add_row(*(Text(cell) for cell in (days, total, *_share(share))), end_section=share is shares[-1])
    return table


def _span(run: Run) -> str:
    return str(run.first) if run.first == run.last else f"{run.first} to {run.last}"


def _total(day: DailyDose) -> str:
    if day.mid is None or day.low is None:
        return "not known"
    if day.high is None:
        return f"{plain(day.mid)} or more"
    return plain(day.mid) if day.low == day.high else f"{plain(day.low)}-{plain(day.high)}"


def _share(share: Contributor | None) -> tuple[str, str, str]:
    if share is None:
        return "nothing that counts", "", ""
    said = [f"{share.drug}, {share.route}: {share.arithmetic}"]
    if share.certainty != "coded":
        said.append(f"certainty {share.certainty}")
    said += [flag.removeprefix(NOTE) for flag in share.flags]
    return "\n".join(said), f"{_WORDS[share.source]}: {share.reference}", f"{share.factor} {share.table}".strip()


def _uncounted(found: DoseTimeline) -> Table:
    table = Table("Drug", "Days", "Why", "Source")
    for each in found.uncounted:
        days = f"{each.first or 'any day'} to {each.last or 'the evaluation date'}"
        days = str(each.first) if each.first is not None and each.first == each.last else days
        table.add_row(*(Text(cell) for cell in (each.drug, days, each.reason, each.reference)))
    return table


def explained_json(record: PatientRecord, found: DoseTimeline) -> dict[str, Any]:
    """The same for machines; numbers as `assess` prints them."""
    return {
        "patient": record.patient.id,
        "mme_table": found.table,
        "days": [
            {
                "from": run.first.isoformat(),
                "to": run.last.isoformat(),
                "low": number(run.dose.low),
                "mme": number(run.dose.mid),
                "high": number(run.dose.high),
                "contributors": [_share_json(share) for share in run.dose.contributors],
            }
            for run in runs(found.daily)
        ],
        "uncounted": [
            {
                "reference": each.reference,
                "drug": each.drug,
                "code": each.code,
                "reason": each.reason,
                "opens_high": each.opens_high,
                "from": each.first.isoformat() if each.first else None,
                "to": each.last.isoformat() if each.last else None,
            }
            for each in found.uncounted
        ],
        "unread": [{"reference": each.reference, "reason": each.reason} for each in record.unread],
        "flags": list(found.flags),
    }


def _share_json(share: Contributor) -> dict[str, Any]:
    return {
        "reference": share.reference,
        "source": _WORDS[share.source],
        "drug": share.drug,
        "route": share.route,
        "low": number(share.low),
        "mme": number(share.mid),
        "high": number(share.high),
        "arithmetic": share.arithmetic,
        "factor": share.factor,
        "table": share.table,
        "certainty": share.certainty,
        "flags": [flag.removeprefix(NOTE) for flag in share.flags],
    }
