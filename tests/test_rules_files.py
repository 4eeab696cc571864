"""rules/ as it stands: every number has a source, every sheet says what runs, every rule has its two patients."""

import re
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from made_rules import fact, ids

from cds import case, knowledge, rulesheet
from cds.engine import Engine
from cds.errors import KnowledgeError
from cds.knowledge import conditions, measurements
from cds.knowledge.rules import expired, load_grades
from cds.rulekit import FACTS
from hooks import fixture
from hooks.cli import main

ROOT = Path(__file__).parent.parent
RULES = ROOT / "rules"
# What the tests lay out themselves: a name and an id that no author of a rule takes.
OWN, OWN_ID = "laid_out_by_the_tests", "Z9-of-the-tests"
NOW = datetime(2026, 7, 1, tzinfo=UTC)  # every fixture states its own evaluation date


@pytest.fixture
def copied(tmp_path):
    """rules/ to spoil."""
    return Path(shutil.copytree(RULES, tmp_path / "rules", ignore=shutil.ignore_patterns("__pycache__")))


# ------------------------------------------------------------------------------------------ as they stand


def test_each_sheet_says_what_runs(knowledge):
    for name, text in rulesheet.sheets(knowledge).items():
        assert (RULES / name).read_text(encoding="utf-8") == text, f"{name}: renew it with `oih-cds sheet --write`"


def test_no_sheet_is_left_of_a_rule_that_is_gone(knowledge):
    assert {path.name for path in RULES.glob("*.md")} == set(rulesheet.sheets(knowledge)) | {
        path.name for path in RULES.glob("CHANGELOG.md")
    }


def test_no_review_has_expired(knowledge):
    assert expired(knowledge.rules, knowledge.grades, datetime.now().astimezone().date()) == ()


def test_a_review_expires_by_whole_months(knowledge):
    made = replace(knowledge.grades, review_months=24)
    beta = knowledge.rules["R4"].limits["beta"]
    old = replace(knowledge.rules["R4"], limits={"beta": replace(beta, reviewed=date(2026, 11, 20))})
    rules = replace(knowledge.rules, by_id={"R4": old})
    assert expired(rules, made, date(2028, 11, 30)) == ()
    assert expired(rules, made, date(2028, 12, 1)) == ("R4.beta",)
    assert expired(rules, made, date(2026, 11, 19)) == ("R4.beta",)  # reviewed on a day to come


@pytest.fixture(scope="module")
def findings_of_fixtures(evaluator):
    """Fixture -> ids of the rules that it raises; hospice also as a site that has it evaluated."""
    found = {}
    for one in fixture.find(ROOT / "fixtures"):
        for request in one.requests:
            asked = case.Asked(now=NOW, service=fixture.service_of(request))
            rules = set(ids(evaluator.assessment(request, asked).findings))
            found[one.name] = found.get(one.name, set()) | rules
    return found


def test_each_rule_flags_one_fixture_and_is_silent_about_another(knowledge, findings_of_fixtures):
    # A request cannot ask for it: the site's own setting does, and test_facts_scope.py shows both.
    by_setting = {"R0-palliative-evaluated"}
    for rule in knowledge.rules:
        flagged = [name for name, rules in findings_of_fixtures.items() if rule.id in rules]
        assert flagged or rule.id in by_setting, f"{rule.id}: no fixture is flagged"
        assert len(flagged) < len(findings_of_fixtures), f"{rule.id}: no fixture is silent"


def test_a_why_names_each_rule_that_takes_part_in_a_grade(knowledge, findings_of_fixtures):
    told = {one.name: (one.folder / "why.md").read_text(encoding="utf-8") for one in fixture.find(ROOT / "fixtures")}
    for rule in knowledge.rules:
        if rule.group in ("grade", "cap", "downgrade", "support", "founding") and rule.id != "R0-palliative-evaluated":
            heads = {rule.id, rule.id.rsplit("-", 1)[0]}
            naming = [
                name
                for name, rules in findings_of_fixtures.items()
                if rule.id in rules and heads & set(re.findall(r"[\w-]*\w", spelt_out(told[name])))
            ]
            assert naming, f"{rule.id}: no why.md of a flagged fixture names it"


