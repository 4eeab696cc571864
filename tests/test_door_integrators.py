"""What docs/integrators.md tells an integrator is what the service does."""

import re
from pathlib import Path

from hooks import issuers
from hooks.scopes import Reach, reach
from hooks.services import all_services
from hooks.settings import PREFIX, Settings
from hooks.templates import all_templates

PAGE = (Path(__file__).parent.parent / "docs" / "integrators.md").read_text()


def test_the_table_of_keys_is_that_of_the_templates(knowledge):
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| ([\w ]*?) ?\| `(patient/\w+\.read)` \|$", PAGE, re.MULTILINE)
    templates = all_templates(knowledge, Settings())
    assert [(key, kind) for key, kind, _, _ in rows] == [(key, each.kind) for key, each in templates.items()]
    for key, _, _, scope in rows:
        assert reach(scope, templates[key].kind, search=templates[key].parameters is not None) is Reach.FULL
    assert [key for key, _, needed, _ in rows if needed == "yes"] == ["patient", "pain"]


def test_every_service_is_described():
    assert re.findall(r"^\| `(oih-[\w-]+)` \| ([\w-]+) \|", PAGE, re.MULTILINE) == [
        ("oih-patient-view", "patient-view"),
        ("oih-order-select", "order-select"),
        ("oih-order-sign", "order-sign"),
    ]
    assert set(re.findall(r"`(oih-[a-z-]+)`", PAGE)) == set(all_services())


def test_the_issuer_file_of_the_page_is_taken(tmp_path):
    path = tmp_path / "issuers.toml"
    path.write_text(re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)[1])
    found = issuers.load(Settings(issuers=path, public_url="https://cds.example.org/oih"))
    assert [(each.jku is None, len(each.keys), each.fhir_version) for each in found.values()] == [
        (False, 0, "R4"),
        (True, 1, "STU3"),
    ]


def test_every_setting_that_the_page_names_exists():
    named = set(re.findall(rf"{PREFIX}(\w+)", PAGE))
    assert named
    assert {name.lower() for name in named} <= set(Settings.model_fields)
