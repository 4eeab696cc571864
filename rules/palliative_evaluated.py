"""R0-palliative-evaluated: A palliative patient is evaluated at the site's wish."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("palliative_evaluated")
    with rules:

        @when_all((m.kind == "palliative") & (m.evaluated == True))
        def palliative_care_is_evaluated(match: Match) -> None:
            flag(match, "R0-palliative-evaluated")

    return rules
