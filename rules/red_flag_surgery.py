"""R2-surgery: Surgery of the last days comes first."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("red_flag_surgery")
    with rules:

        @when_all((m.kind == "recent-surgery") & (m.days <= limit["days"]) & (m.acute == False))
        def surgery_was_days_ago(match: Match) -> None:
            flag(match, "R2-surgery")

    return rules
