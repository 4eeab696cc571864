"""G-systolic: Systolic pressure is too high."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("gate_systolic")
    with rules:

        @when_all((m.kind == "blood-pressure") & (m.systolic >= limit["systolic"]) & (m.hours <= limit["hours"]))
        def systolic_pressure_is_too_high(match: Match) -> None:
            flag(match, "G-systolic")

    return rules
