"""Plan services by programs over replica counts, each by itself, then together.

Tasks, where there are some, stay as the warm start has them, or are inserted around the services.
"""

from __future__ import annotations

import numpy as np

from leptonopt.algorithms.heuristics.completion import complete
from leptonopt.algorithms.services.construction import Planner
from leptonopt.algorithms.services.fixed_replicas import around, joined
from leptonopt.errors import OutOfTime
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Monitor, Solution, Status, Stop
from leptonopt.problem.replicas import undecided
from leptonopt.problem.schedule import Schedule, objective
from leptonopt.problem.services import ReplicaSchedule
from leptonopt.runtime.clock import time_limited


def solve(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
    """Return a schedule of services and tasks, and a bound where there are no tasks."""
    engine = f"numpy {np.__version__}"
    if not len(problem.services):
        return Solution(Status.UNKNOWN, Stop.FAILED, engine=engine, note="services: the problem has none")
    if why := undecided(problem):
        return Solution(Status.UNKNOWN, Stop.FAILED, engine=engine, note=why)
    search = _Search(problem, warm_start, limits, monitor)
    deadline = limits.start()
    try:
        with time_limited(deadline.until, "services were planned", monitor.should_stop):
            search.run()
        stop = Stop.DONE
    except OutOfTime:
        stop = Stop.LIMIT if deadline.expired() else Stop.INTERRUPT
    return search.solution(engine, stop)


class _Search:
    """One run: the best schedule and the bound."""

    def __init__(self, problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> None:
        self.problem, self.limits, self.monitor = problem, limits, monitor
        self.planner = Planner(problem)
        self.best, self.cost, self.lower = None, None, None
        self.infeasible = False
        if warm_start is not None:
            self.take(warm_start)

    best: Schedule | None
    cost: int | None
    lower: int | None

    def run(self) -> None:
        """Plan the services by themselves, then together."""
        parts = self.planner.alone()
        if parts.impossible:
            self.infeasible = True
            return
        if not self.problem.groups and all(bound is not None for bound in parts.bounds):
            self.lower = sum(bound for bound in parts.bounds if bound is not None) + self.problem.nodes.least_cost
            self.monitor.bound(self.lower)
        if (on := self.planner.together(parts.on)) is not None and (replicas := self.planner.schedule(on)) is not None:
            self.propose(replicas)

    def propose(self, replicas: ReplicaSchedule) -> None:
        """Take replicas with the tasks around them."""
        if (alone := around(self.problem, replicas)) is None:
            return
        tasks = complete(alone, Schedule.of([], []), self.limits, self.monitor) if alone.groups else Schedule.of([], [])
        if tasks is not None:
            self.take(joined(self.problem, tasks, replicas))

    def take(self, schedule: Schedule) -> None:
        """Take a schedule that keeps all rules and is better."""
        if violated_rules(self.problem, schedule):
            return
        cost = objective(self.problem, schedule)
        if self.cost is None or cost < self.cost:
            self.best, self.cost = schedule, cost
            self.monitor.incumbent(schedule, cost)

    def solution(self, engine: str, stop: Stop) -> Solution:
        """Return what was found and proven."""
        if self.infeasible:
            return Solution(Status.INFEASIBLE, Stop.PROOF, engine=engine)
        if self.best is None:
            return Solution(Status.UNKNOWN, stop, bound=self.lower, engine=engine)
        if self.lower is not None and self.cost is not None and self.lower >= self.cost:
            return Solution(Status.OPTIMAL, Stop.PROOF, self.best, self.lower, engine)
        return Solution(Status.FEASIBLE, stop, self.best, self.lower, engine)
