"""What a chart of dose over pain shows; hooks/pages/drawing.py draws it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Stretch:
    """One day's, or one epoch's, dose. None is not known: a gap."""

    start: datetime
    end: datetime
    low: float | None
    mid: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Point:
    at: datetime
    score: float
    instrument: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A numbered dose step, or a dated event with a word; `end` for what lasted."""

    at: datetime
    label: str
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class ChartData:
    """What is drawn. Doses in `unit` (MME per day, or per epoch in acute mode), pain on 0-10."""

    unit: str
    doses: tuple[Stretch, ...]
    points: tuple[Point, ...]
    means: tuple[tuple[datetime, datetime, float], ...] = ()
    steps: tuple[Mark, ...] = ()
    events: tuple[Mark, ...] = ()
    reference: float | None = None
    proposed: tuple[datetime, float, float | None] | None = None
    title: str = ""
