"""Searches by kernels over jobs: iterated descent over orders, and ruin and recreate under penalties.

Both report schedules to a function, which judges them by the rules of the problem. Kernels have to be compiled; see
`leptonopt.runtime.jit`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from leptonopt.algorithms.heuristics.due_date_rules import due_date_orders, has_due_dates
from leptonopt.algorithms.heuristics.job_arrays import JobSet
from leptonopt.algorithms.heuristics.list_scheduling import priority_orders
from leptonopt.algorithms.heuristics.order_descent import LocalOptimum, OrderDescent
from leptonopt.algorithms.heuristics.penalty_search import PenaltySearch, columns_of
from leptonopt.algorithms.lagrangian.pricing import BlockPricer
from leptonopt.problem.arrays import Floats
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits
from leptonopt.problem.schedule import Schedule
from leptonopt.runtime.deadline import Deadline


@dataclass(frozen=True)
class JobSearchTuning:
    """Tuning constants with their units.

    Attributes
    ----------
    idle : descents in a row without a gain after which the search over orders ends
    placed_per_second : jobs placed that count as a second in deterministic mode
    """

    idle: int = 20
    placed_per_second: int = 50_000


TUNING = JobSearchTuning()


class JobSearch:
    """Kernels over the jobs of one problem.

    Attributes
    ----------
    ranks : float64, shape (G,) each, the orders that searches start from
    option, start : int64, shapes (J,), the schedule of least penalised cost so far; option -1 for jobs left out
    """

    def __init__(
        self,
        problem: Problem,
        blocks: BlockPricer,
        limits: Limits,
        over: Callable[[], bool],
        found: Callable[[Schedule], object],
    ) -> None:
        self.limits, self.over, self.found = limits, over, found
        self.jobs = JobSet(problem)
        self.ranks: list[Floats] = [np.array(rank) for rank in priority_orders(problem, blocks)]
        if has_due_dates(problem):
            self.ranks += due_date_orders(problem)
        self.option, self.start = np.full(len(self.jobs.penalty), -1), np.full(len(self.jobs.penalty), -1)

    def enter(self, schedule: Schedule) -> None:
        """Begin with a schedule."""
        self.option, self.start = columns_of(self.jobs, schedule)

    def construct(self) -> None:
        """List the jobs in each order; report the cheapest schedule by cost and penalties on quotas."""
        descent = OrderDescent(self.jobs, self.limits.seed, self.over)
        for rank in self.ranks:
            descent.start([self.jobs.order_of(rank)])
            if self.over():
                break
        if descent.best is not None:
            self._report(descent.best)

    def search_orders(self, seconds: float, idle: int = TUNING.idle) -> None:
        """Run the iterated descent over orders; report the schedule of every better local optimum."""
        deterministic, deadline = self.limits.deterministic, Deadline.never()

        def over() -> bool:
            return self.over() or (not deterministic and deadline.expired())

        descent = OrderDescent(self.jobs, self.limits.seed, over, self._report)
        orders = [self.jobs.order_of(rank) for rank in self.ranks]
        descent.start(orders[:1])  # kernels are loaded now, which takes up to half a second
        deadline = Deadline.after(seconds)
        most = int(seconds * TUNING.placed_per_second) if deterministic else 2**62
        descent.run(orders, most, idle)

    def _report(self, best: LocalOptimum) -> None:
        """Report the schedule of an order, if every job runs that must."""
        self.option, self.start = best.state.option, best.state.start
        if (self.option[self.jobs.arrays.must] >= 0).all():
            self.found(self.jobs.schedule(self.option, self.start))

    def search_with_penalties(self, seconds: float, first: bool = False) -> None:
        """Run ruin and recreate; report every better schedule. With `first`, end at the first one."""
        search = PenaltySearch(self.jobs, self.ranks, self.limits.seed, self.found)
        search.enter(self.option, self.start)
        search.round(0.0, 1)  # kernels are loaded now
        if self.limits.deterministic:
            search.run_steps(seconds, self.over, first)
        else:
            search.run(seconds, self.over, first)
        if math.isfinite(search.best.cost[0]):
            self.option, self.start = search.best.option, search.best.start
        else:
            self.option, self.start = search.option, search.start


def run_all_kernels(problem: Problem) -> None:
    """Call every kernel once on a problem, so that each is compiled and kept on disk."""
    search = JobSearch(problem, BlockPricer(problem), Limits(1.0, deterministic=True), lambda: False, lambda _: None)
    search.search_orders(0.01)
    search.search_with_penalties(0.01)
