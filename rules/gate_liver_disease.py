"""G-liver-disease: Liver disease is on record."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("gate_liver_disease")
    with rules:

        @when_all((m.kind == "on-record") & (m.group == "liver-disease"))
        def liver_disease_is_on_record(match: Match) -> None:
            flag(match, "G-liver-disease")

    return rules
