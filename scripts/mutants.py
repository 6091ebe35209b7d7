"""Mutation testing of the formulation and of the checker: small faults are put in, and the tests must notice.

    python scripts/mutants.py                            all mutants of all files
    python scripts/mutants.py --sample 400 --seed 1      some, drawn with a seed
    python scripts/mutants.py --only verify/quotas.py    of one file
    python scripts/mutants.py --list --only rules.py     what would be done

A mutant is one change of the syntax tree: a comparison moved or turned round, an operator exchanged, a number one
up or down, a condition turned round, a call or assignment left out. Each runs in a process forked from one that has
loaded what does not change, against the tests of its file in turn; it is killed by the first that fails, or by time.
What cannot be told from the original by any test is listed in `equivalent_mutants.toml` with the reason, and is not
counted. The run ends with 1 when less than the share asked for (`--least`) is killed.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import importlib
import importlib.abc
import importlib.util
import io
import json
import os
import random
import signal
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
EQUIVALENT = Path(__file__).with_name("equivalent_mutants.toml")
MODEL = ("formulation.py", "rules.py")
FOLDERS = ("verify", "columnar")
FILES = (*MODEL, *(f"{at}/{path.name}" for at in FOLDERS for path in sorted((ROOT / "leptonopt" / at).glob("*.py"))))
COLUMNS = ("verify/arrays.py", "verify/columns.py", "verify/columns_bound.py",
           *(file for file in FILES if file.startswith("columnar/")))  # fmt: skip
READ = (
    ("tests/test_columnar.py", "tests/test_columnar_files.py", "tests/test_columnar_plans.py"),
    ("tests/test_columns.py",),
)
REFUSING = ("tests/test_bad_columns.py",)
CHECKED = ("tests/test_scale.py", "-k", "corrupt or no_plan or false_certificate or any_prices or bad_c or cannot_run")
MADE = (
    "tests/test_scale.py",
    "-k",
    "csv or parquet or generated_columns or from_columns or command_line or not_written",
)
QUICK = "tests/test_killers.py"
MODEL_TESTS = "model or figures or switched_off or strong_rows or columns"
PROOFS = ("verify/bound.py", "verify/offer.py", "verify/prices.py")
REFUSED = ("tests/test_bound.py", "-k", "refused or gap_where")
BROKEN = ("tests/test_verify.py", "tests/test_verify_bill.py", "-k", "break or fingerprint or several_pools or broken")
EXACT = ("tests/test_exact.py", "-k", "rows_left_out or tightest")


def stages(file: str) -> tuple[tuple[str, ...], ...]:
    """The tests for a file's mutants, those first that notice most in the least time."""
    if file in MODEL:
        return (QUICK, "-k", MODEL_TESTS), EXACT
    if file in COLUMNS:
        return *READ, REFUSING, CHECKED, MADE
    if file in PROOFS:
        return (QUICK, "-k", "prove"), REFUSED, (QUICK, "-k", f"not prove and not ({MODEL_TESTS})")
    return (QUICK, "-k", f"not prove and not ({MODEL_TESTS})"), BROKEN, (QUICK, "-k", "prove"), REFUSED


PRELOADED = ("numpy", "scipy.sparse", "scipy.optimize", "pulp", "ortools.sat.python.cp_model", "yaml", "pytest",
             "pydantic", "leptonopt.io.load", "leptonopt.compile.compiler", "leptonopt.plan.document")  # fmt: skip

COMPARE: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
}  # fmt: skip
OPERATOR: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.Pow: ast.Mult,
}  # fmt: skip
SAID = ("__all__", "Row", "Load", "Key", "Line", "Span")  # names and types
NAMES = {"min": "max", "max": "min", "any": "all", "all": "any", "minimum": "maximum", "maximum": "minimum",
         "zeros": "ones", "ones": "zeros", "ceil": "floor"}  # fmt: skip

Change = tuple[str, Callable[[], None], ast.AST]


@dataclass(frozen=True)
class Mutant:
    """One change in a file: the number of the change there, and what it does to which line of which function."""

    file: str
    number: int
    line: int
    where: str
    code: str
    change: str

    def shown(self) -> str:
        """For people."""
        return f"{self.file}:{self.line} {self.where}: {self.change}: {self.code}"


