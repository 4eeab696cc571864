"""G-xanthine: A xanthine lowers the seizure threshold."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("gate_xanthine")
    with rules:

        @when_all((m.kind == "exposure") & (m.meaning == "seizure-threshold") & (m.days <= limit["days"]))
        def a_xanthine_is_taken(match: Match) -> None:
            flag(match, "G-xanthine")

    return rules
