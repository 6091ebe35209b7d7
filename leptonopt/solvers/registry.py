"""Registry of solvers: the name of a method, the module that implements it, and how to load it.

A method is one function over `Problem`; see `leptonopt.problem.problem`. To add one, write
`solve(problem, warm_start, limits, monitor) -> Solution` and add a `MethodInfo` here, or pass the function itself as
`method` to `leptonopt.solve`. No solver imports another one; the registry alone knows them all, by name.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module

from leptonopt.errors import UsageError, did_you_mean
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Monitor, Solution, Status, Stop
from leptonopt.problem.schedule import Schedule

Method = Callable[[Problem, Schedule | None, Limits, Monitor], Solution]
OWN = "numpy"  # the package of methods that call no foreign engine
STATES_ALL = ("highs", "cbc", "cpsat")  # modules whose models state all rules of nodes, or refuse by themselves
SHARED = ("large-scale", "lns-parallel")  # methods whose work the workers of an executor can take part in
FORMER_NAMES = {
    "spread": "lns-parallel",
    "knapsacks": "assignment",
    "deadline-first": "earliest-deadline",
    "cheapest-first": "cheapest-option",
    "scale": "large-scale",
    "scale-prices": "large-scale-prices",
    "scale-stages": "large-scale-stages",
}  # former names, which every place that takes a method still accepts
SHORT_NAMES = {"scip": "pulp:SCIP_PY"}  # of solvers that PuLP reaches where an extra of this name is installed
AUTO = "chooses among these by measured size, and runs bound and search side by side"


@dataclass(frozen=True)
class MethodInfo:
    """One method: where its function is, and what a user should know before choosing it.

    Attributes
    ----------
    name : name of the command line and of results
    module, function : where it is, in `leptonopt.solvers`
    kind : heuristic, baseline, bound or exact
    what : one line for `leptonopt methods`
    package : the package that computes; its version is stated in results
    isolated : runs in a process of its own, as methods do that call foreign solvers or take long
    """

    name: str
    module: str
    function: str
    kind: str
    what: str
    package: str = OWN
    isolated: bool = True


_METHODS = (
    MethodInfo(
        "greedy",
        "greedy",
        "solve",
        "heuristic",
        "places tasks one by one at their cheapest start, then repairs; the baseline",
        isolated=False,
    ),
    MethodInfo(
        "least-loaded",
        "dispatching",
        "least_loaded",
        "baseline",
        "the article's rule: each task to the least loaded pool",
        isolated=False,
    ),
    MethodInfo(
        "earliest-deadline",
        "dispatching",
        "earliest_deadline",
        "baseline",
        "earliest deadline first, each task where it ends first: schedulers that know no prices",
        isolated=False,
    ),
    MethodInfo(
        "cheapest-option",
        "dispatching",
        "cheapest_option",
        "baseline",
        "each task takes its cheapest option as early as it fits: brokers without a time axis",
        isolated=False,
    ),
    MethodInfo(
        "apparent-tardiness-cost",
        "dispatching",
        "apparent_tardiness",
        "baseline",
        "dispatching rule for weighted lateness (Vepsalainen and Morton 1987), at five look-aheads",
        isolated=False,
    ),
    MethodInfo(
        "earliest-due-date",
        "dispatching",
        "earliest_due",
        "baseline",
        "each task at its cheapest start, by due date",
        isolated=False,
    ),
    MethodInfo(
        "weighted-shortest-processing",
        "dispatching",
        "weighted_shortest",
        "baseline",
        "each task at its cheapest start, by cost of lateness over processing time (Smith 1956)",
        isolated=False,
    ),
    MethodInfo(
        "random-key",
        "random_key",
        "solve",
        "baseline",
        "genetic search over orders of tasks: metaheuristics that know only a decoder",
    ),
    MethodInfo(
        "cpsat-intervals",
        "cpsat",
        "on_intervals",
        "baseline",
        "CP-SAT on the interval model of the textbooks, prices looked up by start",
        "ortools",
    ),
    MethodInfo("lagrangian", "lagrangian", "solve", "bound", "prices on capacity: a proven lower bound, no plan"),
    MethodInfo(
        "large-scale",
        "large_scale",
        "solve",
        "heuristic",
        "very many tasks: prices, placement in stages by them, annealing, ejection; with a proven bound",
    ),
    MethodInfo(
        "large-scale-prices",
        "large_scale",
        "bound",
        "bound",
        "the first stage of large-scale alone: prices on capacity, a proven lower bound",
    ),
    MethodInfo(
        "large-scale-stages", "large_scale", "stages", "heuristic", "large-scale without annealing and ejection"
    ),
    MethodInfo(
        "ruin-and-recreate",
        "ruin_and_recreate",
        "solve",
        "heuristic",
        "servers, each on or off: construction, ejection pool, ruin and recreate over all nodes at once",
    ),
    MethodInfo(
        "segments",
        "segments",
        "solve",
        "heuristic",
        "tasks in segments: shortest paths over slots and work, ruin and recreate",
    ),
    MethodInfo(
        "penalty-search",
        "compiled_search",
        "solve",
        "heuristic",
        "compiled ruin and recreate under penalties on quotas; first plans under budgets",
    ),
    MethodInfo(
        "order-descent",
        "compiled_search",
        "descend_orders",
        "heuristic",
        "compiled descent over orders of tasks by insertions and swaps; weighted lateness",
    ),
    MethodInfo(
        "services",
        "services",
        "solve",
        "heuristic",
        "services alone: programs over replica counts, then together at prices; a proof where they fit",
    ),
    MethodInfo("lns", "lns", "solve", "heuristic", "large neighbourhood search with exact subproblems", "ortools"),
    MethodInfo("cpsat", "cpsat", "solve", "exact", "OR-Tools CP-SAT on the time-indexed model", "ortools"),
    MethodInfo("highs", "highs", "solve", "exact", "HiGHS through highspy on the time-indexed model", "highspy"),
    MethodInfo(
        "sos-branching",
        "sos_branching",
        "solve",
        "exact",
        "branch and bound on sets of columns, by relaxations of the time-indexed model; few large tasks",
        "highspy",
    ),
    MethodInfo(
        "assignment",
        "assignment",
        "solve",
        "exact",
        "branch and bound over knapsacks: generalised assignment, facility location",
    ),
    MethodInfo(
        "branch-and-bound",
        "branch_and_bound",
        "solve",
        "exact",
        "depth-first branch and bound without an engine, for a few tasks",
        isolated=False,
    ),
    MethodInfo("cbc", "cbc", "solve", "exact", "CBC through PuLP on the time-indexed model", "pulp"),
    MethodInfo(
        "lns-parallel",
        "lns_parallel",
        "solve",
        "heuristic",
        "lns with its neighbourhoods on several processes, or on the workers of a cluster",
        "ortools",
    ),
)
TABLE = {entry.name: entry for entry in _METHODS}


def current_name(name: str) -> str:
    """Return the present name of a method that may be given by its former or its short one."""
    return SHORT_NAMES.get(name) or FORMER_NAMES.get(name, name)


def renamed_note(name: str) -> str:
    """Return the line that states the present name of a method.

    Empty where the name given is the present one.
    """
    return f"method {name} is now called {FORMER_NAMES[name]}" if name in FORMER_NAMES else ""


def lookup(name: str) -> MethodInfo:
    """Return the entry of a method by its present, former or short name.

    `pulp:NAME` reaches any solver that PuLP can call. Raises `UsageError` for an unknown name.
    """
    name = current_name(name)
    if name.startswith("pulp:"):
        return MethodInfo(name, "cbc", f"solver:{name[5:]}", "exact", f"{name[5:]} through PuLP", "pulp")
    if (entry := TABLE.get(name)) is None:
        known = ("auto", *TABLE, *SHORT_NAMES, "pulp:NAME")
        raise UsageError(f"there is no method {name!r}; {did_you_mean(name, known) or 'known are ' + ', '.join(known)}")
    return entry


def dispatching_rules() -> list[MethodInfo]:
    """Return the baselines that place every task once: they take little time, and run in this process."""
    return [entry for entry in _METHODS if entry.kind == "baseline" and not entry.isolated]


def require_available(name: str) -> MethodInfo:
    """Return the entry of a name that a user gave.

    Raises `UsageError` also where PuLP reaches no such solver.
    """
    entry = lookup(name)
    if entry.name.startswith("pulp:"):
        pulp_cbc = import_module("leptonopt.solvers.cbc")
        if pulp_cbc.available_solvers(entry.name[5:]) == []:
            extra = f"; pip install 'leptonopt[{name}]'" if name in SHORT_NAMES else ""
            raise UsageError(pulp_cbc.unavailable_message(entry.name[5:]) + extra)
    return entry


def load_method(name: str) -> Method:
    """Import the module of a method and return its function."""
    entry = lookup(name)
    module = import_module(f"leptonopt.solvers.{entry.module}")
    if entry.function.startswith("solver:"):
        through_pulp: Method = module.solver(entry.function[7:])
        return through_pulp
    function: Method = getattr(module, entry.function)
    return function if entry.module in STATES_ALL else _for_plain_nodes(function, entry.name)


@cache
def _for_plain_nodes(function: Method, name: str) -> Method:
    """Return a method that refuses by name what only exact models state of nodes."""
    return partial(_on_plain_nodes, function, name)


def _on_plain_nodes(
    function: Method, name: str, problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor
) -> Solution:
    """Run a method, except where nodes have a least load or a time off."""
    if problem.nodes.restrained:
        note = f"{name} cannot express a least load or a time off of nodes; ask for {', '.join(STATES_ALL)}"
        return Solution(Status.UNKNOWN, Stop.FAILED, note=note)
    return function(problem, warm_start, limits, monitor)


def shared(name: str, executor: Executor) -> Method:
    """Return the function of a method of `SHARED` that uses the workers of an executor."""
    function: Method = import_module(f"leptonopt.solvers.{lookup(name).module}").on(executor)
    return function
