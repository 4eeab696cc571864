"""Assessment -> what the clinician's page shows, as plain strings and rows; the template only lays them out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar
from urllib.parse import quote

from markdown_it import MarkdownIt
from markupsafe import Markup

from cds.cards import headline_of, options_in_order, over_sedation_words, why_uncounted
from cds.clinical import Assessment, Finding, Gate, Level, Uncounted
from cds.knowledge import Knowledge
from cds.knowledge.evidence import Report
from hooks.pages import rows, words
from hooks.pages.changes import what_would_change
from hooks.pages.chart import ChartData
from hooks.pages.chart_data import chart_data
from hooks.pages.rows import DoseRow, EventRow, LevelRow, ScoreRow, StepRow
from hooks.pages.told import lead, order_in_time
from hooks.pages.words import UNKNOWN, count, day, number, signed

T = TypeVar("T")
# Raw HTML stays text: what a record says may reach a card.
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
_MOST_LISTED = 100


@dataclass(frozen=True, slots=True)
class Row:
    """A measure with its value, in words that a clinician reads without a statistics book."""

    label: str
    value: str
    meaning: str


@dataclass(frozen=True, slots=True)
class PageView:
    """Everything on the page; every number leads to a row of `doses` or `scores`, and each of those to its resource.

    numbers  what the numbers of the headline are; "" where it has none
    warning  the over-sedation banner, its heading first; where there is one it takes the place of grade, steps, reasons,
             alternatives, options, cards and evidence
    """

    warning: tuple[str, ...]
    grade: str
    meaning: str
    headline: str
    numbers: str
    as_of: str
    mode: str
    unit: str
    table: str
    version: str
    patient: str
    supported: bool
    reasons: tuple[Finding, ...]
    caps: tuple[Finding, ...]
    chart: Markup
    reference: str
    measures: tuple[Row, ...]
    method: str
    notes: tuple[str, ...]
    cards: tuple[Markup, ...]
    options: tuple[str, ...]
    proposed: str
    steps: tuple[StepRow, ...]
    levels: tuple[LevelRow, ...]
    events: tuple[EventRow, ...]
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
    function: tuple[ScoreRow, ...]
    left_out: tuple[str, ...]
    reports: tuple[Report, ...]
    not_used: tuple[Report, ...]
    resources: str | None

    def resource_url(self, reference: str) -> str | None:
        """Where the record's own words are shown, None where no such address exists."""
        return None if self.resources is None else f"{self.resources}?ref={quote(reference, safe='')}"


def page_view(found: Assessment, knowledge: Knowledge, *, resources: str | None = None) -> PageView:
    """resources  address under which single resources are shown; None: references are plain text"""
    warning = over_sedation_words(found, knowledge)
    grade = knowledge.catalogue.grades[found.grade.name]
    caps = set(map(id, found.grade.caps))
    data = chart_data(found, knowledge)
    if warning:
        data = replace(data, steps=())
    cut = _Cut()
    doses = rows.dose_rows(found.dose.daily)
    headline, numbers = headline_of(found, knowledge)
    return PageView(
        warning=warning,
        grade=grade.words,
        meaning=grade.meaning,
        headline=headline or lead(found, knowledge),
        numbers=numbers,
        as_of=words.as_of(found.case.as_of),
        mode="in-patient, in hours" if found.trend.mode == "acute" else "out-patient, in days",
        unit=words.dose_unit(found, knowledge),
        table=found.dose.table,
        version=str(found.record.version),
        patient=found.record.patient.id,
        supported=found.grade.supported,
        reasons=tuple(each for each in found.grade.reasons if id(each) not in caps),
        caps=found.grade.caps,
        chart=drawn(data),
        reference="" if data.reference is None else number(data.reference),
        measures=_measures(found, knowledge),
        method=found.trend.method,
        notes=found.trend.notes,
        cards=tuple(Markup(_MARKDOWN.render(card.whole or card.detail)) for card in found.cards),  # noqa: S704 - html is off
        options=options_in_order(found, knowledge),
        proposed=_proposed(found),
        steps=rows.step_rows(found, doses),
        levels=rows.level_rows(found),
        events=cut.first(rows.event_rows(found), _MOST_LISTED, "procedures and other drugs"),
        changes=what_would_change(found, knowledge),
        checklist=_checklist(found),
        gates=found.gates,
        uncounted=cut.first(
            tuple(replace(each, reason=why_uncounted(each)) for each in found.dose.uncounted),
            _MOST_LISTED,
            "opioids that were not counted",
        ),
        unread=cut.first(
            tuple((each.reference, each.reason) for each in found.record.unread), _MOST_LISTED, "resources not read"
        ),
        rejected=cut.first(found.pain.rejected, _MOST_LISTED, "scores not used"),
        gaps=tuple((gap.key, gap.text) for gap in found.case.gaps),
        flags=cut.first(found.dose.flags, _MOST_LISTED, "doses to be checked"),
        foreign=found.record.foreign,
        doses=cut.last(doses, rows.MOST_ROWS, "runs of days with one dose"),
        scores=cut.last(rows.score_rows(found.pain.scores), rows.MOST_ROWS, "pain scores"),
        function=cut.last(rows.function_rows(found), rows.MOST_ROWS, "function scores"),
        left_out=cut.told,
        reports=tuple(report for report in knowledge.evidence.reports.values() if not report.not_used),
        not_used=knowledge.evidence.not_used,
        resources=resources,
    )


