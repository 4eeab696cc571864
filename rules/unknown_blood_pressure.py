"""U-blood-pressure: Blood pressure is not assessable."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("unknown_blood_pressure")
    with rules:

        @when_all((m.kind == "not-assessable") & (m.topic == "blood pressure"))
        def blood_pressure_is_not_known(match: Match) -> None:
            flag(match, "U-blood-pressure")

    return rules
