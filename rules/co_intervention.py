"""R17: A reduction does not count beside another treatment."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("co_intervention")
    with rules:

        @when_all((m.kind == "co-intervention") & (m.days_apart <= limit["days"]))
        def another_treatment_was_near(match: Match) -> None:
            flag(match, "R17")

    return rules
