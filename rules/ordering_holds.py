"""R7: Pain rose after the steps."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("ordering_holds")
    with rules:

        @when_all((m.kind == "ordering") & (m.result == "holds"))
        def pain_rose_after_the_steps(match: Match) -> None:
            flag(match, "R7")

    return rules
