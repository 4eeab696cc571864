"""R3-interdose: Pain before each dose points to interdose withdrawal."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("withdrawal_interdose")
    with rules:

        @when_all((m.kind == "interdose") & (m.pairs >= limit["pairs"]) & (m.fall >= limit["fall"]))
        def pain_peaks_before_doses(match: Match) -> None:
            flag(match, "R3-interdose")

    return rules
