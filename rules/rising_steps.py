"""R6: Most increases were followed by more pain."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("rising_steps")
    with rules:

        @when_all((m.kind == "rising-steps") & (m.share >= limit["share"]))
        def most_increases_brought_more_pain(match: Match) -> None:
            flag(match, "R6")

    return rules
