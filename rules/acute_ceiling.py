"""A-ceiling: The end of the scale caps the grade in acute mode."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("acute_ceiling")
    with rules:

        @when_all((m.kind == "top-score") & (m.score >= limit["score"]) & (m.acute == True))
        def a_score_is_at_the_end_of_the_scale(match: Match) -> None:
            flag(match, "A-ceiling")

    return rules
