"""rules/evidence and the catalogue: what is cited, what is not, and what a wrong file costs."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from dataclasses import asdict
from datetime import date
from pathlib import Path

import pytest
from assessments import GRADES, RULES, assessment, known

from cds.cards import CardOptions, build
from cds.cards.words import Words
from cds.errors import KnowledgeError
from cds.knowledge import catalogue, evidence

FOUNDING = ("liang_2017", "ospina_web", "unsigned_2017", "elyn_2024", "ocker_2020")
WIDER = (
    "cohen_2018", "schwenk_2018", "cdc_2022", "hhs_2019", "fda_2019", "vadod_2022", "fda_2023", "fletcher_2014", "higgins_2019",
    "guichard_2022", "orhurhu_2019", "garcia_henares_2018", "wu_2015", "chu_2012", "koppert_2003", "joly_2005", "nielsen_2017",
    "loftus_2010", "avidan_2017", "hayes_2020", "hooten_2015", "compton_2021", "agnoli_2021", "rieb_2016", "kum_2020",
    "vargas_schaffer_2020", "nct00833755",
)  # fmt: skip


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(RULES / "evidence", tmp_path / "evidence")
    for name in ("catalogue.toml", "offers.toml"):
        shutil.copy(RULES / name, tmp_path / name)
    return tmp_path


def load(root: Path) -> evidence.Evidence:
    return evidence.load(root, catalogue.load(root).claims)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


# ---------------------------------------------------------------------------------------------- what is in it


def test_the_five_founding_documents_and_the_wider_evidence_are_there():
    assert set(FOUNDING) | set(WIDER) <= set(known().evidence.reports)


@pytest.mark.parametrize("name", ["ospina_web", "unsigned_2017"])
def test_the_two_web_pages_support_nothing_and_say_why(name):
    page = known().evidence[name]
    assert page.supports == ()
    assert not page.peer_reviewed
    assert "not peer-reviewed" in page.not_used
    with pytest.raises(KnowledgeError, match="marked not used"):
        known().evidence.check_names({name})


def test_a_rule_cannot_cite_a_report_that_is_not_there():
    known().evidence.check_names({"liang_2017"})
    with pytest.raises(KnowledgeError, match="no report 'liang_2018'"):
        known().evidence.check_names({"liang_2018"})


def test_every_report_says_what_it_does_not_show_what_was_read_and_whether_it_was_retracted():
    for report in known().evidence.reports.values():
        assert report.not_shown
        assert report.read
        assert report.retraction_check
        assert report.licence
        assert date(2026, 11, 20) <= report.reviewed


def test_the_ketamine_reports_are_what_they_are():
    liang, elyn, ocker = (known().evidence[name] for name in ("liang_2017", "elyn_2024", "ocker_2020"))
    assert [(each.design, each.n) for each in (liang, elyn, ocker)] == [
        ("case report", "1"),
        ("uncontrolled cohort", "59"),
        ("case report", "1"),
    ]
    assert liang.is_oih_population
    assert not elyn.is_oih_population
    assert not ocker.is_oih_population
    assert not any(each.pain_outcome_reported for each in (liang, elyn, ocker))
    assert all(each.grade.startswith("very low") for each in (liang, elyn, ocker))


def test_what_is_from_memory_in_conflict_or_a_regimen_is_printed_nowhere():
    held = [item for report in known().evidence.reports.values() for item in report.held_back]
    assert {item.kind for item in held} == {"memory", "conflict", "regimen"}
    shown = json.dumps(
        [asdict(report.short_citation) for report in known().evidence.reports.values()]
        + [asdict(card) for grade in GRADES for card in build(assessment(grade), known(), CardOptions())]
        + [known().catalogue.claims]
    )
    for figure in ("1.68", "2.28", "1.28", "1.74", "19377", "22 mg/h", "20 mg/h", "0.35 mg", "Fenton"):
        assert any(figure in item.value for item in held)
        assert figure not in shown


def test_our_own_words_in_the_registry_promise_nothing():
    for report in known().evidence.reports.values():
        for text in (report.finding, report.not_shown, report.label, report.design, report.level, *report.limits):
            assert not re.search(r"diagnos|effective|revers|reset|\bsafe", text, re.IGNORECASE), (report.id, text)


# ---------------------------------------------------------------------------------------------- claims


def test_a_claim_is_printed_only_while_a_report_supports_it(copy):
    edit(
        copy / "evidence" / "koppert_2003.toml",
        'supports = ["counter-ratings-unchanged"]',
        'supports = ["acute-oih-small"]',
    )
    with pytest.raises(KnowledgeError, match="no report supports the claim 'counter-ratings-unchanged'"):
        load(copy)


def test_a_card_refuses_an_unsupported_claim():
    words = known().catalogue
    alone = Words(words, evidence.Evidence({}, {}))
    with pytest.raises(KnowledgeError, match="supports the claim 'off-label'"):
        alone.claim("off-label")
    assert Words(words, known().evidence).claim("off-label").startswith("Ketamine is FDA-approved only")


# ---------------------------------------------------------------------------------------------- a wrong file stops the start


@pytest.mark.parametrize(
    ("file", "old", "new", "complaint"),
    [
        ("liang_2017", 'cebm = "4', 'cbem = "x"\ncebm = "4', "unknown key 'cbem'"),
        ("liang_2017", 'id = "liang_2017"', 'id = "liang_2018"', "id must be 'liang_2017'"),
        ("liang_2017", 'url = "https', 'url = "http', "must start with https"),
        ("liang_2017", 'supports = ["ketamine-oih-one-case"]', "supports = []", "either supports a claim or says"),
        ("liang_2017", 'supports = ["ketamine-oih-one-case"]', 'supports = ["cure"]', "claim 'cure' has no sentence"),
        ("ospina_web", "supports = []", 'supports = ["off-label"]', "either supports a claim or says"),
        ("liang_2017", "peer_reviewed = true", "peer_reviewed = false", "neither peer-reviewed nor a public body's"),
        ("liang_2017", 'licence = "', 'licence = ""\n# "', "'licence' is empty"),
        ("liang_2017", "reviewed = 2026-11-20", 'reviewed = "soon"', "'reviewed' must be a date"),
        ("liang_2017", 'kind = "regimen"', 'kind = "secret"', "kind 'secret' is none of"),
    ],
)
def test_a_wrong_report_is_refused_by_file_and_reason(copy, file, old, new, complaint):
    load(copy)
    edit(copy / "evidence" / f"{file}.toml", old, new)
    with pytest.raises(KnowledgeError, match=complaint) as refused:
        load(copy)
    assert f"{file}.toml" in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("{low} to {high}", "{low} to {top}", "fills in"),
        ('off-label = "', 'off_label = "', "no sentence in catalogue|no report supports"),
        ('cannot_tell = "', 'can_tell = "', "missing or unknown: can_tell, cannot_tell"),
        ('[page]\nmore = "More', '[page]\nextra = "x"\nmore = "More', "missing or unknown: extra"),
        ('words = "no pattern seen"', 'words = "not enough data"', "same words"),
        ('code = "will-monitor"\ndisplay', 'code = "will-monitor"\nshown', "needs code and display"),
        ('months = ["Jan", ', "months = [", "twelve names"),
        ("[sedation]", "[sedatoin]", "unknown key 'sedatoin'"),
    ],
)
def test_a_translation_with_a_wrong_text_is_refused(copy, old, new, complaint):
    edit(copy / "catalogue.toml", old, new)
    with pytest.raises(KnowledgeError, match=complaint):
        load(copy)


def test_every_grade_has_words_and_no_two_the_same():
    assert set(known().catalogue.grades) == set(GRADES)
    assert known().catalogue.grades["strong-pattern"].words == "pattern with de-challenge"


def test_short_reasons_fill_in_only_what_their_rule_prints_too():
    texts = {
        table["id"]: table["text"]
        for path in RULES.glob("*.toml")
        if "text" in (table := tomllib.loads(path.read_text(encoding="utf-8")))
    }
    for rule, reason in known().catalogue.reasons.items():
        assert rule in texts, f"[reasons] {rule}: there is no such rule"
        assert set(re.findall(r"\{(\w+)", reason)) <= set(re.findall(r"\{(\w+)", texts[rule])), rule


def test_the_overrides_are_those_of_the_field_and_say_what_they_do():
    overrides = {override.coding.code: override for override in known().catalogue.overrides}
    assert set(overrides) == {
        "other-cause-identified", "acute-postop-expected", "withdrawal-or-missed-dose", "disease-progression-known",
        "palliative-goals", "oih-already-considered", "dose-data-wrong", "pain-data-wrong", "plan-already-reduction/rotation",
        "patient-preference", "will-monitor", "not-my-patient",
    }  # fmt: skip
    assert known().catalogue.silencing == {
        "palliative-goals",
        "oih-already-considered",
        "plan-already-reduction/rotation",
    }
    assert {code for code, override in overrides.items() if override.data_quality} == {
        "dose-data-wrong",
        "pain-data-wrong",
    }
    published = {code: override.published.code for code, override in overrides.items() if override.published}
    assert set(published.values()) <= {
        "patient-ineligible", "indication-order-exists", "action-completed", "limited-time", "wrong-time-workflow", "need-more-info",
        "does-not-align-latest-evidence", "risk-benefit-ratio", "patient-contraindication", "patient-refuses", "prefers-alternative",
    }  # fmt: skip


def test_no_link_that_we_print_rests_on_memory_alone():
    for report in known().evidence.reports.values():
        remembered = [item.value for item in report.held_back if item.kind == "memory"]
        assert not report.url or all(report.url not in value for value in remembered), report.id
        assert all(not value or value not in report.citation for value in remembered), report.id


def test_every_report_that_a_card_links_has_an_address():
    for grade in GRADES:
        for card in build(assessment(grade), known(), CardOptions()):
            for link in card.links:
                assert link.url.startswith("https://")


def test_every_text_of_the_catalogue_is_printed_somewhere():
    """A text that nothing prints would be translated and reviewed for nobody."""
    source = "\n".join(path.read_text(encoding="utf-8") for path in (RULES.parent / "cds" / "cards").glob("*.py"))
    made = {"seen.this_order", "seen.this_order_unknown", "seen.recent_order", "seen.recent_order_unknown", "seen.unit_acute",
            "safety.crisis", "safety.crisis_summary", "info.alternatives_withdrawal", "info.alternatives_neurotoxicity",
            "info.alternatives_red_flag", "info.alternatives_order", "missing.uncounted", "missing.uncounted_count",
            "missing.unread", "missing.unread_count", "missing.failed", "missing.failed_count",
                "info.summary_gap", "info.summary_uncounted", "info.summary_unread", "info.summary_implausible"}  # fmt: skip
    assert made <= set(known().catalogue._texts)
    for key in known().catalogue._texts:
        assert key in source or key in made, key
