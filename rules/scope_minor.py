"""R0-minor: A minor is out of scope."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("scope_minor")
    with rules:

        @when_all((m.kind == "age") & (m.most_years < limit["adult"]))
        def the_patient_is_a_minor(match: Match) -> None:
            flag(match, "R0-minor")

    return rules
