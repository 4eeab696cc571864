"""R7-unknown: Whether pain rose before the steps is not known."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("ordering_unknown")
    with rules:

        @when_all((m.kind == "ordering") & (m.result == "not assessable"))
        def the_order_is_not_known(match: Match) -> None:
            flag(match, "R7-unknown")

    return rules
