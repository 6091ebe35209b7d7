"""The architecture of the package: allowed edges between packages, doors of foreign packages, no circles.

Every import counts, also inside functions and under `TYPE_CHECKING`, and so do module names inside strings.
Nothing is implied: an edge that is not listed is forbidden. The last tests plant breaches and demand that each is found.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2] / "leptonopt"

BASE = {"errors", "instance", "problem", "runtime"}
ALLOWED = {
    "": {
        "errors",
        "instance",
        "io",
        "plan",
        "session",
        "infeasibility",
        "experiments",
        "decisions",
    },  # the public names, loaded lazily
    "__main__": {"errors", "runtime", "io", "cli"},
    "errors": set(),
    "verify": set(),
    "problem": {"runtime"},
    "instance": {"errors", "runtime"},
    "runtime": {"", "errors"},
    "io": {"errors", "instance", "runtime"},
    "compile": {"errors", "instance", "problem", "runtime"},
    "algorithms": set(),
    "algorithms.models": {"errors", "problem", "runtime"},
    "algorithms.lagrangian": {"problem", "runtime", "algorithms.models"},
    "algorithms.assignment": {"problem", "runtime"},
    "algorithms.single_nodes": {"problem", "runtime"},
    "algorithms.branch_and_bound": {"problem", "algorithms.models"},
    "algorithms.heuristics": {"problem", "runtime", "algorithms.lagrangian"},
    "algorithms.services": {"problem", "runtime", "algorithms.models", "algorithms.lagrangian"},
    "algorithms.lns": {
        "problem",
        "runtime",
        "algorithms.models",
        "algorithms.lagrangian",
        "algorithms.heuristics",
    },
    "algorithms.large_scale": {"problem", "runtime", "algorithms.lagrangian"},
    "solvers": {
        "",
        "errors",
        "problem",
        "runtime",
        "algorithms.models",
        "algorithms.lagrangian",
        "algorithms.assignment",
        "algorithms.branch_and_bound",
        "algorithms.heuristics",
        "algorithms.single_nodes",
        "algorithms.lns",
        "algorithms.large_scale",
        "algorithms.services",
    },
    "integrations": {"errors", "instance", "io", "runtime"},
    "execution": {"errors", "instance", "integrations", "plan", "runtime"},  # it reads the entries of plans
    "plan": {"errors", "instance", "problem", "runtime", "compile", "io"},
    "replanning": {"errors", "instance", "problem", "compile", "plan"},  # it rewrites arrays
    # An answer is a comparison of the plans of two solves; the checker prices later deadlines.
    "decisions": {"errors", "instance", "compile", "plan", "runtime", "session", "replanning", "verify"},
    "server": {"", "errors", "instance", "io", "plan", "runtime", "solvers", "session", "decisions", "experiments"},
    "simulation": {  # a simulation plans, plans again, carries out, and has its histories checked
        "errors",
        "instance",
        "problem",
        "compile",
        "plan",
        "session",
        "replanning",
    },
    "measurement": {"", "errors", "io", "plan"},  # its picture is drawn as those of plans are
    "confirm": {"verify"},
    "session": BASE
    | {
        "",
        "io",
        "compile",
        "plan",
        "verify",
        "confirm",
        "solvers",
        "algorithms.models",
        "algorithms.lagrangian",
        "algorithms.assignment",
        "algorithms.single_nodes",
        "algorithms.heuristics",
        "algorithms.lns",
        "algorithms.large_scale",
        "algorithms.services",
    },
    "infeasibility": BASE | {"compile", "plan", "solvers", "algorithms.models", "session"},
    "experiments": (BASE - {"problem"}) | {"", "io", "plan", "verify", "solvers", "session"},
    "cli": BASE
    | {
        "",
        "io",
        "compile",
        "plan",
        "verify",
        "solvers",
        "session",
        "infeasibility",
        "integrations",
        "execution",
        "replanning",
        "decisions",
        "simulation",
        "measurement",
        "server",
        "experiments",
        "algorithms.models",
    },
}
DOORS = {
    "scipy": {
        "algorithms.lagrangian.relaxation",
        "algorithms.models.regions",
        "algorithms.models.farkas",
        "experiments.statistics",
        "experiments.figures",
        "algorithms.models.time_indexed",
        "algorithms.models.scenario_program",
        "algorithms.services.integer_program",
    },
    "onnx": {"measurement.measure", "measurement.pruning", "measurement.variants"},
    "onnxruntime": {"measurement.measure", "measurement.variants"},
    "highspy": {"solvers.branching_program", "solvers.highs_program"},
    "ortools": {"solvers.cpsat", "algorithms.models.cpsat_call", "confirm.solve"},
    "pulp": {"solvers.cbc"},
    "matplotlib": {
        "plan.picture",
        "plan.plan",
        "decisions.plot_front",
        "measurement.plot_variants",
        "plan.plot",
        "plan.plot_schedule",
        "plan.plot_services",
        "plan.plot_load",
        "plan.plot_cost",
        "experiments.schedule_diff",
        "experiments.figures",
        "simulation.plot_serving",
    },
    "yaml": {"io.native.yaml_reader", "execution.manifests"},
    "pydantic": {
        "instance.pools",
        "instance.tasks",
        "instance.data",
        "instance.quotas",
        "instance.services",
        "instance.savings",
        "instance.scenarios",
        "instance.instance",
        "instance.fields",
        "instance.messages",
        "instance.rewriting",
        "instance.setups",
        "instance.validation",
        "replanning.state",
        "simulation.noise",
        "server.messages",
    },
    "fastapi": {"server.app", "server.errors"},
    "starlette": {"server.errors", "server.guard"},
    "uvicorn": {"cli.serve"},
    "sqlite3": {"server.store", "execution.store"},
    "typer": {"cli.app", "cli.options", "cli.results"},
    "rich": {"plan.report", "plan.report_explanation", "plan.diff_report"},
    "pandas": {"plan.plan"},
    "numba": {"runtime.jit"},
    "distributed": {"runtime.dask"},
    "pyarrow": {"io.columnar"},
    "subprocess": {"runtime.child_process"},
    "multiprocessing": {"runtime.child_process"},
    "importlib": {
        "",
        "solvers.registry",
        "solvers.selftest",
        "integrations.sources",
        "solvers.mip_run",
        "io.load",
        "io.native.text",
        "experiments.run",
        "cli.app",
        "cli.methods",
        "cli.schema",
        "server.app",
        "runtime.child_process",
    },
}
# Programs of this package that a module starts in another process, by name: no import, and no edge of a circle.
BASES = {"solvers.mip_run", "solvers.highs_program", "solvers"}  # modules of `solvers` that serve several methods
PROGRAMS = {("runtime.jit_cache", "cli.jit_warmup"), ("solvers.sos_branching", "solvers.branching_program")}
AT_ROOT = {"", "__main__", "errors"}
DOTTED = re.compile(r"^leptonopt(\.\w+)+$")


def sources() -> dict[str, str]:
    """The text of every module of the package by its name without the leading `leptonopt.`."""
    return {
        ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix("__init__").rstrip("."): file.read_text(
            encoding="utf-8"
        )
        for file in ROOT.rglob("*.py")
    }


def package_of(module: str) -> str:
    """The package a module belongs to; inside `algorithms` its sub-package."""
    parts = module.split(".")
    return ".".join(parts[:2]) if parts[0] == "algorithms" else parts[0]


@cache
def _nodes(text: str) -> list[ast.AST]:
    """The nodes of a module that name another module."""
    return [node for node in ast.walk(ast.parse(text)) if _names_a_module(node)]


def _names_a_module(node: ast.AST) -> bool:
    """Whether a node is an import, a dotted name in a string, or a call that hides an import."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and bool(DOTTED.match(node.value))
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id == "__import__"
    return isinstance(node, ast.Import | ast.ImportFrom)


