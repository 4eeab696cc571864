"""S-breathing: Breathing is slow."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("over_sedation_breathing")
    with rules:

        @when_all((m.kind == "respiration") & (m.per_minute < limit["rate"]) & (m.hours <= limit["hours"]))
        def breathing_is_slow(match: Match) -> None:
            flag(match, "S-breathing")

    return rules
