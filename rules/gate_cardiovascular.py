"""G-cardiovascular: A recent cardiovascular event is on record."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("gate_cardiovascular")
    with rules:

        @when_all((m.kind == "on-record") & (m.group == "cardiovascular-event"))
        def a_cardiovascular_event_is_on_record(match: Match) -> None:
            flag(match, "G-cardiovascular")

    return rules
