"""R3-coded: Withdrawal is on record."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("withdrawal_coded")
    with rules:

        @when_all((m.kind == "recent") & (m.group == "withdrawal") & (m.days <= limit["days"]))
        def withdrawal_is_on_record(match: Match) -> None:
            flag(match, "R3-coded")

    return rules