def spelt_out(text):
    """ "R4-R7" names R4, R5, R6 and R7."""
    numbers = [(int(first), int(last)) for first, last in re.findall(r"R(\d+)-R(\d+)", text)]
    return text + "".join(f" R{number}" for first, last in numbers for number in range(first, last + 1))


def test_every_code_says_how_far_it_was_checked(knowledge):
    for trigger in knowledge.conditions.triggers:
        assert trigger.source
        assert trigger.verified in ("yes", "from memory", "design choice")
        if "from memory" in trigger.source:
            assert trigger.verified == "from memory"


def test_every_group_of_codes_is_asked_for(knowledge):
    asked = {one.word for rule in knowledge.rules for one in rule.conditions if one.field == "group"}
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "cds" / "facts").glob("*.py"))
    for group in knowledge.conditions.groups - asked - set(knowledge.measurements):
        assert f'"{group.removesuffix("-assessed")}"' in sources, group


def test_every_kind_of_fact_is_asked_for_by_a_rule(knowledge):
    asked = {one.word for rule in knowledge.rules for one in rule.conditions if one.field == "kind"}
    assert asked == set(FACTS)


def test_every_sentence_of_a_rule_can_be_written(knowledge):
    for rule in knowledge.rules:
        kind = next(one.word for one in rule.conditions if one.field == "kind")
        filled = {name: {float: 1.0, bool: True, str: "made"}[field.type] for name, field in FACTS[kind].fields.items()}
        limits = {f"limit_{name}": limit.value for name, limit in rule.limits.items()}
        text = rule.text.format_map({**limits, **filled, **dict.fromkeys(FACTS[kind].told, "made")})
        assert "{" not in text


# ------------------------------------------------------------------------------------------ spoilt


def edited(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "old", "new", "complaint"),
    [
        ("low_dose.toml", "source   =", "sauce    =", "low_dose.toml limit mme: unknown key 'sauce'"),
        ("low_dose.toml", '"Chu 2012, Guichard 2022; cut is a design choice"', '" "', "limit mme: 'source' is empty"),
        ("low_dose.toml", "value    = 50", 'value    = "50"', "low_dose.toml limit mme: 'value' must be of type float"),
        ("low_dose.toml", "value    = 50", "value    = 1e-9", "outside 0.0001"),
        ("low_dose.toml", "reviewed = 2026-11-20", 'reviewed = "soon"', "'reviewed' must be a date"),
        ("dose_response.toml", 'version  = "1.0.0"', 'version  = "1"', "MAJOR.MINOR.PATCH"),
        ("dose_response.toml", 'group    = "grade"', 'group    = "graed"', "'graed' is none of"),
        ("dose_response.toml", 'id       = "R4"', 'id       = "R6"', "id 'R6' is already used"),
        ("dose_response.toml", '"fda_2023"', '"fda_2032"', "no report 'fda_2032'"),
        ("dose_response.toml", '"fda_2023"', '"ospina_web"', "ospina_web.toml: marked not used"),
        ("dose_response.toml", "title ", "titel ", "unknown key 'titel'"),
        ("tolerance_dose.toml", 'same_as  = "R4"', 'same_as  = "R5"', "'R5' owns no such number"),
        ("gate_psychosis.toml", '"suppress"', '"supress"', "'supress' is none of"),
        ("grades.toml", 'any  = ["R18", "R2"]', 'any  = ["R18", "R22"]', "'R22' is neither a rule nor a compound"),
        ("grades.toml", 'name = "no-signal"', 'name = "no-signal"\nall  = ["R1"]', "must hold without a condition"),
        ("grades.toml", 'also_told     = ["R12"', 'also_told     = ["R99"', "'R99' is no rule"),
        ("grades.toml", 'capped_at     = "possible-oih"', 'capped_at     = "possible"', "'possible' is no grade"),
        ("owner.toml", '"oih-cds"', '"rules"', "another distribution"),
        ("codes/conditions.csv", "icd10,code,Z515", "icd11,code,Z515", "conditions.csv line 2: system 'icd11'"),
        ("codes/conditions.csv", "icd10,code,Z515", "icd10,cod,Z515", "conditions.csv line 2: match 'cod'"),
        ("codes/conditions.csv", "palliative care,", ",", "conditions.csv line 2: word is empty"),
        (
            "codes/measurements.csv",
            "temperature,,1,0,25,45",
            "temperature,,1,0,25,",
            "measurements.csv line 2: '' is not",
        ),
        ("codes/interactions.csv", "class,benzo", "clas,benzo", "interactions.csv line 2: kind 'clas'"),
    ],
)
def test_a_bad_file_stops_the_start_and_is_named(copied, name, old, new, complaint):
    edited(copied / name, old, new)
    with pytest.raises(KnowledgeError, match=re.escape(complaint)):
        knowledge.load(copied)


