"""G-seizure: A seizure disorder is on record."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("gate_seizure")
    with rules:

        @when_all((m.kind == "on-record") & (m.group == "seizure"))
        def a_seizure_disorder_is_on_record(match: Match) -> None:
            flag(match, "G-seizure")

    return rules
