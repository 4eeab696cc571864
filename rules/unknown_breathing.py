"""U-breathing: Breathing is not assessable."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("unknown_breathing")
    with rules:

        @when_all((m.kind == "not-assessable") & (m.topic == "breathing"))
        def breathing_is_not_known(match: Match) -> None:
            flag(match, "U-breathing")

    return rules
