"""What is asked: a case, its raw entries, and what is missing of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from enum import StrEnum

from msgspec import Struct

from cds.clinical.time import AsOf
from cds.errors import MalformedInput

# More than any body of real resources holds below the default limit of a body (16 MB at 320 bytes each), and few enough
# to be sorted through within seconds where each is only a digit.
MOST_ENTRIES = 50_000


class FhirVersion(StrEnum):
    R4 = "R4"  # read with the R4B models; fhir.resources has no plain R4
    R5 = "R5"
    STU3 = "STU3"


class Entry(Struct, frozen=True):
    """One raw resource of the input, before any FHIR model has seen it.

    resource  parsed JSON; usually an object, but nothing is promised
    position  "entry[3]" or "prefetch.pain.entry[3]": the reference of last resort, and the path in messages
    draft     a draft order of an order hook's context
    selected  named by order-select's selections (on order-sign every draft is)
    """

    resource: object
    position: str
    full_url: str | None = None
    draft: bool = False
    selected: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """A part of the record that is not there as it should be.

    key   the prefetch key
    kind  "not sent" | "failed" | "truncated" | "not known" (it came, under codes that we do not know) |
          "not used" (it came, in a text too long to be believed) | "note"
    text  plain words for page and card, never a value of the body
    count of what came and is not known; 0 where nobody counts
    """

    key: str
    kind: str
    text: str
    count: int = 0


@dataclass(frozen=True, slots=True)
class Case:
    """One patient's evaluation, as asked: everything that the walk needs, the date included.

    Raises MalformedInput (413) for more entries than can be evaluated.

    service   service id, or "assess" on the command line
    hook      "patient-view", "order-select" or "order-sign"
    instance  hookInstance, or the digest of the input where there is none
    zone      configured zone for timestamps; None: the offset that each resource was written in
    """

    service: str
    hook: str
    instance: str
    entries: tuple[Entry, ...]
    as_of: AsOf
    patient_id: str | None = None
    user_id: str | None = None
    encounter_id: str | None = None
    version: FhirVersion = FhirVersion.R4
    table: str = "CDC-2022"
    zone: tzinfo | None = None
    gaps: tuple[Gap, ...] = ()
    evaluate_palliative: bool = False  # the site has hospice and palliative patients evaluated (contract.md)
    models_only: bool = False  # every resource goes through the models of fhir.resources

    def __post_init__(self) -> None:
        if len(self.entries) > MOST_ENTRIES:
            raise too_many_entries("the record")


def too_many_entries(where: str) -> MalformedInput:
    """The error for what holds more than MOST_ENTRIES."""
    return MalformedInput(f"{where} holds more than {MOST_ENTRIES} entries", code="too-long")
