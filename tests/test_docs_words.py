"""What the documents promise is there: commands, options, files, words."""

import ast
import json
import re
import shlex
import tomllib
from pathlib import Path

import click
import pytest

from hooks.cli import main

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
CONSOLE = re.compile(r"^```(?:console|sh|bash)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
READERS = {"python": ast.parse, "json": json.loads, "toml": tomllib.loads}
CONTEXT = click.Context(main)


def name(path):
    return path.relative_to(ROOT).as_posix()


def calls(text):
    """Every `oih-cds ...` of the console blocks and of the running text, as words."""
    lines = [line for block in CONSOLE.findall(text) for line in block.splitlines()]
    for line in [*lines, *CODE.findall(text)]:
        command = line.split("#")[0].removeprefix("$ ").strip()
        if command.startswith("oih-cds "):
            yield shlex.split(command)[1:]


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_every_command_and_option_exists(path):
    for words in calls(path.read_text(encoding="utf-8")):
        if words[0].startswith("-"):
            continue
        command = main.get_command(CONTEXT, words[0])
        assert command is not None, f"{name(path)}: oih-cds {words[0]}"
        known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
        for word in words[1:]:
            if word.startswith("--"):
                assert word.split("=")[0] in known, f"{name(path)}: oih-cds {words[0]} {word}"


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_every_link_leads_to_a_file(path):
    for target in LINK.findall(path.read_text(encoding="utf-8")):
        if not target.startswith(("http://", "https://", "#", "mailto:")):
            assert (path.parent / target.split("#")[0]).exists(), f"{name(path)}: {target}"


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_every_file_that_is_named_exists(path):
    text = path.read_text(encoding="utf-8")
    # What `oih-cds new-rule NAME` would write is an example.
    examples = {words[1].replace("-", "_") for words in calls(text) if words[0] == "new-rule" and len(words) > 1}
    tops = ("cds/", "hooks/", "rules/", "tests/", "fixtures/", "docs/", "bench/")
    for words in CODE.findall(text):
        if words.startswith(tops) and not re.search(r"[<>{}*\s]|\.\.\.", words) and Path(words).stem not in examples:
            assert (ROOT / words.rstrip("/")).exists(), f"{name(path)}: {words}"


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_every_make_target_exists(path):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    text = path.read_text(encoding="utf-8")
    said = re.findall(r"`make ([a-z]+)", text) + re.findall(r"^(?:\$ )?make ([a-z]+)", text, re.MULTILINE)
    assert set(said) <= targets


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_every_block_of_code_can_be_read(path):
    for language, block in BLOCK.findall(path.read_text(encoding="utf-8")):
        if language in READERS and "..." not in block:
            READERS[language](block)


def test_the_glossary_has_every_grade(knowledge):
    glossary = (ROOT / "GLOSSARY.md").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for grade, _clause in knowledge.grades.order:
        assert f"**{grade}**" in glossary
        assert f"`{grade}`" in readme


def test_every_theme_of_fixtures_has_its_patients_explained():
    for folder in (path.parent for path in (ROOT / "fixtures").rglob("request.*json")):
        text = (folder / "why.md").read_text(encoding="utf-8")
        assert [part for part in ("Expected: ", "Neighbour: ") if part not in text] == [], folder


def test_the_readme_warns_before_it_invites():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert readme.index("must not be used for clinical care") < readme.index("make demo")


def test_the_readme_shows_the_card_as_it_is():
    expected = (ROOT / "fixtures/pattern/pain_falls_after_the_reduction/expected.json").read_text(encoding="utf-8")
    card = json.loads(expected)["cards"][0]
    shown = "\n".join([f"> **{card['summary']}**", ">", *(f"> {line}".rstrip() for line in card["detail"])])
    assert shown in (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_command_explains_itself():
    for command in main.list_commands(CONTEXT):
        assert main.get_command(CONTEXT, command).help, command
