"""G-pregnancy: Pregnancy or pre-eclampsia is on record."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("gate_pregnancy")
    with rules:

        @when_all((m.kind == "on-record") & (m.group == "pregnancy"))
        def pregnancy_is_on_record(match: Match) -> None:
            flag(match, "G-pregnancy")

    return rules
