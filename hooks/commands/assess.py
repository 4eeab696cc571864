"""`oih-cds assess`: the whole walk without HTTP; one JSON object a line, in input order."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from datetime import datetime
from functools import partial
from itertools import chain, islice

import click
import orjson

from cds import case
from cds.clinical import FhirVersion
from cds.errors import InputError
from hooks import collector, evaluation, settings
from hooks.inputs import documents

_CHUNK = 16  # inputs sent to a process at once
_CHUNKS_AHEAD = 4  # for each process: enough to keep it busy, few enough to keep memory flat
NOT_EVALUATED = 3

Input = bytes | InputError
Line = tuple[bytes, bool]


@click.command("assess")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option("--as-of", help="Evaluation date: a date (the end of that local day) or an instant. Default: now.")
@click.option("--fhir-version", help=f"{', '.join(FhirVersion)}. Default: the input's extension, else R4.")
@click.option("--mme-table", default="CDC-2022", show_default=True, help="Table of MME factors.")
@click.option("--jobs", type=click.IntRange(1), help="Processes for long NDJSON. Default: one for each core.")
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[str, ...],
    as_of: str | None,
    fhir_version: str | None,
    mme_table: str,
    jobs: int | None,
) -> None:
    """Evaluate CDS Hooks requests, FHIR Bundles, fixture folders or .ndjson files; `-` is standard input.

    Prints one JSON object a line, in input order. An input that cannot be evaluated is an {"error": ...} in its place,
    the others are evaluated, and the exit status is 3. A site's time zone, pain codes and drug crosswalk are read from
    the settings (OIH_CDS_TIME_ZONE, OIH_CDS_PAIN_CODES, OIH_CDS_NDC_CODES); OIH_CDS_MODELS_ONLY holds here too.
    """
    site = settings.load()
    asked = case.Asked(
        now=datetime.now().astimezone(),
        as_of=as_of,
        version=fhir_version,
        table=mme_table,
        zone=None if site.time_zone is None else settings.zone(site.time_zone),
        models_only=site.models_only,
    )
    _refuse_options(asked)
    evaluator = evaluation.load(pain_codes=site.pain_codes, ndc_codes=site.ndc_codes)
    collector.settle()
    output = sys.stdout.buffer
    failed = False
    work = partial(_evaluate, evaluator, asked)
    for text, evaluated in lines(work, documents(paths, sys.stdin.buffer), jobs or len(os.sched_getaffinity(0))):
        output.write(text + b"\n")
        failed |= not evaluated
    output.flush()
    if failed:
        ctx.exit(NOT_EVALUATED)


def lines(work: Callable[[Input], Line], inputs: Iterable[Input], jobs: int) -> Iterator[Line]:
    """The output lines in input order; several processes share the work where there is enough of it."""
    waiting = iter(inputs)
    first = list(islice(waiting, 2 * _CHUNK))
    if jobs == 1 or len(first) < 2 * _CHUNK:
        for one in chain(first, waiting):
            yield work(one)
        return
    yield from _shared(work, chain(first, waiting), jobs)


def _shared(work: Callable[[Input], Line], inputs: Iterator[Input], jobs: int) -> Iterator[Line]:
    # Forked, so that knowledge and rules are there already; no thread runs yet that a fork could cut in half.
    global _work
    _work = work
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("fork")) as pool:
        ahead: deque[Future[list[Line]]] = deque()
        while chunk := list(islice(inputs, _CHUNK)):
            ahead.append(pool.submit(_chunk, chunk))
            if len(ahead) >= jobs * _CHUNKS_AHEAD:
                yield from ahead.popleft().result()
        for remaining in ahead:
            yield from remaining.result()


_work: Callable[[Input], Line]


def _chunk(inputs: list[Input]) -> list[Line]:
    return [_work(one) for one in inputs]


def _evaluate(evaluator: evaluation.Evaluator, asked: case.Asked, one: Input) -> Line:
    if isinstance(one, InputError):
        return orjson.dumps(evaluation.refusal(one)), False
    return evaluator.line(one, asked)


def _refuse_options(asked: case.Asked) -> None:
    """A wrong option is told once, before anything is evaluated."""
    try:
        case.as_of(asked.as_of, asked.now, asked.zone)
        case.fhir_version(asked.version)
    except InputError as error:
        raise click.UsageError(str(error)) from None
