"""Dispatching rules for lateness.

Apparent tardiness cost, earliest due date, weighted shortest processing time. Tasks are inserted one by one in the
order of the rule, each where it costs least, lateness included; see `heuristics.due_date_rules` for the rules and their
sources. Baselines.
"""

from __future__ import annotations

from collections.abc import Sequence

from leptonopt.algorithms.heuristics.dispatch_rules import DispatchRule, dispatch
from leptonopt.algorithms.heuristics.due_date_rules import (
    LOOK_AHEAD,
    DueDates,
    Floats,
    apparent_tardiness_cost,
    earliest_due_date,
    weighted_shortest_processing,
)
from leptonopt.algorithms.heuristics.partial_schedule import Column, PartialSchedule
from leptonopt.algorithms.lagrangian.cost_guide import CostGuide
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Monitor, Solution, Status
from leptonopt.problem.schedule import Schedule, objective


def apparent_tardiness(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
    """Return the best of one pass for each look-ahead; the warm start is ignored."""
    dates, best, least = DueDates.of(problem), None, 0
    for look_ahead in LOOK_AHEAD:
        found = _dispatched(problem, limits, monitor, apparent_tardiness_cost(dates, look_ahead))
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
    """Place the tasks in one pass, by due date; the warm start is ignored."""
    return _dispatched(problem, limits, monitor, earliest_due_date(DueDates.of(problem)))


def weighted_shortest(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
    """Place the tasks in one pass, by cost of lateness over processing time; the warm start is ignored."""
    return _dispatched(problem, limits, monitor, weighted_shortest_processing(DueDates.of(problem)))


def _dispatched(problem: Problem, limits: Limits, monitor: Monitor, rank: Floats) -> Solution:
    """Run one pass in an order of ranks, float64, shape (G,)."""
    return dispatch(problem, limits, monitor, lambda placing, guide: RankedRule(placing, guide, rank))


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
