"""G-sleep-apnoea: Sleep apnoea is on record."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("gate_sleep_apnoea")
    with rules:

        @when_all((m.kind == "on-record") & (m.group == "sleep-apnoea"))
        def sleep_apnoea_is_on_record(match: Match) -> None:
            flag(match, "G-sleep-apnoea")

    return rules
