"""M-amputation: Amputation or phantom pain is on record."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("match_amputation")
    with rules:

        @when_all((m.kind == "on-record") & (m.group == "amputation"))
        def amputation_is_on_record(match: Match) -> None:
            flag(match, "M-amputation")

    return rules
