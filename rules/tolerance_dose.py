"""R9: The dose rose, pain did not fall."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("tolerance_dose")
    with rules:

        @when_all(
            (m.kind == "escalation")
            & (m.dose_ratio >= limit["dose_ratio"])
            & (m.beta < limit["beta"])
            & (m.pain_change > limit["change"])
        )
        def dose_rose_and_pain_did_not_fall(match: Match) -> None:
            flag(match, "R9")

    return rules