def imports_of(module: str, text: str, modules: set[str]) -> Iterator[str]:
    """Names of modules that a module imports or names in a string."""
    for node in _nodes(text):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                yield "a relative import"
                continue
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full.removeprefix("leptonopt.") in modules else str(node.module)
        elif isinstance(node, ast.Constant):
            name = str(node.value)
            while name.removeprefix("leptonopt.") not in modules and name.count(".") > 1:
                name = name.rpartition(".")[0]
            if name.removeprefix("leptonopt.") in modules:
                yield name
        else:
            yield "importlib"


def breaches(texts: dict[str, str]) -> list[str]:
    """Everything in these modules that the architecture forbids, one line each."""
    modules, found = set(texts), []
    graph: dict[str, set[str]] = {}
    for module, text in texts.items():
        home = package_of(module)
        if home not in ALLOWED:
            found.append(f"{module}: the package {home} is not listed")
            continue
        if "." not in module and module not in AT_ROOT and not any(other.startswith(f"{module}.") for other in modules):
            found.append(f"{module}: a module at the root; it belongs into a package")
        graph[module] = set()
        for name in imports_of(module, text, modules):
            first = name.split(".")[0]
            if first != "leptonopt":
                if first in DOORS and module not in DOORS[first]:
                    found.append(f"{module} imports {first}; its doors are {', '.join(sorted(DOORS[first])) or 'none'}")
                if name == "a relative import":
                    found.append(f"{module}: {name}")
                if home == "verify" and first not in sys.stdlib_module_names:
                    found.append(f"{module} imports {first}; the checker uses the standard library alone")
                continue
            other = name.removeprefix("leptonopt").lstrip(".")
            if (module, other) in PROGRAMS:
                continue
            graph[module].add(other)
            if package_of(other) != home and package_of(other) not in ALLOWED[home]:
                found.append(f"{module} imports {other}; not allowed from {home} to {package_of(other)}")
            if home == "solvers" and package_of(other) == "solvers" and not _shared(module, other):
                found.append(f"{module} imports {other}; methods do not know each other")
    return found + _circles(graph)


