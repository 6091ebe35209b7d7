"""One run: a case, a method, a seed and limits, solved in its own process; and its record.

A line holds all that tables and curves need, so that nothing is ever solved twice. Its key is made from the
content of the instance, the method (the source of one that a researcher brings), the options and the versions
of what computes: when one of these changes the run is another one.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import importlib.util
import inspect
import json
import os
import platform
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from leptonopt.errors import LeptonoptError, UsageError
from leptonopt.experiments.cases import Case, digest
from leptonopt.runtime import child_process as children
from leptonopt.runtime.deadline import Stopwatch
from leptonopt.solvers import registry as methods

PROGRAM = __name__
PACKAGES = ("numpy", "scipy", "ortools", "pulp")
FORMER = {new: old for old, new in methods.FORMER_NAMES.items()}  # in keys: runs kept under these names stay done
PATIENCE = 60.0  # seconds beyond twice the limit after which a run is killed
Line = dict[str, Any]


@dataclass(frozen=True)
class Options:
    """The options of every run of a comparison."""

    time_limit: float = 60.0
    gap: float = 0.0
    threads: int = 1
    deterministic: bool = False


@dataclass(frozen=True)
class Method:
    """A method under the name it has in tables.

    Attributes
    ----------
    solver : the name in `leptonopt methods`; empty for a researcher's function
    where, source : the place of a researcher's function, and the hash of its file
    """

    name: str
    solver: str = ""
    where: str = ""
    source: str = ""


def method_of(given: str | Callable[..., Any], name: str | None = None) -> Method:
    """Return a method: one of the table, `auto`, `pulp:NAME`, or a function over `Problem`.

    The function is given itself or as `file.py:name`. Raises `UsageError` when there is none of that name, or when
    another process could not find the function.
    """
    if callable(given):
        file, called = inspect.getsourcefile(given), given.__qualname__
        if file is None or "<" in called or not Path(file).is_file():
            raise UsageError(f"the method {called} is no function of a module or a script, where each run finds it")
        module = given.__module__
        home = module if "." in module else Path(file).resolve()  # __main__ and what lies beside it: by its file
        return Method(name or given.__name__, "", f"{home}:{called}", _digest(Path(file)))
    where, mark, called = given.rpartition(":")
    if given == "auto":
        return Method(name or given, given)
    if where == "pulp" or not mark:
        solver = methods.require_available(given).name
        return Method(name or solver, solver)
    path = Path(where)
    if not path.is_file():
        raise UsageError(f"{where}: there is no such file with a method {called!r}; allowed is FILE.py:NAME")
    where = f"{path.resolve()}:{called}"
    if why := _unloadable(where):
        raise UsageError(why)
    return Method(name or called, "", where, _digest(path))


def _unloadable(where: str) -> str:
    """Return why another process cannot load a method; empty where it can, or where it ends itself."""
    words = children.python_command(PROGRAM, where, also=_path(where))
    with children.start_process(words, stdout=children.PIPE) as process:
        out, _ = process.communicate()
    with contextlib.suppress(ValueError):
        return str(json.loads(out))
    return ""


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def _function(where: str) -> Callable[..., Any]:
    """Return the function at MODULE:NAME or FILE.py:NAME; raises `UsageError` where there is none."""
    home, _, called = where.rpartition(":")
    try:
        if home.endswith(".py"):
            spec = importlib.util.spec_from_file_location("leptonopt_method", home)
            assert spec
            assert spec.loader
            module = importlib.util.module_from_spec(spec)
            sys.modules.setdefault(module.__name__, module)
            spec.loader.exec_module(module)
        else:
            module = importlib.import_module(home)
        found = getattr(module, called)
    except (Exception, SystemExit) as error:
        raise UsageError(f"{where}: the method cannot be loaded: {type(error).__name__}: {error}") from None
    if not callable(found):
        raise UsageError(f"{where}: is no function")
    made: Callable[..., Any] = found
    return made


def versions() -> dict[str, str]:
    """Return the versions of the packages that compute."""
    from leptonopt import __version__

    found = {"leptonopt": __version__, "python": platform.python_version()}
    for package in PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            found[package] = version(package)
    return found


def machine() -> dict[str, Any]:
    """Return the machine: processor, cores, memory, system."""
    name, memory = platform.processor() or platform.machine(), None
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        name = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), name)
    with contextlib.suppress(ValueError, OSError, AttributeError):
        memory = round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    return {"processor": name, "cores": os.cpu_count(), "memory_gib": memory, "system": platform.system()}


def spec_of(case: Case, method: Method, seed: int, options: Options) -> Line:
    """Return all that a process needs for a run, and its key."""
    settings = {
        "method": method.name,
        "source": method.source,
        "seed": seed,
        "time_limit": options.time_limit,
        "gap": options.gap,
        "threads": options.threads,
        "deterministic": options.deterministic,
    }
    found = versions()
    key_fields = settings if method.source else {**settings, "method": FORMER.get(method.name, method.name)}
    if method.solver not in ("", method.name):
        key_fields["solver"] = FORMER.get(method.solver, method.solver)
    return {
        "key": digest({"instance": case.sha256, **key_fields, "versions": found}),
        "instance": {"name": case.name, "family": case.family, "sha256": case.sha256, "tasks": case.tasks},
        "file": {"path": str(case.path.resolve()), "format": case.format, "params": dict(case.params)},
        "best_known": case.best,
        "solver": method.solver,
        "where": method.where,
        "path": _path(method.where),
        "versions": found,
        **settings,
    }


def run(spec: Mapping[str, Any]) -> tuple[Line, Line | None]:
    """Run a spec in a process of its own; return its line, and the plan document if any.

    Whatever happens to that process, the line says it. May be called in any process on any machine that
    reaches the instance's file.
    """
    watch = Stopwatch()
    limit = 2 * spec["time_limit"] + PATIENCE
    pipe = children.PIPE
    words = children.python_command(PROGRAM, also=spec["path"])
    process = children.start_process(words, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True)
    _living.add(process)
    try:
        out, errors = process.communicate(json.dumps(spec).encode(), timeout=limit)
        answer = json.loads(out)
    except children.ChildTimeout:
        answer = {"error": f"killed after {limit:.0f} seconds without an answer"}
    except ValueError:
        last = errors.decode(errors="replace").strip().splitlines()[-1:] or ["no message"]
        answer = {"error": f"ended with exit code {process.returncode}: {last[0]}"}
    finally:
        process.kill()
        process.communicate()
        _living.discard(process)
    plan = answer.pop("plan", None)
    return _line(spec, answer, watch.seconds()), plan


def failed(spec: Mapping[str, Any], why: str) -> Line:
    """Return the line of a run that ended every worker it was sent to."""
    return _line(spec, {"error": f"no worker came to an end with it: {why}"}, 0.0)


def _line(spec: Mapping[str, Any], answer: Line, wall: float) -> Line:
    kept = {name: value for name, value in spec.items() if name not in ("path", "file", "where", "solver")}
    return {"leptonopt_run": 1, **kept, **answer, "wall": round(wall, 3)}


def _path(where: str) -> list[str]:
    """Return the module path of a user's method: its own folder, and the path of this process."""
    home, _, _ = where.rpartition(":")
    if not home:
        return []
    own = [str(Path(home).parent)] if home.endswith(".py") else []
    return [*own, *(os.path.abspath(entry) for entry in sys.path)]


