"""R1: Too few data for a grade."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("data_too_few")
    with rules:

        @when_all((m.kind == "data") & (m.sufficient == False))
        def data_are_too_few(match: Match) -> None:
            flag(match, "R1")

    return rules
