"""G-urinary: Cystitis is on record."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("gate_urinary")
    with rules:

        @when_all((m.kind == "on-record") & (m.group == "urinary"))
        def cystitis_is_on_record(match: Match) -> None:
            flag(match, "G-urinary")

    return rules
