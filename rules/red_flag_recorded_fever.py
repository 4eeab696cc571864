"""R2-fever-recorded: A recorded fever comes first."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("red_flag_recorded_fever")
    with rules:

        @when_all((m.kind == "recent") & (m.group == "fever") & (m.days <= limit["days"]))
        def fever_was_recorded(match: Match) -> None:
            flag(match, "R2-fever-recorded")

    return rules
