"""Prometheus metrics: counts and times, labelled by words of ours; no value of any patient.

With several workers the serve command sets PROMETHEUS_MULTIPROC_DIR and every worker answers for all of them.
"""

from __future__ import annotations

import os

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0)


class Metrics:
    """One set of metrics per process, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        kept = self.registry
        self.requests = Counter("oih_requests", "Calls by endpoint and status", ("endpoint", "status"), registry=kept)
        self.seconds = Histogram("oih_request_seconds", "Time to answer", ("endpoint",), buckets=BUCKETS, registry=kept)
        self.grades = Counter("oih_grades", "Evaluations by service and grade", ("service", "grade"), registry=kept)
        self.cards = Counter("oih_cards", "Cards by service, kind and rule", ("service", "kind", "rule"), registry=kept)
        self.withheld = Counter("oih_cards_withheld", "Cards not sent", ("service", "kind", "why"), registry=kept)
        self.co_rise = Counter(
            "oih_co_rise", "Evaluations in which pain rose with the dose", ("service",), registry=kept
        )
        self.missing = Counter("oih_missing_data", "412 answers by prefetch key", ("service", "key"), registry=kept)
        self.gaps = Counter(
            "oih_gaps", "Parts not sent, failed or cut, by key", ("service", "key", "kind"), registry=kept
        )
        self.unread = Counter(
            "oih_unread", "Resources that the FHIR models refused", ("service", "kind"), registry=kept
        )
        self.wholly_unread = Counter(
            "oih_wholly_unread",
            "Evaluations without one opioid or score that could be read",
            ("service", "part"),
            registry=kept,
        )
        self.uncounted = Counter("oih_uncounted", "Opioids without a number", ("service", "code"), registry=kept)
        self.foreign = Counter("oih_foreign", "Resources of other patients, dropped", ("service",), registry=kept)
        self.refused = Counter("oih_refused_calls", "Calls without a valid token", ("reason",), registry=kept)
        self.feedback = Counter(
            "oih_feedback", "Feedback by service and outcome", ("service", "outcome"), registry=kept
        )
        self.unkept = Counter("oih_cards_not_kept", "Issued cards that the store did not take", registry=kept)
        self.fetches = Counter("oih_fetches", "Reads of an EHR by key and result", ("key", "result"), registry=kept)

    def text(self) -> bytes:
        """The exposition of this process, or of all workers where they share a directory."""
        if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            shared = CollectorRegistry()
            MultiProcessCollector(shared)  # type: ignore[no-untyped-call]
            return generate_latest(shared)
        return generate_latest(self.registry)
