"""The article's naive rule: each task, in turn, to the least loaded pool that can run it, as early as it fits.

Load is the share of a pool's capacity over the horizon that is already taken, on its fullest
resource. Costs are not looked at. A baseline to compare with, not a method to use.
"""

from __future__ import annotations

import numpy as np

from leptonopt.building import topological
from leptonopt.mending import mend
from leptonopt.placing import Guide, Placing
from leptonopt.pricing import NEVER, Blocks, free_bound
from leptonopt.problem import (
    UNLIMITED,
    Limits,
    Monitor,
    Problem,
    Schedule,
    Solution,
    Status,
    Stop,
    broken_rules,
    objective,
)


def solve(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
    """One pass over the tasks in their order; the warm start is not looked at.

    Optional tasks run wherever they fit. Tasks that must run and found no place push others out.
    """
    engine = f"numpy {np.__version__}"
    blocks = Blocks(problem)
    bound = free_bound(problem, blocks.least)
    if bound is None:
        note = "a task that must run has no start at which it fits the capacity alone"
        return Solution(Status.INFEASIBLE, Stop.PROOF, engine=engine, note=note)
    monitor.bound(bound)
    guide = Guide.true(problem, blocks)
    placing = Placing(problem)
    loads = _Loads(placing)
    for group in topological(placing):
        while placing.missing[group] > 0 and (found := _next(placing, loads, guide.order[group])):
            option, start = found
            count = min(placing.missing[group], max(1, placing.room(option, start)))
            placing.put(option, start, count)
            loads.add(option, count)
    if placing.unplaced():
        mend(placing, guide, 20 * max(20, min(200, len(placing.unplaced()))), limits.seed, monitor)
    if left := len(placing.unplaced()):
        note = f"{left} groups of tasks that must run found no place"
        return Solution(Status.UNKNOWN, Stop.DONE, bound=bound, engine=engine, note=note)
    schedule = placing.schedule()
    if broken_rules(problem, schedule):
        return Solution(Status.UNKNOWN, Stop.FAILED, bound=bound, engine=engine, note="a rule was broken")
    monitor.incumbent(schedule, objective(problem, schedule))
    return Solution(Status.FEASIBLE, Stop.DONE, schedule, bound, engine)


class _Loads:
    """Taken share of every row over the horizon."""

    def __init__(self, placing: Placing) -> None:
        problem = placing.problem
        self.shape = placing.shape
        limited = problem.capacity < UNLIMITED
        room = np.where(limited, problem.capacity, 0).astype(float).sum(axis=1)
        self.room = np.where(limited.any(axis=1) & (room > 0), room, np.inf).tolist()
        self.used = [0.0] * len(self.room)

    def of(self, option: int) -> float:
        """Load of the fullest row that an option would use."""
        return max((self.used[row] / self.room[row] for row, _ in self.shape.demands[option]), default=0.0)

    def add(self, option: int, count: int) -> None:
        for row, amount in self.shape.demands[option]:
            self.used[row] += float(amount) * self.shape.duration[option] * count


def _next(placing: Placing, loads: _Loads, options: list[int]) -> tuple[int, int] | None:
    """The first feasible start on the least loaded pool; within a pool the option that ends first."""
    best, found = (float("inf"), NEVER), None
    for option in sorted(options):
        load = loads.of(option)
        low, high = placing.window(option)
        if load > best[0] or low > high:
            continue
        fits = placing.fitting(option, low, high)
        at = 0 if fits is None else int(fits.argmax())
        end = low + at + placing.shape.duration[option]
        if (fits is None or fits[at]) and (load, end) < best:
            best, found = (load, end), (option, low + at)
    return found
