"""R2-cancer: New cancer comes first."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("red_flag_new_cancer")
    with rules:

        @when_all((m.kind == "recent") & (m.group == "cancer") & (m.days <= limit["days"]))
        def cancer_is_new(match: Match) -> None:
            flag(match, "R2-cancer")

    return rules