def changes(tree: ast.Module) -> Iterator[tuple[ast.AST, str, str, Callable[[], None]]]:
    """(node, function, what is changed, how to do it) of every change, in a fixed order."""
    where: dict[int, str] = {}

    def name(node: ast.AST, path: tuple[str, ...]) -> None:
        where[id(node)] = ".".join(path)
        own = isinstance(node, ast.FunctionDef | ast.ClassDef)
        for child in ast.iter_child_nodes(node):
            name(child, (*path, node.name) if own else path)  # type: ignore[attr-defined]

    name(tree, ())
    skipped = {id(each) for node in ast.walk(tree) for part in _left_alone(node) for each in ast.walk(part)}
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        for what, do, at in (*((*each, node) for each in _expression(node)), *_statement(node)):
            yield at, where[id(at)], what, do


def _left_alone(node: ast.AST) -> Iterator[ast.AST]:
    """Annotations, decorators, imports, what a module says of itself, and guards against faults of its own."""
    if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation is not None:
        yield node.annotation
    elif isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield from node.decorator_list
        if isinstance(node, ast.FunctionDef) and node.returns is not None:
            yield node.returns
    elif isinstance(node, ast.Import | ast.ImportFrom) or (
        isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in SAID
    ):
        yield node
    elif isinstance(node, ast.keyword) and node.arg == "strict":
        yield node.value
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Subscript):
        yield node.func
    elif isinstance(node, ast.JoinedStr):
        yield from (
            part.format_spec for part in node.values if isinstance(part, ast.FormattedValue) and part.format_spec
        )


def _expression(node: ast.AST) -> Iterator[tuple[str, Callable[[], None]]]:
    match node:
        case ast.Compare(ops=ops):
            for at, op in enumerate(ops):
                for new in COMPARE[type(op)]:
                    yield f"{type(op).__name__} -> {new.__name__}", _set(ops, at, new())
        case ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in OPERATOR:
            if not (isinstance(op, ast.Mod) and isinstance(getattr(node, "left", None), ast.Constant)):
                new_op = OPERATOR[type(op)]
                yield f"{type(op).__name__} -> {new_op.__name__}", _put(node, "op", new_op())
        case ast.BoolOp(op=op):
            new_bool = ast.Or if isinstance(op, ast.And) else ast.And
            yield f"{type(op).__name__} -> {new_bool.__name__}", _put(node, "op", new_bool())
        case ast.UnaryOp(op=ast.Not() | ast.Invert() | ast.USub()):
            yield (
                f"without {type(node.op).__name__}",
                _put(node, "op", ast.UAdd() if isinstance(node.op, ast.USub) else None),
            )
        case ast.Constant(value=bool(value)):
            yield f"{value} -> {not value}", _put(node, "value", not value)
        case ast.Constant(value=int(value)):
            for new_value in (value + 1, value - 1):
                yield f"{value} -> {new_value}", _put(node, "value", new_value)
        case ast.Call(func=ast.Name(id=called)) if called in NAMES:
            yield f"{called} -> {NAMES[called]}", _put(node.func, "id", NAMES[called])
        case ast.Attribute(attr=called, value=ast.Name(id="np")) if called in NAMES:
            yield f"{called} -> {NAMES[called]}", _put(node, "attr", NAMES[called])


def _statement(node: ast.AST) -> Iterator[Change]:
    match node:
        case ast.If() | ast.IfExp() | ast.While():
            yield "condition negated", _put(node, "test", ast.UnaryOp(ast.Not(), node.test)), node.test
        case ast.comprehension(ifs=ifs):
            for at, test in enumerate(ifs):
                yield "condition negated", _set(ifs, at, ast.UnaryOp(ast.Not(), test)), test
                yield "condition left out", _set(ifs, at, ast.Constant(True)), test
    for field in ("body", "orelse"):
        body = getattr(node, field, None)
        for at, each in enumerate(body if isinstance(body, list) else ()):
            documents = isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant)
            held = isinstance(each, ast.Assign) and not isinstance(each.targets[0], ast.Name | ast.Tuple)
            gone = isinstance(each, ast.Expr | ast.AugAssign | ast.Continue | ast.Break | ast.Raise) or held
            if gone and not documents:
                first = ast.unparse(each).split("\n")[0][:60]
                yield f"left out: {first}", _set(body, at, ast.copy_location(ast.Pass(), each)), each


