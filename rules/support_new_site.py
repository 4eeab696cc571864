"""R12-site: Pain spread to a new site."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("support_new_site")
    with rules:

        @when_all((m.kind == "new-site") & (m.sites >= limit["sites"]))
        def it_hurts_in_new_places(match: Match) -> None:
            flag(match, "R12-site")

    return rules