def _shared(module: str, other: str) -> bool:
    """Whether a module of `solvers` may import another one: the registry knows all, base modules serve all."""
    return module in {"solvers", "solvers.registry", "solvers.selftest"} or other in BASES


def _circles(graph: dict[str, set[str]]) -> list[str]:
    """Return a circle of modules; a package's `__init__` is the package itself, which its modules do not import."""
    lazy_front_door = {"": set[str]()}
    try:
        TopologicalSorter({**graph, **lazy_front_door}).prepare()
    except CycleError as error:
        return [f"circle: {' -> '.join(error.args[1])}"]
    return []


TEXTS = sources()


def test_nothing_breaks_the_architecture() -> None:
    """Edges between packages, doors, names in strings, circles: all as listed."""
    assert breaches(TEXTS) == []


def test_one_clock() -> None:
    """Moments and spans of time are `Deadline` and `Stopwatch`; only their package and a script of its own read it."""
    clocks = re.compile(r"\b(?:monotonic|perf_counter)(?:_ns)?\(")
    readers = {name for name, text in TEXTS.items() if clocks.search(text)}
    assert {name for name in readers if not name.startswith("runtime.")} == {"solvers.highs_program"}


def test_every_listed_package_and_door_exists() -> None:
    """The lists hold nothing that is gone."""
    homes = {package_of(module) for module in TEXTS}
    assert set(ALLOWED) <= homes | {"algorithms"}
    for package, doors in DOORS.items():
        for door in doors:
            used = {name.split(".")[0] for name in imports_of(door, TEXTS[door], set(TEXTS))}
            assert package in used, f"{door} does not import {package}"


