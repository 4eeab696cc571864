"""The source attributes: complete, true to the registry, and printed in docs/ as they are."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from assessments import RULES, known

from cds.cards.attributes import as_document, as_markdown
from cds.errors import KnowledgeError
from cds.knowledge import attributes

DOCUMENT = Path(__file__).parents[1] / "docs" / "source-attributes.md"


def test_the_document_is_current():
    printed = as_markdown(attributes.load(RULES), known().evidence)
    assert DOCUMENT.read_text(encoding="utf-8") == printed, "run: oih-cds attributes --write docs/source-attributes.md"


def test_all_thirteen_evidence_based_attributes_are_answered():
    found = attributes.load(RULES)
    assert len(found.evidence_based) == 13
    for word in ("citation", "Developer", "Funding", "Release", "race", "ethnicity", "language", "sexual orientation",
                 "gender identity", "use of sex ", "date of birth", "social determinants", "health status"):  # fmt: skip
        assert sum(word.lower() in each.name.lower() for each in found.evidence_based) == 1, word


def test_the_endpoint_lists_every_cited_report_and_why_others_are_not():
    document = as_document(attributes.load(RULES), known().evidence)
    cited = {row["id"] for row in document["citations"]}
    assert {"liang_2017", "elyn_2024", "ocker_2020", "fda_2023"} <= cited
    assert {"ospina_web", "unsigned_2017"}.isdisjoint(cited)
    assert len(document["readNotUsed"]) == len(known().evidence.not_used)
    assert "null" not in json.dumps(document)
    assert '""' not in json.dumps(document)


def test_a_missing_attribute_is_refused(tmp_path):
    path = tmp_path / "attributes.toml"
    shutil.copy(RULES / "attributes.toml", path)
    attributes.load(tmp_path)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("[[evidence_based]]", "[[further]]", 1), encoding="utf-8")
    with pytest.raises(KnowledgeError, match="12 evidence-based attributes; the rule names 13"):
        attributes.load(tmp_path)
    path.write_text(text.replace('value = "None."', 'value = ""', 1), encoding="utf-8")
    with pytest.raises(KnowledgeError, match="must not be empty"):
        attributes.load(tmp_path)
