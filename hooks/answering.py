"""From a verified request to an assessment: what was sent, what is missing, what is fetched, and then the walk."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from cds import case as cases
from cds import dose, fhir
from cds.assess import assess
from cds.bundles import of_prefetch
from cds.cards import CardOptions
from cds.clinical import Assessment, Card, Case, Entry, FhirVersion
from cds.engine import Engine
from cds.errors import MalformedInput, UnsupportedVersion
from cds.knowledge import Knowledge
from hooks import prefetch
from hooks.ehr import Ehr, Source
from hooks.issuers import Issuer
from hooks.prefetch import Part, State
from hooks.schemas import HookRequest
from hooks.services import Service
from hooks.settings import PREFIX, Settings
from hooks.templates import LEAN_KEYS, Template, all_templates
from hooks.wall_clock import on_the_records_clock


@dataclass(frozen=True, slots=True)
class Reading:
    """Knowledge and templates under which one issuer's requests are read."""

    knowledge: Knowledge
    templates: Mapping[str, Template]


@dataclass(frozen=True, slots=True)
class Evaluated:
    """One answered call, for whoever counts, remembers or holds back cards. `assessment` is None without any opioid."""

    service: Service
    issuer: Issuer
    request: HookRequest
    assessment: Assessment | None


Dispatch = Callable[[Evaluated], tuple[Card, ...]]


def issued(evaluated: Evaluated) -> tuple[Card, ...]:
    """Every card of the assessment, none held back."""
    return evaluated.assessment.cards if evaluated.assessment is not None else ()


def card_options(settings: Settings) -> CardOptions:
    """What the site decided about cards; a signed page address is made card by card (hooks/dispatch.py)."""
    options = CardOptions(
        link_mode="smart" if settings.link == "smart" else "off", explain_silence=settings.explain_silence
    )
    return options if settings.public_url is None else replace(options, base_url=settings.public_url)


