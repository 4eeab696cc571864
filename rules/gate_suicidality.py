"""G-suicidality: Suicidal thoughts are on record."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("gate_suicidality")
    with rules:

        @when_all((m.kind == "on-record") & (m.group == "suicidality"))
        def suicidal_thoughts_are_on_record(match: Match) -> None:
            flag(match, "G-suicidality")

    return rules
