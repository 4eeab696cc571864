"""R15: Some dose steps do not count."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("steps_void")
    with rules:

        @when_all((m.kind == "void-steps") & (m.steps >= limit["steps"]))
        def some_steps_do_not_count(match: Match) -> None:
            flag(match, "R15")

    return rules
