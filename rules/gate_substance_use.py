"""G-substance-use: A substance use disorder is on record."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("gate_substance_use")
    with rules:

        @when_all((m.kind == "on-record") & (m.group == "substance-use"))
        def substance_use_is_on_record(match: Match) -> None:
            flag(match, "G-substance-use")

    return rules