@pytest.mark.parametrize("name", ["dose_response.toml", "grades.toml", "owner.toml", "codes/conditions.csv"])
def test_a_missing_file_stops_the_start(copied, name):
    (copied / name).unlink()
    with pytest.raises(KnowledgeError):
        knowledge.load(copied)


def test_rules_of_another_distribution_are_not_ours(tmp_path):
    (tmp_path / "__init__.py").write_text("")
    with pytest.raises(KnowledgeError, match="another distribution"):
        knowledge.load(tmp_path)


def test_a_code_twice_in_a_group_is_refused(copied):
    path = copied / "codes" / "conditions.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*lines, lines[1]]) + "\n", encoding="utf-8")
    with pytest.raises(KnowledgeError, match="stands twice"):
        conditions.load(copied)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('["hypersensitivity"]', '["hypersensitive"]', "no line of conditions.csv is of group 'hypersensitive'"),
        ("value = 200", "value = 0", "longest must be above 0"),
        ('"design choice: names of problems are shorter"', '" "', "a source is empty"),
    ],
)
def test_what_is_searched_for_in_long_texts_is_checked(copied, old, new, complaint):
    edited(copied / "conditions.toml", old, new)
    with pytest.raises(KnowledgeError, match=complaint):
        conditions.load(copied)


def test_a_measurement_without_a_range_is_refused(copied):
    edited(copied / "codes" / "measurements.csv", "cows,,1,0,0,48,range of the scale (from memory)\n", "")
    with pytest.raises(KnowledgeError, match="'cows' has no line"):
        measurements.load(copied)


def test_a_compound_may_only_name_what_stands_above_it(copied, knowledge):
    edited(copied / "grades.toml", '[compound.R0]\nany = ["R0-minor"', '[compound.R0]\nany = ["R10"')
    with pytest.raises(KnowledgeError, match="'R10' is neither"):
        load_grades(copied, knowledge.rules)


# ------------------------------------------------------------------------------------------ the commands


def run(*words):
    done = CliRunner().invoke(main, list(words))
    return done.exit_code, done.output


def test_a_sheet_is_printed_by_id_or_by_name():
    assert run("sheet", "R4") == run("sheet", "dose_response") == (0, (RULES / "dose_response.md").read_text())
    assert run("sheet") == (0, (RULES / "grades.md").read_text())


def test_an_unknown_rule_has_no_sheet():
    code, said = run("sheet", "R99")
    assert code == 1
    assert "no rule 'R99'" in said


def test_sheets_are_written_where_they_differ(copied):
    edited(copied / "dose_response.toml", "value    = 0.75", "value    = 0.8")
    code, said = run("sheet", "--write", "--rules", str(copied))
    assert code == 0
    assert said.splitlines()[:-1] == ["dose_response.md", "progression_drift.md", "tolerance_dose.md"]
    assert "**0.8** NRS points" in (copied / "dose_response.md").read_text()


@pytest.mark.parametrize("kind", ["response", "ordering", "palliative", "on-record", "saturation"])
def test_a_new_rule_is_refused_until_its_texts_and_sources_are_given(copied, tmp_path, kind):
    code, said = run(
        "new-rule",
        OWN,
        "--id",
        OWN_ID,
        "--kind",
        kind,
        "--rules",
        str(copied),
        "--fixtures",
        str(tmp_path / "fixtures"),
    )
    assert code == 0, said
    with pytest.raises(KnowledgeError, match=rf"{OWN}\.toml.*is empty"):
        knowledge.load(copied)
    path = copied / f"{OWN}.toml"
    path.write_text(re.sub(r'= ""', '= "made"', path.read_text()))
    made = knowledge.load(copied)
    if not any(one.word == "" for one in made.rules[OWN_ID].conditions):
        assert OWN_ID in {rule.id for rule in made.rules}
        Engine(made)
    assert {one.name for one in (tmp_path / "fixtures" / OWN).iterdir()} == {"flagged", "silent"}


