"""R2-fever: Fever comes first."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("red_flag_fever")
    with rules:

        @when_all((m.kind == "fever") & (m.celsius >= limit["celsius"]) & (m.days <= limit["days"]))
        def there_was_fever(match: Match) -> None:
            flag(match, "R2-fever")

    return rules
