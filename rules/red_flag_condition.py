"""R2-condition: A new lesion comes first."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("red_flag_condition")
    with rules:

        @when_all((m.kind == "recent") & (m.group == "red-flag") & (m.days <= limit["days"]))
        def a_lesion_is_new(match: Match) -> None:
            flag(match, "R2-condition")

    return rules
