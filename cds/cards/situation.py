"""What the clinician is doing, and which cards that calls for: contract.md's table, row by row."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from cds.clinical import Assessment, Gate, ProposedDose, Unread

PATTERNS = frozenset({"possible-oih", "strong-pattern"})
ALTERNATIVES = frozenset({"alternative-first", "withdrawal-compatible", "confounded"})


class Occasion(Enum):
    """VIEW looks only; RAISE raises the dose; PERHAPS may raise it (a dose is missing); OTHER is any other opioid order."""

    NO_OPIOID = "a draft without any opioid"
    VIEW = "view"
    RAISE = "raise"
    PERHAPS = "perhaps"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Situation:
    """ordered  an order hook asked, so there is a draft to act on."""

    occasion: Occasion
    ordered: bool = False
    proposed: ProposedDose | None = None

    @property
    def increase(self) -> bool:
        """The column "order that raises an opioid": unknown counts as a raise, it is not the same as none."""
        return self.occasion in (Occasion.RAISE, Occasion.PERHAPS)


def situation(found: Assessment) -> Situation:
    """The occasion of this call; on patient-view an opioid order of the last 72 h is "this increase"."""
    if found.case.hook == "patient-view":
        recent = found.dose.recent_order
        if recent is None or _first_opioid(found, recent) or recent.raises is False:
            return Situation(Occasion.VIEW)
        return Situation(Occasion.RAISE if recent.raises else Occasion.PERHAPS, proposed=recent)
    draft = found.dose.proposed
    if draft is None or not (draft.references or draft.uncounted):
        unread = bool(unread_drafts(found))
        return Situation(Occasion.PERHAPS if unread else Occasion.NO_OPIOID, ordered=True, proposed=draft)
    if draft.raises is False or _first_opioid(found, draft):
        return Situation(Occasion.OTHER, ordered=True, proposed=draft)
    return Situation(Occasion.RAISE if draft.raises else Occasion.PERHAPS, ordered=True, proposed=draft)


def unread_drafts(found: Assessment) -> tuple[Unread, ...]:
    """Drafts that could not be read and may be opioids."""
    return tuple(unread for unread in found.dose.unread if unread.draft)


def over_sedation(found: Assessment) -> tuple[Gate, ...]:
    return tuple(gate for gate in found.gates if gate.effect == "replaces")


def has(found: Assessment, *rules: str) -> bool:
    """Was any of these rules flagged?"""
    return any(finding.rule in rules for finding in found.findings)


def no_taper(found: Assessment) -> bool:
    """Cancer, sickle cell disease or palliative care: no prompt to taper, no CDC line."""
    return has(found, "R0-cancer", "R0-sickle-cell", "R0-palliative-evaluated", "R0-palliative")


def _first_opioid(found: Assessment, order: ProposedDose) -> bool:
    """A first opioid raises nothing: there is no dose before it, counted, uncounted or unread."""
    others = found.dose.opioid_references - set(order.references)
    return not order.before and not others and not found.dose.unread
