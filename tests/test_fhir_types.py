"""Which names are types of FHIR: those of the models, and what R4 alone has."""

import re
from pathlib import Path

import pytest
from fhir.resources import R4B, STU3
from fhir.resources import __path__ as r5

from cds.fhir.spare import KINDS
from cds.fhir.types import TYPES

CLASS = re.compile(
    r"^class (\w+)\((?:\w+\.)?(?:DomainResource|Resource|MetadataResource|CanonicalResource)\):", re.MULTILINE
)
ABSTRACT = {"DomainResource", "MetadataResource", "CanonicalResource"}


def modelled(folder):
    """The types that a version's models have, read off their files: to import them all takes seconds."""
    texts = (path.read_text(encoding="utf-8") for path in Path(folder).glob("*.py"))
    return {name for text in texts for name in CLASS.findall(text)} - ABSTRACT


@pytest.mark.parametrize("folder", [*r5, *R4B.__path__, *STU3.__path__])
def test_every_type_that_a_version_has_a_model_for_is_known(folder):
    names = modelled(folder)
    assert len(names) > 110
    assert names <= TYPES


def test_no_name_is_known_without_a_model_but_those_that_r4_alone_has():
    extra = TYPES - set().union(*map(modelled, [*r5, *R4B.__path__, *STU3.__path__]))
    assert len(extra) == 13
    assert all(name.startswith("MedicinalProduct") or name.endswith(("Synthesis", "Specification")) for name in extra)


def test_every_type_that_is_read_is_a_type_and_an_abstract_one_is_none():
    assert KINDS <= TYPES
    assert not ABSTRACT & TYPES
