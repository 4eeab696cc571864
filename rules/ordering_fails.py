"""R7-fails: Pain was not seen to follow the steps more than it led them."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("ordering_fails")
    with rules:

        @when_all((m.kind == "ordering") & (m.result == "fails"))
        def pain_did_not_follow_the_steps(match: Match) -> None:
            flag(match, "R7-fails")

    return rules
