"""R3-cows: A withdrawal scale points to withdrawal."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("withdrawal_scale")
    with rules:

        @when_all((m.kind == "cows") & (m.score >= limit["score"]) & (m.days <= limit["days"]))
        def cows_shows_withdrawal(match: Match) -> None:
            flag(match, "R3-cows")

    return rules
