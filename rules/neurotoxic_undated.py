"""R18-undated: A sign of neurotoxicity without a date caps the grade."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("neurotoxic_undated")
    with rules:

        @when_all((m.kind == "undated") & (m.group == "neurotoxic-sign"))
        def a_sign_has_no_date(match: Match) -> None:
            flag(match, "R18-undated")

    return rules
