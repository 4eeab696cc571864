"""R16: Function improved while pain rose."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("function_improved")
    with rules:

        @when_all(
            (m.kind == "function") & (m.improvement >= limit["improvement"]) & (m.pain_change > limit["pain_change"])
        )
        def function_improved(match: Match) -> None:
            flag(match, "R16")

    return rules
