"""Writes docs/verification.md from what was counted: every number with its interval, every target with what was reached."""

from __future__ import annotations

from collections.abc import Iterator

from cds.verification.measure import (
    Share,
    by_effect,
    grades,
    is_evaluable,
    is_strong,
    mean,
    ppv,
    select,
    share,
)
from cds.verification.run import Run, dense_charts, names_of, reached, sparse_charts, with_oih
from cds.verification.walk import is_flagged

PREVALENCE = 0.03
_KINDS = ("pattern", "evidence", "info", "over-sedation")


def markdown(run: Run) -> str:
    """The whole page."""
    lines = [
        "# Software verification of the detector",
        "",
        "**Software verification, not clinical validation.** The patients below were drawn from our own assumptions"
        " (`rules/verification/simulator.toml`). The numbers say whether the program does on them what it is meant to do."
        " They say nothing about how often it is right in a clinic.",
        "",
        *_what_ran(run),
        "",
        "## Targets, and what was reached",
        "",
        *_targets(run),
        "",
        "## Every phenotype in every scenario",
        "",
        "Flagged means `possible-oih` or `strong-pattern`. Every patient is in the denominator, also those who were"
        " refused a grade. Brackets hold Wilson's 95 % interval. For OIH the flagged share is the sensitivity, for every"
        " other phenotype 100 % minus the flagged share is the specificity. `co_rise` and the naive rule (Kendall's"
        " tau-b of at least 0.5 between dose and median pain of at least 3 plateaus) were applied to the same patients;"
        " `co_rise` is meant to hold for many of them, since it claims nothing about the cause.",
        "",
        *_cells(run),
        "## Sensitivity by the size of the effect",
        "",
        *_effects(run),
        "",
        "## If 3 in 100 patients had OIH",
        "",
        *_predictive(run),
        "",
        "## Grades",
        "",
        *_grades(run),
        "",
        "## Cards per 100 patients a year",
        "",
        *_cards(run),
        "",
        "## False reassurance",
        "",
        *_reassurance(run),
        "",
        "## Operating curve",
        "",
        *_curve(run),
        "",
        "## Controls",
        "",
        *_controls(run),
        "",
        "## What this cannot show",
        "",
        "- Whether real OIH looks like the simulated one. There is no diagnostic standard to test against.",
        "- The half-lives, the analgesic curve and the prescriber's habits are design choices of a prototype; other"
        " choices give other numbers.",
        "- Acute mode, rotations, PRN use, administrations and in-patient stays do not occur among these patients;"
        " fixtures cover them.",
        "- New injuries and flares carry no code here, so the rules that read conditions cannot help: a hard case, by"
        " intention.",
        "",
        "## Changes to the simulator since it was first committed",
        "",
        *([f"- {change}" for change in run.simulator.changes] or ["None."]),
        "",
    ]
    return "\n".join(lines)


def _what_ran(run: Run) -> Iterator[str]:
    yield f"- Commit {run.commit}; {run.rules}."
    yield (
        f"- {run.patients} patients in each of {len(run.simulator.phenotypes)} phenotypes x"
        f" {len(run.simulator.scenarios)} scenarios, as FHIR R4 requests through the whole walk."
    )
    yield (
        f"- Limits were chosen on seeds {', '.join(str(one) for one in run.simulator.tuning_seeds)}; everything below is"
        f" reported on seed {run.seed}, except where the operating curve says so."
    )
    yield "- Repeat it with `oih-cds verify`; the same commit, seed and number of patients give the same page."


def _targets(run: Run) -> Iterator[str]:
    yield "| target | must be | reached | met |"
    yield "|---|---|---|---|"
    for target, value in reached(run):
        bound = f"{'>=' if target.at_least else '<='} {_percent(target.bound)}"
        met = "not measured" if value is None else "yes" if target.holds(value) else "**no**"
        yield f"| {target.meaning} | {bound} | {_percent(value)} | {met} |"


def _cells(run: Run) -> Iterator[str]:
    for scenario in run.simulator.scenarios:
        here = select(run.outcomes, scenarios=[scenario.name])
        if not here:
            continue
        rate = f"{scenario.scores_per_week:g} scores a week" if scenario.scores_per_week else "one score a visit"
        yield f"### {scenario.name} ({scenario.days} d, {rate})"
        yield ""
        yield "| phenotype | n | evaluable | flagged | strong | co_rise | naive |"
        yield "|---|---|---|---|---|---|---|"
        for phenotype in run.simulator.phenotypes:
            cell = select(here, phenotypes=[phenotype.name])
            yield (
                f"| {_spoken(phenotype.name)} | {len(cell)} | {_percent(share(cell, is_evaluable).value)}"
                f" | {_interval(share(cell, is_flagged))} | {_interval(share(cell, is_strong))}"
                f" | {_percent(share(cell, lambda o: o.co_rise).value)} | {_percent(share(cell, lambda o: o.naive).value)} |"
            )
        yield ""


def _effects(run: Run) -> Iterator[str]:
    yield "True effect in NRS points per doubling of the sensitising dose. Large effects drive pain to 10, where it cannot rise."
    yield ""
    yield "| effect | denser scenarios | one score a visit |"
    yield "|---|---|---|"
    dense = dense_charts(run.simulator, run.outcomes)
    sparse = sparse_charts(run.simulator, run.outcomes)
    for (low, high, thick), (_low, _high, thin) in zip(
        by_effect(with_oih(dense)), by_effect(with_oih(sparse)), strict=True
    ):
        name = f"{low:g} to {high:g}" if high < 100 else f"{low:g} and more"
        yield f"| {name} | {_interval(thick)} of {thick.n} | {_interval(thin)} of {thin.n} |"


