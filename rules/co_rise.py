"""co-rise: Pain rises as the dose rises."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("co_rise")
    with rules:

        @when_all((m.kind == "co-rise") & (m.increases >= limit["increases"]) & (m.marked == True))
        def pain_rises_as_the_dose_rises(match: Match) -> None:
            flag(match, "co-rise")

    return rules
