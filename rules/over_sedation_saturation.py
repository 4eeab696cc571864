"""S-saturation: Oxygen saturation is low."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("over_sedation_saturation")
    with rules:

        @when_all(
            (m.kind == "saturation")
            & (m.percent < limit["percent"])
            & (m.hours <= limit["hours"])
            & (m.home_oxygen == False)
        )
        def oxygen_saturation_is_low(match: Match) -> None:
            flag(match, "S-saturation")

    return rules
