"""What a card must never do: each item of the never-list is one test, over every fixture and over made-up patients."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict

from assessments import known
from fixture_cards import every_fixture
from hypothesis import HealthCheck, given, settings
from made_assessments import made

from cds.cards import CardOptions, build
from cds.cards.reports import NAMES
from cds.clinical import Assessment, Card

OPTIONS = CardOptions("https://cds.example", "smart", explain_silence=True)
NO_ABRUPT_STOP = "FDA/HHS: do not stop opioids abruptly."
OFF_LABEL = "Ketamine is FDA-approved only as an anaesthetic; use for pain or OIH is off-label; Schedule III."
PATTERNS = ("possible-oih", "strong-pattern")
QUIET = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))


def over_everything(check: Callable[[Assessment, Card], None]) -> None:
    """Runs the check on the cards of every fixture, and of assessments that hypothesis makes."""
    for _, found in every_fixture():
        for card in found.cards:
            check(found, card)

    @QUIET
    @given(made())
    def made_up(found: Assessment) -> None:
        for card in build(found, known(), OPTIONS):
            check(found, card)

    made_up()


def said(card: Card) -> str:
    """Every word of the card that a reader may meet, addresses left out."""
    return " \n".join(
        _strings(asdict(card) | {"links": [link.label for link in card.links], "source_url": "", "uuid": ""})
    )


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, each in value.items():
            if key not in ("system", "uuid", "rule", "evidence"):
                yield from _strings(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _strings(each)


def test_1_no_card_orders_or_drafts_ketamine():
    def check(found: Assessment, card: Card) -> None:
        offered = json.dumps([asdict(suggestion) for suggestion in card.suggestions])
        assert "ketamine" not in offered.replace(f"Patient/{found.record.patient.id}", "").lower()
        assert not any(suggestion.recommended for suggestion in card.suggestions)

    over_everything(check)


def test_2_no_dose_is_printed_as_an_instruction():
    amount = re.compile(r"\d\s*(mg|mcg|ug|µg|ml)\b(?!\w)|/kg|/h\b", re.IGNORECASE)

    def check(_: Assessment, card: Card) -> None:
        own = re.sub(r"Check: .*", "", said(card)).replace("MME/4 h", "")
        assert not amount.search(own), own
        for regimen in ("22 mg", "20 mg/h", "0.35", "10 mg"):
            assert regimen not in own

    over_everything(check)


def test_3_no_abrupt_stop_is_told_without_the_fda_line_beside_it():
    stopping = re.compile(r"\b(stop\w*|cessation|discontinu\w*|ceas\w*)\b", re.IGNORECASE)

    def check(_: Assessment, card: Card) -> None:
        rest = card.detail.replace(NO_ABRUPT_STOP, "")
        if stopping.search(rest):
            assert NO_ABRUPT_STOP in card.detail
        assert not stopping.search(card.summary)
        assert not re.search(r"\b(stop|discontinue) (the |all )?opioids\b", rest, re.IGNORECASE)

    over_everything(check)


def test_4_words_that_promise_or_conclude_are_not_ours():
    forbidden = ("diagnos", "has oih", "effective", "revers", "reset", "safe", "proven cause of")

    def check(_: Assessment, card: Card) -> None:
        for word in forbidden:
            assert word not in said(card).lower(), (word, said(card))

    over_everything(check)


def test_5_no_probability_or_score_of_oih():
    likelihood = re.compile(r"probab|likelihood|\brisk score|\bodds\b|\bPPV\b", re.IGNORECASE)

    def check(_: Assessment, card: Card) -> None:
        assert not likelihood.search(said(card))
        for sentence in re.split(r"[.\n]", said(card)):
            assert not ("OIH" in sentence and "%" in sentence), sentence

    over_everything(check)


def test_6_nobody_is_called_drug_seeking_and_no_use_disorder_is_inferred():
    def check(found: Assessment, card: Card) -> None:
        text = said(card).lower()
        assert not re.search(r"drug.seeking|aberrant|abus(e|er|ing)\b|addict(ed|s)?\b", text)
        on_record = {"M-opioid-use-disorder", "G-substance-use"} & {finding.rule for finding in found.findings}
        assert "substance use disorder" not in text or on_record

    over_everything(check)


def test_7_the_two_web_pages_are_never_evidence():
    def check(_: Assessment, card: Card) -> None:
        whole = json.dumps(asdict(card), default=str).lower()
        assert "ospina" not in whole
        assert "unsigned" not in whole

    over_everything(check)


def test_8_no_taper_prompt_and_no_cdc_line_in_palliative_cancer_or_sickle_cell_care():
    care = {"R0-palliative", "R0-palliative-evaluated", "R0-cancer", "R0-sickle-cell"}

    def check(found: Assessment, card: Card) -> None:
        if care & {finding.rule for finding in found.findings}:
            own = "\n".join(line for line in said(card).splitlines() if not line.startswith("- Elyn"))
            assert "taper" not in own.replace("Ocker 2020: case report, n=1, indirect: taper in CRPS", "").replace(
                "Ocker 2020: case report, n=1: taper in CRPS", ""
            )
            assert not re.search(r"lower(ing)? the dose|CDC 2022:|\(CDC 2022\)", own)

    over_everything(check)


def test_9_mme_is_never_used_to_choose_a_dose():
    def check(_: Assessment, card: Card) -> None:
        assert not re.search(r"conver[ts]|equianalges|equivalent dose|\brotat\w+ to \d", said(card), re.IGNORECASE)

    over_everything(check)


def test_10_no_card_is_critical():
    def check(_: Assessment, card: Card) -> None:
        assert card.indicator in ("info", "warning")

    over_everything(check)


def test_under_a_pattern_whoever_names_ketamine_says_off_label_no_abrupt_stop_and_the_design():
    def check(found: Assessment, card: Card) -> None:
        if "ketamine" in f"{card.summary} {card.detail}".lower():
            if found.grade.name in PATTERNS:
                assert OFF_LABEL in card.detail
                assert NO_ABRUPT_STOP in card.detail
            for name in NAMES:
                report = known().evidence[name]
                assert re.search(rf"{report.label}[:,]? \(?{report.design}, n={report.n}\b", card.detail)

    over_everything(check)


def test_ketamine_of_this_patient_is_named_by_date_only():
    def check(found: Assessment, card: Card) -> None:
        for line in card.detail.splitlines():
            if line.startswith("Ketamine on record"):
                assert re.fullmatch(
                    r"Ketamine on record: (\d{1,2} [A-Z][a-z]{2} \d{4}( - \d{1,2} [A-Z][a-z]{2} \d{4})?(; )?)+(, and \d+ more)?\.",
                    line,
                )

    over_everything(check)


def test_unknown_is_never_told_as_no_contraindication():
    def check(found: Assessment, card: Card) -> None:
        assert "no contraindication" not in said(card).lower()
        if card.kind == "evidence" and any(gate.effect == "not assessable" for gate in found.gates):
            assert "Not assessable: " in card.detail

    over_everything(check)


def test_a_listed_contraindication_takes_ketamine_out_of_the_options_and_keeps_the_reports():
    def check(found: Assessment, card: Card) -> None:
        if card.kind == "evidence" and any(gate.effect == "suppress" for gate in found.gates):
            assert "Listed contraindication on record: " in card.detail
            assert "last option" not in card.detail
            assert all(known().evidence[name].label in card.detail for name in NAMES)

    over_everything(check)
