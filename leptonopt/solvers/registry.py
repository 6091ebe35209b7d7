"""All methods by name. A method is one function over `Problem`; see `leptonopt.problem.problem`.

To add one, write `solve(problem, warm_start, limits, monitor) -> Solution` and give it a line here,
or pass the function itself as `method` to `leptonopt.solve`.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from importlib import import_module

from leptonopt.errors import UsageError
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Monitor, Solution
from leptonopt.problem.schedule import Schedule

Method = Callable[[Problem, Schedule | None, Limits, Monitor], Solution]
OWN = "numpy"  # the package of methods that call no foreign engine
SHARED = ("scale", "spread")  # methods whose work the workers of an executor can take part in


@dataclass(frozen=True)
class MethodInfo:
    """A line of the table: where the function is, and what a person should know before choosing it.

    `isolated` methods call foreign solvers and run in a process of their own.
    """

    name: str
    module: str
    function: str
    kind: str
    what: str
    isolated: bool = True
    package: str = ""


TABLE = {
    entry.name: entry
    for entry in (
        MethodInfo(
            "greedy",
            "greedy",
            "solve",
            "heuristic",
            "places tasks one by one at their cheapest start, then mends; the baseline",
            False,
            "numpy",
        ),
        MethodInfo(
            "least-loaded",
            "least_loaded",
            "solve",
            "baseline",
            "the article's rule: each task to the least loaded pool",
            False,
            "numpy",
        ),
        MethodInfo(
            "deadline-first",
            "earliest_deadline",
            "solve",
            "baseline",
            "earliest deadline first, each task where it ends first: schedulers that know no prices",
            False,
            "numpy",
        ),
        MethodInfo(
            "cheapest-first",
            "cheapest_option",
            "solve",
            "baseline",
            "each task takes its cheapest option as early as it fits: brokers without a time axis",
            False,
            "numpy",
        ),
        MethodInfo(
            "random-key",
            "random_key",
            "solve",
            "baseline",
            "genetic search over orders of tasks: metaheuristics that know only a decoder",
            True,
            "numpy",
        ),
        MethodInfo(
            "cpsat-intervals",
            "cpsat",
            "on_intervals",
            "baseline",
            "CP-SAT on the interval model of the textbooks, prices looked up by start",
            True,
            "ortools",
        ),
        MethodInfo(
            "lagrangian",
            "lagrangian",
            "solve",
            "bound",
            "prices on capacity: a proven lower bound, no plan",
            True,
            "numpy",
        ),
        MethodInfo(
            "scale",
            "large_scale",
            "solve",
            "heuristic",
            "very many tasks: prices, placement in stages by them, annealing, ejection; with a proven bound",
            True,
            "numpy",
        ),
        MethodInfo(
            "scale-prices",
            "large_scale",
            "bound",
            "bound",
            "the first stage of scale alone: prices on capacity, a proven lower bound",
            True,
            "numpy",
        ),
        MethodInfo(
            "scale-stages",
            "large_scale",
            "stages",
            "heuristic",
            "scale without annealing and ejection",
            True,
            "numpy",
        ),
        MethodInfo(
            "lns", "lns", "solve", "heuristic", "large-neighbourhood search with exact sub-problems", True, "ortools"
        ),
        MethodInfo("cpsat", "cpsat", "solve", "exact", "OR-Tools CP-SAT on the time-indexed model", True, "ortools"),
        MethodInfo(
            "highs",
            "highs",
            "solve",
            "exact",
            "HiGHS through SciPy on the whole time-indexed model",
            True,
            "scipy",
        ),
        MethodInfo(
            "knapsacks",
            "assignment",
            "solve",
            "exact",
            "branch and bound for tasks that go to agents: assignment, facility location",
            True,
            "numpy",
        ),
        MethodInfo("cbc", "cbc", "solve", "exact", "CBC through PuLP on the time-indexed model", True, "pulp"),
        MethodInfo(
            "spread",
            "lns_parallel",
            "solve",
            "heuristic",
            "lns with its neighbourhoods on several processes, or on the workers of a cluster",
            True,
            "ortools",
        ),
    )
}
AUTO = "chooses among these by measured size, and runs bound and search side by side"


def lookup(name: str) -> MethodInfo:
    """The entry of a method's name; `pulp:NAME` reaches any solver that PuLP can call.

    Raises `UsageError` for a name that is not known.
    """
    if name.startswith("pulp:"):
        return MethodInfo(name, "cbc", f"solver:{name[5:]}", "exact", f"{name[5:]} through PuLP", True, "pulp")
    if name not in TABLE:
        raise UsageError(f"there is no method {name!r}; known are auto, {', '.join(TABLE)}, pulp:NAME")
    return TABLE[name]


def require_available(name: str) -> MethodInfo:
    """The entry of a name that somebody has typed; raises `UsageError` also where PuLP reaches no such solver."""
    entry = lookup(name)
    if name.startswith("pulp:"):
        pulp_cbc = import_module("leptonopt.solvers.cbc")
        if pulp_cbc.reached(name[5:]) == []:
            raise UsageError(pulp_cbc.unreached(name[5:]))
    return entry


def load_method(name: str) -> Method:
    """The function of a method, its module loaded now."""
    entry = lookup(name)
    module = import_module(f"leptonopt.solvers.{entry.module}")
    if entry.function.startswith("solver:"):
        made: Method = module.solver(entry.function[7:])
        return made
    found: Method = getattr(module, entry.function)
    return found


def shared(name: str, executor: Executor) -> Method:
    """Return the function of a method of `SHARED` with the workers of an executor."""
    made: Method = import_module(f"leptonopt.solvers.{lookup(name).module}").on(executor)
    return made
