"""Assessment -> what the clinician's page shows, as plain strings and rows; the template only lays them out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from markupsafe import Markup

from cds.clinical import Assessment, DailyDose, Finding, Gate, PainScore, Step, Uncounted
from cds.knowledge import Knowledge
from cds.knowledge.evidence import Report
from hooks.pages.changes import what_would_change
from hooks.pages.chart import svg
from hooks.pages.chart_data import chart_data

UNKNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Row:
    """A measure with its value, in words that a clinician reads without a statistics book."""

    label: str
    value: str
    meaning: str


@dataclass(frozen=True, slots=True)
class StepRow:
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
class PageView:
    """Everything on the page; every number leads to a row of `doses` or `scores`, and each of those to its resource."""

    grade: str
    meaning: str
    headline: str
    as_of: str
    mode: str
    table: str
    version: str
    patient: str
    supported: bool
    reasons: tuple[Finding, ...]
    caps: tuple[Finding, ...]
    chart: Markup
    chart_words: str
    measures: tuple[Row, ...]
    method: str
    notes: tuple[str, ...]
    steps: tuple[StepRow, ...]
    changes: tuple[str, ...]
    checklist: tuple[tuple[str, str], ...]
    gates: tuple[Gate, ...]
    uncounted: tuple[Uncounted, ...]
    unread: tuple[tuple[str, str], ...]
    rejected: tuple[tuple[str, str], ...]
    gaps: tuple[tuple[str, str], ...]
    flags: tuple[str, ...]
    foreign: int
    doses: tuple[DoseRow, ...]
    scores: tuple[ScoreRow, ...]
    reports: tuple[Report, ...]
    not_used: tuple[Report, ...]
    server: str | None

    def resource_url(self, reference: str) -> str | None:
        """Where the record's own page of a resource is, if the EHR's address is known."""
        if self.server is None or ":" in reference or "[" in reference:
            return None
        return f"{self.server}/{reference}"


def page_view(found: Assessment, knowledge: Knowledge, *, server: str | None = None) -> PageView:
    """server  base URL of the EHR's FHIR server, for links to the resources; None: references are plain text"""
    words = knowledge.catalogue.grades[found.grade.name]
    caps = set(map(id, found.grade.caps))
    data = chart_data(found, knowledge)
    return PageView(
        grade=words.words,
        meaning=words.meaning,
        headline=_headline(found),
        as_of=found.case.as_of.text,
        mode="in-patient, in hours" if found.trend.mode == "acute" else "out-patient, in days",
        table=found.dose.table,
        version=str(found.record.version),
        patient=found.record.patient.id,
        supported=found.grade.supported,
        reasons=tuple(each for each in found.grade.reasons if id(each) not in caps),
        caps=found.grade.caps,
        chart=Markup(svg(data)),  # noqa: S704 - drawn by us; the labels that reach it are escaped by the drawing
        chart_words=_chart_words(found),
        measures=_measures(found),
        method=found.trend.method,
        notes=found.trend.notes,
        steps=tuple(_step(step, found) for step in found.trend.steps),
        changes=what_would_change(found, knowledge),
        checklist=_checklist(found),
        gates=found.gates,
        uncounted=found.dose.uncounted,
        unread=tuple((each.reference, each.reason) for each in found.record.unread),
        rejected=found.pain.rejected,
        gaps=tuple((gap.key, gap.text) for gap in found.case.gaps),
        flags=found.dose.flags,
        foreign=found.record.foreign,
        doses=tuple(_doses(found.dose.daily)),
        scores=tuple(_score(score, n) for n, score in enumerate(found.pain.scores)),
        reports=tuple(report for report in knowledge.evidence.reports.values() if not report.not_used),
        not_used=knowledge.evidence.not_used,
        server=server,
    )


def number(value: float | Decimal | None, places: int = 1) -> str:
    """Rounded for the eye; "not known" where there is no number."""
    if value is None:
        return UNKNOWN
    text = f"{value:.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def signed(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:+.1f}"


def day(moment: date | datetime) -> str:
    """12 Mar 2026; with the time of day in acute mode."""
    return f"{moment.day} {moment:%b %Y}"


def _headline(found: Assessment) -> str:
    rise = found.trend.co_rise
    levels = rise.levels
    if rise.holds and levels:
        pain = [level.pain for level in levels if level.pain is not None]
        doses = f"{number(levels[0].dose)} to {number(levels[-1].dose)}"
        return (
            f"Pain rose from {number(pain[0])} to {number(pain[-1])} of 10 while the daily opioid dose rose from {doses} MME "
            f"in {rise.increases} increases, {day(levels[0].start)} to {day(levels[-1].end)}."
        )
    if not found.dose.daily:
        return "No opioid dose is on record up to this date."
    if not found.pain.scores:
        return "No pain score is on record up to this date."
    return "Pain did not rise with the dose over three or more dose levels."


