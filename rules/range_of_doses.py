"""D-range: The pattern does not hold for every dose that the record allows."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("range_of_doses")
    with rules:

        @when_all((m.kind == "dose-range") & (m.holds == False))
        def another_dose_shows_no_pattern(match: Match) -> None:
            flag(match, "D-range")

    return rules
