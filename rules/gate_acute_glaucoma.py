"""G-acute-glaucoma: Acute angle-closure glaucoma is on record."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("gate_acute_glaucoma")
    with rules:

        @when_all((m.kind == "on-record") & (m.group == "acute-glaucoma"))
        def acute_glaucoma_is_on_record(match: Match) -> None:
            flag(match, "G-acute-glaucoma")

    return rules
