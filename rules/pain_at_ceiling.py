"""R14: Pain was already at the top of the scale."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("pain_at_ceiling")
    with rules:

        @when_all((m.kind == "ceiling") & (m.share >= limit["share"]))
        def pain_could_not_rise(match: Match) -> None:
            flag(match, "R14")

    return rules
