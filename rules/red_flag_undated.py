"""R2-undated: A lesion without a date caps the grade."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("red_flag_undated")
    with rules:

        @when_all((m.kind == "undated") & (m.group == "red-flag"))
        def a_lesion_has_no_date(match: Match) -> None:
            flag(match, "R2-undated")

    return rules
