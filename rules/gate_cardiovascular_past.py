"""G-cardiovascular-past: An older cardiovascular event is on record."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("gate_cardiovascular_past")
    with rules:

        @when_all((m.kind == "recent") & (m.group == "cardiovascular-event") & (m.days > limit["days"]))
        def an_older_cardiovascular_event_is_on_record(match: Match) -> None:
            flag(match, "G-cardiovascular-past")

    return rules
