"""R5-percent: Pain rose by percent."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("cumulative_rise_percent")
    with rules:

        @when_all((m.kind == "relative-rise") & (m.percent >= limit["percent"]))
        def pain_rose_by_percent(match: Match) -> None:
            flag(match, "R5-percent")

    return rules
