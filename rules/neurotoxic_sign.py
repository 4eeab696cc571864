"""R18-sign: Signs of opioid neurotoxicity come first."""

from durable.lang import m, ruleset, when_all

from cds.rulekit import Limits, Match, flag


def build(limit: Limits) -> ruleset:
    rules = ruleset("neurotoxic_sign")
    with rules:

        @when_all((m.kind == "neurotoxic-sign") & (m.days <= limit["days"]))
        def there_is_a_sign_of_neurotoxicity(match: Match) -> None:
            flag(match, "R18-sign")

    return rules
