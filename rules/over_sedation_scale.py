"""S-sedation: The sedation scale is high."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("over_sedation_scale")
    with rules:

        @when_all((m.kind == "sedation") & (m.poss >= limit["poss"]) & (m.hours <= limit["hours"]))
        def the_patient_is_over_sedated(match: Match) -> None:
            flag(match, "S-sedation")

    return rules