_living: set[children.Process] = set()


def kill() -> None:
    """End all runs that go on in this process, without their lines."""
    for process in list(_living):
        process.kill()


def main() -> None:
    """Run as the process of a run: a spec on standard input, the answer on standard output.

    With a method as argument only whether it can be loaded: the answer is why not, or nothing.
    """
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a method prints must not reach the answer
    answer: Line | str = ""
    try:
        if where := "".join(sys.argv[1:]):
            _function(where)
        else:
            answer = _answer(json.load(sys.stdin))
    except LeptonoptError as error:
        answer = str(error) if where else {"error": str(error)}
    json.dump(answer, out)
    out.flush()
    os._exit(0)


def _answer(spec: Line) -> Line:
    from leptonopt.session.solve import solve

    result = solve(
        spec["file"]["path"],
        format=spec["file"]["format"],
        params=spec["file"]["params"],
        method=_function(spec["where"]) if spec["where"] else spec["solver"],
        time_limit=spec["time_limit"],
        gap=spec["gap"],
        threads=spec["threads"],
        seed=spec["seed"],
        deterministic=spec["deterministic"],
    )
    return {
        "status": str(result.status),
        "stop": str(result.stop),
        "cost": _text(result.cost),
        "bound": _text(result.bound),
        "engines": result.document["made"]["engines"],
        "by": result.document["proof"]["by"],
        "seconds": result.document["made"]["seconds"],
        "notes": list(result.notes),
        "machine": machine(),
        "trace": [[round(at, 4), _float(cost), _float(bound)] for at, cost, bound in result.trace],
        "plan": result.document if result.plan is not None else None,
    }


def _text(value: Fraction | None) -> str | None:
    return None if value is None else str(value)


def _float(value: Fraction | None) -> float | None:
    return None if value is None else float(value)