class Desk:
    """Evaluates requests of verified callers. Built once; nothing in it changes afterwards."""

    def __init__(
        self,
        settings: Settings,
        readings: Mapping[tuple[Path | None, Path | None], Knowledge],
        engine: Engine,
        ehr: Ehr,
        options: CardOptions,
    ) -> None:
        """readings  knowledge by (pain codes, NDC crosswalk) of the site; rules and engine are the same for all"""
        self._settings = settings
        self._readings = {
            (*site, version): Reading(known, all_templates(known, settings, version))
            for site, known in readings.items()
            for version in FhirVersion
        }
        self._engine = engine
        self._ehr = ehr
        self._options = options

    def reading(self, issuer: Issuer, version: FhirVersion | None = None) -> Reading:
        return self._readings[issuer.pain_codes, issuer.ndc_codes, version or issuer.fhir_version]

    def evaluate(self, service: Service, issuer: Issuer, request: HookRequest, now: datetime) -> Assessment | None:
        """The assessment, or None where there is no opioid that the hook could be about.

        Raises InputError: 400 for what was sent, 412 for a required key that was not sent and cannot be fetched.
        """
        case = self._case(service, issuer, request, now)
        reading = self.reading(issuer, case.version)
        drafts = tuple(entry for entry in case.entries if entry.draft)
        if service.orders and not holds_opioid(case, drafts, reading.knowledge):
            return None
        parts = prefetch.looked_at(reading.templates, request.prefetch)
        prefetch.check_patient(parts["patient"], request.patient_id)
        deadline = time.monotonic() + self._settings.fetch_seconds
        reasons: dict[str, str] = {}
        if self._settings.prefetch == "lean":
            self._complete(LEAN_KEYS, parts, reasons, reading, issuer, request, deadline)
            lean = tuple(entry for key in LEAN_KEYS for entry in parts[key].entries)
            ordered = parts["medicationRequests"].state is State.HAD
            if ordered and not drafts and not holds_opioid(case, lean, reading.knowledge):
                return None
        rest = [key for key in parts if self._settings.prefetch == "default" or key not in LEAN_KEYS]
        self._complete(rest, parts, reasons, reading, issuer, request, deadline)
        prefetch.check_required(parts, reasons)
        entries = drafts + _entries(parts, reading, request)
        if issuer.time_zone is None and request.extension.get(cases.AS_OF) is None:
            case = replace(case, as_of=cases.as_of(None, on_the_records_clock(now, entries), None))
        cutoff = case.as_of.day - timedelta(days=int(reading.knowledge.estimator.look_back_days))
        case = replace(case, entries=entries, gaps=prefetch.gaps(parts, cutoff, reasons))
        return assess(case, reading.knowledge, self._engine, self._options)

    def again(self, case: Case, issuer: Issuer) -> Assessment:
        """The assessment of a case that was evaluated before, as the card's page needs it."""
        return assess(case, self.reading(issuer, case.version).knowledge, self._engine, self._options)

    def _case(self, service: Service, issuer: Issuer, request: HookRequest, now: datetime) -> Case:
        """The case without its record: whom it is about, when, and the draft orders that count."""
        asked = cases.Asked(
            now=now,
            service=service.id,
            as_of=self._extension(request, cases.AS_OF, self._settings.honours_as_of, "ALLOW_AS_OF"),
            version=self._extension(
                request, cases.FHIR_VERSION, self._settings.honours_fhir_version, "ALLOW_FHIR_VERSION"
            )
            or issuer.fhir_version,
            table=issuer.mme_table,
            zone=issuer.time_zone,
            models_only=self._settings.models_only,
        )
        document = {"hook": request.hook, "hookInstance": request.instance, "context": request.context}
        return replace(cases.read(document, asked), evaluate_palliative=self._settings.evaluate_palliative)

    @staticmethod
    def _extension(request: HookRequest, name: str, honoured: bool, setting: str) -> str | None:
        value = request.extension.get(name)
        if value is None:
            return None
        path = f"extension.{name}"
        if not honoured:
            raise UnsupportedVersion(f"{path} is not honoured here; {PREFIX}{setting} would allow it", expression=path)
        if not isinstance(value, str):
            raise MalformedInput(f"{path} must be a text", expression=path)
        return value

    def _complete(
        self,
        keys: Iterable[str],
        parts: dict[str, Part],
        reasons: dict[str, str],
        reading: Reading,
        issuer: Issuer,
        request: HookRequest,
        deadline: float,
    ) -> None:
        """Replace what can be fetched, and note why the rest cannot."""
        chosen = {key: parts[key] for key in keys}
        if request.fhir_server is None:
            return
        if request.authorization is None:
            reasons |= dict.fromkeys(chosen, prefetch.NO_AUTHORIZATION)
            return
        told = request.authorization.patient
        base = issuer.may_name(request.fhir_server)
        if told is not None and told.removeprefix("Patient/") != request.patient_id:
            reasons |= dict.fromkeys(chosen, "not sent, and the token is for another patient")
        elif base is None:
            reasons |= dict.fromkeys(chosen, "not sent, and fhirServer is not on the list of servers that may be read")
        else:
            source = Source(base, request.authorization)
            completed, why = self._ehr.complete(chosen, reading.templates, source, request.patient_id, deadline)
            parts |= completed
            reasons |= why


def holds_opioid(case: Case, entries: tuple[Entry, ...], knowledge: Knowledge) -> bool:
    """Whether these entries hold an opioid, or something that may be one: only a clear no ends an evaluation."""
    record = fhir.read(
        entries, version=case.version, patient_id=case.patient_id, zone=case.zone, models_only=case.models_only
    )
    doses = dose.timeline(record, knowledge.drugs, table=case.table, as_of=case.as_of)
    proposed = doses.proposed is not None and bool(doses.proposed.references or doses.proposed.uncounted)
    return bool(proposed or doses.opioid_references or doses.uncounted or doses.unread)


def _entries(parts: Mapping[str, Part], reading: Reading, request: HookRequest) -> tuple[Entry, ...]:
    """The record, in the order of our keys; then what the client sent under names of its own."""
    own = tuple(entry for part in parts.values() for entry in part.entries)
    extra = ((key, request.prefetch[key]) for key in sorted(request.prefetch) if key not in reading.templates)
    return own + of_prefetch(extra)
