"""G-older-after-surgery: An older patient is just out of surgery."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("gate_older_after_surgery")
    with rules:

        @when_all((m.kind == "age-after-surgery") & (m.least_years >= limit["years"]) & (m.days <= limit["days"]))
        def an_older_patient_had_surgery(match: Match) -> None:
            flag(match, "G-older-after-surgery")

    return rules
