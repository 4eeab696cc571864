"""R0-age-unknown: An unknown age is not assessable."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("scope_age_unknown")
    with rules:

        @when_all((m.kind == "age-unknown") & (m.assessable == False))
        def adulthood_is_not_known(match: Match) -> None:
            flag(match, "R0-age-unknown")

    return rules
