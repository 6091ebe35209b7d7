"""The shape of the package: modules, sizes, and the tests beside them. Each list of exceptions may only shrink."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import leptonopt

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "leptonopt"
LONGEST_FILE = 450  # lines
LONGEST_FUNCTION = 60  # lines, docstring included
USUAL_FUNCTION, MANY_LONGER = 40, 10  # lines, and how many functions may have more

EXCEPTIONS = ROOT / "tests" / "properties" / "exceptions"  # a name a line; see `python tests/properties/shrink.py`
APART = {"algorithms/large_scale/test_pipeline.py"}  # the stages of `large-scale` together


def listed(name: str) -> set[str]:
    """Return the names of a list of exceptions."""
    return set((EXCEPTIONS / f"{name}.txt").read_text(encoding="utf-8").split())


def modules() -> list[Path]:
    """Return all modules of the package."""
    return sorted(path for path in PACKAGE.rglob("*.py") if "__pycache__" not in path.parts)


def name_of(path: Path) -> str:
    """Return the name of a module relative to the package, such as `compile.rows`."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


def test_file_of(path: Path) -> Path:
    """Return where the unit tests of a module belong."""
    inside = path.relative_to(PACKAGE)
    return ROOT / "tests" / "unit" / inside.parent / f"test_{inside.name}"


test_file_of.__test__ = False  # type: ignore[attr-defined]


def functions(tree: ast.AST, inside: str = "") -> Iterator[tuple[str, int]]:
    """Yield name and number of lines of every function, methods with their class."""
    for node in ast.iter_child_nodes(tree):
        name = f"{inside}{getattr(node, 'name', '')}"
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            yield name, node.end_lineno - node.lineno + 1
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield from functions(node, f"{name}.")


def long_functions(limit: int = LONGEST_FUNCTION) -> set[str]:
    """Return all functions above the limit as `module:function`."""
    return {
        f"{name_of(path)}:{name}"
        for path in modules()
        for name, lines in functions(ast.parse(path.read_text(encoding="utf-8")))
        if lines > limit
    }


def long_files() -> set[str]:
    """Return all modules above the limit."""
    return {name_of(path) for path in modules() if len(path.read_text(encoding="utf-8").splitlines()) > LONGEST_FILE}


def untested() -> set[str]:
    """Return all modules without a test file of their own, packages and entry points aside."""
    apart = {"__init__.py", "__main__.py"}
    return {name_of(path) for path in modules() if path.name not in apart and not test_file_of(path).exists()}


FOUND = {"files": long_files, "functions": long_functions, "untested": untested}


def test_the_root_holds_only_what_users_import() -> None:
    """The root of the package has `__init__`, `__main__` and `errors`, nothing else."""
    assert {path.stem for path in PACKAGE.glob("*.py")} == {"__init__", "__main__", "errors"}


@pytest.mark.parametrize("name", ["files", "functions", "untested"])
def test_exceptions_only_shrink(name: str) -> None:
    """No new exception appears, and one that is mended leaves its list."""
    now, allowed = FOUND[name](), listed(name)
    assert now - allowed == set(), "new exceptions: split the code, or write its test file"
    assert allowed - now == set(), "mended: remove these, or run `python tests/properties/shrink.py`"


def test_few_functions_are_long() -> None:
    """No more than ten functions have over forty lines."""
    assert len(longer := long_functions(USUAL_FUNCTION)) <= MANY_LONGER, sorted(longer)


def test_test_files_mirror_modules() -> None:
    """Each file under tests/unit has the name of a module, or of a package whose modules it tests together."""
    unit = ROOT / "tests" / "unit"
    for test in unit.rglob("test_*.py"):
        place = PACKAGE / test.relative_to(unit).parent
        name = test.stem.removeprefix("test_")
        if test.relative_to(unit).as_posix() in APART:
            continue
        assert (place / f"{name}.py").exists() or (place / name).is_dir() or name == place.name, test.relative_to(ROOT)


def test_functions_are_measured_with_their_class() -> None:
    """The measure itself: methods, nested functions and lines."""
    tree = ast.parse("class A:\n    def f(self):\n        def g():\n            pass\n        return g\n")
    assert list(functions(tree)) == [("A.f", 4), ("A.f.g", 2)]


def test_no_public_name_is_that_of_a_package() -> None:
    """A package that is imported becomes an attribute of `leptonopt`; it must not hide a function of the same name."""
    packages = {each.name for each in PACKAGE.iterdir() if each.is_dir()}
    assert not packages & set(leptonopt.__all__)


def test_slow_tests_exist() -> None:
    """Every id in `slow.txt` names a function of a file."""
    lines = (ROOT / "tests" / "slow.txt").read_text(encoding="utf-8").splitlines()
    for line in lines:
        if not line.startswith("#"):
            file, _, name = line.partition("::")
            text = (ROOT / file).read_text(encoding="utf-8")
            assert f"\ndef {name.partition('[')[0]}(" in text, line
