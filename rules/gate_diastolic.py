"""G-diastolic: Diastolic pressure is high."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("gate_diastolic")
    with rules:

        @when_all((m.kind == "diastolic") & (m.diastolic >= limit["diastolic"]) & (m.hours <= limit["hours"]))
        def diastolic_pressure_is_high(match: Match) -> None:
            flag(match, "G-diastolic")

    return rules
