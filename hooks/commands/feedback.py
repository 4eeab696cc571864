"""`oih-cds feedback`: how often cards were accepted and overridden, by rule and reason."""

from __future__ import annotations

import csv
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cds.cards.words import plain
from hooks import settings
from hooks.store import Store
from hooks.store.cards import feedback_table, issued_table

UNKNOWN = "(unknown card)"
NO_REASON = "(no reason)"
# A spreadsheet computes a cell that begins so.
_FORMULA = ("=", "+", "-", "@")
COLUMNS = ("rule", "version", "card", "grade", "issued", "accepted", "overridden", "override_rate", "reasons")


@dataclass(frozen=True, slots=True)
class Row:
    """Feedback on one rule's cards of one kind and grade.

    override_rate  overridden of all that were answered; None where nobody answered
    reasons        code -> how often
    """

    rule: str
    version: str
    card: str
    grade: str
    issued: int
    accepted: int
    overridden: int
    reasons: Mapping[str, int]

    @property
    def override_rate(self) -> float | None:
        answered = self.accepted + self.overridden
        return self.overridden / answered if answered else None


@click.command("feedback")
@click.option("--days", type=click.IntRange(1), help="Only the last DAYS days. Default: all that is kept.")
@click.option("--csv", "as_csv", is_flag=True, help="CSV instead of a table.")
def command(days: int | None, as_csv: bool) -> None:
    """Acceptance and override rates by rule and reason, from the store of OIH_CDS_DATABASE_URL."""
    since = int(time.time()) - days * 86400 if days else 0
    store = Store(settings.load().database_url.get_secret_value())
    rows = summarise(issued_table(store, since=since), feedback_table(store, since=since))
    if as_csv:
        _print_csv(rows)
    else:
        Console().print(_table(rows))


def summarise(issued: Iterable[Mapping[str, Any]], answers: Iterable[Mapping[str, Any]]) -> list[Row]:
    """One row per rule, version, kind of card and grade; feedback on cards that we do not know comes last."""
    counts: dict[tuple[str, str, str, str], int] = {_key(each): each["count"] for each in issued}
    accepted: Counter[tuple[str, str, str, str]] = Counter()
    overridden: Counter[tuple[str, str, str, str]] = Counter()
    reasons: dict[tuple[str, str, str, str], Counter[str]] = {}
    for each in answers:
        key = _key(each)
        counts.setdefault(key, 0)
        if each["outcome"] == "accepted":
            accepted[key] += each["count"]
        else:
            overridden[key] += each["count"]
            reasons.setdefault(key, Counter())[each["reason_code"] or NO_REASON] += each["count"]
    return [
        Row(*key, counts[key], accepted[key], overridden[key], dict(reasons.get(key, Counter()).most_common()))
        for key in sorted(counts, key=lambda key: (key[0] == UNKNOWN, key))
    ]


def _key(row: Mapping[str, Any]) -> tuple[str, str, str, str]:
    if row["rule"] is None:
        return UNKNOWN, "", "", ""
    return row["rule"], row["rule_version"], row["kind"], row["grade"]


def _rate(row: Row) -> str:
    return "" if row.override_rate is None else f"{100 * row.override_rate:.0f} %"


def _table(rows: Iterable[Row]) -> Table:
    """Five narrow columns: a terminal of 80 characters cuts no word of them."""
    table = Table(
        title="Feedback on cards", caption="%: overridden of all answered", show_lines=True, padding=(0, 1, 0, 0)
    )
    table.add_column("card", max_width=22, overflow="fold")
    for column in ("issued", "accepted", "overridden"):
        table.add_column(column, justify="right")
    table.add_column("reasons", overflow="fold")
    for row in rows:
        card = "\n".join(filter(None, map(plain, (f"{row.rule} {row.version}", row.card, row.grade))))
        reasons = "\n".join(plain(f"{code} {count}") for code, count in row.reasons.items())
        overridden = f"{row.overridden} ({_rate(row)})" if _rate(row) else str(row.overridden)
        # As text: rich would read "[/x]" in a kept code as its own markup, and stop.
        table.add_row(*map(Text, (card, str(row.issued), str(row.accepted), overridden, reasons)))
    return table


def _print_csv(rows: Iterable[Row]) -> None:
    writer = csv.writer(sys.stdout)
    writer.writerow((*COLUMNS[:-1], "reason", "reason_count"))
    for row in rows:
        names = [_cell(text) for text in (row.rule, row.version, row.card, row.grade)]
        for code, count in row.reasons.items() or (("", ""),):
            writer.writerow((*names, row.issued, row.accepted, row.overridden, _rate(row), _cell(code), count))


def _cell(text: str) -> str:
    """Text for a spreadsheet: on one line, without what nobody sees, and never a formula."""
    text = plain(text)
    return f"'{text}" if text.startswith(_FORMULA) else text