def _chart_words(found: Assessment) -> str:
    return (
        "Two panels on one time axis: opioid dose above, pain scores below. "
        f"{_headline(found)} The same numbers stand in the tables below."
    )


def _measures(found: Assessment) -> tuple[Row, ...]:
    seen = found.trend.statistics
    share = None if seen.share_rising is None else f"{100 * seen.share_rising:.0f} %"
    ordering = {
        "holds": "Pain rose more after the increases than before them.",
        "fails": "Pain rose before the increases at least as much as after them.",
        "not assessable": "Too few scores before the increases to tell which came first.",
    }[found.trend.ordering]
    return (
        Row(
            "Pain per doubling of the dose",
            f"{signed(seen.beta)} points",
            "Estimated change of pain, beyond the earlier drift, when the dose doubles (beta).",
        ),
        Row(
            "Against chance",
            f"{number(seen.z)} standard errors",
            "How far that estimate lies from no change (z). It is not a probability.",
        ),
        Row(
            "Rise over all increases",
            f"{signed(seen.cumulative_rise)} points",
            "Sum of the raw rises at the counted increases.",
        ),
        Row("Increases followed by more pain", share or UNKNOWN, f"Of {_count(seen.up_steps)} counted increases."),
        Row(
            "Drift between steps",
            f"{signed(seen.drift_per_30d)} points per 30 days",
            "How pain moves while the dose stands still.",
        ),
        Row("Order in time", found.trend.ordering, ordering),
        Row("Scores used", _count(seen.scores), f"Over {_count(seen.span_days)} days."),
    )


def _count(value: int | None) -> str:
    return UNKNOWN if value is None else str(value)


def _step(step: Step, found: Assessment) -> StepRow:
    left_out = next((each for each in found.trend.left_out if each.step == step.number), None)
    holds = {None: "", True: ", grade holds", False: ", grade falls"}[left_out.holds if left_out else None]
    unit = "MME/4 h" if found.trend.mode == "acute" else "MME"
    when = f"{day(step.at)} {step.at:%H:%M}" if found.trend.mode == "acute" else day(step.at)
    return StepRow(
        number=step.number,
        when=when,
        dose=f"{number(step.before)} to {number(step.after)} {unit}",
        change=f"{100 * (step.after / step.before - 1):+.0f} %" if step.before > 0 else UNKNOWN,
        pain_before=_pain(step.pain_before, step.scores_before),
        pain_after=_pain(step.pain_after, step.scores_after),
        adjusted=signed(step.adjusted),
        without="" if left_out is None else f"{signed(left_out.beta)} points, {number(left_out.z)} SE{holds}",
        remark=f"not counted: {step.void}" if step.void else "",
        anchor=_dose_anchor(step.at.date(), found.dose.daily),
    )


def _pain(mean: float | None, scores: int) -> str:
    return "no score" if mean is None else f"{number(mean)} ({scores} score{'' if scores == 1 else 's'})"


def _checklist(found: Assessment) -> tuple[tuple[str, str], ...]:
    """The alternatives in a fixed order, with what the record says about each; silence of the record is told as such."""
    by_rule: dict[str, list[str]] = {}
    for finding in found.findings:
        by_rule.setdefault(finding.rule.partition("-")[0], []).append(finding.text)
    questions = (
        ("New lesion, infection, fracture, compression", ("R2", "R2b")),
        ("Disease progression", ("R8",)),
        ("Withdrawal, missed or late doses, pain before the next dose", ("R3",)),
        ("Tolerance", ("R9",)),
        ("Opioid neurotoxicity, kidney function", ("R18",)),
        ("Pain before the increases (order in time)", ("R7",)),
        ("Scores at the end of the scale", ("R14",)),
        ("Neuropathic or phantom pain", ("A",)),
    )
    return tuple(
        (
            question,
            " ".join(text for rule in rules for text in by_rule.get(rule, ())) or "nothing on record; ask and examine",
        )
        for question, rules in questions
    )


def _doses(daily: Sequence[DailyDose]) -> Iterable[DoseRow]:
    run: list[DailyDose] = []
    for each in daily:
        if run and (each.day - run[-1].day != timedelta(days=1) or _same(each) != _same(run[0])):
            yield _dose_row(run)
            run = []
        run.append(each)
    if run:
        yield _dose_row(run)


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


def _dose_anchor(at: date, daily: Sequence[DailyDose]) -> str:
    anchor = ""
    for row in _doses(daily):
        if row.anchor[5:] > at.isoformat():
            break
        anchor = row.anchor
    return anchor


def _score(score: PainScore, position: int) -> ScoreRow:
    when = f"{day(score.at)} {score.at:%H:%M}" if score.timed else day(score.at)
    return ScoreRow(f"score-{position}", when, number(score.score), score.instrument, score.reference)
