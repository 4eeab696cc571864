"""R18-creatinine: Creatinine rising on morphine or hydromorphone comes first."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("neurotoxic_creatinine")
    with rules:

        @when_all((m.kind == "creatinine") & (m.ratio >= limit["ratio"]) & (m.days <= limit["days"]))
        def creatinine_rose(match: Match) -> None:
            flag(match, "R18-creatinine")

    return rules
