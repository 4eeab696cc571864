"""What dose and pain say together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Plateau:
    """A run of days at one dose. Days are inclusive; in acute mode start/end carry hours."""

    start: datetime
    end: datetime
    dose: float
    mean_pain: float | None
    scores: int


@dataclass(frozen=True, slots=True)
class Step:
    """A change from one plateau to the next.

    doublings  log2(dose after / dose before)
    rise       pain after minus before, raw; None where windows lack scores
    adjusted   the rise beyond the drift
    void       why the step does not count, None if it does
    """

    number: int
    at: datetime
    before: float
    after: float
    doublings: float
    pain_before: float | None
    pain_after: float | None
    scores_before: int
    scores_after: int
    rise: float | None
    adjusted: float | None
    void: str | None = None


@dataclass(frozen=True, slots=True)
class Level:
    """One level of the founding definition's run."""

    start: date
    end: date
    dose: float
    pain: float | None
    scores: int


@dataclass(frozen=True, slots=True)
class CoRise:
    """The founding definition: pain rising as the dose rises (contract.md). It claims nothing about the cause."""

    holds: bool
    levels: tuple[Level, ...] = ()
    increases: int = 0
    rise: float | None = None  # pain at the top minus pain at the first level
    percent: float | None = None


@dataclass(frozen=True, slots=True)
class Statistics:
    """contract.md's statistics; None where not computable, never 0."""

    beta: float | None = None
    z: float | None = None
    cumulative_rise: float | None = None
    share_rising: float | None = None
    up_steps: int | None = None
    down_steps: int | None = None
    drift_per_30d: float | None = None
    placebo_rise: float | None = None
    scores: int | None = None
    span_days: int | None = None


@dataclass(frozen=True, slots=True)
class Dechallenge:
    """One reduction and what followed it after the withdrawal window."""

    at: datetime
    before: float
    after: float
    change: float | None  # pain after minus before; negative is a fall
    clear: bool = False  # a fall of >= 2 points or 30 %
    void: str | None = None  # R17 and the like


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The estimate without one step."""

    step: int
    beta: float | None
    z: float | None
    holds: bool | None


@dataclass(frozen=True, slots=True)
class Trend:
    """What dose and pain say together, before any rule is asked.

    mode          "chronic" or "acute"
    ordering      "holds", "fails" or "not assessable"
    insufficient  what is missing for a grade; empty if nothing
    ceiling       share of pre-step scores at 9 or more, None if there is none
    robust        the pattern holds with all of its limits under low and under high doses too; None without a pattern
    level_slope   median slope of the scores inside the levels, points per 30 days, as recorded and not as the regression fits it
    since         first day of the look-back
    scored        when each score that was used was given: days, in acute mode with the hour on the clock of the doses
    """

    mode: str
    statistics: Statistics
    co_rise: CoRise
    plateaus: tuple[Plateau, ...] = ()
    steps: tuple[Step, ...] = ()
    ordering: str = "not assessable"
    insufficient: tuple[str, ...] = ()
    ceiling: float | None = None
    first_pre_mean: float | None = None
    level_ratio: float | None = None  # last / first plateau dose
    pain_change: float | None = None  # last minus first level of pain
    level_slope: float | None = None
    highest_dose: float | None = None
    dechallenges: tuple[Dechallenge, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    robust: bool | None = None
    method: str = ""
    notes: tuple[str, ...] = ()
    since: date | None = None
    scored: tuple[date, ...] = ()
