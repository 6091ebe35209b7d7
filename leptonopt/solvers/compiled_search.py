"""Ruin and recreate by compiled kernels, under penalties on quotas and on tasks without a place.

After Schrimpf et al. (2000, doi:10.1006/jcph.1999.6413): some tasks are removed and inserted again where they are
cheapest, and the result is accepted as in simulated annealing. Plans that exceed a quota are crossed on the way. Where
lateness costs, an iterated descent over orders comes first; see `heuristics.job_search`.
"""

from __future__ import annotations

import numpy as np

from leptonopt.algorithms.heuristics import job_search
from leptonopt.algorithms.heuristics.due_date_rules import has_due_dates
from leptonopt.algorithms.heuristics.job_arrays import LIMITS, fits_kernels
from leptonopt.algorithms.heuristics.job_search import JobSearch
from leptonopt.algorithms.heuristics.multistart import MultiStart
from leptonopt.algorithms.lagrangian.guidance import guiding_ascent
from leptonopt.algorithms.lagrangian.pricing import BlockPricer, infeasible_solution, uncapacitated_bound
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Monitor, Solution, Status, Stop
from leptonopt.problem.schedule import Schedule
from leptonopt.runtime import jit
from leptonopt.runtime.jit_cache import JitWarmup

ORDERS = 0.1  # share of the time for the descent over orders, where lateness costs


def solve(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
    """Improve the warm start, or an empty schedule, until the time is up."""
    return _searched(problem, warm_start, limits, monitor, ORDERS if has_due_dates(problem) else 0.0)


def descend_orders(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
    """Search over orders alone, until the time is up."""
    return _searched(problem, warm_start, limits, monitor, 1.0)


def _searched(
    problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor, orders: float
) -> Solution:
    """Run both searches; `orders` is the share of the time for the first."""
    engine, deadline = f"numpy {np.__version__}", limits.start()
    if not fits_kernels(problem):
        note = f"more than {LIMITS.jobs:,} tasks, or too many starts or quotas; large-scale takes these"
        return Solution(Status.UNKNOWN, Stop.FAILED, engine=engine, note=note)
    blocks = BlockPricer(problem)
    bound = uncapacitated_bound(problem, blocks.least)
    if bound is None:
        return infeasible_solution(engine)
    monitor.bound(bound)
    starts = MultiStart(problem, blocks, limits, monitor)
    starts.adopt(warm_start)
    if not _kernels_ready(monitor):
        note = "kernels are not compiled yet: solve again, or run `leptonopt warmup` once"
        return _solution(starts, bound, Stop.FAILED, engine, note)
    search = JobSearch(problem, blocks, limits, starts.should_stop, starts.take)
    if orders < 1:
        ascent = guiding_ascent(problem, blocks, limits, monitor, given=True)
        bound = max(bound, ascent.exact() or bound)
        search.jobs.take_guide(ascent.guide())
    left = limits.effort if limits.deterministic else deadline.left()
    if orders:
        search.search_orders(orders * left, idle=2**62)
    if starts.found is not None:
        search.enter(starts.found)
    if orders < 1:
        search.search_with_penalties((1 - orders) * left)
    starts.adopt(starts.found)
    return _solution(starts, bound, Stop.DONE if limits.deterministic else Stop.LIMIT, engine, "no plan found")


def _kernels_ready(monitor: Monitor) -> bool:
    """Return True once the kernels are compiled, False when the time is up before."""
    kernels = JitWarmup(part=jit.JOBS)
    try:
        return kernels.awaited(monitor.should_stop)
    finally:
        kernels.end()


def _solution(starts: MultiStart, bound: int, stop: Stop, engine: str, note: str) -> Solution:
    """Return what was found, with a note where that is nothing."""
    return Solution.claim(starts.found, starts.cost, bound, stop, engine, note if starts.found is None else "")


def run_all_kernels(problem: Problem) -> None:
    """Call every kernel once on a small problem, so that each is compiled and kept on disk."""
    job_search.run_all_kernels(problem)
