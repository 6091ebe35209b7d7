"""The floors of the house: imports go down only, foreign packages have one door, the checker stands apart."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent / "leptonopt"

FLOORS = [
    {"clock", "graphs", "errors", "units", "files", "numbers", "renting", "errands"},
    {"instance", "problem"},
    {
        "calendar",
        "spot",
        "work",
        "placing",
        "pricing",
        "formulation",
        "rules",
        "children",
        "doubles",
        "milp",
        "dual",
        "packing",
        "knapsacks",
        "intervals",
        "offering",
        "hosting",
        "building",
        "dispatching",
        "mending",
        "starting",
        "stirring",
        "submodel",
        "subintervals",
        "neighbourhoods",
        "freeing",
        "holding",
        "spreading",
        "shards",
        "scale",
    },
    {"compile", "read", "families"},
    {"methods", "confirm"},
    {
        "portfolio",
        "engine",
        "selftest",
        "bill",
        "plan",
        "export",
        "certificate",
        "proofs",
        "signals",
        "result",
        "cluster",
        "companion",
        "asked",
        "source",
        "columnar",
    },
    {"conductor", "known", "answer", "rehearsal"},
    {"report", "plot", "progress", "checking", "explaining", "research"},
    {"cli", "cli_research", "__main__"},
]
DOORS = {
    "ortools": {"methods.cpsat", "submodel", "confirm.solving"},
    "pulp": {"methods.pulp_cbc"},
    "matplotlib": {"plot", "research.curves", "research.schedules"},
    "yaml": {"read.of_yaml", "read.write"},
    "pydantic": {"instance.chunks", "instance.values", "instance.nouns", "instance.documents"},
    "typer": {"cli", "cli_research"},
    "pandas": {"plan"},
    "numba": {"scale.jit"},
    "distributed": {"cluster"},
    "pyarrow": {"columnar.reading"},
}
FREE = {"__init__", "verify"}  # the front door, and the checker, which nothing may hold up


def modules() -> dict[str, set[str]]:
    """Each module with the full names it imports, anywhere in the file."""
    found = {}
    for file in ROOT.rglob("*.py"):
        name = ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        imported: set[str] = set()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{file.name} imports relatively"
                imported |= {f"{node.module}.{alias.name}" for alias in node.names}
        found[name] = imported
    return found


MODULES = modules()


def floor(module: str) -> int:
    """The floor a module lives on, by its first part."""
    return next(at for at, names in enumerate(FLOORS) if module.split(".")[0] in names)


@pytest.mark.parametrize("module", sorted(set(MODULES) - FREE))
def test_imports_go_down_only(module: str) -> None:
    """A module imports only from floors below its own, or its own package."""
    for name in MODULES[module]:
        if name.startswith("leptonopt.") and (home := name.split(".")[1]) not in FREE and home != "__version__":
            same_floor_noun = floor(module) == floor(home) and home in FLOORS[floor(module)]
            assert floor(home) < floor(module) or home == module.split(".")[0] or same_floor_noun, (
                f"{module} imports {name}"
            )


def test_methods_do_not_know_each_other() -> None:
    """Methods know `Problem`, and what lies below it; the table alone knows them."""
    for module in MODULES:
        if module.startswith("methods."):
            assert not [name for name in MODULES[module] if name.startswith("leptonopt.solvers.registry")], module


@pytest.mark.parametrize("package", sorted(DOORS))
def test_each_foreign_package_has_one_door(package: str) -> None:
    """What a package offers is reached through one module only."""
    users = {module for module, names in MODULES.items() if any(name.split(".")[0] == package for name in names)}
    assert users <= DOORS[package]


def test_checker_imports_the_standard_library_only() -> None:
    """The judge borrows nothing from the accused."""
    for module, names in MODULES.items():
        if module.split(".")[0] == "verify":
            foreign = {name for name in names if name.split(".")[0] not in sys.stdlib_module_names}
            assert all(name.startswith("leptonopt.verify") for name in foreign), foreign


@pytest.mark.parametrize(
    ("code", "unwanted"),
    [
        ("import leptonopt", {"numpy", "pydantic", "ortools", "pulp", "yaml", "typer", "matplotlib"}),
        ("import leptonopt.verify", {"numpy", "pydantic", "ortools", "pulp", "yaml", "typer", "matplotlib"}),
        ("import leptonopt.session.solve", {"ortools", "pulp", "matplotlib", "pandas"}),
    ],
)
def test_nothing_heavy_at_import(code: str, unwanted: set[str]) -> None:
    """Heavy packages load when first needed, not before."""
    script = f"{code}\nimport sys\nprint(*sorted(set(m.split('.')[0] for m in sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT.parent)
    assert not unwanted & set(loaded.stdout.split())
