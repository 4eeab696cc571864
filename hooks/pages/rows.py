"""The rows of the page's tables: every number leads to a row, and every row to the resource that it came from."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from cds.cards import PATTERNS
from cds.cards.words import plain
from cds.clinical import Assessment, Concept, DailyDose, PainScore, Plateau, Procedure, Step
from hooks.pages.words import UNKNOWN, day, minute, number, signed

# What a browser and a reader can still hold; above it the latest rows are shown, and the page says so.
MOST_ROWS = 400


@dataclass(frozen=True, slots=True)
class StepRow:
    """`anchor` leads to the row of the dose, `before` and `after` to the nearest scores; "" where there is none."""

    number: int
    when: str
    dose: str
    change: str
    pain_before: str
    pain_after: str
    adjusted: str
    without: str
    remark: str
    anchor: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class LevelRow:
    when: str
    dose: str
    pain: str


@dataclass(frozen=True, slots=True)
class DoseRow:
    """Consecutive days with the same dose from the same records."""

    anchor: str
    days: str
    low: str
    mid: str
    high: str
    sums: tuple[tuple[str, str], ...]  # (arithmetic, reference)
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScoreRow:
    anchor: str
    when: str
    score: str
    instrument: str
    reference: str


@dataclass(frozen=True, slots=True)
class EventRow:
    """A procedure or another exposure that is marked in the drawing."""

    when: str
    what: str
    reference: str


def step_rows(found: Assessment, doses: Sequence[DoseRow]) -> tuple[StepRow, ...]:
    own = [(score.at, position) for position, score in enumerate(found.pain.scores)]
    shown = {f"score-{position}" for _, position in own[-MOST_ROWS:]}
    return tuple(_step(step, found, doses, own, shown) for step in found.trend.steps)


def level_rows(found: Assessment) -> tuple[LevelRow, ...]:
    return tuple(_level(each, acute=found.trend.mode == "acute") for each in found.trend.plateaus)


def dose_rows(daily: Sequence[DailyDose]) -> tuple[DoseRow, ...]:
    return tuple(_dose_row(run) for run in _runs(daily))


def score_rows(scores: Sequence[PainScore]) -> tuple[ScoreRow, ...]:
    return tuple(
        ScoreRow(
            anchor=f"score-{position}",
            when=minute(score.at) if score.timed else day(score.at),
            score=number(score.score),
            instrument=score.instrument,
            reference=score.reference,
        )
        for position, score in enumerate(scores)
    )


def function_rows(found: Assessment) -> tuple[ScoreRow, ...]:
    """PEG or BPI interference, where lower is better."""
    return tuple(
        ScoreRow(f"function-{position}", day(each.day), number(each.score), each.instrument, each.reference)
        for position, each in enumerate(found.pain.function)
    )


def event_rows(found: Assessment) -> tuple[EventRow, ...]:
    """Procedures by name and other exposures by class, the earliest first."""
    rows: list[tuple[date, EventRow]] = []
    for procedure in found.record.procedures:
        start = procedure.performed.start if procedure.performed is not None else None
        when = "date not known" if start is None else day(start.day)
        rows.append((date.max if start is None else start.day, EventRow(when, _name(procedure), procedure.reference)))
    for exposure in found.dose.exposures:
        when = day(exposure.first)
        if exposure.last != exposure.first:
            when += f" to {day(exposure.last)}"
        what = exposure.drug_class.replace("-", " ")
        what = what if exposure.drug == exposure.drug_class else f"{exposure.drug} ({what})"
        rows.append((exposure.first, EventRow(when, what, exposure.reference)))
    return tuple(row for _, row in sorted(rows, key=lambda pair: (pair[0], pair[1].what, pair[1].reference)))


def _name(procedure: Procedure) -> str:
    concept: Concept = procedure.concept or Concept()
    displays = (coding.display or coding.code for coding in concept.codings)
    # A sign that nobody sees could turn the line around, or hide what it says.
    names = (plain(each) for each in (concept.text, *displays) if each)
    return next((each for each in names if each), "procedure without a name")


def _step(
    step: Step,
    found: Assessment,
    doses: Sequence[DoseRow],
    scores: Sequence[tuple[object, int]],
    shown: set[str],
) -> StepRow:
    left_out = next((each for each in found.trend.left_out if each.step == step.number), None)
    # Where there is no pattern, none can hold or fall.
    carries = left_out.holds if left_out and found.grade.name in PATTERNS else None
    holds = {None: "", True: ", the pattern holds", False: ", the pattern falls"}[carries]
    place = bisect_right([at for at, _ in scores], step.at)  # type: ignore[type-var]
    near = [f"score-{each}" for each in (place - 1, place)]
    before, after = (anchor if anchor in shown else "" for anchor in near)
    return StepRow(
        number=step.number,
        when=minute(step.at) if found.trend.mode == "acute" else day(step.at),
        dose=f"{number(step.before)} to {number(step.after)}",
        change=f"{100 * (step.after / step.before - 1):+.0f} %" if step.before > 0 else UNKNOWN,
        pain_before=_pain(step.pain_before, step.scores_before),
        pain_after=_pain(step.pain_after, step.scores_after),
        adjusted=signed(step.adjusted),
        without="" if left_out is None else f"{signed(left_out.beta)} points, {number(left_out.z)} SE{holds}",
        remark=f"not counted: {step.void}" if step.void else "",
        anchor=_dose_anchor(step.at.date(), doses),
        before=before if step.scores_before else "",
        after=after if step.scores_after else "",
    )


def _level(level: Plateau, *, acute: bool) -> LevelRow:
    write = minute if acute else day
    first, until = write(level.start), write(level.end)
    when = first if first == until else f"{first} to {until}"
    return LevelRow(when, number(level.dose), _pain(level.mean_pain, level.scores))


def _pain(mean: float | None, scores: int) -> str:
    return "no score" if mean is None else f"{number(mean)} ({scores} score{'' if scores == 1 else 's'})"


def _runs(daily: Sequence[DailyDose]) -> Iterable[list[DailyDose]]:
    run: list[DailyDose] = []
    for each in daily:
        if run and (each.day - run[-1].day != timedelta(days=1) or _same(each) != _same(run[0])):
            yield run
            run = []
        run.append(each)
    if run:
        yield run


def _same(each: DailyDose) -> object:
    return each.low, each.mid, each.high, tuple((part.reference, part.arithmetic) for part in each.contributors)


def _dose_row(run: Sequence[DailyDose]) -> DoseRow:
    first, last = run[0], run[-1]
    days = day(first.day) if first is last else f"{day(first.day)} to {day(last.day)} ({len(run)} days)"
    flags = dict.fromkeys(flag for part in first.contributors for flag in part.flags)
    certainty = dict.fromkeys(part.certainty for part in first.contributors if part.certainty != "coded")
    return DoseRow(
        anchor=f"dose-{first.day}",
        days=days,
        low=number(first.low),
        mid=number(first.mid),
        high="open" if first.high is None else number(first.high),
        sums=tuple((part.arithmetic, part.reference) for part in first.contributors),
        remarks=(*flags, *certainty),
    )


def _dose_anchor(at: date, doses: Sequence[DoseRow]) -> str:
    """The row that holds the day, among those that the page shows."""
    anchor = ""
    for row in doses[-MOST_ROWS:]:
        if row.anchor.removeprefix("dose-") > at.isoformat():
            break
        anchor = row.anchor
    return anchor