def drawn(data: ChartData) -> Markup:
    """The drawing for wide and for narrow screens, of which the style sheet shows one; "" where there is nothing to draw."""
    if not (data.doses or data.points):
        return Markup("")
    # Only now: matplotlib takes half a second to import, and a service whose pages nobody opens never needs it.
    from hooks.pages.drawing import svg

    return Markup(svg(data) + svg(data, narrow=True))  # noqa: S704 - drawn by us; the drawing escapes its labels


class _Cut:
    """Keeps a list to what a page can hold, and tells what it left out. `told` is complete when all lists went through."""

    def __init__(self) -> None:
        self._told: list[str] = []

    @property
    def told(self) -> tuple[str, ...]:
        return tuple(self._told)

    def first(self, items: Sequence[T], most: int, what: str) -> tuple[T, ...]:
        self._note(len(items), most, what, "first")
        return tuple(items[:most])

    def last(self, items: Sequence[T], most: int, what: str) -> tuple[T, ...]:
        self._note(len(items), most, what, "latest")
        return tuple(items[-most:])

    def _note(self, size: int, most: int, what: str, which: str) -> None:
        if size > most:
            self._told.append(f"Of {size} {what} the {which} {most} are listed; all of them were counted.")


def _proposed(found: Assessment) -> str:
    """What the draft orders would do, "" where there are none."""
    proposed = found.dose.proposed
    if proposed is None or not (proposed.references or proposed.uncounted):
        return ""
    before, after = number(proposed.before), number(proposed.after)
    if before == after and proposed.before is not None:
        return f"The order leaves the scheduled dose at {after} MME a day."
    return f"The order would change the scheduled dose from {before} to {after} MME a day."


def _measures(found: Assessment, knowledge: Knowledge) -> tuple[Row, ...]:
    seen = found.trend.statistics
    share = None if seen.share_rising is None else f"{100 * seen.share_rising:.0f} %"
    order, in_words = order_in_time(found)
    return (
        _founding(found, knowledge),
        Row(
            "Pain per doubling of the dose",
            _measured(signed(seen.beta), "points"),
            "Estimated change of pain, beyond the earlier drift, when the dose doubles (beta).",
        ),
        Row(
            "That estimate over its uncertainty",
            number(seen.z),
            "The estimate divided by its standard error (z), in this one record; no test of chance and no probability.",
        ),
        Row(
            "Rise over all increases",
            _measured(signed(seen.cumulative_rise), "points"),
            "Sum of the raw rises at the counted increases.",
        ),
        Row(
            "Increases followed by more pain",
            share or UNKNOWN,
            f"Of {count(seen.up_steps)} counted increase{'' if seen.up_steps == 1 else 's'}.",
        ),
        Row(
            "Drift: steady climb over time",
            _measured(signed(seen.drift_per_30d), "points per 30 days"),
            "What the regression puts on time and not on the dose; fitted, not read off the levels.",
        ),
        Row(
            "Slope within the dose levels",
            _measured(signed(found.trend.level_slope), "points per 30 days"),
            "Median slope of the scores while the dose stood still, as they were recorded.",
        ),
        Row("Order in time", order, in_words),
        Row(
            "Scores used", count(seen.scores), f"Over {count(seen.span_days)} day{'' if seen.span_days == 1 else 's'}."
        ),
    )


def _founding(found: Assessment, knowledge: Knowledge) -> Row:
    """The founding definition beside the grade's own numbers: other scores, other windows."""
    run = found.trend.co_rise
    each = ", ".join(f"{number(level.dose)}: {number(level.pain)}" for level in run.levels)
    runs = f"Median pain by dose in {words.dose_unit(found, knowledge)}, {_span(run.levels)}: {each}." if each else ""
    return Row("Pain rose as the dose rose (co-rise)", "yes" if run.holds else "no", runs or "No run of rising doses.")


def _span(levels: Sequence[Level]) -> str:
    return f"{day(levels[0].start)} to {day(levels[-1].end)}"


def _measured(value: str, unit: str) -> str:
    return value if value == UNKNOWN else f"{value} {unit}"


def _checklist(found: Assessment) -> tuple[tuple[str, str], ...]:
    """The alternatives in a fixed order, with what the record says about each; silence of the record is told as such."""
    by_rule: dict[str, list[str]] = {}
    for finding in found.findings:
        for name in {finding.rule, finding.rule.partition("-")[0]}:
            by_rule.setdefault(name, []).append(finding.text)
    if "R7" in by_rule:  # R7's own sentence speaks of the regression alone
        by_rule["R7"] = [order_in_time(found)[1]]
    questions = (
        ("New lesion, infection, fracture, operation", ("R2", "R2b")),
        ("Disease progression", ("R8",)),
        ("Withdrawal, missed or late doses, pain before the next dose", ("R3",)),
        ("Tolerance", ("R9",)),
        ("Opioid neurotoxicity, kidney function", ("R18",)),
        ("Pain before the increases (order in time)", ("R7",)),
        ("Scores at the end of the scale", ("R14", "A-ceiling")),
        ("Neuropathic or phantom pain", ("A-phantom", "M-crps")),
    )
    return tuple(
        (
            question,
            " ".join(text for rule in rules for text in by_rule.get(rule, ())) or "nothing on record; ask and examine",
        )
        for question, rules in questions
    )
