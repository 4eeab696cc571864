"""Dose over pain on one time axis, as SVG that needs no style, no script and no font of ours.

Two panels, not two y-axes: one scale each, so that no slope is an artefact of scaling. Days without a known dose are
gaps, never joined. Colours are CSS variables with fallbacks: the page's theme and print decide, and colour never carries
meaning alone (instruments differ in marker, steps carry numbers, events carry words).
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

from hooks.pages.chart import ChartData, Mark, Stretch

_DAY = timedelta(days=1)
_STYLE: Any = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
_MARKERS = ("o", "s", "^", "D", "v", "P")
# Stand-in colours of the drawing -> CSS variable and the colour where there is no style sheet (docs, print).
_COLOURS = {
    "#000001": ("--chart-ink", "#1c2733"),
    "#000002": ("--chart-dose", "#1d4e89"),
    "#000003": ("--chart-pain", "#9a3412"),
    "#000004": ("--chart-muted", "#5b6670"),
    "#000005": ("--chart-event", "#5b3a8c"),
    "#000006": ("--chart-proposed", "#4a5560"),
}
INK, DOSE, PAIN, MUTED, EVENT, PROPOSED = _COLOURS


def svg(data: ChartData, *, narrow: bool = False) -> str:
    """The chart as an <svg> element; the same data give the same bytes.

    narrow  for a telephone: the same things on less width, with names of its own so that both may stand on one page
    """
    width, height = (4.6, 5.2) if narrow else (9.6, 4.3)
    with mpl.rc_context({**_STYLE, "svg.hashsalt": "narrow" if narrow else "wide"}):
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasSVG(figure)
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(1, 1))
        _doses(upper, data)
        _pain(lower, data)
        for axes in (upper, lower):
            _dress(axes)
            for step in data.steps:
                axes.axvline(_day(step.at), color=MUTED, linewidth=0.7, linestyle=(0, (2, 3)))
        for step in data.steps:
            upper.annotate(
                step.label,
                (_day(step.at), 1.0),
                xycoords=("data", "axes fraction"),
                ha="center",
                va="bottom",
                color=INK,
                fontsize=8,
                bbox={"boxstyle": "circle,pad=0.18", "facecolor": "none", "edgecolor": MUTED, "linewidth": 0.7},
            )
        _events(lower, data.events)
        locator = AutoDateLocator(minticks=3, maxticks=5 if narrow else 9)  # type: ignore[no-untyped-call]
        lower.xaxis.set_major_locator(locator)
        lower.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
        drawn = io.StringIO()
        figure.savefig(drawn, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return _plain(drawn.getvalue(), data.title, "narrow" if narrow else "wide")


def _day(at: datetime) -> Any:
    # matplotlib's stubs know dates as floats only.
    return at


def _doses(axes: Axes, data: ChartData) -> None:
    for run in _runs(data.doses):
        edges: Any = [each.start for each in run] + [run[-1].end]
        mids = [each.mid for each in run]
        if all(mid is not None for mid in mids):
            axes.stairs(mids, edges, baseline=None, color=DOSE, linewidth=1.8)  # type: ignore[arg-type]
        lows, highs = [each.low for each in run], [each.high for each in run]
        if all(low is not None for low in lows) and all(high is not None for high in highs) and lows != highs:
            axes.stairs(highs, edges, baseline=lows, fill=True, color=DOSE, alpha=0.18, linewidth=0)  # type: ignore[arg-type]
        if run[0].high is None:
            middle: Any = run[0].start + (run[-1].end - run[0].start) / 2
            axes.plot(middle, max(mid for mid in mids if mid is not None), marker=6, color=DOSE, linestyle="none")
    if data.reference is not None:
        axes.axhline(data.reference, color=MUTED, linewidth=0.8, linestyle=(0, (6, 4)))
        # Outside the panel: inside, it would stand on the line of somebody's doses.
        axes.annotate(
            f"{data.reference:g}",
            (1.0, data.reference),
            xycoords=("axes fraction", "data"),
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
            color=MUTED,
            fontsize=8,
        )
    if data.proposed is not None:
        at, dose, before = data.proposed
        last = max([each.end for each in data.doses], default=at)
        ahead = max((last - min([each.start for each in data.doses], default=at)) / 12, 2 * _DAY)
        corners: Any = [at, at, at + ahead]
        axes.plot(
            corners,
            [dose if before is None else before, dose, dose],
            color=PROPOSED,
            linewidth=1.8,
            linestyle=(0, (3, 2)),
        )
        axes.annotate(
            f"proposed {dose:g}", (_day(at + ahead), dose), ha="right", va="bottom", color=PROPOSED, fontsize=8
        )
    axes.set_ylabel(f"Dose, {data.unit}", color=INK)
    top = 1.15 * axes.dataLim.y1 if axes.has_data() and axes.dataLim.y1 > 0 else 1.0
    axes.set_ylim(-0.03 * top, top)  # a dose of nothing is a line that can be seen above the axis


def _runs(doses: Sequence[Stretch]) -> list[list[Stretch]]:
    """Stretches that touch, with a known middle and the same kind of upper end; a gap ends a run."""
    runs: list[list[Stretch]] = []
    for each in doses:
        if each.mid is None:
            continue
        last = runs[-1][-1] if runs else None
        if last is not None and last.end == each.start and (last.high is None) == (each.high is None):
            runs[-1].append(each)
        else:
            runs.append([each])
    return runs


def _pain(axes: Axes, data: ChartData) -> None:
    instruments = sorted({point.instrument for point in data.points})
    for position, instrument in enumerate(instruments):
        own = [point for point in data.points if point.instrument == instrument]
        times: Any = [point.at for point in own]
        axes.plot(
            times,
            [point.score for point in own],
            linestyle="none",
            marker=_MARKERS[position % len(_MARKERS)],
            markersize=4,
            markerfacecolor=PAIN if position == 0 else "none",
            markeredgecolor=PAIN,
            label=instrument,
        )
    for start, end, mean in data.means:
        span: Any = [start, end]
        axes.plot(span, [mean, mean], color=INK, linewidth=1.6, solid_capstyle="butt")
    if len(instruments) > 1:
        axes.legend(loc="upper left", frameon=False, fontsize=8, labelcolor=INK)
    axes.set_ylim(-0.6, 10.6)
    axes.set_yticks(range(0, 11, 2))
    axes.set_ylabel("Pain, 0-10", color=INK)


def _events(axes: Axes, events: Sequence[Mark]) -> None:
    for position, event in enumerate(events):
        near = position and event.label == events[position - 1].label
        height = 0.02 + 0.09 * (position % 3)
        if event.end is not None and event.end > event.at:
            axes.axvspan(_day(event.at), _day(event.end), color=EVENT, alpha=0.12, linewidth=0)
        axes.axvline(_day(event.at), color=EVENT, linewidth=1.0)
        if near:
            continue
        axes.annotate(
            event.label,
            (_day(event.at), height),
            xycoords=("data", "axes fraction"),
            xytext=(3, 0),
            textcoords="offset points",
            color=EVENT,
            fontsize=8,
        )


def _dress(axes: Axes) -> None:
    axes.tick_params(colors=INK)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(MUTED)


_ID = re.compile(r' id="([^"]*)"')
_USED = re.compile(r'(?:url\(|href=")#([^)"]*)')
_STYLE_ATTRIBUTE = re.compile(r'style="([^"]*)"')
_FONT = re.compile(r"font: (?:(?P<style>italic) )?(?P<size>[\d.]+)px (?P<family>[^;]*)")


def _plain(text: str, title: str, kind: str) -> str:
    """The <svg> element alone: no XML head, no metadata, no style; presentation attributes and CSS variables instead."""
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL)
    text = _STYLE_ATTRIBUTE.sub(lambda found: _attributes(found.group(1)), text)
    used = set(_USED.findall(text))
    text = _ID.sub(lambda found: found.group(0) if found.group(1) in used else "", text)
    for stand_in, (variable, fallback) in _COLOURS.items():
        text = text.replace(stand_in, f"var({variable}, {fallback})")
    text = re.sub(r' (?:width|height)="[\d.]+pt"', "", text, count=2)
    label = f' role="img" aria-label="{_escape(title)}"' if title else ' aria-hidden="true"'
    return text.replace("<svg", f'<svg class="chart {kind}"{label}', 1).strip()


def _attributes(style: str) -> str:
    kept: list[str] = []
    for declaration in style.split(";"):
        name, _, value = declaration.strip().partition(": ")
        if name == "font":
            font = _FONT.match(declaration.strip())
            if font:
                kept.append(f'font-size="{font["size"]}" font-family="system-ui, sans-serif"')
        elif name and value:
            kept.append(f'{name}="{value}"')
    return " ".join(kept)


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
