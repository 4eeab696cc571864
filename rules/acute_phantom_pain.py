"""A-phantom: Phantom pain caps the grade in acute mode."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("acute_phantom_pain")
    with rules:

        @when_all((m.kind == "phantom-pain") & (m.acute == True))
        def phantom_pain_confounds(match: Match) -> None:
            flag(match, "A-phantom")

    return rules
