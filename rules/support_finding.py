"""R12-finding: Hyperalgesia or allodynia is on record."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("support_finding")
    with rules:

        @when_all((m.kind == "on-record") & (m.group == "hyperalgesia"))
        def hyperalgesia_is_on_record(match: Match) -> None:
            flag(match, "R12-finding")

    return rules
