"""R2b: Surgery or injury near the steps caps the grade."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("event_among_steps")
    with rules:

        @when_all((m.kind == "event-among-steps") & (m.days_apart <= limit["days"]))
        def something_happened_among_the_steps(match: Match) -> None:
            flag(match, "R2b")

    return rules
