"""G-thyrotoxicosis: Thyrotoxicosis is on record."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("gate_thyrotoxicosis")
    with rules:

        @when_all((m.kind == "on-record") & (m.group == "thyrotoxicosis"))
        def thyrotoxicosis_is_on_record(match: Match) -> None:
            flag(match, "G-thyrotoxicosis")

    return rules
