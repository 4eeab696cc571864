"""G-hypersensitivity: Ketamine allergy is on record."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("gate_hypersensitivity")
    with rules:

        @when_all((m.kind == "on-record") & (m.group == "hypersensitivity"))
        def ketamine_allergy_is_on_record(match: Match) -> None:
            flag(match, "G-hypersensitivity")

    return rules
