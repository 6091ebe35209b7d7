"""Tasks in segments: construction by shortest paths, prices on capacity, ruin and recreate by them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from leptonopt.algorithms.heuristics.chain_search import ChainSearch, whole_start
from leptonopt.algorithms.lagrangian.path_dual import PathDual
from leptonopt.algorithms.lagrangian.pricing import infeasible_solution
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Monitor, Solution, Status, Stop
from leptonopt.problem.schedule import Schedule
from leptonopt.runtime.deadline import Stopwatch


@dataclass(frozen=True)
class SegmentsSettings:
    """Shares of the effort.

    Attributes
    ----------
    first : share of the time for a schedule of whole tasks to start from
    repairs : steps of ruin and recreate for a first schedule, where the construction placed not every task
    prices : share of the time after which prices on capacity end
    rounds : rounds of prices at most
    counting : share of the time for a proof that there is too much work in all, where no schedule was found
    counted : nonzeros of a relaxation for which that is tried: 0.1 s of CPU time
    steps, slow_rounds : steps of ruin and recreate, and rounds of prices, for each second of the limit, where the clock
        must not decide
    """

    first: float = 0.1
    repairs: int = 200
    prices: float = 0.35
    rounds: int = 200
    counting: float = 0.1
    counted: int = 200_000
    steps: int = 20
    slow_rounds: int = 2


SETTINGS = SegmentsSettings()


def solve(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
    """Return the best schedule of the search; it takes problems without segments, too."""
    watch, engine = Stopwatch(), f"numpy {np.__version__}"
    search, dual = ChainSearch(problem, monitor, limits.seed), PathDual(problem)
    search.start(warm_start or monitor.best() or _first(problem, limits))

    def spent(share: float) -> bool:
        late = not limits.deterministic and watch.seconds() > share * limits.time_limit
        return late or monitor.should_stop() or (search.found is not None and search.cost == dual.best)

    def cost() -> int | None:
        return None if search.found is None else search.cost

    slow = int(SETTINGS.slow_rounds * limits.effort) + 1
    dual.ascend(lambda: spent(SETTINGS.prices), slow if limits.deterministic else SETTINGS.rounds, cost)
    if dual.impossible:
        return infeasible_solution(engine)
    assert dual.best is not None
    monitor.bound(dual.best)
    search.price = dual.best_price
    search.improve(lambda: spent(1.0), int(SETTINGS.steps * limits.effort) if limits.deterministic else None)
    return _said(search, dual.best, Stop.DONE if limits.deterministic else Stop.LIMIT, engine)


def baseline(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
    """Return a first schedule, and the bound without capacity; what other methods start from.

    Where there is none, too much work in all may be proven.
    """
    engine, dual = f"numpy {np.__version__}", PathDual(problem)
    dual.evaluate()
    if dual.impossible or dual.best is None:
        return infeasible_solution(engine)
    monitor.bound(dual.best)
    search = ChainSearch(problem, monitor, limits.seed)
    search.start(warm_start or _first(problem, limits))
    if search.found is None and _too_much_work(problem, limits):
        note = "there is too much work in all, by multipliers of the linear relaxation"
        return Solution(Status.INFEASIBLE, Stop.PROOF, engine=engine, note=note)
    search.improve(lambda: search.found is not None, SETTINGS.repairs)
    return _said(search, dual.best, Stop.DONE, engine)


def _first(problem: Problem, limits: Limits) -> Schedule | None:
    """Return a schedule of whole tasks, in a share of the time."""
    return whole_start(problem, replace(limits, time_limit=SETTINGS.first * limits.time_limit, deadline=None))


def _said(search: ChainSearch, bound: int, stop: Stop, engine: str) -> Solution:
    """Return what was found."""
    note = "" if search.found is not None else "some mandatory task found no place"
    return Solution.claim(search.found, search.cost, bound, stop, engine, note)


def _too_much_work(problem: Problem, limits: Limits) -> bool:
    """Return whether there is proven to be too much work in all."""
    from leptonopt.algorithms.models.farkas import prove_infeasible  # loads SciPy, which takes a second

    return prove_infeasible(problem, SETTINGS.counting * limits.time_limit, SETTINGS.counted) is not None
