"""R2-surgery-acute: Surgery near the steps caps the grade in acute mode."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("acute_surgery")
    with rules:

        @when_all((m.kind == "surgery-near-steps") & (m.hours <= limit["hours"]) & (m.acute == True))
        def surgery_is_hours_ago(match: Match) -> None:
            flag(match, "R2-surgery-acute")

    return rules
