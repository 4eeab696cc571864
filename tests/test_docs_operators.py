"""The operators' page lists every setting, and the container files name only settings that exist."""

import re
from pathlib import Path

import yaml

from hooks.settings import PREFIX, Settings, reference

ROOT = Path(__file__).parent.parent


def test_the_operators_page_ends_with_the_settings_as_they_are():
    assert (ROOT / "docs/operators.md").read_text().endswith(reference())


def test_every_setting_that_a_text_names_exists():
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    for name in ("docs/operators.md", "docs/integrators.md", "README.md", "compose.yaml", "Containerfile"):
        named = set(re.findall(rf"{PREFIX}[A-Z_]+[A-Z]", (ROOT / name).read_text()))
        assert named <= known, name


def test_the_compose_file_refuses_to_start_without_its_secrets():
    service = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["service"]
    for name in ("OIH_CDS_SECRET_KEY", "OIH_CDS_PUBLIC_URL"):
        assert ":?" in service["environment"][name]
    assert service["read_only"] is True


def test_the_container_installs_from_the_lock_with_hashes():
    text = (ROOT / "Containerfile").read_text()
    assert "--require-hashes" in text
    assert "USER oih-cds" in text
