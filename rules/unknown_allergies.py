"""U-allergies: Allergies are not assessable in full."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("unknown_allergies")
    with rules:

        @when_all((m.kind == "not-assessable") & (m.topic == "allergies"))
        def allergies_are_unread(match: Match) -> None:
            flag(match, "U-allergies")

    return rules
