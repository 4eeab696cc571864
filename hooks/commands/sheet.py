"""`oih-cds sheet`: the plain-English sheets that a clinician signs, printed or written beside the rules."""

from __future__ import annotations

from pathlib import Path

import click

from cds import knowledge, rulesheet
from cds.errors import KnowledgeError


@click.command("sheet")
@click.argument("rule", required=False)
@click.option(
    "--write", is_flag=True, help="Write every sheet to the rules directory; nothing is printed but the changes."
)
@click.option("--rules", type=click.Path(path_type=Path, exists=True, file_okay=False), help="Directory of the rules.")
def command(rule: str | None, write: bool, rules: Path | None) -> None:
    """Print the sheet of RULE, by id ("R4") or file name ("dose_response"); without RULE the order of grades."""
    known = knowledge.load(rules)
    pages = rulesheet.sheets(known)
    if write:
        changed = [name for name, text in pages.items() if _renewed(known.rules.root / name, text)]
        click.echo("\n".join([*changed, f"{len(changed)} of {len(pages)} sheets changed"]))
        return
    names = {"grades": "grades.md"} | {key: f"{one.name}.md" for one in known.rules for key in (one.id, one.name)}
    if (rule or "grades") not in names:
        raise KnowledgeError(f"there is no rule '{rule}'; known are {', '.join(one.id for one in known.rules)}")
    click.echo(pages[names[rule or "grades"]], nl=False)


def _renewed(path: Path, text: str) -> bool:
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return False
    path.write_text(text, encoding="utf-8")
    return True
