"""R5-points: Pain rose by points."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("cumulative_rise_points")
    with rules:

        @when_all((m.kind == "rise") & (m.points >= limit["points"]))
        def pain_rose_by_points(match: Match) -> None:
            flag(match, "R5-points")

    return rules
