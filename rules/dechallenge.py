"""R11: Pain fell after a reduction."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("dechallenge")
    with rules:

        @when_all((m.kind == "dechallenge") & (m.fall >= limit["fall"]) & (m.later_rise < limit["rise"]))
        def pain_fell_after_a_reduction(match: Match) -> None:
            flag(match, "R11")

    return rules
