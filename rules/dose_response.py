"""R4: Pain jumps at dose steps."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("dose_response")
    with rules:

        @when_all((m.kind == "response") & (m.beta >= limit["beta"]) & (m.z >= limit["z"]))
        def pain_jumps_at_dose_steps(match: Match) -> None:
            flag(match, "R4")

    return rules
