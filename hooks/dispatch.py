"""Which cards of an assessment leave: shadow mode, alert budget, page link; and what is counted and remembered of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog

from cds import cards
from cds.cards import CardOptions
from cds.cards.wholly_unread import wholly_unread
from cds.clinical import Assessment, Card
from cds.knowledge import Knowledge
from hooks.answering import Evaluated
from hooks.issuers import Issuer
from hooks.metrics import Metrics
from hooks.store import IssuedCard, StoreError
from hooks.store.budget import Budget
from hooks.store.keys import keyed_hash
from hooks.store.outbox import Outbox

_log = structlog.get_logger(__name__)
# Never held back: what is said about an order that is being written, and what may not wait.
_BUDGETED_HOOK = "patient-view"
_ALWAYS = "over-sedation"
_VERSION = 32  # what the store's column holds


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """The Dispatch of a service with a store.

    budget      None: the alert budget is off
    key         secret of the keyed hashes; None: cards are kept without a subject
    shadow      service ids that evaluate, count, and return nothing
    page_links  address of the signed page of an assessment; None: no such link
    """

    knowledge: Knowledge
    options: CardOptions
    metrics: Metrics
    outbox: Outbox
    now: Callable[[], int]
    budget: Budget | None = None
    key: bytes | None = None
    shadow: frozenset[str] = frozenset()
    page_links: Callable[[Assessment, Issuer], str] | None = None

    def __call__(self, evaluated: Evaluated) -> tuple[Card, ...]:
        """A store that does not answer holds back no card: it goes without its rest and without its link."""
        found = evaluated.assessment
        if found is None:
            return ()
        service = evaluated.service.id
        self._count(service, found)
        if service in self.shadow:
            self._withhold(service, found.cards, "shadow")
            return ()
        subject = self._subject(evaluated)
        allowed = self._budgeted(evaluated, found, subject)
        if allowed is None:
            self._withhold(service, found.cards, "budget")
            return ()
        if allowed.cards and self.page_links is not None:
            allowed = self._linked(allowed, evaluated.issuer, self.page_links)
        for card in allowed.cards:
            self.metrics.cards.labels(service, card.kind, card.rule).inc()
            self.outbox.put(self._issued(card, evaluated, allowed, subject))
        return allowed.cards

    def _budgeted(self, evaluated: Evaluated, found: Assessment, subject: str) -> Assessment | None:
        """The assessment whose cards may be shown, as first shown in this encounter; None where they rest."""
        if self.budget is None or evaluated.service.hook != _BUDGETED_HOOK or not found.cards or not subject:
            return found
        kind = found.cards[0].kind
        if kind == _ALWAYS:
            return found
        encounter = found.case.encounter_id
        try:
            showing = self.budget.ask(
                subject,
                kind,
                found.grade.name,
                encounter=self._hash("encounter", encounter) if encounter else "",
                instance=found.case.instance,
                now=self.now(),
            )
        except StoreError as error:
            _log.error("alert budget not asked", error=str(error))
            return found
        if not showing.show:
            return None
        if showing.instance == found.case.instance:
            return found
        again = replace(found, case=replace(found.case, instance=showing.instance), cards=())
        return replace(again, cards=cards.build(again, self.knowledge, self.options))

    def _linked(self, allowed: Assessment, issuer: Issuer, address: Callable[[Assessment, Issuer], str]) -> Assessment:
        try:
            options = replace(self.options, link_mode="absolute", page_url=address(allowed, issuer))
        except StoreError as error:
            _log.error("page not linked", error=str(error))
            return allowed
        return replace(allowed, cards=cards.build(allowed, self.knowledge, options))

    def _count(self, service: str, found: Assessment) -> None:
        self.metrics.grades.labels(service, found.grade.name).inc()
        if found.trend.co_rise.holds:
            self.metrics.co_rise.labels(service).inc()
        if found.record.foreign:
            self.metrics.foreign.labels(service).inc(found.record.foreign)
        for unread in found.record.unread:
            self.metrics.unread.labels(service, unread.kind if unread.kind in _KINDS else "other").inc()
        for uncounted in found.dose.uncounted:
            self.metrics.uncounted.labels(service, uncounted.code).inc()
        for gap in found.case.gaps:
            self.metrics.gaps.labels(service, gap.key, gap.kind).inc()
        for part, count in wholly_unread(found).items():
            self.metrics.wholly_unread.labels(service, part).inc()
            _log.warning(
                "nothing could be read",
                service=service,
                hook_instance=found.case.instance,
                key=part,
                count=count,
                version=found.case.version.value,
            )

    def _withhold(self, service: str, withheld: tuple[Card, ...], why: str) -> None:
        for card in withheld:
            self.metrics.withheld.labels(service, card.kind, why).inc()

    def _subject(self, evaluated: Evaluated) -> str:
        return self._hash("subject", evaluated.issuer.iss, evaluated.request.user_id, evaluated.request.patient_id)

    def _hash(self, *parts: str) -> str:
        return keyed_hash(self.key, *parts) if self.key is not None else ""

    def _issued(self, card: Card, evaluated: Evaluated, found: Assessment, subject: str) -> IssuedCard:
        rule = self.knowledge.rules.by_id.get(card.rule)
        # R10 and its like are made of several rules: the versions of those that made the grade stand for it.
        versions = {rule.version} if rule is not None else {each.version for each in found.grade.reasons}
        return IssuedCard(
            uuid=card.uuid,
            issuer=evaluated.issuer.iss,
            issued_at=self.now(),
            service=evaluated.service.id,
            kind=card.kind,
            rule=card.rule,
            rule_version="+".join(sorted(versions))[:_VERSION],
            grade=found.grade.name,
            evidence=" ".join(card.evidence),
            subject=subject,
        )


# A resource type comes from the body: as a metric's label it must be one of ours.
_KINDS = frozenset(
    {
        "Patient",
        "Encounter",
        "MedicationRequest",
        "MedicationStatement",
        "MedicationDispense",
        "MedicationAdministration",
        "Medication",
        "Observation",
        "Condition",
        "Procedure",
        "AllergyIntolerance",
    }
)
