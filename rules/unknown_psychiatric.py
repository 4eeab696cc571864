"""U-psychiatric-history: Psychiatric history is not assessable."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("unknown_psychiatric")
    with rules:

        @when_all((m.kind == "not-assessable") & (m.topic == "psychiatric history"))
        def psychiatric_history_is_not_known(match: Match) -> None:
            flag(match, "U-psychiatric-history")

    return rules
