"""The article's naive rule: each task to the least loaded pool, as early as it fits.

Load is the share of a pool's capacity over the horizon that is already taken, on its fullest
resource. Costs are not looked at. A baseline to compare with, not a method to use.
"""

from __future__ import annotations

import numpy as np

from leptonopt.algorithms.heuristics.dispatch_rules import DispatchRule, dispatch
from leptonopt.algorithms.heuristics.partial_schedule import Column, PartialSchedule
from leptonopt.algorithms.lagrangian.cost_guide import CostGuide
from leptonopt.algorithms.lagrangian.pricing import INFEASIBLE_COST
from leptonopt.problem.problem import UNLIMITED, Problem
from leptonopt.problem.protocol import Limits, Monitor, Solution
from leptonopt.problem.schedule import Schedule


def solve(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
    """Place the tasks in one pass, in their order; the warm start is ignored."""
    return dispatch(problem, limits, monitor, LeastLoaded)


class LeastLoaded(DispatchRule):
    """Keeps the taken share of every row over the horizon."""

    def __init__(self, placing: PartialSchedule, guide: CostGuide) -> None:
        super().__init__(placing, guide)
        problem = placing.problem
        limited = problem.capacity < UNLIMITED
        room = np.where(limited, problem.capacity, 0).astype(float).sum(axis=1)
        self.room = np.where(limited.any(axis=1) & (room > 0), room, np.inf).tolist()
        self.used = [0.0] * len(self.room)

    def load(self, option: int) -> float:
        """Load of the fullest row that an option would use."""
        return max((self.used[row] / self.room[row] for row, _ in self.placing.shape.demands[option]), default=0.0)

    def put(self, option: int, start: int, count: int) -> None:
        """Adds to the load."""
        for row, amount in self.placing.shape.demands[option]:
            self.used[row] += float(amount) * self.placing.shape.duration[option] * count

    def choose(self, group: int) -> Column | None:
        """Return the first feasible start on the least loaded pool; in a pool the option that ends first."""
        best, found = (float("inf"), INFEASIBLE_COST), None
        for option in sorted(self.guide.order[group]):
            load = self.load(option)
            low, high = self.placing.start_window(option)
            if load > best[0] or low > high:
                continue
            fits = self.placing.feasible_starts(option, low, high)
            at = 0 if fits is None else int(fits.argmax())
            end = low + at + self.placing.shape.duration[option]
            if (fits is None or fits[at]) and (load, end) < best:
                best, found = (load, end), (option, low + at)
        return found
