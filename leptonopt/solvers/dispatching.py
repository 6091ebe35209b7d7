"""Dispatching rules as methods: tasks are inserted one by one, each where a rule decides. Baselines.

Least loaded pool, earliest deadline and cheapest option are what platforms do without an optimiser. Apparent tardiness
cost, earliest due date and weighted shortest processing time are rules for lateness: each task goes where it costs
least, lateness included; see `heuristics.due_date_rules` for their sources. Warm starts are ignored.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from leptonopt.algorithms.heuristics.dispatch_rules import DispatchRule, dispatch
from leptonopt.algorithms.heuristics.due_date_rules import (
    LOOK_AHEAD,
    DueDates,
    apparent_tardiness_cost,
    earliest_due_date,
    weighted_shortest_processing,
)
from leptonopt.algorithms.heuristics.partial_schedule import Column, PartialSchedule
from leptonopt.algorithms.lagrangian.cost_guide import CostGuide
from leptonopt.algorithms.lagrangian.pricing import INFEASIBLE_COST
from leptonopt.problem.arrays import Floats
from leptonopt.problem.problem import UNLIMITED, Problem
from leptonopt.problem.protocol import Limits, Monitor, Solution, Status
from leptonopt.problem.schedule import Schedule, objective


def least_loaded(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
    """Place the tasks in one pass, each on the least loaded pool: the article's naive rule."""
    return dispatch(problem, limits, monitor, LeastLoaded)


def earliest_deadline(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
    """Place the tasks in one pass, by deadline, each where it ends first."""
    return dispatch(problem, limits, monitor, DeadlineFirst)


def cheapest_option(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
    """Place the tasks in one pass, in their order, each in its cheapest option that has room."""
    return dispatch(problem, limits, monitor, CheapestFirst)


def apparent_tardiness(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
    """Return the best of one pass for each look-ahead."""
    dates, best, least = DueDates.of(problem), None, 0
    for look_ahead in LOOK_AHEAD:
        found = _ranked(problem, limits, monitor, apparent_tardiness_cost(dates, look_ahead))
        if found.status is Status.INFEASIBLE:
            return found
        cost = 0 if found.schedule is None else objective(problem, found.schedule)
        if best is None or (found.schedule is not None and (best.schedule is None or cost < least)):
            best, least = found, cost
        if monitor.should_stop():
            break
    assert best is not None
    return best


def earliest_due(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
    """Place the tasks in one pass, by due date."""
    return _ranked(problem, limits, monitor, earliest_due_date(DueDates.of(problem)))


def weighted_shortest(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
    """Place the tasks in one pass, by cost of lateness over processing time."""
    return _ranked(problem, limits, monitor, weighted_shortest_processing(DueDates.of(problem)))


def _ranked(problem: Problem, limits: Limits, monitor: Monitor, rank: Floats) -> Solution:
    """Run one pass in an order of ranks, float64, shape (G,)."""
    return dispatch(problem, limits, monitor, lambda placing, guide: RankedRule(placing, guide, rank))


class LeastLoaded(DispatchRule):
    """Keep the taken share of every row over the horizon; costs are not looked at."""

    def __init__(self, placing: PartialSchedule, guide: CostGuide) -> None:
        super().__init__(placing, guide)
        problem = placing.problem
        limited = problem.capacity < UNLIMITED
        room = np.where(limited, problem.capacity, 0).astype(float).sum(axis=1)
        self.room = np.where(limited.any(axis=1) & (room > 0), room, np.inf).tolist()
        self.used = [0.0] * len(self.room)

    def load(self, option: int) -> float:
        """Return the load of the fullest row that an option would use."""
        return max((self.used[row] / self.room[row] for row, _ in self.placing.shape.demands[option]), default=0.0)

    def put(self, option: int, start: int, count: int) -> None:
        """Add to the load."""
        for row, amount in self.placing.shape.demands[option]:
            self.used[row] += float(amount) * self.placing.shape.duration[option] * count

    def choose(self, group: int) -> Column | None:
        """Return the first feasible start on the least loaded pool; in a pool the option that ends first."""
        best, found = (float("inf"), INFEASIBLE_COST), None
        for option in sorted(self.guide.order[group]):
            load = self.load(option)
            if load <= best[0] and (start := self.first_start(option)) is not None:
                end = start + self.placing.shape.duration[option]
                if (load, end) < best:
                    best, found = (load, end), (option, start)
        return found


class DeadlineFirst(DispatchRule):
    """Order groups by their deadline, and their starts by end; costs only break ties between options.

    What a cluster scheduler that knows deadlines and no prices does (Liu & Layland 1973, doi:10.1145/321738.321743,
    carried over to devices and options). A due date with a price on lateness counts as the deadline where there is one.
    """

    def rank(self) -> Sequence[float]:
        """Return the deadline, or the due date where it comes first."""
        problem = self.placing.problem
        latest = np.zeros(problem.groups, np.int64)
        np.maximum.at(latest, problem.group, problem.last + problem.duration)
        due = np.where(problem.late_once > 0, problem.late_after, latest)
        slope = problem.late_slope > 0
        due = np.where(slope, np.minimum(due, problem.late_base // np.maximum(problem.late_slope, 1)), due)
        ranks: list[float] = np.minimum(latest, due).astype(float).tolist()
        return ranks

    def choose(self, group: int) -> Column | None:
        """Return the option and start that end first."""
        found = self.placing.earliest_column(group, self.guide)
        return None if found is None else (found[1], found[2])


class CheapestFirst(DispatchRule):
    """Order options by cost, and starts by time.

    What a broker does that compares offers task by task and has no time axis.
    """

    def choose(self, group: int) -> Column | None:
        """Return the earliest feasible start of the cheapest option that has one."""
        for option in self.guide.order[group]:
            if (start := self.first_start(option)) is not None:
                return option, start
        return None


class RankedRule(DispatchRule):
    """Insert groups by given ranks, each at its cheapest start."""

    def __init__(self, placing: PartialSchedule, guide: CostGuide, rank: Floats) -> None:
        super().__init__(placing, guide)
        self.given: list[float] = rank.tolist()

    def rank(self) -> Sequence[float]:
        """Return the given ranks."""
        return self.given

    def choose(self, group: int) -> Column | None:
        """Return the cheapest feasible column, lateness and nodes included."""
        found = self.placing.cheapest_column(group, self.guide)
        return None if found is None else (found[1], found[2])
