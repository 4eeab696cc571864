"""G-liver-tests: Liver tests are high."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("gate_liver_tests")
    with rules:

        @when_all((m.kind == "liver-test") & (m.times_upper >= limit["times"]) & (m.days <= limit["days"]))
        def liver_tests_are_high(match: Match) -> None:
            flag(match, "G-liver-tests")

    return rules
