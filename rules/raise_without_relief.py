"""raise-without-relief: Increases brought no relief."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("raise_without_relief")
    with rules:

        @when_all(
            (m.kind == "escalated")
            & (m.increases >= limit["increases"])
            & (m.change > limit["change"])
            & (m.co_rise == False)
        )
        def increases_brought_no_relief(match: Match) -> None:
            flag(match, "raise-without-relief")

    return rules
