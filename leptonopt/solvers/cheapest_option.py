"""Cheapest option first: each task in turn takes its option of lowest price, as early as it fits.

What a broker does that compares offers task by task and has no time axis: the option is chosen by what it
costs at its cheapest, and only when it has no room left the next one. A baseline.
"""

from __future__ import annotations

from leptonopt.algorithms.heuristics.dispatch_rules import DispatchRule, dispatch
from leptonopt.algorithms.heuristics.partial_schedule import Column
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Monitor, Solution
from leptonopt.problem.schedule import Schedule


def solve(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
    """Place the tasks in one pass, in their order; the warm start is ignored."""
    return dispatch(problem, limits, monitor, CheapestFirst)


class CheapestFirst(DispatchRule):
    """Order options by cost, and starts by time."""

    def choose(self, group: int) -> Column | None:
        """Return the earliest feasible start of the cheapest option that has one."""
        for option in self.guide.order[group]:
            low, high = self.placing.start_window(option)
            if low > high:
                continue
            fits = self.placing.feasible_starts(option, low, high)
            at = 0 if fits is None else int(fits.argmax())
            if fits is None or fits[at]:
                return option, low + at
        return None
