"""A file imports only lower floors, and each library has its own door (docs/architecture.md draws the house)."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# The longest prefix that fits a module's name decides.
FLOORS = {
    "cds.errors": 0,
    "cds.clinical": 1,
    "cds.fhir": 2,
    "cds.knowledge": 2,
    "cds.dose": 3,
    "cds.pain": 3,
    "cds.trend": 3,
    "cds.rulekit": 3,
    "cds.engine": 4,
    "cds.facts": 4,
    "cds.grading": 4,
    "cds.cards": 5,
    "cds.rulesheet": 5,
    "rules": 5,
    "cds.bundles": 6,
    "cds.case": 6,
    "cds.assess": 6,
    "cds.verification": 6,
    "hooks": 7,
    "hooks.app": 8,
    "hooks.service": 8,
    "hooks.cli": 8,
    "hooks.commands": 8,
}
HTTP_AND_STORE = {
    "flask",
    "marshmallow",
    "httpx",
    "aiohttp",
    "yarl",
    "sqlalchemy",
    "click",
    "alembic",
    "gunicorn",
    "structlog",
    "authlib",
}
DOORS = {"fhir": ("cds.fhir",), "durable": ("cds.engine", "rules"), "durable_rules_engine": ("cds.engine",)}
DOORS |= dict.fromkeys(HTTP_AND_STORE, ("hooks",))
SOURCES = sorted(path for top in ("cds", "rules", "hooks") for path in (ROOT / top).rglob("*.py"))


def name_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(tree):
    """(module, name) for every import, also the ones inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.module or "", alias.name) for alias in node.names)


def floor(module):
    fitting = [prefix for prefix in FLOORS if module == prefix or module.startswith(f"{prefix}.")]
    return FLOORS[max(fitting, key=len)] if fitting else None


def within(module, prefixes):
    return any(module == prefix or module.startswith(f"{prefix}.") for prefix in prefixes)


def targets(path):
    """What a file imports, a submodule by its own name."""
    for module, name in imports(ast.parse(path.read_text(encoding="utf-8"))):
        whole = f"{module}.{name}"
        place = ROOT / Path(*whole.split("."))
        yield whole if name and (place.with_suffix(".py").exists() or place.is_dir()) else module


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_a_file_imports_only_lower_floors(path):
    own = name_of(path)
    for target in targets(path):
        if target.split(".")[0] not in ("cds", "rules", "hooks") or target == "cds":
            continue
        assert floor(target) is not None, f"{target} has no floor"
        # Within one room (cds.dose, hooks) files know each other.
        same_room = target.split(".")[:2] == own.split(".")[:2] or (floor(own) == floor(target) == 6)
        same_room |= own.startswith("hooks") and target.startswith("hooks") and floor(target) <= floor(own)
        assert same_room or floor(target) < floor(own), f"{own} (floor {floor(own)}) imports {target}"


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_each_library_enters_by_its_own_door(path):
    for target in targets(path):
        doors = DOORS.get(target.split(".")[0])
        assert doors is None or within(name_of(path), doors), f"{name_of(path)} imports {target}"


@pytest.mark.parametrize("path", sorted((ROOT / "rules").glob("*.py")), ids=name_of)
def test_a_rule_knows_durable_s_language_and_the_rule_kit_only(path):
    for target in targets(path):
        assert target in {"durable.lang", "cds.rulekit", "__future__", "collections.abc"}, f"{path.name}: {target}"


@pytest.mark.parametrize("path", [path for path in SOURCES if floor(name_of(path)) in range(7)], ids=name_of)
def test_nothing_below_the_door_reads_a_clock(path):
    clocks = {"now", "utcnow", "today", "time_ns", "monotonic", "perf_counter", "localtime"}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in clocks:
            owner = ast.unparse(node.func.value)
            assert owner not in {"datetime", "date", "time", "datetime.datetime", "datetime.date"}, (
                f"{name_of(path)} line {node.lineno} reads a clock"
            )


def test_no_file_of_the_house_is_without_a_floor():
    assert [name_of(path) for path in SOURCES if floor(name_of(path)) is None and name_of(path) != "cds"] == []
