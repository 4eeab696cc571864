"""U-problems: The problem list is not assessable in full."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("unknown_problems")
    with rules:

        @when_all((m.kind == "not-assessable") & (m.topic == "problems"))
        def problems_are_unread(match: Match) -> None:
            flag(match, "U-problems")

    return rules
