"""G-depressant: A benzodiazepine or another sedative is taken."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("gate_depressant")
    with rules:

        @when_all((m.kind == "exposure") & (m.meaning == "depressant") & (m.days <= limit["days"]))
        def a_depressant_is_taken(match: Match) -> None:
            flag(match, "G-depressant")

    return rules
