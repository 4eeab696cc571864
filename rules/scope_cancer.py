"""R0-cancer: Active cancer caps the grade."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("scope_cancer")
    with rules:

        @when_all((m.kind == "on-record") & (m.group == "cancer"))
        def cancer_is_on_record(match: Match) -> None:
            flag(match, "R0-cancer")

    return rules
