"""U-pregnancy: Pregnancy is not assessable."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("unknown_pregnancy")
    with rules:

        @when_all((m.kind == "not-assessable") & (m.topic == "pregnancy"))
        def pregnancy_is_not_known(match: Match) -> None:
            flag(match, "U-pregnancy")

    return rules
