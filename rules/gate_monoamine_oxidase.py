"""G-monoamine-oxidase: A monoamine oxidase inhibitor is taken."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("gate_monoamine_oxidase")
    with rules:

        @when_all((m.kind == "exposure") & (m.meaning == "monoamine-oxidase") & (m.days <= limit["days"]))
        def a_monoamine_oxidase_inhibitor_is_taken(match: Match) -> None:
            flag(match, "G-monoamine-oxidase")

    return rules
