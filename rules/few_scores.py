"""R1-scores: Few scores carry no more than a possible pattern."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("few_scores")
    with rules:

        @when_all((m.kind == "score-count") & (m.acute == False) & (m.scores < limit["scores"]))
        def the_scores_are_few(match: Match) -> None:
            flag(match, "R1-scores")

    return rules
