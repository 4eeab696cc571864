"""U-liver: Liver is not assessable."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("unknown_liver")
    with rules:

        @when_all((m.kind == "not-assessable") & (m.topic == "liver"))
        def liver_function_is_not_known(match: Match) -> None:
            flag(match, "U-liver")

    return rules
