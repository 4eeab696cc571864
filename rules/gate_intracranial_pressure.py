"""G-intracranial-pressure: Raised intracranial pressure is on record."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("gate_intracranial_pressure")
    with rules:

        @when_all((m.kind == "on-record") & (m.group == "intracranial-pressure"))
        def intracranial_pressure_is_raised(match: Match) -> None:
            flag(match, "G-intracranial-pressure")

    return rules
