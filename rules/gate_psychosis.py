"""G-psychosis: Psychosis or mania is on record."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("gate_psychosis")
    with rules:

        @when_all((m.kind == "on-record") & (m.group == "psychosis"))
        def psychosis_is_on_record(match: Match) -> None:
            flag(match, "G-psychosis")

    return rules
