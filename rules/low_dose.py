"""R13: The dose is low for this pattern."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("low_dose")
    with rules:

        @when_all((m.kind == "dose-level") & (m.highest < limit["mme"]))
        def the_dose_is_low(match: Match) -> None:
            flag(match, "R13")

    return rules
