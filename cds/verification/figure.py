"""The operating curve as SVG: sensitivity against false alarms at each operating point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class Point:
    """One operating point; both shares run from 0 to 1."""

    name: str
    sensitivity: float
    specificity: float
    chosen: bool = False


def operating_curve(series: Sequence[tuple[str, Sequence[Point]]]) -> str:
    """One line for each named series of points.

    The same points give the same bytes: no date, no random ids, text kept as text.
    """
    with mpl.rc_context({"svg.hashsalt": "oih-cds", "svg.fonttype": "none", "font.family": "sans-serif"}):
        figure = Figure(figsize=(7, 5), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        for (name, points), marker in zip(series, "osD^v", strict=False):
            ordered = sorted(points, key=lambda point: (point.specificity, -point.sensitivity))
            across = [100 * (1 - point.specificity) for point in ordered]
            up = [100 * point.sensitivity for point in ordered]
            axes.plot(across, up, marker=marker, markersize=4, linewidth=1, label=name)
            for point in ordered:
                if point.chosen:
                    axes.plot(
                        100 * (1 - point.specificity),
                        100 * point.sensitivity,
                        marker="o",
                        markersize=11,
                        markerfacecolor="none",
                        markeredgecolor="black",
                    )
        axes.set_xlabel("false alarms, % of patients without OIH (mean of the hard phenotypes)")
        axes.set_ylabel("sensitivity, % of patients with OIH")
        axes.set_title("Invented patients: software verification, not clinical validation", fontsize=10)
        axes.set_xlim(left=0)
        axes.set_ylim(bottom=0)
        axes.grid(visible=True, linewidth=0.3)
        axes.legend(fontsize=8, loc="lower right")
        text = StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    # matplotlib ends some lines with blanks, which linters of the repository would change.
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"
