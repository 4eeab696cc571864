"""G-glaucoma: Glaucoma is on record."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("gate_glaucoma")
    with rules:

        @when_all((m.kind == "on-record") & (m.group == "glaucoma"))
        def glaucoma_is_on_record(match: Match) -> None:
            flag(match, "G-glaucoma")

    return rules
