"""G-liver-severe: Severe liver disease is on record."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("gate_liver_severe")
    with rules:

        @when_all((m.kind == "on-record") & (m.group == "liver-severe"))
        def severe_liver_disease_is_on_record(match: Match) -> None:
            flag(match, "G-liver-severe")

    return rules