@pytest.mark.parametrize(
    ("name", "rule_id"),
    [("Made", OWN_ID), ("made rule", OWN_ID), ("class", OWN_ID), ("dose_response", OWN_ID), (OWN, "R4")],
)
def test_a_name_that_is_taken_or_none_is_refused(copied, tmp_path, name, rule_id):
    before = sorted(copied.iterdir())
    code, _ = run(
        "new-rule", name, "--id", rule_id, "--kind", "data", "--rules", str(copied), "--fixtures", str(tmp_path / "f")
    )
    assert code == 1
    assert sorted(copied.iterdir()) == before


def test_what_if_lists_the_fixtures_that_another_limit_would_change():
    code, said = run("what-if", "R13.mme=40", "--patients", "0", "--fixtures", str(ROOT / "fixtures" / "pattern"))
    assert code == 0, said
    assert "pattern/dose_under_fifty" in said
    assert "now   possible-oih" in said
    assert "then  strong-pattern" in said


def test_what_if_without_a_change_changes_nothing(knowledge):
    same = f"R4.beta={knowledge.rules['R4'].limits['beta'].value}"
    code, said = run("what-if", same, "--patients", "0", "--fixtures", str(ROOT / "fixtures" / "pattern"))
    assert code == 0
    assert said.startswith("0 of ")


def test_what_if_changes_an_estimator_constant_with_the_rules_that_share_it():
    code, said = run(
        "what-if", "estimator.ceiling_share=1.01", "--patients", "0", "--fixtures", str(ROOT / "fixtures" / "too_little")
    )  # fmt: skip
    assert code == 0, said
    assert "too_little/pain_at_the_ceiling" in said


@pytest.mark.parametrize(
    "change", ["R4.beta", "R4=1", "R4.beta=much", "R4.gamma=1", "R9.beta=1", "estimator.gamma=1", "R99.x=1"]
)
def test_what_if_refuses_what_is_no_limit(change):
    code, _ = run("what-if", change, "--patients", "0")
    assert code in (1, 2)


# ------------------------------------------------------------------------------------------ the page for rule authors

PAGE = (ROOT / "docs" / "rule-authors.md").read_text(encoding="utf-8")


def block(language):
    """A block of the page under the tests' own name and id: who follows the page adds the rule of the page itself."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    return found.replace('"X1"', f'"{OWN_ID}"').replace('ruleset("high_dose")', f'ruleset("{OWN}")')


def test_the_page_for_rule_authors_adds_a_rule_that_works(copied):
    (copied / f"{OWN}.toml").write_text(block("toml"))
    (copied / f"{OWN}.py").write_text(block("python"))
    made = knowledge.load(copied)
    engine = Engine(made)
    at, below = fact("dose-level", highest=200.0), fact("dose-level", highest=199.0)
    (found,) = (each for each in engine.run((at,)) if each.rule == OWN_ID)
    assert found.text.startswith("The highest evaluated dose was 200 MME a day")
    assert OWN_ID not in ids(engine.run((below,)))
    assert "at least **200** MME per day" in rulesheet.rule_sheet(made.rules[OWN_ID], made)


def test_the_scaffold_of_the_page_is_the_one_that_the_command_lays_out(copied, tmp_path):
    run(
        "new-rule", OWN, "--id", OWN_ID, "--kind", "dose-level", "--rules", str(copied),
        "--fixtures", str(tmp_path / "fixtures"),
    )  # fmt: skip
    laid_out = re.sub(r"\s+", "", (copied / f"{OWN}.py").read_text().split('"""')[2])
    assert laid_out == re.sub(r"\s+", "", block("python").split('"""')[2].replace("the_dose_is_high", OWN))