def test_every_allowed_edge_is_used() -> None:
    """An edge that nothing uses any more is taken off the list."""
    used: dict[str, set[str]] = {}
    for module, text in TEXTS.items():
        for name in imports_of(module, text, set(TEXTS)):
            if name.split(".")[0] == "leptonopt":
                used.setdefault(package_of(module), set()).add(package_of(name.removeprefix("leptonopt").lstrip(".")))
    unused = {(home, other) for home, others in ALLOWED.items() for other in others - used.get(home, set())}
    assert unused - {("", "errors")} == set()


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("problem.problem", "from leptonopt.compile.rows import RowBuilder"),  # upwards
        ("problem.problem", "from leptonopt import session"),  # a package as a name
        ("algorithms.lagrangian.pricing", "import leptonopt.solvers.cpsat as engine"),  # with another name
        ("algorithms.assignment.knapsack", "from leptonopt.algorithms.heuristics import ejection_pool"),  # sideways
        (
            "algorithms.lagrangian.pricing",
            "def f():\n    from leptonopt.algorithms.lns import neighbourhoods",
        ),  # lazily
        ("plan.report", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from leptonopt.cli import app"),
        ("solvers.cpsat", "from leptonopt.solvers.highs import solve"),  # methods know each other
        ("solvers.cpsat", "NEXT = 'leptonopt.session.solve'"),  # a module's name in a string
        ("instance.units", "from importlib import import_module"),  # what hides an import
        ("instance.units", "__import__('leptonopt.session.solve')"),
        ("instance.units", "from . import fields"),  # relative
        ("verify.checker", "import numpy"),  # the checker stands alone
        ("verify.checker", "from leptonopt.instance import units"),
        ("session.portfolio", "import ortools.sat.python.cp_model"),  # beside the door
        ("session.portfolio", "import scipy.sparse"),
        ("session.portfolio", "import subprocess"),
        ("compile.rows", "from pulp import LpProblem"),
        ("helpers", "VALUE = 1"),  # at the root
        ("newcomer.thing", "VALUE = 1"),  # a package that is not listed
        ("errors", "from leptonopt.verify import verify"),
    ],
)
def test_a_planted_breach_is_found(module: str, line: str) -> None:
    """The test itself is tested: each forbidden line, added to a module, is reported."""
    planted = {**TEXTS, module: TEXTS.get(module, "") + "\n" + line + "\n"}
    assert breaches(planted)


def test_a_planted_circle_is_found() -> None:
    """A circle inside one package counts, also when one of its imports is inside a function."""
    first, second = "instance.units", "instance.fields"
    planted = {
        **TEXTS,
        first: TEXTS[first] + "\ndef f():\n    from leptonopt.instance import fields\n",
        second: TEXTS[second] + "\nfrom leptonopt.instance import units\n",
    }
    assert any(line.startswith("circle") for line in breaches(planted))


@pytest.mark.parametrize(
    ("code", "unwanted"),
    [
        ("import leptonopt", {"numpy", "pydantic", "ortools", "pulp", "yaml", "typer", "matplotlib", "numba"}),
        ("import leptonopt.verify", {"numpy", "pydantic", "ortools", "pulp", "yaml", "typer", "matplotlib", "numba"}),
        ("import leptonopt.session.solve", {"ortools", "pulp", "matplotlib", "pandas", "numba", "scipy"}),
    ],
)
def test_nothing_heavy_at_import(code: str, unwanted: set[str]) -> None:
    """Heavy packages load when first needed, not before."""
    script = f"{code}\nimport sys\nprint(*sorted(set(m.split('.')[0] for m in sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT.parent)
    assert not unwanted & set(loaded.stdout.split())


def test_the_architecture_page_lists_the_same_edges() -> None:
    """The table of imports in docs/explanation/architecture.md is `ALLOWED`, but for the root's own modules."""
    page = ROOT.parent / "docs" / "explanation" / "architecture.md"
    rows = re.findall(r"^\| `([\w.]+)` \| [^|]+ \| (.+) \|$", page.read_text(encoding="utf-8"), re.MULTILINE)
    listed = {name: set(re.findall(r"`([\w.]+)`", imports)) for name, imports in rows}
    apart = {"", "__main__", "algorithms"}
    expected = {name: {other or "root" for other in others} for name, others in ALLOWED.items() if name not in apart}
    wrong = [
        f"| `{name}` | JOB | {', '.join(f'`{other}`' for other in sorted(expected.get(name, ()))) or 'nothing'} |"
        for name in sorted(listed.keys() | expected.keys())
        if listed.get(name) != expected.get(name)
    ]
    assert wrong == [], "write these rows into docs/explanation/architecture.md"
