"""R7-fails: Pain rose before the steps."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("ordering_fails")
    with rules:

        @when_all((m.kind == "ordering") & (m.result == "fails"))
        def pain_rose_before_the_steps(match: Match) -> None:
            flag(match, "R7-fails")

    return rules