def _predictive(run: Run) -> Iterator[str]:
    yield "Specificity here is the mean over all phenotypes without OIH, hard and easy alike."
    yield ""
    yield "| charts | sensitivity | specificity | positive predictive value |"
    yield "|---|---|---|---|"
    dense = dense_charts(run.simulator, run.outcomes)
    sparse = sparse_charts(run.simulator, run.outcomes)
    others = [*names_of(run.simulator, "hard"), *names_of(run.simulator, "easy")]
    for name, outcomes in (("denser scenarios", dense), ("one score a visit", sparse)):
        for rule, holds in (("", is_flagged), (", naive rule", lambda o: o.naive), (", co_rise", lambda o: o.co_rise)):
            sensitivity = share(with_oih(outcomes), holds).value
            specificity = mean(share(select(outcomes, phenotypes=[other]), holds).complement.value for other in others)
            value = ppv(sensitivity, specificity, PREVALENCE)
            yield f"| {name}{rule} | {_percent(sensitivity)} | {_percent(specificity)} | {_percent(value)} |"


def _grades(run: Run) -> Iterator[str]:
    names = sorted({outcome.grade for outcome in run.outcomes})
    yield f"| phenotype | {' | '.join(names)} |"
    yield f"|---|{'---|' * len(names)}"
    for phenotype in run.simulator.phenotypes:
        cell = select(run.outcomes, phenotypes=[phenotype.name])
        counted = grades(cell)
        cells = " | ".join(_percent(Share(counted[name], len(cell)).value) for name in names)
        yield f"| {_spoken(phenotype.name)} | {cells} |"


def _cards(run: Run) -> Iterator[str]:
    yield (
        "Each patient's chart is opened at every visit (`patient-view`, before the prescriber writes anything) and"
        " every increase is signed (`order-sign`). Counted before the alert budget, which holds back repeats."
    )
    for scenario, charts in run.visits.items():
        days = run.simulator.scenario(scenario).days
        yield ""
        yield f"### {scenario}"
        yield ""
        yield f"| phenotype | patients | occasions | {' | '.join(_KINDS)} | occasions without a card |"
        yield f"|---|---|---|{'---|' * len(_KINDS)}---|"
        for phenotype in run.simulator.phenotypes:
            own = [chart for chart in charts if chart and chart[0].phenotype == phenotype.name]
            occasions = [occasion for chart in own for occasion in chart]
            years = len(own) * days / 365.25
            if not occasions:
                continue
            rates = " | ".join(
                f"{100 * sum(occasion.cards.count(kind) for occasion in occasions) / years:.0f}" for kind in _KINDS
            )
            silent = sum(not occasion.cards for occasion in occasions) / len(occasions)
            yield (
                f"| {_spoken(phenotype.name)} | {len(own)} | {100 * len(occasions) / years:.0f} | {rates}"
                f" | {_percent(silent)} |"
            )


def _reassurance(run: Run) -> Iterator[str]:
    rising = [outcome for outcome in run.outcomes if outcome.expected_co_rise]
    silent = share(rising, lambda o: not o.cards)
    occasions = [o for charts in run.visits.values() for chart in charts for o in chart if o.expected_co_rise]
    at_visits = sum(not occasion.cards for occasion in occasions)
    differs = share(run.outcomes, lambda o: o.co_rise != o.expected_co_rise)
    yield (
        f"- At the last day: {silent.k} of {silent.n} patients whose pain rose with the dose (`co_rise` by a reading of"
        " the contract that shares no code with the engine) got no card."
    )
    yield f"- At visits and increases: {at_visits} of {len(occasions)} such occasions brought no card."
    yield f"- The engine's `co_rise` differs from that reading in {differs.k} of {differs.n} patients."


def _curve(run: Run) -> Iterator[str]:
    yield f"![Sensitivity against false alarms]({run.figure})"
    yield ""
    yield "Denser scenarios, pooled; specificity is the mean over the hard phenotypes. The ring marks the limits in use."
    yield ""
    yield "| operating point | seed | sensitivity | specificity |"
    yield "|---|---|---|---|"
    for name, points in run.points.items():
        for point in points:
            mark = " (in use)" if point.chosen else ""
            yield f"| {point.name}{mark} | {name} | {_percent(point.sensitivity)} | {_percent(point.specificity)} |"


def _controls(run: Run) -> Iterator[str]:
    yield "Charts that were spoilt on purpose."
    yield ""
    yield "| control | what must happen | patients who behave so |"
    yield "|---|---|---|"
    for control in run.controls:
        yield f"| {control.name} | {control.meaning} | {_interval(control.share)} of {control.share.n} |"


def _spoken(name: str) -> str:
    return "OIH" if name == "oih" else name.replace("_", " ")


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f} %"


def _interval(counted: Share) -> str:
    if counted.interval is None:
        return "-"
    low, high = counted.interval
    return f"{_percent(counted.value)} [{100 * low:.1f}-{100 * high:.1f}]"
