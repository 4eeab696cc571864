"""`oih-cds feedback` prints whatever lies in the store, for a terminal and for a spreadsheet, and obeys none of it."""

import csv
import io

import pytest
from click.testing import CliRunner

from hooks.commands import feedback
from hooks.store import FeedbackEvent, IssuedCard, open_store
from hooks.store.cards import remember_cards, remember_feedback

CARD = IssuedCard("u1", "ehr", 1000, "oih-patient-view", "pattern", "R10", "1.0.0", "possible-oih", "", "")
# Kept before only the catalogue's reasons were.
HOSTILE = [
    "[/x]",
    "[bold]",
    "=cmd|' /C calc'!A0",
    "@SUM(1)",
    "+1",
    "-1",
    "\t=1",
    "\x1b[31mred",
    "one\nother",
    "\u202eabc",
]


def printed(folder, codes, *options, columns="400"):
    url = f"sqlite:///{folder / 'store.sqlite3'}"
    store = open_store(url)
    remember_cards(store, [CARD])
    remember_feedback(
        store,
        [
            FeedbackEvent(
                2000, "ehr", "oih-patient-view", "u1", "overridden", "2026-11-20T10:05:31Z", "s", code, False, 0
            )
            for code in codes
        ],
    )
    answer = CliRunner(env={"OIH_CDS_DATABASE_URL": url, "COLUMNS": columns}).invoke(feedback.command, options)
    assert answer.exit_code == 0, answer.exception
    return answer.output


@pytest.mark.parametrize("code", HOSTILE)
def test_no_kept_code_stops_the_table_or_reaches_the_terminal_as_a_command(code, tmp_path):
    table = printed(tmp_path, [code])
    assert "R10" in table
    assert not set("\x1b\t\u202e") & set(table)


def test_a_code_in_brackets_is_printed_as_it_is(tmp_path):
    assert "[/x] 1" in printed(tmp_path, ["[/x]"])


@pytest.mark.parametrize("code", HOSTILE)
def test_no_cell_of_the_csv_is_a_formula_or_breaks_its_line(code, tmp_path):
    text = printed(tmp_path, [code], "--csv")
    heading, row = csv.reader(io.StringIO(text))
    assert len(text.splitlines()) == 2
    assert row[heading.index("rule")] == "R10"
    assert all(cell[:1] not in {"=", "+", "-", "@"} and cell.isprintable() for cell in row)


def test_a_reason_of_the_catalogue_is_printed_unchanged_in_both_forms(tmp_path):
    code = "plan-already-reduction/rotation"
    assert f"{code} 1" in printed(tmp_path, [code])
    assert f",{code},1" in printed(tmp_path, [code], "--csv")


def test_the_table_cuts_no_word_in_a_terminal_of_80_characters(tmp_path, knowledge):
    codes = [override.coding.code for override in knowledge.catalogue.overrides]
    table = printed(tmp_path, codes, columns="80")
    assert max(map(len, table.splitlines())) <= 80
    for word in ("R10 1.0.0", "pattern", "possible-oih", "issued", "accepted", f"{len(codes)} (100 %)"):
        assert word in table
    for code in codes:
        assert f"{code} 1" in table
