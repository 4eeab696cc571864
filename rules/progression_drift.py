"""R8: The regression puts the rise on time."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("progression_drift")
    with rules:

        @when_all(
            (m.kind == "drift")
            & (m.per_30d >= limit["per_30d"])
            & (m.pain_change >= limit["rise"])
            & (m.beta < limit["beta"])
        )
        def the_rise_is_put_on_time(match: Match) -> None:
            flag(match, "R8")

    return rules
