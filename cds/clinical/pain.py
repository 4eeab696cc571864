"""Pain and function scores."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from msgspec import Struct


class PainScore(Struct, frozen=True):
    """One pain score on a 0-10 scale.

    at          local wall-clock time; a recall item is shifted to the middle of its recall period
    instrument  word of rules/codes/pain_scales.csv; instruments are never mixed within a step
    timed       False where only a date was written
    """

    at: datetime
    score: float
    instrument: str
    reference: str
    timed: bool = True
    body_site: str | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.score <= 10:
            raise ValueError(f"pain {self.score} is outside the 0-10 scale")

    @property
    def day(self) -> date:
        return self.at.date()


class FunctionScore(Struct, frozen=True):
    """PEG or BPI interference, 0-10, lower is better."""

    day: date
    score: float
    instrument: str
    reference: str


@dataclass(frozen=True, slots=True)
class PainSeries:
    """All scores of a patient by instrument; `primary` is the instrument the detector uses (most scores)."""

    primary: str | None
    scores: tuple[PainScore, ...] = ()  # every instrument, sorted by time
    function: tuple[FunctionScore, ...] = ()
    rejected: tuple[tuple[str, str], ...] = ()  # (reference, reason)

    def of(self, instrument: str | None) -> tuple[PainScore, ...]:
        return tuple(score for score in self.scores if score.instrument == instrument)
