"""R0-palliative: Hospice and palliative care are out of scope."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("scope_palliative")
    with rules:

        @when_all((m.kind == "palliative") & (m.evaluated == False))
        def care_is_palliative(match: Match) -> None:
            flag(match, "R0-palliative")

    return rules
