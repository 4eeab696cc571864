"""G-heart-failure: Heart failure is on record."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("gate_heart_failure")
    with rules:

        @when_all((m.kind == "on-record") & (m.group == "heart-failure"))
        def heart_failure_is_on_record(match: Match) -> None:
            flag(match, "G-heart-failure")

    return rules