def _set(items: list[Any], at: int, new: Any) -> Callable[[], None]:
    return lambda: items.__setitem__(at, new)


def _put(node: ast.AST, field: str, new: Any) -> Callable[[], None]:
    return lambda: setattr(node, field, new)


def module_of(file: str) -> str:
    """The name of a file's module."""
    return "leptonopt." + file.removesuffix(".py").replace("/", ".").removesuffix(".__init__")


def without_marks(tree: ast.Module) -> ast.Module:
    """The tree with unary operators that were taken away replaced by what they stood before."""

    class Strip(ast.NodeTransformer):
        def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
            self.generic_visit(node)
            return node.operand if node.op is None else node  # type: ignore[redundant-expr]

    made: ast.Module = Strip().visit(tree)
    return ast.fix_missing_locations(made)


def mutants_of(file: str) -> list[Mutant]:
    """All mutants of a file."""
    text = (ROOT / "leptonopt" / file).read_text()
    lines, found = text.splitlines(), []
    for number, (node, where, what, _) in enumerate(changes(ast.parse(text))):
        line = getattr(node, "lineno", 0) or next(
            (each.lineno for each in ast.walk(node) if hasattr(each, "lineno")), 1
        )
        found.append(Mutant(file, number, line, where, lines[line - 1].strip(), what))
    return found


def mutated(mutant: Mutant) -> Any:
    """The code object of the file with the change."""
    path = ROOT / "leptonopt" / mutant.file
    tree = ast.parse(path.read_text())
    for number, (_, _, _, do) in enumerate(changes(tree)):
        if number == mutant.number:
            do()
            break
    return compile(without_marks(tree), str(path), "exec")


class Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads one module from changed code, and all others as ever."""

    def __init__(self, mutant: Mutant) -> None:
        self.name, self.code = module_of(mutant.file), mutated(mutant)
        self.package = mutant.file.endswith("__init__.py")
        self.path = str(ROOT / "leptonopt" / mutant.file)

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:
        if fullname != self.name:
            return None
        where = [str(Path(self.path).parent)] if self.package else None
        return importlib.util.spec_from_file_location(
            fullname, self.path, loader=self, submodule_search_locations=where
        )

    def create_module(self, spec: Any) -> None:
        return None

    def exec_module(self, module: Any) -> None:
        exec(self.code, module.__dict__)


class First:
    """Remembers the first test that fails."""

    def __init__(self) -> None:
        self.failed = ""

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed and not self.failed:
            self.failed = str(report.nodeid)


def judge(mutant: Mutant | None, out: int) -> None:
    """In a child: run the tests, and say which one notices."""
    import pytest

    verdict = {"by": ""}
    try:
        if mutant is not None:
            sys.meta_path.insert(0, Changed(mutant))
        files = [mutant.file] if mutant is not None else [MODEL[0], PROOFS[0], COLUMNS[0]]
        for words in (stage for file in files for stage in stages(file)):
            first = First()
            options = ["-x", "-q", "-m", "not long", "--rootdir", str(ROOT), "-o", "addopts="]
            options += [
                word for name in ("cacheprovider", "xdist", "hypothesispytest") for word in ("-p", f"no:{name}")
            ]
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                code = pytest.main([*words, *options], plugins=[first])
            if code:
                verdict = {"by": first.failed or f"pytest ended with {int(code)}"}
                break
    except BaseException as error:
        verdict = {"by": f"{type(error).__name__} while loading"}
    os.write(out, json.dumps(verdict).encode())
    os._exit(0)


def run(
    todo: list[Mutant | None], workers: int, seconds: float, say: Callable[[Mutant | None, str, float], None]
) -> None:
    """Judge all, so many at a time; `say` hears by what each was killed, empty where it survived."""
    waiting, running = list(reversed(todo)), dict[int, tuple[Mutant | None, int, float]]()
    while waiting or running:
        while waiting and len(running) < workers:
            mutant = waiting.pop()
            inner, outer = os.pipe()
            if (child := os.fork()) == 0:
                os.setsid()
                os.close(inner)
                null = os.open(os.devnull, os.O_WRONLY)
                os.dup2(null, 1)
                os.dup2(null, 2)
                judge(mutant, outer)
            os.close(outer)
            running[child] = mutant, inner, time.monotonic()
        for child, (mutant, pipe, begun) in list(running.items()):
            took = time.monotonic() - begun
            ended, _ = os.waitpid(child, os.WNOHANG)
            if not ended and took <= seconds:
                continue
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child, signal.SIGKILL)
            if not ended:
                os.waitpid(child, 0)
            answer = os.read(pipe, 10_000)
            os.close(pipe)
            del running[child]
            say(mutant, json.loads(answer)["by"] if answer else "time" if not ended else "a crash", took)
        time.sleep(0.01)


def excused() -> Counter[tuple[str, str, str, str]]:
    """Mutants that nothing can tell from the original: file, function, line and change, as often as listed."""
    if not EQUIVALENT.exists():
        return Counter()
    listed = tomllib.loads(EQUIVALENT.read_text()).get("mutant", [])
    return Counter((each["file"], each["where"], each["code"], change) for each in listed for change in each["changes"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", default=FILES, choices=FILES, help="files")
    parser.add_argument("--sample", type=int, help="so many, drawn")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument(
        "--timeout", type=float, default=120.0, help="seconds for one; more is as good as a failed test"
    )
    parser.add_argument("--least", type=float, default=0.95, help="share that must be killed")
    parser.add_argument("--list", action="store_true", help="only say what would be done")
    parser.add_argument("--log", type=Path, help="a file for one line of JSON per mutant, and to go on from")
    chosen = parser.parse_args()
    os.chdir(ROOT)
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    spared, todo, same = excused(), [each for file in chosen.only for each in mutants_of(file)], set[Mutant]()
    for mutant in todo:
        key = mutant.file, mutant.where, mutant.code, mutant.change
        if spared[key]:
            spared[key] -= 1
            same.add(mutant)
    everything = len(todo)
    if chosen.sample is not None and chosen.sample < everything:
        todo = sorted(random.Random(chosen.seed).sample(todo, chosen.sample), key=lambda each: (each.file, each.number))
    drawn = "" if len(todo) == everything else f", drawn from {everything} with seed {chosen.seed}"
    equivalent = sum(mutant in same for mutant in todo)
    todo = [mutant for mutant in todo if mutant not in same]
    if chosen.list:
        for mutant in todo:
            print(mutant.shown())
        print(f"{len(todo)} and {equivalent} equivalent ones of {everything}")
        return 0
    known: dict[tuple[str, str, str, str, int], str] = {}
    if chosen.log and chosen.log.exists():
        for line in chosen.log.read_text().splitlines():
            old = json.loads(line)
            known[old["file"], old["where"], old["code"], old["change"], old["number"]] = old["by"]
    for name in PRELOADED:
        importlib.import_module(name)
    for file in FILES:
        if (name := module_of(file)) in sys.modules:
            raise SystemExit(f"{name} is loaded before it can be changed")
    killed, survivors = Counter[str](), list[Mutant]()

    def say(mutant: Mutant | None, by: str, took: float) -> None:
        if mutant is None:
            if by:
                raise SystemExit(f"the tests fail on what is not changed: {by}")
            return
        if by:
            killed[mutant.file] += 1
        else:
            survivors.append(mutant)
            print("survives:", mutant.shown(), flush=True)
        if chosen.log:
            with chosen.log.open("a") as log:
                log.write(json.dumps({**mutant.__dict__, "by": by, "seconds": round(took, 2)}) + "\n")

    begun, fresh = time.monotonic(), list[Mutant | None]()
    for mutant in todo:
        by = known.get((mutant.file, mutant.where, mutant.code, mutant.change, mutant.number))
        if by:
            killed[mutant.file] += 1
        else:
            fresh.append(mutant)
    run([None], 1, 10 * chosen.timeout, say)
    run(fresh, chosen.workers, chosen.timeout, say)
    total = Counter(mutant.file for mutant in todo)
    for file in total:
        print(f"{file:24} {killed[file]:5} of {total[file]:5} killed  {killed[file] / total[file]:7.2%}")
    share = sum(killed.values()) / len(todo)
    print(f"{sum(killed.values())} of {len(todo)} killed, {share:.2%}{drawn}, {equivalent} equivalent ones aside")
    print(f"{time.monotonic() - begun:.0f} s")
    print("survivors:" if survivors else "no survivors")
    for mutant in survivors:
        print(" ", mutant.shown())
    return 0 if share >= chosen.least else 1


if __name__ == "__main__":
    sys.exit(main())
