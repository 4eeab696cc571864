"""M-crps: CRPS is on record."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("match_crps")
    with rules:

        @when_all((m.kind == "on-record") & (m.group == "crps"))
        def crps_is_on_record(match: Match) -> None:
            flag(match, "M-crps")

    return rules
