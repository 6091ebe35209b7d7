"""Dispatching rules: groups are inserted one by one in an order, each where a rule decides.

Nothing is improved afterwards. Optional groups run wherever they fit. Mandatory groups that do not fit eject others
(`heuristics.ejection_pool`), so that rules are compared by their cost and not by luck.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from leptonopt.algorithms.heuristics.ejection_pool import repair_by_ejection
from leptonopt.algorithms.heuristics.insertion import precedence_order
from leptonopt.algorithms.heuristics.partial_schedule import Column, PartialSchedule
from leptonopt.algorithms.lagrangian.cost_guide import CostGuide
from leptonopt.algorithms.lagrangian.pricing import BlockPricer, infeasible_solution, uncapacitated_bound
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Monitor, NullMonitor, Solution, Status, Stop
from leptonopt.problem.schedule import objective, with_node_schedule

OFTEN = 64  # groups between two checks of the time


class DispatchRule:
    """Dispatching rule: an order of groups, and a column for each. The base keeps the given order."""

    def __init__(self, placing: PartialSchedule, guide: CostGuide) -> None:
        self.placing, self.guide = placing, guide

    def rank(self) -> Sequence[float]:
        """Return the rank of each group, least first."""
        return [0.0] * self.placing.problem.groups

    def choose(self, group: int) -> Column | None:
        """Return the column of the group's next copy; None if it fits nowhere."""
        raise NotImplementedError

    def put(self, option: int, start: int, count: int) -> None:
        """Record inserted copies."""

    def first_start(self, option: int) -> int | None:
        """Return the earliest feasible start of an option; None without one."""
        low, high = self.placing.start_window(option)
        if low > high:
            return None
        fits = self.placing.feasible_starts(option, low, high)
        at = 0 if fits is None else int(fits.argmax())
        return low + at if fits is None or fits[at] else None


def dispatch(
    problem: Problem, limits: Limits, monitor: Monitor, rule: Callable[[PartialSchedule, CostGuide], DispatchRule]
) -> Solution:
    """Run one pass of a rule; the bound is the uncapacitated one."""
    engine = f"numpy {np.__version__}"
    blocks = BlockPricer(problem)
    bound = uncapacitated_bound(problem, blocks.least)
    if bound is None:
        return infeasible_solution(engine)
    monitor.bound(bound)
    guide = CostGuide.true(problem, blocks)
    placing, deadline = PartialSchedule(problem), limits.deciding()

    def over() -> bool:
        return monitor.should_stop() or deadline.expired()

    ruled = rule(placing, guide)
    for turn, group in enumerate(precedence_order(placing, ruled.rank())):
        if turn % OFTEN == OFTEN - 1 and over():
            note = "the time limit ended while tasks were placed"
            return Solution(Status.UNKNOWN, Stop.LIMIT, bound=bound, engine=engine, note=note)
        while placing.missing[group] > 0 and (found := ruled.choose(group)):
            option, start = found
            count = min(placing.missing[group], max(1, placing.max_copies(option, start)))
            placing.insert(option, start, count)
            ruled.put(option, start, count)
    if placing.unplaced():
        tries = 20 * max(20, min(200, len(placing.unplaced())))
        repair_by_ejection(placing, guide, tries, limits.seed, NullMonitor(over))
    if left := len(placing.unplaced()):
        note = f"{left} groups of mandatory tasks found no place"
        return Solution(Status.UNKNOWN, Stop.DONE, bound=bound, engine=engine, note=note)
    schedule = with_node_schedule(problem, placing.schedule())
    if broken := violated_rules(problem, schedule):
        note = f"the schedule breaks {', '.join(sorted(broken))}"
        return Solution(Status.UNKNOWN, Stop.DONE, bound=bound, engine=engine, note=note)
    monitor.incumbent(schedule, objective(problem, schedule))
    return Solution(Status.FEASIBLE, Stop.DONE, schedule, bound, engine)
