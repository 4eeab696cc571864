"""R3-missed: Missed doses point to withdrawal."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("withdrawal_missed_doses")
    with rules:

        @when_all((m.kind == "missed-doses") & (m.share >= limit["share"]))
        def doses_were_missed(match: Match) -> None:
            flag(match, "R3-missed")

    return rules
