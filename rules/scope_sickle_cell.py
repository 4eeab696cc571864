"""R0-sickle-cell: Sickle cell disease caps the grade."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("scope_sickle_cell")
    with rules:

        @when_all((m.kind == "on-record") & (m.group == "sickle-cell"))
        def sickle_cell_disease_is_on_record(match: Match) -> None:
            flag(match, "R0-sickle-cell")

    return rules
