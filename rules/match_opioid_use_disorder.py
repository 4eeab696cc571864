"""M-opioid-use-disorder: Opioid use disorder is on record."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("match_opioid_use_disorder")
    with rules:

        @when_all((m.kind == "on-record") & (m.group == "opioid-use-disorder"))
        def opioid_use_disorder_is_on_record(match: Match) -> None:
            flag(match, "M-opioid-use-disorder")

    return rules
