"""Feedback: what clinicians did with the cards, kept for good before the call is answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cds.clinical import Coding
from hooks.metrics import Metrics
from hooks.schemas import FeedbackItem
from hooks.store import FeedbackEvent, Store
from hooks.store.budget import Budget
from hooks.store.cards import remember_feedback

# What is kept of a coded reason that rules/catalogue.toml does not hold.
OTHER = Coding(None, "other")


@dataclass(frozen=True, slots=True)
class Feedback:
    """Takes the items of one call.

    budget     None where the alert budget is off
    silencing  override reasons after which a finding rests whatever its grade
    offered    (system, code) of the reasons that are kept as sent; every other one is kept as OTHER
    """

    store: Store
    metrics: Metrics
    budget: Budget | None
    silencing: frozenset[str]
    offered: frozenset[tuple[str | None, str | None]]

    def take(self, items: Sequence[FeedbackItem], *, service: str, issuer: str, now: int) -> None:
        """Return after every item is on disk; one sent before changes nothing. Raises StoreError (503, send again)."""
        items = [replace(item, reason=self._kept(item.reason)) for item in items]
        remember_feedback(self.store, [_event(item, service, issuer, now) for item in items])
        for item in items:
            self.metrics.feedback.labels(service, item.outcome).inc()
        if self.budget is not None:
            for silencing in (False, True):
                cards = [item.card for item in items if self._silences(item.reason) is silencing]
                if cards:
                    self.budget.answered(cards, issuer, silencing=silencing, now=now)

    def _kept(self, reason: Coding | None) -> Coding | None:
        """Any caller may send any code, and a code that no card offers may be a note about a patient."""
        return reason if reason is None or (reason.system, reason.code) in self.offered else OTHER

    def _silences(self, reason: Coding | None) -> bool:
        return reason is not None and reason.code in self.silencing


def _event(item: FeedbackItem, service: str, issuer: str, now: int) -> FeedbackEvent:
    return FeedbackEvent(
        received_at=now,
        issuer=issuer,
        service=service,
        card=item.card,
        outcome=item.outcome,
        outcome_at=item.at,
        reason_system=item.reason.system if item.reason else None,
        reason_code=item.reason.code if item.reason else None,
        commented=item.commented,
        accepted=len(item.accepted),
    )
