"""The built wheel, in an environment of its own outside the checkout, is the service."""

import json
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FIXTURE = "pattern/pain_rises_with_each_increase"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    # From a copy of what git would ship, so that nothing of this machine gets in.
    source = tmp_path_factory.mktemp("source")
    for name in ("cds", "rules", "hooks", "fixtures"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__", "*.sqlite3"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, source]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The bin directory of a fresh environment that holds the wheel and borrows its dependencies from this one."""
    place = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place], check=True, timeout=60)
    packages = next(place.glob("lib/python*/site-packages"))
    # A path in a .pth file is searched, but the .pth files in it are not read: the checkout stays out.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    pip = [sys.executable, "-m", "pip", "--python", place / "bin" / "python", "install", "--quiet"]
    subprocess.run([*pip, "--no-deps", "--no-index", wheel], check=True, capture_output=True, timeout=120)
    return place / "bin"


def run(*command, cwd, check=True):
    return subprocess.run(command, cwd=cwd, check=check, capture_output=True, text=True, timeout=120)


def test_the_wheel_ships_three_packages_and_no_test(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"cds", "rules", "hooks"}
    assert f"hooks/fixtures/{FIXTURE}/request.json" in names
    assert [name for name in names if name.startswith("hooks/fixtures/") and name.endswith(".py")] == []


def test_every_data_file_of_the_packages_travels(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    kept = subprocess.run(["git", "ls-files", "cds", "rules", "hooks"], cwd=ROOT, capture_output=True, text=True)
    if kept.returncode == 0:
        present = {name for name in kept.stdout.split("\n") if name and (ROOT / name).exists()}
        assert sorted(present - names) == []


def test_a_fixture_replays_from_outside_the_checkout(installed, tmp_path):
    where = run(installed / "python", "-c", "import cds, rules, hooks; print(cds.__file__)", cwd=tmp_path).stdout
    assert str(installed.parent) in where
    shipped = next(installed.parent.glob("lib/python*/site-packages/hooks/fixtures"))
    result = run(installed / "oih-cds", "replay", shipped / FIXTURE, cwd=tmp_path)
    assert "1 passed, 0 failed" in result.stdout


def test_assess_reads_standard_input_there(installed, tmp_path):
    request = (ROOT / "fixtures" / FIXTURE / "request.json").read_bytes()
    done = subprocess.run(
        [installed / "oih-cds", "assess", "-"], input=request, cwd=tmp_path, capture_output=True, timeout=60
    )
    assert json.loads(done.stdout)["patient"] == "rises-with-each-increase"


def test_somebody_else_s_rules_are_refused_aloud(installed, tmp_path):
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "__init__.py").write_text("")
    code = "import sys; sys.path.insert(0, '.'); from hooks.cli import main; main(['replay'])"
    done = run(installed / "python", "-c", code, cwd=tmp_path, check=False)
    assert done.returncode == 1
    assert "another distribution" in done.stderr
    assert "Traceback" not in done.stderr
