"""Solve problems with services: services first, tasks around them, and both in one exact model.

Each service is solved by itself (`leptonopt.algorithms.services`). The sum of the optima of the parts is a lower bound;
where they fit together it is the optimum. Replicas that are fixed leave a problem of tasks to the methods that know no
services. The methods `highs`, `cbc` and `cpsat` take the whole problem.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np

from leptonopt.algorithms.lagrangian.pricing import BlockPricer, uncapacitated_bound
from leptonopt.algorithms.services.fixed_replicas import around, joined, tasks_of
from leptonopt.algorithms.services.subproblem import without_tasks
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import NullMonitor, Status, Stop
from leptonopt.problem.replicas import undecided
from leptonopt.problem.schedule import Schedule
from leptonopt.problem.services import ReplicaSchedule, no_services
from leptonopt.runtime.clock import run_in_thread
from leptonopt.runtime.deadline import Deadline
from leptonopt.session.part_source import PartSource
from leptonopt.session.session import SolveSession
from leptonopt.session.solve_state import SolveState
from leptonopt.session.stages import Stage
from leptonopt.solvers import registry as methods
from leptonopt.solvers import services

EXACT = ("highs", "cbc", "cpsat")  # methods that take services
S = TypeVar("S", bound=SolveSession)


@dataclass(frozen=True)
class ServicesSettings:
    """Shares of the time left in a solve with services and tasks.

    Attributes
    ----------
    services : for services without the tasks
    services_small : for them where ways times slots are at most `small`, as HiGHS then does better on the whole model;
        on generated weeks 2,016 were better so, and 5,376 were not
    alone : for tasks as if there were no services
    around : for tasks around the first replicas, where ways times slots are at most `small`
    around_many : for them where there are more: with 965 tasks, re-planning services gains 0.2 % at most
    again : for services around these tasks
    """

    services: float = 0.7
    services_small: float = 0.3
    small: int = 3_000
    alone: float = 0.2
    around: float = 0.4
    around_many: float = 0.8
    again: float = 0.5


SETTINGS = ServicesSettings()


class TasksState(SolveState):
    """Pass schedules of the tasks on to another state."""

    listener: Callable[[Schedule], None] | None = None

    def incumbent(self, schedule: Schedule, cost: int | None) -> None:
        """Take a better schedule and pass it on."""
        before = self.cost
        super().incumbent(schedule, cost)
        if self.cost != before and self.schedule is not None and self.listener is not None:
            self.listener(self.schedule)


class TasksSession(SolveSession):
    """The session of a problem of tasks inside another session."""

    state: TasksState
    state_type = TasksState


class ServicesSession(SolveSession):
    """The session of a problem with services.

    Attributes
    ----------
    least : a lower bound on what the services cost; None without one
    constructed : the first schedule, where it was constructed quickly
    """

    constructed: Schedule | None = None

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.least: int | None = None

    def _run(self, method: str | methods.Method, warm_start: Schedule | None) -> None:
        if self.state.source.impossible:
            super()._run(method, None)
            return
        if why := undecided(self.problem):
            self.state.why.append(why)
            return
        if warm_start is not None and warm_start.replicas is not None:
            self.state.phase = "warm start"
            self.state.incumbent(warm_start, None)
        if method == "auto" and self.problem.groups and services.is_small(self.problem):
            self._run_here("services", run_in_thread(services.solve_whole), self.limits_for(self.left()))
        if method == "auto" and self.problem.groups and self.state.schedule is None:
            self._plan_first()
        if self.should_stop():
            return
        replicas = self._plan_services(method)
        if self.should_stop():
            return
        if method in EXACT:
            self.named = True
            self._run_lanes([(Stage(str(method), threads=self.limits.threads),)])
            return
        if self.problem.groups:
            self._plan_tasks(method, replicas)
        if method == "auto" and not self.should_stop():
            self._run_lanes(self._lanes_of_auto())

    def _lanes_of_auto(self) -> list[tuple[Stage, ...]]:
        """Return the lanes for the whole problem."""
        whole = Stage("highs", threads=self.limits.threads)
        return [(Stage("services", SETTINGS.again), whole)] if self.problem.groups else [(whole,)]

    # --- services ---

    def _plan_first(self) -> None:
        """Construct a first schedule of services and tasks."""
        limits = self.limits_for(self.left(), self.limits.threads)
        self._run_here("services", run_in_thread(services.solve_first), limits)
        self.constructed = self.state.schedule

    def _plan_services(self, method: str | methods.Method) -> ReplicaSchedule | None:
        """Return replicas of the services: those of a schedule there is, or of services without the tasks.

        Services whose optimum alone is out of reach are planned with the tasks instead.
        """
        limits = self.limits_for(self._share_of_services() * self.left(), self.limits.threads)
        function = run_in_thread(services.solve_briefly if self.problem.groups else services.solve)
        if not self.problem.groups or (method == "auto" and not services.is_solved_by_states(self.problem)):
            self._run_here("services", function, limits)
            return None if self.state.schedule is None else self.state.schedule.replicas
        self.state.phase = "services"
        found = function(without_tasks(self.problem), None, limits, NullMonitor(self.should_stop))
        if found.status is Status.INFEASIBLE:
            self.state.infeasible = True
            self.state.claims.claim_infeasible("services")
            return None
        if found.bound is not None:
            self.least = found.bound
            if (tasks := uncapacitated_bound(self.problem, BlockPricer(self.problem).least)) is not None:
                self.state.bound(tasks + self.least)
        best = self.state.schedule
        if best is not None and best is not self.constructed:
            return best.replicas
        return None if found.schedule is None else found.schedule.replicas

    def _share_of_services(self) -> float:
        """Return the share of the time left for the services without the tasks."""
        return SETTINGS.services_small if self._is_small() else SETTINGS.services

    def _is_small(self) -> bool:
        """Return whether HiGHS does well on the whole model."""
        return self.problem.services.most.size <= SETTINGS.small

    # --- tasks ---

    def _plan_tasks(self, method: str | methods.Method, replicas: ReplicaSchedule | None) -> None:
        """Plan the tasks as if there were no services, and around the replicas where they do not fit together."""
        if method == "auto" and self.least is not None:
            tasks = self._inside(replace(self.problem, services=no_services(self.problem.slots)), SETTINGS.alone)
            tasks.run("auto", None)
            self._conclude(tasks)
            if tasks.state.infeasible:
                self.state.infeasible = True
                self.state.claims.claim_infeasible("services")
                return
            if tasks.state.lower is not None and not shares_nodes(self.problem):
                self.state.phase = "services"
                self.state.bound(self.least + tasks.state.lower)
            if tasks.state.schedule is not None and replicas is not None:
                self._try(tasks.state.schedule, replicas)
        if replicas is not None and not self.should_stop():
            self._plan_around(method, replicas)
        if self.state.schedule is None and not self.should_stop():
            self._plan_first()
            if (best := self.state.schedule) is not None and best.replicas is not None and not self.should_stop():
                self._plan_around(method, best.replicas)

    def _plan_around(self, method: str | methods.Method, replicas: ReplicaSchedule) -> None:
        """Plan the tasks around replicas."""
        if (problem := around(self.problem, replicas)) is None:
            return
        share = SETTINGS.around if self._is_small() else SETTINGS.around_many
        tasks = self._inside(problem, share if method == "auto" else 1.0)
        tasks.state.listener = lambda found: self._take_tasks(found, replicas)
        best = self.state.schedule
        known = best is not None and best.replicas is replicas
        tasks.run(method, tasks_of(self.problem, best, problem) if known and best is not None else None)
        self._conclude(tasks)

    def _take_tasks(self, tasks: Schedule, replicas: ReplicaSchedule) -> None:
        """Take the schedule of tasks around replicas."""
        self.state.phase = "services"
        self.state.incumbent(joined(self.problem, tasks, replicas), None)

    def _try(self, tasks: Schedule, replicas: ReplicaSchedule) -> None:
        """Take tasks and replicas that were planned apart, if they fit together."""
        if (problem := around(self.problem, replicas)) is not None:
            apart = replace(tasks, rent=None)
            whole = joined(self.problem, tasks_of(self.problem, apart, problem), replicas)
            if not violated_rules(self.problem, whole):
                self._take_tasks(whole, replicas)

    def _inside(self, problem: Problem, share: float) -> TasksSession:
        """Return a session on a problem of tasks, for a share of the time left."""
        return inside(self, problem, share, TasksSession)

    def _conclude(self, tasks: TasksSession) -> None:
        """Take over the notes of a session inside this one."""
        take_notes(self, tasks)


def inside(session: SolveSession, problem: Problem, share: float, kind: type[S]) -> S:
    """Return a session of a class inside another one, on another problem, for a share of the time left."""
    begun, closing, _, options = session.made_with
    source = PartSource(session.state.source, problem)
    made = kind(source, session.limits, begun, closing, session.signals, None, options)
    made.deadline = Deadline.after(session.left() * share)
    made.kept_seconds = 0.0
    made.start_seconds, made.slowness = session.start_seconds, session.slowness
    return made


def take_notes(session: SolveSession, inner: SolveSession) -> None:
    """Take over the notes of a session inside another one."""
    session.signals.on_second = session.workers.slay
    session.state.notes += inner.state.notes
    session.state.logs += inner.state.logs
    session.state.engines |= inner.state.engines
    if inner.state.stop is Stop.INTERRUPT:
        session.state.stop = Stop.INTERRUPT


def shares_nodes(problem: Problem) -> bool:
    """Return True where a node can hold tasks and replicas, so that both together may cost less."""
    nodes, demands = problem.nodes, np.zeros((2, len(problem.capacity)), bool)
    demands[0, problem.demand_row] = demands[1, problem.services.hold_row] = True
    held = np.zeros((2, len(nodes)), bool)
    for number in range(2):
        np.logical_or.at(held[number], nodes.supply_node, demands[number, nodes.supply_row])
    return bool(held.all(axis=0).any())
