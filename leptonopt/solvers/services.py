"""Plan services by programs over replica counts, each by itself, then together.

Tasks, where there are some, stay as the warm start has them, or are inserted around the services.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from leptonopt.algorithms.heuristics.completion import complete
from leptonopt.algorithms.models.time_indexed import predicted_size
from leptonopt.algorithms.services.allotment import planned_in_parts
from leptonopt.algorithms.services.construction import Planner
from leptonopt.algorithms.services.fixed_replicas import around, joined
from leptonopt.algorithms.services.integer_program import solve_integer
from leptonopt.algorithms.services.joint_ascent import ascended
from leptonopt.algorithms.services.joint_relaxation import Relaxed, no_prices, relaxed
from leptonopt.algorithms.services.prices import services_at
from leptonopt.algorithms.services.subproblem import without_tasks
from leptonopt.errors import OutOfTime
from leptonopt.problem.arrays import Ints
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Monitor, NullMonitor, Solution, Status, Stop
from leptonopt.problem.replicas import undecided
from leptonopt.problem.schedule import Schedule, objective, usage
from leptonopt.problem.services import ReplicaSchedule
from leptonopt.runtime.clock import run_interruptible, time_limited
from leptonopt.runtime.deadline import Deadline


@dataclass(frozen=True)
class ServicesSettings:
    """Shares of the time left.

    Attributes
    ----------
    relaxation : for the linear relaxation
    bound : for the services at its prices
    gap : relative gap at which the integer program of a service is left
    whole : for the integer program of the whole problem, where its nonzeros are at most `small`: HiGHS then proves most
        in tenths of a second, and as a process of its own it takes a second to start
    """

    relaxation: float = 0.5
    bound: float = 0.7
    gap: float = 1e-3
    whole: float = 0.5
    small: int = 30_000


SETTINGS = ServicesSettings()


def solve(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
    """Return a schedule of services and tasks, with a bound where the problem is small or has no tasks."""
    return _searched(problem, warm_start, limits, monitor, _Search.run)


def solve_first(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
    """Return a first schedule of services and tasks, constructed quickly."""
    return _searched(problem, warm_start, limits, monitor, _Search.plan_first)


def solve_briefly(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
    """Return a schedule as `solve` does, without bounds of single services as a whole."""
    return _searched(problem, warm_start, limits, monitor, _Search.run_briefly)


def solve_whole(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
    """Return what the integer program of services and tasks together finds and proves."""
    return _searched(problem, warm_start, limits, monitor, _Search.solve_whole)


def _searched(
    problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor, steps: Callable[[_Search], None]
) -> Solution:
    engine = f"numpy {np.__version__}"
    if not len(problem.services):
        return Solution(Status.UNKNOWN, Stop.FAILED, engine=engine, note="services: the problem has none")
    if why := undecided(problem):
        return Solution(Status.UNKNOWN, Stop.FAILED, engine=engine, note=why)
    deadline = limits.start()
    search = _Search(problem, warm_start, limits, monitor, deadline)
    try:
        with time_limited(deadline, "services were planned", monitor.should_stop):
            steps(search)
        stop = Stop.DONE
    except OutOfTime:
        stop = Stop.LIMIT if deadline.expired() else Stop.INTERRUPT
    return search.solution(engine, stop)


def is_small(problem: Problem) -> bool:
    """Return whether the integer program of a problem is solved first."""
    return predicted_size(problem)[1] <= SETTINGS.small


def is_solved_by_states(problem: Problem) -> bool:
    """Return whether each service alone is solved by its states."""
    planner = Planner(problem)
    return all(planner.solvable(planner.states(service)) for service in range(len(problem.services)))


class _Search:
    """One run: the best schedule and the bound."""

    def __init__(
        self, problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor, deadline: Deadline
    ) -> None:
        self.problem, self.limits, self.monitor, self.deadline = problem, limits, monitor, deadline
        self.planner = Planner(problem)
        self.best, self.cost, self.lower = None, None, None
        self.infeasible = False
        self.brief = False
        if warm_start is not None:
            self.take(warm_start)

    best: Schedule | None
    cost: int | None
    lower: int | None

    def run(self) -> None:
        """Plan the services by themselves, then as a whole where they are small, and together at prices.

        States prove services with prices of missing at once, for which HiGHS takes long.
        """
        states = [self.planner.states(service) for service in range(len(self.problem.services))]
        alone = [self.plan_alone] if all(map(self.planner.solvable, states)) else []
        if not is_small(self.problem):
            apart = [] if alone and not self.problem.groups else [self.bound_apart]
            steps = [self.plan_first, *apart, *alone, self.plan_together]
        elif alone and all(map(self.planner.quickly_solvable, states)):
            steps = [self.plan_alone, self.solve_whole, self.plan_first, self.plan_together]
        else:
            steps = [self.plan_first, self.solve_whole, *alone, self.plan_together]
        for step in steps:
            if not self.closed():
                step()

    def run_briefly(self) -> None:
        """Plan as `run` does, without bounds of single services as a whole."""
        self.brief = True
        self.run()

    def plan_first(self) -> None:
        """Construct a first schedule quickly, where there is none: services first, or else tasks first."""
        if self.best is None:
            self._propose(self.planner.first(self.taken(None)), None)
        if self.best is None and (tasks := self._tasks_at(np.zeros_like(self.problem.capacity))) is not None:
            self._propose(self.planner.first(self.taken(tasks)), tasks)

    def bound_apart(self) -> None:
        """Bound services and tasks as if they shared nothing, long before prices can."""
        self._take_bounds(islice(services_at(self.problem, self.planner, no_prices(self.problem), 0.0, 0.0), 1))

    def solve_whole(self) -> None:
        """Solve the integer program of services and tasks together.

        Where only the rounding of money for requests missed is left to be proven, it is solved in whole steps as well.
        """
        rounding = self.problem.slots * len(self.problem.services) * self.problem.services.missed_step
        self._solve_whole(whole_money=False)
        near = self.cost is not None and self.lower is not None and self.cost - self.lower <= 3 * rounding
        if near and any(self.problem.services.missed) and not self.closed():
            self._solve_whole(whole_money=True)

    def _solve_whole(self, whole_money: bool) -> None:
        seconds = SETTINGS.whole * self.deadline.left()
        answer = run_interruptible(solve_integer, self.problem, seconds, self.limits.gap, whole_money)
        self.infeasible = answer.infeasible
        if answer.bound is not None:
            self.raise_to(answer.bound)
        if answer.schedule is not None:
            self.take(answer.schedule)

    def plan_alone(self) -> None:
        """Solve each service by itself."""
        parts = self.planner.alone()
        if parts.impossible:
            self.infeasible = True
            return
        if not self.problem.groups and all(bound is not None for bound in parts.bounds):
            self.raise_to(sum(bound for bound in parts.bounds if bound is not None) + self.problem.nodes.least_cost)
        self.propose(self.planner.together(parts.on, self.taken(self.best)), self.best)

    def plan_together(self) -> None:
        """Plan at prices of what services and tasks share, and take the bound that they prove."""
        planner, problem = self.planner, self.problem
        if np.all(planner.owned.row[problem.services.hold_row] >= 0) or (found := self._relaxed()) is None:
            return
        seconds, threads = SETTINGS.bound * self.deadline.left(), self.limits.threads
        bounds = services_at(problem, planner, found, seconds, SETTINGS.gap, threads)
        self._take_bounds(islice(bounds, 1))
        on, tasks = self._plan_at(found)
        if self.brief:
            return
        self._take_bounds(bounds)
        while on is not None and not self.closed():
            before = self.cost
            on = planner.improved(on, self.taken(tasks))
            self.propose(on, tasks)
            if self.cost == before:
                return

    def _take_bounds(self, bounds: Iterable[int]) -> None:
        """Take bounds until the best schedule is proven."""
        for bound in bounds:
            self.raise_to(bound)
            if self.closed():
                return

    def _relaxed(self) -> Relaxed | None:
        """Return prices of what is shared, by ascent or of a linear relaxation.

        The latter is with the tasks, or beside those of the best schedule if it takes too long.
        """
        problem, seconds = self.problem, SETTINGS.relaxation * self.deadline.left()
        found = None
        if not len(problem.services.batches):
            found = ascended(problem, self.planner, no_prices(problem), seconds)
        if (found := found or relaxed(problem, seconds)) is not None:
            return found
        return self._relaxed_beside(self.best) if problem.groups and self.best is not None else None

    def _relaxed_beside(self, tasks: Schedule | None) -> Relaxed | None:
        """Return the relaxation of the services in what tasks leave."""
        room = self.planner.room(self.taken(tasks))
        return relaxed(without_tasks(self.problem, room), SETTINGS.relaxation * self.deadline.left())

    def _plan_at(self, found: Relaxed) -> tuple[Ints | None, Schedule | None]:
        """Plan services at prices and tasks around them, or else tasks first; return both."""
        planner, before = self.planner, self.cost
        on = planner.at_prices(self.problem.price + found.prices)
        if on is None:
            on = planned_in_parts(planner, found.on, self.taken(None))
        self.propose(on, None, found.prices)
        if not self.problem.groups or self.cost != before:
            return on, self.best
        if (tasks := self._tasks_at(found.prices)) is None:
            tasks = self.best
        on = planned_in_parts(planner, (self._relaxed_beside(tasks) or found).on, self.taken(tasks))
        self.propose(on, tasks)
        return on, tasks

    def _tasks_at(self, prices: Ints) -> Schedule | None:
        """Return the tasks alone, planned greedily at prices of rows; None where there are none."""
        problem = self.problem
        services, batches = problem.services, problem.services.batches
        money = np.zeros((len(services), problem.slots), np.int64)
        nothing = ReplicaSchedule(np.zeros_like(services.most), np.zeros(len(batches), bool), money)
        alone = around(replace(problem, price=problem.price + prices), nothing)
        return None if alone is None or not alone.groups else self._completed(alone)

    def _completed(self, alone: Problem, prices: Ints | int = 0) -> Schedule | None:
        """Return the tasks of a problem without services, planned greedily at its prices and others."""
        alone, inside = replace(alone, price=alone.price + prices), NullMonitor(self.monitor.should_stop)
        return complete(alone, Schedule.of([], []), self.limits.until(self.deadline), inside)

    def taken(self, tasks: Schedule | None) -> Ints:
        """Return what tasks hold, int64, shape (K, T)."""
        if tasks is None:
            return np.zeros_like(self.problem.capacity)
        held: Ints = usage(self.problem, replace(tasks, replicas=None))
        return held

    def closed(self) -> bool:
        """Return whether the best schedule is proven."""
        return self.infeasible or (self.cost is not None and self.lower is not None and self.lower >= self.cost)

    def raise_to(self, bound: int) -> None:
        """Take a bound."""
        if self.lower is None or bound > self.lower:
            self.lower = bound
            self.monitor.bound(bound)

    def propose(self, on: Ints | None, tasks: Schedule | None, prices: Ints | int = 0) -> None:
        """Take replicas on, with these tasks if they fit, or with tasks inserted around them at prices."""
        if on is None:
            return
        taken = self.taken(tasks)
        self._propose(self.planner.worked(on, taken), tasks, prices)
        if len(self.problem.services.batches) and not self.closed():
            self._propose(self.planner.with_batches(on, taken), tasks, prices)

    def _propose(self, on: Ints | None, tasks: Schedule | None, prices: Ints | int = 0) -> None:
        """Take replicas on that do the batches."""
        replicas = None if on is None else self.planner.schedule(on)
        if replicas is None or (alone := around(self.problem, replicas)) is None:
            return
        if tasks is not None and self.problem.groups:
            kept = replace(tasks, rent=None, replicas=replicas)
            if not violated_rules(self.problem, kept):
                self.take(kept)
                return
        found = self._completed(alone, prices) if alone.groups else Schedule.of([], [])
        if found is not None:
            self.take(joined(self.problem, found, replicas))

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
        if self.closed():
            return Solution(Status.OPTIMAL, Stop.PROOF, self.best, self.lower, engine)
        return Solution(Status.FEASIBLE, stop, self.best, self.lower, engine)
